"""The table of trades where every round trip is one entry and one exit: all of them at once.

That is what decisions make, whichever engine carries them out; only hand-written strategies add to
positions. `kanalo.execution.trades` nets fills of any kind, one round trip after another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.execution.records import AT_CLOSE, Reason, Records
from kanalo.execution.trade_columns import OPEN, RoundTrips
from kanalo.market import Market
from kanalo.typing import FloatArray, IntArray


def is_paired(fills: npt.NDArray[np.void]) -> bool:
    """Tell whether fills are entries and exits by turns, each exit closing its entry."""
    entries, exits = fills[::2], fills[1::2]
    return bool(
        (entries["reason"] == Reason.ENTRY).all()
        and ((exits["reason"] != Reason.ENTRY) & (exits["reason"] != Reason.ORDER)).all()
        and (exits["quantity"] == -entries["quantity"][: len(exits)]).all()
    )


def to_pairs(records: Records, market: Market) -> RoundTrips:
    """Return round trips of one entry and one exit each.

    Parameters
    ----------
    records : Records
        What an engine left behind, its fills paired as `is_paired` tells.
    market : Market
        The market it ran over.

    Returns
    -------
    RoundTrips
        In order of their entries.
    """
    fills, n = records.fills, len(market)
    entries, exits = fills[::2], fills[1::2]
    closed = np.arange(len(entries)) < len(exits)
    exit_bar = _filled(exits["bar"], closed, n)
    price, coins = entries["price"], np.abs(entries["quantity"])
    reason = _filled(exits["reason"], closed, OPEN)
    at_close = (reason == Reason.RUIN) | _filled(exits["inside"] == AT_CLOSE, closed, False)
    stop = exit_bar + at_close
    funding = _reduce(np.add, records.funding, entries["bar"], stop, 0.0)
    fees = entries["fee"] + _filled(exits["fee"], closed, 0.0)
    last = _filled(exits["price"], closed, float(market.close[-1]))
    slipped = _filled(np.abs(exits["price"] - exits["level"]), closed, 0.0)
    mae, mfe = _excursions(fills, market, stop)
    return RoundTrips(
        quantity=entries["quantity"],
        entry_bar=entries["bar"],
        entry_price=price,
        exit_bar=exit_bar,
        exit_price=np.where(closed, last, np.nan),
        exit_level=_filled(exits["level"], closed, np.nan),
        reason=reason,
        pnl=-(entries["quantity"] * price - entries["quantity"] * last)
        - fees
        + funding
        + _filled(exits["shortfall"], closed, 0.0),
        fees=fees,
        funding=funding,
        slippage=coins * np.abs(price - entries["level"]) + coins * slipped,
        mae=mae,
        mfe=mfe,
        clipped=1 - coins / entries["wanted"],
        stop=entries["stop"],
        decision=entries["decision"],
        partial=np.zeros(len(entries), dtype=np.int64),
        at_close=at_close,
    )


def find_certain(market: Market, bar: int, side: int, inside: int) -> list[float]:
    """Return prices that were certainly seen after an entry inside a bar and before its close.

    Parameters
    ----------
    market : Market
        The market.
    bar : int
        The bar of the entry.
    side : int
        +1 long, -1 short.
    inside : int
        1 for a stop order: the price went on beyond it; 2 for a limit order.

    Returns
    -------
    list of float
        The close, and the extreme beyond the order.
    """
    rises = (side > 0) == (inside == 1)
    return [float(market.close[bar]), float((market.high if rises else market.low)[bar])]


def _filled(values: npt.NDArray[Any], closed: npt.NDArray[np.bool_], missing: float) -> Any:
    """Return a value of each exit, and another one for the trade that has none."""
    filled = np.full(len(closed), missing, dtype=values.dtype)
    filled[: len(values)] = values
    return filled


def _reduce(
    function: np.ufunc, values: FloatArray, start: IntArray, stop: IntArray, nothing: float
) -> FloatArray:
    """Reduce values[start:stop] of each trade; ``nothing`` where that is empty."""
    padded = np.append(values, nothing)  # reduceat takes no index past the end
    edges = np.column_stack((start, stop)).ravel()
    return np.where(stop > start, function.reduceat(padded, edges)[::2], nothing)


def _excursions(
    fills: npt.NDArray[np.void], market: Market, stop: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the most adverse and the most favourable move from the entry price, as fractions."""
    entries, exits = fills[::2], fills[1::2]
    price, start = entries["price"], entries["bar"]
    inside = entries["inside"] != 0
    whole = np.where(inside, np.minimum(start + 1, stop), start)  # bars whose range is all ahead
    lowest = np.minimum(price, _reduce(np.minimum, market.low, whole, stop, np.inf))
    highest = np.maximum(price, _reduce(np.maximum, market.high, whole, stop, -np.inf))
    for i in np.flatnonzero(inside & (start < stop)):
        side = 1 if entries["quantity"][i] > 0 else -1
        certain = find_certain(market, int(start[i]), side, int(entries["inside"][i]))
        lowest[i], highest[i] = min(lowest[i], *certain), max(highest[i], *certain)
    level, done = exits["level"], slice(0, len(exits))
    opening = np.where(exits["bar"] > start[done], market.open[exits["bar"]], level)
    lowest[done] = np.minimum(lowest[done], np.minimum(level, opening))
    highest[done] = np.maximum(highest[done], np.maximum(level, opening))
    down, up = lowest / price - 1, highest / price - 1
    long = entries["quantity"] > 0
    return np.where(long, down, 0.0 - up), np.where(long, up, 0.0 - down)
