"""The columns of the table of trades, declared once: names, types, and what follows from fills.

Two ways lead to a table: `kanalo.execution.trades` nets fills of any kind one round trip after
another, `kanalo.execution.compiled.pairs` takes entries and exits by turns all at once. Both hand
over `RoundTrips`; everything else of the table is made here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.execution.records import Reason
from kanalo.market import Market
from kanalo.strategy import Decisions, OrderType
from kanalo.typing import BoolArray, FloatArray, IntArray

TIME = "time"
_DTYPES: dict[str, Any] = {
    "side": np.int64,  # +1 long, -1 short
    "entry_time": TIME,  # OPEN time of the bar of the entry fill
    "entry_price": np.float64,  # average, slippage included
    "exit_time": TIME,  # NaT while open
    "exit_price": np.float64,  # average; NaN while open
    "quantity": np.float64,  # coins, positive: the most that was held
    "pnl": np.float64,  # quote currency, after fees and funding; open: marked at the last close
    "return": np.float64,  # pnl / (entry price × quantity)
    "fees": np.float64,
    "funding": np.float64,  # negative where paid
    "slippage": np.float64,  # cost of slippage, positive
    "bars_held": np.int64,  # those before an exit at the open; else with the exit's own
    "exit_reason": object,  # as of Reason: exit, stop, target, max-bars, ruin …; "open"
    "mae": np.float64,  # most adverse excursion from the entry price, a fraction ≤ 0
    "mfe": np.float64,  # most favourable excursion, a fraction ≥ 0
    "clipped": np.float64,  # share of the wanted quantity that the account could not cover
    "stop": np.float64,  # at entry; NaN for none
    "target": np.float64,
    "tag": object,
    "entry_bar": np.int64,
    "exit_bar": np.int64,  # -1 while open
}
TRADE_COLUMNS = tuple(_DTYPES)
"""Columns of the table of trades, one row a round trip."""

_ORDER_DTYPES: dict[str, Any] = {
    "order": object,  # market, stop or limit
    "partial": np.int64,  # exit fills before the last: 1 where a first of two targets was reached
}
ORDER_COLUMNS = tuple(_ORDER_DTYPES)
"""Further columns of a rule with entry orders or two targets."""

OPEN = -1
"""Reason of a round trip that has not ended."""

_LABELS = np.array([*(reason.label for reason in Reason), "open"], dtype=object)
_AT_THE_OPEN = (Reason.EXIT, Reason.MAX_BARS)


class RoundTrips(NamedTuple):
    """What fills say of round trips; all of shape (n_trades,).

    ``exit_bar`` is n_bars, ``reason`` is `OPEN` and prices of the exit are NaN while one is open.
    """

    quantity: FloatArray  # coins, negative for a short
    entry_bar: IntArray
    entry_price: FloatArray
    exit_bar: IntArray
    exit_price: FloatArray
    exit_level: FloatArray  # of the last fill, before slippage
    reason: IntArray  # of the last fill
    pnl: FloatArray
    fees: FloatArray
    funding: FloatArray
    slippage: FloatArray
    mae: FloatArray
    mfe: FloatArray
    clipped: FloatArray
    stop: FloatArray
    decision: IntArray  # index of the entry in the decisions, -1 for none
    partial: IntArray  # exit fills before the last one
    at_close: BoolArray  # whether the last exit came after the funding of its bar


def to_table(trips: RoundTrips, market: Market, decisions: Decisions | None) -> pd.DataFrame:
    """Make the table of trades.

    Parameters
    ----------
    trips : RoundTrips
        In order of their entries.
    market : Market
        The market that was traded.
    decisions : Decisions or None
        For tags and targets; None for a hand-written backtrader strategy.

    Returns
    -------
    DataFrame with the columns of `TRADE_COLUMNS`
        One row for each round trip; with those of `ORDER_COLUMNS` too where the decisions hold
        entry orders or second targets.
    """
    columns = {**_copy(trips), **_derive(trips, market), **_look_up(trips, decisions)}
    dtypes = dict(_DTYPES)
    if decisions is not None and decisions.is_extended:
        dtypes |= _ORDER_DTYPES
        kinds: Any = decisions.order[trips.decision] if len(trips.decision) else []
        columns |= {"order": [OrderType(int(kind)).label for kind in kinds]}
        columns |= {"partial": trips.partial}
    table = pd.DataFrame(columns, columns=list(dtypes))
    for name, dtype in dtypes.items():
        if dtype is TIME:  # a column of NaT alone would have no zone
            table[name] = pd.to_datetime(table[name], utc=True).astype(market.index.dtype)
    return table.astype({name: dtype for name, dtype in dtypes.items() if dtype is not TIME})


def _copy(trips: RoundTrips) -> dict[str, Any]:
    return {name: values for name, values in trips._asdict().items() if name in _DTYPES}


def _derive(trips: RoundTrips, market: Market) -> dict[str, Any]:
    """Compute what follows from the fills of a round trip and the bars of the market."""
    is_closed = trips.reason != OPEN
    coins = np.abs(trips.quantity)
    times = pd.DatetimeIndex(market.index[np.minimum(trips.exit_bar, len(market) - 1)])
    inside = is_closed & ~_leaves_at_the_open(trips, market)
    return {
        "side": np.sign(trips.quantity),
        "quantity": coins,
        "entry_time": market.index[trips.entry_bar],
        "exit_time": times.where(is_closed),
        "return": trips.pnl / (trips.entry_price * coins),
        "bars_held": trips.exit_bar - trips.entry_bar + inside,
        "exit_reason": _LABELS[trips.reason],
        "exit_bar": np.where(is_closed, trips.exit_bar, -1),
    }


def _leaves_at_the_open(trips: RoundTrips, market: Market) -> BoolArray:
    """Tell which exits are made at the open of their bar by their reason.

    Orders of a hand-written strategy have no such reason: those at the price of the open are.
    """
    opens = market.open[np.minimum(trips.exit_bar, len(market) - 1)]
    ordered = (trips.reason == Reason.ORDER) & (trips.exit_level == opens)
    at_the_open: BoolArray = np.isin(trips.reason, _AT_THE_OPEN) | ordered
    return at_the_open


def _look_up(trips: RoundTrips, decisions: Decisions | None) -> dict[str, Any]:
    """Take from the decisions what fills do not say: target and tag."""
    if decisions is None or not len(decisions.entries):
        n = len(trips.decision)
        return {"target": np.full(n, np.nan), "tag": [""] * n}
    is_decided: npt.NDArray[np.bool_] = trips.decision >= 0
    return {
        "target": np.where(is_decided, decisions.target[trips.decision], np.nan),
        "tag": [decisions.tag[k] if k >= 0 else "" for k in trips.decision],
    }
