"""What a run was made from: the digest of a rule's source and of a market's values."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from typing import Any

import pandas as pd

from kanalo.market import Market


def to_name(cls: type) -> str:
    """Return the file that a strategy stands in, or its class where it has none of its own."""
    package, _, module = cls.__module__.rpartition(".")
    return module if package == "strategies" else cls.__name__


def digest_source(cls: type) -> str:
    """Return the sha256 of the file that defines a class, or of the class typed in a session.

    Returns
    -------
    str
        64 hexadecimal digits; ``"unknown"`` where Python no longer knows the source.
    """
    try:
        path = inspect.getsourcefile(cls)
        source = Path(path).read_bytes() if path else b""
    except (OSError, TypeError):
        source = b""
    if not source:
        try:
            source = inspect.getsource(cls).encode()
        except (OSError, TypeError):
            return "unknown"
    return hashlib.sha256(source).hexdigest()


def digest_market(market: Market) -> str:
    """Return the sha256 of every value of a market: bars, venues, context, benchmark, finer bars.

    Two markets of one digest give the same results, wherever they were read from.
    """
    digest = hashlib.sha256(f"{market.symbol} {market.interval} {market.first}".encode())
    digest.update(" ".join(market.venue.tolist()).encode())
    for frame in (market.bars, market.context, market.benchmark):
        if frame is not None:
            _add_frame(digest, frame)
    if market.finer is not None:
        digest.update(digest_market(market.finer).encode())
    return digest.hexdigest()


def _add_frame(digest: Any, frame: pd.DataFrame) -> None:
    digest.update(" ".join(map(str, frame.columns)).encode())
    if isinstance(frame.index, pd.DatetimeIndex):
        digest.update(frame.index.as_unit("ns").asi8.tobytes())
    for name in frame.columns:
        digest.update(frame[name].to_numpy("float64").tobytes())
