"""Entry orders: what kinds there are, and what is refused of them and of two targets (13, 15)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.arguments import show
from kanalo.errors import DecisionError, suggestion
from kanalo.typing import BoolArray, FloatArray, IntArray


class OrderType(IntEnum):
    """How an entry is made."""

    MARKET = 0  # at the next open
    STOP = 1  # where the price reaches a level beyond the market: a breakout
    LIMIT = 2  # where the price comes back to a level: a rebound

    @property
    def label(self) -> str:
        """The word for it."""
        return self.name.lower()


_CODES = {each.label: int(each) for each in OrderType}


def to_codes(order: Any) -> Any:
    """Return kinds of orders as their numbers, where they were given in words.

    Raises
    ------
    DecisionError
        If a word is none of ``market``, ``stop`` and ``limit``.
    """
    words = np.asarray(order)
    if words.dtype.kind not in "UO":
        return order
    for bar, word in enumerate(words.tolist()):
        if word not in _CODES:
            raise DecisionError(
                f"'order' of entry {bar} must be one of {', '.join(_CODES)}; received "
                f"{show(word)}.{suggestion(str(word), list(_CODES))}"
            )
    return np.array([_CODES[word] for word in words.tolist()], dtype=np.int8)


def check_entry_bars(entries: IntArray, side: npt.NDArray[np.int8], order: Any) -> None:
    """Refuse entries out of order, and what one bar cannot decide at once.

    Parameters
    ----------
    entries : int64 array of shape (n,)
        Bars at whose close the entries were decided.
    side, order : int8 arrays of shape (n,)
        Their sides and kinds.

    Raises
    ------
    DecisionError
        If bars go back, one bar decides twice on a side, puts the short before the long, or has
        another entry beside a market entry.
    """
    step = np.diff(entries)
    same = step == 0
    wrong = {
        "'entries' must not go back; bar {bar}.": step < 0,
        "Bar {bar} decides on a market entry and another entry at once.": same
        & ((order[1:] == OrderType.MARKET) | (order[:-1] == OrderType.MARKET)),
        "Bar {bar} decides on two orders of one side.": same & (side[1:] == side[:-1]),
        "'entries' of bar {bar} must hold the long order before the short one.": same
        & (side[1:] > side[:-1]),
    }
    for words, where in wrong.items():
        if where.any():
            raise DecisionError(words.format(bar=entries[1:][where][0]))


def check_orders(decisions: Any) -> None:
    """Refuse an order price or a second target that contradicts the rest of its entry.

    Parameters
    ----------
    decisions : Decisions
        To be checked.

    Raises
    ------
    DecisionError
        Naming the bar and the field.
    """
    d = decisions
    is_market = d.order == OrderType.MARKET
    beyond = _is_wrong_way(d.side, d.price, d.stop) | _is_wrong_way(d.side, d.target, d.price)
    rules: dict[str, tuple[BoolArray, str]] = {
        "price": (is_market & ~np.isnan(d.price), "NaN for a market entry"),
        "price ": (~is_market & np.isnan(d.price), "a positive price for a stop or limit order"),
        "price  ": (beyond, "beyond the stop and before the target in the direction of the trade"),
        "target_2": (~np.isnan(d.target_2) & np.isnan(d.target), "NaN without a target"),
        "target_2 ": (_is_wrong_way(d.side, d.target_2, d.target), "beyond the target"),
    }
    for name, (wrong, accepted) in rules.items():
        if wrong.any():
            at, field = int(np.argmax(wrong)), name.strip()
            raise DecisionError(
                f"'{field}' decided at bar {d.entries[at]} must be {accepted}; "
                f"received {getattr(d, field)[at]}."
            )


def _is_wrong_way(side: Any, farther: FloatArray, nearer: FloatArray) -> BoolArray:
    """Tell where a price is not beyond another in the direction of the trade; NaN is never."""
    return np.asarray(side * (farther - nearer) <= 0)


def find_orders(
    n_bars: int,
    long_stop: npt.ArrayLike | None,
    long_limit: npt.ArrayLike | None,
    short_stop: npt.ArrayLike | None,
    short_limit: npt.ArrayLike | None,
) -> list[tuple[IntArray, int, OrderType, FloatArray]]:
    """Find the orders that lines of prices place: a finite price places one at its bar's close.

    Parameters
    ----------
    n_bars : int
        Number of bars.
    long_stop, long_limit, short_stop, short_limit : float array of shape (n_bars,) or None
        NaN places none.

    Returns
    -------
    list of tuple
        Bars, side, kind and prices of each line that is given.

    Raises
    ------
    DecisionError
        If a line has another shape, or holds a price that is not positive and finite.
    """
    orders = []
    for name, side, kind, values in (
        ("long_stop", 1, OrderType.STOP, long_stop),
        ("long_limit", 1, OrderType.LIMIT, long_limit),
        ("short_stop", -1, OrderType.STOP, short_stop),
        ("short_limit", -1, OrderType.LIMIT, short_limit),
    ):
        if values is not None:
            line = _to_prices(name, values, n_bars)
            bars = np.flatnonzero(~np.isnan(line))
            orders.append((bars, side, kind, line[bars]))
    return orders


def merge_orders(
    entries: IntArray,
    side: npt.NDArray[np.int8],
    placed: list[tuple[IntArray, int, OrderType, FloatArray]],
) -> tuple[IntArray, npt.NDArray[np.int8], dict[str, Any]]:
    """Put orders among market entries, in order of their bars and the long one first.

    Parameters
    ----------
    entries : int64 array of shape (n,)
        Bars of the market entries.
    side : int8 array of shape (n,)
        Their sides.
    placed : list of tuple
        Of `find_orders`.

    Returns
    -------
    tuple
        Bars and sides of all entries, and the fields ``order`` and ``price`` by name; no fields
        where no order is placed.
    """
    if not any(len(bars) for bars, *_ in placed):
        return entries, side, {}
    bars = np.concatenate([entries, *(each[0] for each in placed)])
    sides = np.concatenate([side, *(np.full(len(each[0]), each[1]) for each in placed)])
    none = np.zeros(len(entries))
    kinds = np.concatenate([none, *(np.full(len(each[0]), each[2]) for each in placed)])
    prices = np.concatenate([none + np.nan, *(each[3] for each in placed)])
    order = np.lexsort((-sides, bars))
    fields = {"order": kinds[order].astype(np.int8), "price": prices[order]}
    return bars[order], sides[order].astype(np.int8), fields


def _to_prices(name: str, values: npt.ArrayLike, n_bars: int) -> FloatArray:
    try:
        line = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DecisionError(f"'{name}' must hold numbers; received {show(values)}.") from error
    if line.shape != (n_bars,):
        raise DecisionError(
            f"'{name}' must have one price for each of {n_bars} bars; received {line.shape}."
        )
    wrong = ~np.isnan(line) & ~((line > 0) & np.isfinite(line))
    if wrong.any():
        bar = int(np.argmax(wrong))
        raise DecisionError(
            f"'{name}' at bar {bar} must be a positive price, or NaN for none; "
            f"received {line[bar]}."
        )
    return line
