"""Columns of the table of trades that say how near an account came to its venue's limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.execution.margin import Margin, lay_margin
from kanalo.execution.records import Reason, Records
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.typing import FloatArray

_DUST = 1e-12

MARGIN_COLUMNS = ("liquidation_distance", "shortfall")
"""Least distance to the liquidation price as a fraction of the price, NaN where there was none, 0
where it was reached; and what the account lacked after the exit, which the venue bore."""

SHARE_COLUMNS = ("entry_share", "exit_share")
"""Coins of the largest entry and exit fill over the volume of its bar; NaN for none."""


def add_account_columns(
    trades: pd.DataFrame, records: Records, market: Market, execution: Execution
) -> pd.DataFrame:
    """Add how near each trade came to its liquidation, and its share of the bars' volume.

    Parameters
    ----------
    trades : DataFrame
        Of `kanalo.execution.trades.to_trades`, one row a round trip.
    records : Records
        What the engine left behind.
    market : Market
        The market it ran over.
    execution : Execution
        The account; the columns of margin are there where its tiers bind.

    Returns
    -------
    DataFrame
        With the columns of `SHARE_COLUMNS`, and of `MARGIN_COLUMNS` under ``margin="exchange"``.
    """
    trip, is_entry = find_trips(records.fills)
    shares = calc_shares(records.fills, market)
    added: dict[str, Any] = {}
    if execution.is_margined:
        lacking = np.bincount(trip, records.fills["shortfall"], minlength=len(trades))
        distance = _calc_least_distance(trades, records, market)
        added = dict(zip(MARGIN_COLUMNS, (distance, lacking[: len(trades)]), strict=True))
    for name, mine in zip(SHARE_COLUMNS, (is_entry, ~is_entry), strict=True):
        added[name] = _find_largest(shares[mine], trip[mine], len(trades))
    return trades.assign(**added)


def calc_shares(fills: npt.NDArray[np.void], market: Market) -> FloatArray:
    """Return the coins of each fill over the volume of its bar; infinite where that is zero.

    Parameters
    ----------
    fills : structured array of `FILL_DTYPE`, shape (n_fills,)
        In order.
    market : Market
        The market.

    Returns
    -------
    float64 array of shape (n_fills,)
    """
    volume, coins = market.volume[fills["bar"]], np.abs(fills["quantity"])
    traded = volume > 0
    return np.where(traded, coins / np.where(traded, volume, 1.0), np.inf)


def find_trips(
    fills: npt.NDArray[np.void],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the round trip that each fill belongs to, and whether it adds to the position.

    A fill that turns a position over counts as the entry of the next one.
    """
    trip, adds = np.zeros(len(fills), dtype=np.int64), np.zeros(len(fills), dtype=bool)
    held, now = 0.0, -1
    for i, quantity in enumerate(fills["quantity"].tolist()):
        after = held + quantity
        after = 0.0 if abs(after) <= _DUST * max(abs(held), abs(quantity)) else after
        adds[i] = held * quantity >= 0 or held * after < 0
        now += held == 0 or held * after < 0
        trip[i], held = now, after
    return trip, adds


def _find_largest(values: FloatArray, trip: npt.NDArray[np.int64], n_trades: int) -> FloatArray:
    largest = np.full(n_trades, -np.inf)
    np.maximum.at(largest, trip, values)
    return np.where(largest >= 0, largest, np.nan)


def _calc_least_distance(trades: pd.DataFrame, records: Records, market: Market) -> FloatArray:
    distances = _calc_distances(records, market)
    entry = trades["entry_bar"].to_numpy(np.int64)
    stop = np.where(trades["exit_bar"] < 0, len(market), trades["exit_bar"])
    ended = (trades["exit_reason"] == Reason.LIQUIDATION.label).to_numpy()
    least = np.array(
        [np.fmin.reduce(distances[a:b], initial=np.nan) for a, b in zip(entry, stop, strict=True)],
        dtype=np.float64,
    )
    return np.where(ended, 0.0, least)


def _calc_distances(records: Records, market: Market) -> FloatArray:
    """Return the distance of each bar's worst price from the liquidation price; NaN for none."""
    margin, held = market.cached(lay_margin), records.position
    cash = records.equity - held * market.close - records.funding  # before funding
    level = find_levels(margin, cash, held)
    worst = np.where(held > 0, market.low, market.high)
    entries = records.fills[records.fills["reason"] == Reason.ENTRY]
    for fill in entries[(entries["inside"] == 1)]:  # the price before a stop order is not seen
        worst[fill["bar"]] = market.close[fill["bar"]]
    away = np.sign(held) * (worst - level) / worst
    return np.where(held == 0, np.nan, away)


def find_levels(margin: Margin, cash: FloatArray, held: FloatArray) -> FloatArray:
    """Return the liquidation price of each bar.

    Parameters
    ----------
    margin : Margin
        The tiers in force.
    cash, held : float64 arrays of shape (n_bars,)
        Cash before funding, and coins.

    Returns
    -------
    float64 array of shape (n_bars,)
        NaN where nothing is held, or no positive price liquidates it.
    """
    levels = np.full(len(cash), np.nan)
    for table in np.unique(margin.table):
        part = slice(margin.start[table], margin.start[table + 1])
        rates, amounts = margin.rates[part], margin.amounts[part]
        for side in (1, -1):
            at = (margin.table == table) & (np.sign(held) == side)
            if at.any():
                owed = (cash[at, None] + amounts) * -side
                prices = owed / (np.abs(held[at, None]) * (1 - side * rates))
                levels[at] = prices.max(axis=1) if side > 0 else prices.min(axis=1)
    return np.where((held > 0) & (levels <= 0), np.nan, levels)
