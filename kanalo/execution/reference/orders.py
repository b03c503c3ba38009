"""What an order of backtrader's is to the fill rules."""

from __future__ import annotations

import math
from typing import Any

from backtrader.order import Order

from kanalo.execution.records import Reason

_PLACED = ("data", "exectype", "parent", "valid", "owner", "tradeid")


def lay_out(order: Any) -> None:
    """Make what an order was placed with its own attributes.

    backtrader looks them up among the parameters each time, through a method that Python calls only
    after all else has failed; that took a tenth of a run.

    Parameters
    ----------
    order : backtrader order
        That is accepted; none of this changes any more.
    """
    own = vars(order)
    for name in _PLACED:
        own.setdefault(name, getattr(order.params, name))


def is_target(order: Any) -> bool:
    """Tell whether an order is a limit order, as every target is."""
    return bool(order.exectype == Order.Limit)


def find_reason(order: Any) -> Reason:
    """Return why an order was placed; what says nothing is a child, or somebody's own order."""
    reason = order.info.get("reason")
    if reason is not None:
        return Reason(reason)
    if order.parent is None:
        return Reason.ORDER
    return Reason.TARGET if is_target(order) else Reason.STOP


def find_tighter(level: float, other: float, side: float) -> float:
    """Return the stop nearer to the price, of a long where ``side`` is above 0; NaN is none.

    Parameters
    ----------
    level, other : float
        Two stops, either of which may be NaN.
    side : float
        Of the position: its sign counts.

    Returns
    -------
    float
        NaN if both are.
    """
    if math.isnan(other):
        return level
    if math.isnan(level) or side * (other - level) > 0:
        return other
    return level
