"""What was listened to: from the confirmation of a connection to its last sign of life."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from kanalo.market.liquidations import Window
from kanalo.recording.journal import CONNECTED, HEARTBEAT, LOST, Line
from kanalo.recording.streams import FRAME

ALIVE = (HEARTBEAT, FRAME)
"""Lines that say that the connection lives."""


def find_windows(
    lines: Iterable[Line], exchange: str, symbol: str, *, censored: bool
) -> tuple[Window, ...]:
    """Return the spans in which the stream of a symbol was heard without a break.

    A silence, a lost connection and a kill all end a span at the last sign of life before them:
    what lies between is unknown.

    Parameters
    ----------
    lines : iterable of Line
        Of a venue's journal, in order.
    exchange, symbol : str
        Whose stream, and the contract that was asked for.
    censored : bool
        Whether the stream shows one event a second at most.

    Returns
    -------
    tuple of Window
        In order of time; those without length are left out.
    """
    spans: list[tuple[int, int]] = []
    start: int | None = None
    last = 0
    for line in lines:
        if start is not None and line.kind in (CONNECTED, LOST):
            spans.append((start, last))
            start = None
        if line.kind == CONNECTED and symbol in line.content.split(","):
            start = last = line.time
        elif line.kind in ALIVE:
            last = line.time
    if start is not None:
        spans.append((start, last))
    return tuple(
        Window(exchange, _to_time(first), _to_time(end), symbol=symbol, censored=censored)
        for first, end in spans
        if end > first
    )


def _to_time(stamp: int) -> pd.Timestamp:
    return pd.Timestamp(stamp, unit="ms", tz="UTC").as_unit("ns")
