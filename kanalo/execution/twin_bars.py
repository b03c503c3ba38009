"""What a bar leaves open, and the answers to it: rules 5 and 14 in plain Python.

A bar says how far the price went, not in which order. `ask` tells what a position that is held, or
was entered inside the bar, met first: its stop, its target or neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.execution.records import Question
from kanalo.execution.rules import BothTouched

Prices = tuple[float, float, float, float]
"""Open, high, low and close of a bar."""

STOP, NEITHER, TARGET = -1, 0, 1


@dataclass(frozen=True)
class Levels:
    """What a position waits for: its stop and its target, NaN for none, and where it began.

    ``kind`` is 0 where the whole bar is ahead, 1 after a stop order was filled at ``entry`` inside
    the bar, 2 after a limit order. ``strict`` wants targets and limits to be gone through.
    """

    side: int
    stop: float
    target: float
    kind: int = 0
    entry: float = 0.0
    strict: bool = False

    def is_stopped(self, price: float) -> bool:
        """Tell whether a price is at the stop or beyond."""
        return self.side * (price - self.stop) <= 0

    def is_reached(self, price: float) -> bool:
        """Tell whether a price reaches the target."""
        ahead = self.side * (price - self.target)
        return ahead > 0 if self.strict else ahead >= 0

    def touches(self, bar: Prices) -> tuple[bool, bool]:
        """Tell whether the range of a bar holds the stop, and whether it reaches the target."""
        _, high, low, _ = bar
        worst, best = (low, high) if self.side > 0 else (high, low)
        return self.is_stopped(worst), self.is_reached(best)

    def is_open(self, bar: Prices) -> bool:
        """Tell whether a bar leaves open what came first, or came at all, after the entry."""
        stopped, reached = self.touches(bar)
        if stopped and reached:
            return True
        if self.kind == Question.STOP_ENTRY:
            return stopped and not self.is_stopped(bar[3])
        if self.kind == Question.LIMIT_ENTRY:
            return reached and not self.is_reached(bar[3])
        return False

    def is_entered(self, price: float) -> bool:
        """Tell whether a price is at the order's or beyond, so that the order is filled."""
        beyond = self.side * (price - self.entry)
        if self.kind == Question.STOP_ENTRY:
            return beyond >= 0
        return beyond < 0 if self.strict else beyond <= 0

    def enters_within(self, bar: Prices) -> bool:
        """Tell whether the range of a bar reaches the order."""
        _, high, low, _ = bar
        rises = (self.side > 0) == (self.kind == Question.STOP_ENTRY)
        return self.is_entered(high if rises else low)


def answer(levels: Levels, bar: Prices, rule: str, finer: list[Prices]) -> tuple[int, bool]:
    """Tell what came first in a bar that leaves it open.

    Parameters
    ----------
    levels : Levels
        What the position waits for.
    bar : tuple of float
        Open, high, low and close.
    rule : str
        A `BothTouched`.
    finer : list of tuple of float
        The finer bars inside; none unless they cover the bar wholly.

    Returns
    -------
    tuple of int and bool
        STOP, TARGET or NEITHER, and whether the finer bars decided.
    """
    stopped, reached = levels.touches(bar)
    if rule == BothTouched.TARGET:
        return (TARGET if reached else NEITHER), False
    if rule == BothTouched.PATH:
        return walk(levels, bar), False
    if rule == BothTouched.RESOLVE and finer:
        return resolve(levels, finer)
    return (STOP if stopped else NEITHER), False


def to_path(bar: Prices) -> list[float]:
    """Return open, the extreme nearer to it (equal: the high), the other extreme, close."""
    opening, high, low, close = bar
    if high - opening <= opening - low:
        return [opening, high, low, close]
    return [opening, low, high, close]


def walk(levels: Levels, bar: Prices) -> int:
    """Follow the path of a bar from the entry on; return what it meets first.

    Parameters
    ----------
    levels : Levels
        What the position waits for.
    bar : tuple of float
        Open, high, low and close.

    Returns
    -------
    int
        STOP, TARGET or NEITHER.
    """
    inside = levels.kind != 0
    for price in to_path(bar)[1:]:
        if inside and not levels.is_entered(price):
            continue
        inside = False
        if levels.is_stopped(price):
            return STOP
        if levels.is_reached(price):
            return TARGET
    return NEITHER


def resolve(levels: Levels, finer: list[Prices]) -> tuple[int, bool]:
    """Walk finer bars from the one that fills the entry; what one leaves open counts against it.

    Parameters
    ----------
    levels : Levels
        What the position waits for.
    finer : list of tuple of float
        The finer bars inside.

    Returns
    -------
    tuple of int and bool
        STOP, TARGET or NEITHER, and whether the finer bars decided.
    """
    certain, waits = True, levels.kind != 0
    for bar in finer:
        partly = waits and not levels.is_entered(bar[0])
        if waits and not levels.enters_within(bar):
            continue
        waits = False
        stopped, reached = levels.touches(bar)
        is_open = levels.is_open(bar) if partly else stopped and reached
        if stopped:
            return STOP, certain and not is_open
        if reached and not is_open:
            return TARGET, certain
        certain = certain and not is_open
    return (NEITHER, certain) if levels.kind else (STOP, False)


def find_first_order(long: float, short: float, bar: Prices) -> int:
    """Tell which of two orders is nearer to the open of a bar: +1 the long one, also if equal.

    Parameters
    ----------
    long, short : float
        Prices of the orders.
    bar : tuple of float
        Open, high, low and close.

    Returns
    -------
    int
        +1 or -1.
    """
    return 1 if abs(long - bar[0]) <= abs(short - bar[0]) else -1


def find_first_by_path(long: float, bar: Prices) -> int:
    """Tell which of two orders on both sides of the open the path of a bar meets first.

    Parameters
    ----------
    long : float
        Price of the long order.
    bar : tuple of float
        Open, high, low and close.

    Returns
    -------
    int
        +1 the long one, -1 the short one.
    """
    rises = to_path(bar)[1] == bar[1]
    return 1 if (long > bar[0]) == rises else -1
