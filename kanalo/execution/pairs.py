"""The table of trades where every round trip is one entry and one exit: all of them at once.

That is what decisions make, whichever engine carries them out; only hand-written strategies add to
positions. `kanalo.execution.trades` nets fills of any kind, one round trip after another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.execution.records import FloatArray, IntArray, Reason, Records
from kanalo.market import Market
from kanalo.strategy import Decisions

_AT_THE_OPEN = (Reason.EXIT, Reason.MAX_BARS)
_LABELS = np.array([reason.label for reason in Reason], dtype=object)


def is_paired(fills: npt.NDArray[np.void]) -> bool:
    """Tell whether fills are entries and exits by turns, each exit closing its entry."""
    entries, exits = fills[::2], fills[1::2]
    return bool(
        (entries["reason"] == Reason.ENTRY).all()
        and ((exits["reason"] != Reason.ENTRY) & (exits["reason"] != Reason.ORDER)).all()
        and (exits["quantity"] == -entries["quantity"][: len(exits)]).all()
    )


def to_pair_columns(records: Records, market: Market, decisions: Decisions) -> dict[str, Any]:
    """Return the columns of the table of trades, of shape (n_trades,).

    Parameters
    ----------
    records : Records
        What an engine left behind, its fills paired as `is_paired` tells.
    market : Market
        The market it ran over.
    decisions : Decisions
        What it carried out.
    """
    fills, n = records.fills, len(market)
    entries, exits = fills[::2], fills[1::2]
    closed = np.arange(len(entries)) < len(exits)
    exit_bar = _filled(exits["bar"], closed, n)
    price, coins = entries["price"], np.abs(entries["quantity"])
    reason = _filled(exits["reason"], closed, -1)
    stop = exit_bar + (reason == Reason.RUIN)
    funding = _reduce(np.add, records.funding, entries["bar"], stop, 0.0)
    fees = entries["fee"] + _filled(exits["fee"], closed, 0.0)
    last = _filled(exits["price"], closed, float(market.close[-1]))
    pnl = -(entries["quantity"] * price - entries["quantity"] * last) - fees + funding
    slipped = _filled(np.abs(exits["price"] - exits["level"]), closed, 0.0)
    mae, mfe = _excursions(fills, market, stop)
    exit_times = pd.DatetimeIndex(market.index[np.minimum(exit_bar, n - 1)])
    return {
        "side": np.sign(entries["quantity"]),
        "entry_time": market.index[entries["bar"]],
        "entry_price": price,
        "exit_time": exit_times.where(closed),
        "exit_price": np.where(closed, last, np.nan),
        "quantity": coins,
        "pnl": pnl,
        "return": pnl / (price * coins),
        "fees": fees,
        "funding": funding,
        "slippage": coins * np.abs(price - entries["level"]) + coins * slipped,
        "bars_held": exit_bar - entries["bar"] + (closed & ~np.isin(reason, _AT_THE_OPEN)),
        "exit_reason": np.where(closed, _LABELS[reason], "open"),
        "mae": mae,
        "mfe": mfe,
        "clipped": 1 - coins / entries["wanted"],
        "stop": entries["stop"],
        "target": decisions.target[entries["decision"]],
        "tag": [decisions.tag[k] for k in entries["decision"]],
        "entry_bar": entries["bar"],
        "exit_bar": np.where(closed, exit_bar, -1),
    }


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
    lowest = np.minimum(price, _reduce(np.minimum, market.low, start, stop, np.inf))
    highest = np.maximum(price, _reduce(np.maximum, market.high, start, stop, -np.inf))
    level, done = exits["level"], slice(0, len(exits))
    opening = np.where(exits["bar"] > start[done], market.open[exits["bar"]], level)
    lowest[done] = np.minimum(lowest[done], np.minimum(level, opening))
    highest[done] = np.maximum(highest[done], np.maximum(level, opening))
    down, up = lowest / price - 1, highest / price - 1
    long = entries["quantity"] > 0
    return np.where(long, down, 0.0 - up), np.where(long, up, 0.0 - down)
