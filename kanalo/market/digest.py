"""The digest of a market's values, wherever they were read from."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from kanalo.market.market import Market


def digest_market(market: Market) -> str:
    """Return the sha256 of every value of a market: bars, venues, context, benchmark, finer bars.

    Two markets of one digest give the same results, wherever they were read from.
    """
    digest = hashlib.sha256(f"{market.symbol} {market.interval} {market.first}".encode())
    digest.update(" ".join(market.venue.tolist()).encode())
    for frame in (market.bars, market.context, market.benchmark):
        if frame is not None:
            _add_frame(digest, frame)
    if market.earlier is not None:
        digest.update(" ".join(market.earlier["venue"]).encode())
        _add_frame(digest, market.earlier.drop(columns="venue"))
    if market.tiers is not None:
        digest.update(market.tiers.to_csv().encode())
    if market.finer is not None:
        digest.update(digest_market(market.finer).encode())
    return digest.hexdigest()


def _add_frame(digest: Any, frame: pd.DataFrame) -> None:
    digest.update(" ".join(map(str, frame.columns)).encode())
    if isinstance(frame.index, pd.DatetimeIndex):
        digest.update(frame.index.as_unit("ns").asi8.tobytes())
    for name in frame.columns:
        digest.update(frame[name].to_numpy("float64").tobytes())
