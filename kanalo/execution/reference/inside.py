"""What happened inside a bar, for the reference engine: rules 5, 13 and 14 seen from the long side.

A short is turned into a long by reading all its prices with the sign changed, which is exact: then
a stop always lies below, a target above, a stop order is reached from below and a limit from above.
Nothing here is shared with the twin or the kernels, so that each judges the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from kanalo.execution.rules import BothTouched
from kanalo.market import Market

HELD, STOP_ENTRY, LIMIT_ENTRY, STRADDLE = 0, 1, 2, 3


@dataclass(frozen=True)
class Bar:
    """One bar as a long sees it; ``up_first`` tells which way its path goes from the open."""

    open: float
    high: float
    low: float
    close: float
    up_first: bool

    @property
    def corners(self) -> tuple[float, float, float]:
        """Where the path turns and ends, in order."""
        if self.up_first:
            return self.high, self.low, self.close
        return self.low, self.high, self.close


def to_bar(prices: tuple[float, float, float, float], side: int) -> Bar:
    """Return a bar as a long sees it, whichever side is held.

    Parameters
    ----------
    prices : tuple of float
        Open, high, low and close.
    side : int
        +1 long, -1 short.

    Returns
    -------
    Bar
        With all prices negative for a short.
    """
    opening, high, low, close = prices
    high_first = high - opening <= opening - low
    if side > 0:
        return Bar(opening, high, low, close, high_first)
    return Bar(-opening, -low, -high, -close, not high_first)


class FinerPrices:
    """The finer bars of a market by the bar that they lie in."""

    def __init__(self, market: object) -> None:
        self._rows: dict[int, list[tuple[float, float, float, float]]] = {}
        finer = market.finer if isinstance(market, Market) else None
        if finer is None or not isinstance(market, Market):
            return
        whole = market.length // finer.length
        slots = market.index.searchsorted(finer.index, side="right") - 1
        prices = np.column_stack([finer.open, finer.high, finer.low, finer.close]).tolist()
        for time, slot, row in zip(finer.index, slots, prices, strict=True):
            if slot >= 0 and time < market.index[int(slot)] + market.length:
                self._rows.setdefault(int(slot), []).append(tuple(row))
        self._rows = {bar: rows for bar, rows in self._rows.items() if len(rows) == whole}

    def inside(self, bar: int) -> list[tuple[float, float, float, float]]:
        """Return the finer bars of a bar; none unless they cover it wholly."""
        return self._rows.get(bar, [])


@dataclass(frozen=True)
class Wait:
    """An order that waits: its kind, its price as a long sees it, and how it is reached."""

    kind: int
    price: float
    through: bool

    def is_met_by(self, price: float) -> bool:
        """Tell whether a price fills the order."""
        if self.kind == STOP_ENTRY:
            return price >= self.price
        return price < self.price if self.through else price <= self.price

    def is_met_within(self, bar: Bar) -> bool:
        """Tell whether the range of a bar fills the order."""
        return self.is_met_by(bar.high if self.kind == STOP_ENTRY else bar.low)


@dataclass(frozen=True)
class Case:
    """A position inside a bar as a long sees it: stop below, target above, and its entry."""

    stop: float
    target: float
    through: bool
    entry: Wait | None = None

    def gains(self, price: float) -> bool:
        """Tell whether a price reaches the target."""
        return price > self.target if self.through else price >= self.target

    def outcomes(self, bar: Bar) -> set[str]:
        """Return what may have come first in a bar: ``stop``, ``target`` or ``nothing``."""
        may_stop, may_gain = bar.low <= self.stop, self.gains(bar.high)
        if may_stop and may_gain:
            return {"stop", "target"}
        kind = HELD if self.entry is None else self.entry.kind
        if may_stop:
            before = kind == STOP_ENTRY and bar.close > self.stop
            return {"stop", "nothing"} if before else {"stop"}
        if may_gain:
            before = kind == LIMIT_ENTRY and not self.gains(bar.close)
            return {"target", "nothing"} if before else {"target"}
        return {"nothing"}


def settle(
    case: Case, bar: Bar, rule: str, finer: Callable[[], list[Bar]]
) -> tuple[str, bool, bool]:
    """Tell what a position met first in a bar.

    Parameters
    ----------
    case : Case
        The position.
    bar : Bar
        The bar as a long sees it.
    rule : str
        A `BothTouched`.
    finer : callable
        Returns the finer bars as a long sees them; none unless they cover the bar wholly.

    Returns
    -------
    tuple of str, bool and bool
        What was met, whether the bar left that open, and whether finer bars decided.
    """
    outcomes = case.outcomes(bar)
    if len(outcomes) == 1:
        return next(iter(outcomes)), False, False
    if rule == BothTouched.PATH:
        return _follow(case, bar), True, False
    parts = finer() if rule == BothTouched.RESOLVE else []
    if parts:
        met, decided = _look_closer(case, parts)
        return met, True, decided
    wished = "target" if rule == BothTouched.TARGET else "stop"
    return (wished if wished in outcomes else "nothing"), True, False


def _follow(case: Case, bar: Bar) -> str:
    """Go along the path of a bar from the entry on."""
    for corner in _after_entry(case.entry, bar.corners):
        if corner <= case.stop:
            return "stop"
        if case.gains(corner):
            return "target"
    return "nothing"


def _after_entry(entry: Wait | None, corners: tuple[float, float, float]) -> Iterator[float]:
    start = 0
    if entry is not None:
        start = next(i for i, corner in enumerate(corners) if entry.is_met_by(corner))
    yield from corners[start:]


def _look_closer(case: Case, parts: list[Bar]) -> tuple[str, bool]:
    """Go through finer bars; what one of them leaves open counts against the trade."""
    start, entry = 0, case.entry
    if entry is not None:
        start = next((i for i, part in enumerate(parts) if entry.is_met_within(part)), len(parts))
    later, clear = Case(case.stop, case.target, case.through), True
    for i, part in enumerate(parts[start:]):
        own = later if i or entry is None or entry.is_met_by(part.open) else case
        outcomes = own.outcomes(part)
        if "stop" in outcomes:
            return "stop", clear and len(outcomes) == 1
        if outcomes == {"target"}:
            return "target", clear
        clear = clear and len(outcomes) == 1
    return ("stop", False) if entry is None else ("nothing", clear)
