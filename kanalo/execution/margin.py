"""The maintenance tiers that bind an account in each bar, and what it pays to borrow (rule 16).

Tables of perpetuals carry the day from which on they were seen; before the first of them the first
one is assumed, and where a symbol has none `ASSUMED`. Spot has one tier of 10 % and no cap.
"""

from __future__ import annotations

import functools
from datetime import date
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from kanalo.arguments import to_plain
from kanalo.errors import DataError
from kanalo.market import Market
from kanalo.signals.leverage import Tiers
from kanalo.typing import BoolArray, FloatArray, IntArray

ASSUMED = Tiers("assumed", date(1970, 1, 1), (np.inf,), (0.01,), (20.0,))
"""What is assumed of a perpetual without a table: 1 % maintenance margin and 20 times leverage."""

SPOT = Tiers("spot", date(1970, 1, 1), (np.inf,), (0.1,), (np.inf,))

TIER_COLUMNS = ("tier", "min_notional", "max_notional", "maint_margin_rate", "max_leverage")
"""Columns of a table of tiers besides ``time``, the day from which on a version was seen."""


class Margin(NamedTuple):
    """The tiers in force, laid out for engines; the tiers of table i are rows start[i]:start[i+1].

    The arrays of tables have the shape (n_tiers,), the others (n_bars,).
    """

    table: IntArray  # index of the table in force in each bar
    start: IntArray  # shape (n_tables + 1,)
    caps: FloatArray  # largest value of each tier, quote currency
    rates: FloatArray  # maintenance-margin rate of each tier
    amounts: FloatArray  # maintenance amount of each tier, quote currency
    leverage: FloatArray  # highest leverage of each tier
    days: FloatArray  # length of a bar in days where borrowing costs (not on perpetuals), else 0
    assumed: BoolArray  # bars of a perpetual that no dated table covers

    def list_tiers(self, bar: int) -> list[tuple[float, float, float, float]]:
        """Return cap, rate, amount and leverage of every tier in force in a bar."""
        part = slice(*self.start[self.table[bar] :][:2])
        columns = (self.caps, self.rates, self.amounts, self.leverage)
        return list(zip(*(each[part].tolist() for each in columns), strict=True))


def lay_margin(market: Market) -> Margin:
    """Find the tiers that bind in each bar of a market.

    Parameters
    ----------
    market : Market
        Its symbol is looked up among the tables that come with kanalo, unless it has ``tiers``.

    Returns
    -------
    Margin

    Raises
    ------
    DataError
        If the market's own tiers have a hole, or do not rise.
    """
    dated = find_tables(market)
    tables = [SPOT, *(dated or [ASSUMED])]
    since = np.array([pd.Timestamp(each.since, tz="UTC").value for each in tables[1:]])
    opens = market.index.as_unit("ns").asi8
    in_force = np.maximum(np.searchsorted(since, opens, side="right"), 1)
    perpetual = market.perpetual
    assumed = perpetual if not dated else perpetual & (opens < since[0])
    days = np.where(perpetual, 0.0, market.length / pd.Timedelta(days=1))
    caps, rates, amounts, leverage = (
        np.concatenate([getattr(each, name) for each in tables]) for name in _ROWS
    )
    start = np.cumsum([0, *(len(each.caps) for each in tables)])
    table = np.where(perpetual, in_force, 0)
    return Margin(table, start, caps, rates, amounts, leverage, days, assumed)


_ROWS = ("caps", "rates", "amounts", "max_leverage")


def calc_assumed_share(market: Market) -> float:
    """Return the share of a market's perpetual bars whose tiers are assumed; NaN without any."""
    margin = market.cached(lay_margin)
    n = int(market.perpetual.sum())
    return float(margin.assumed.sum() / n) if n else float("nan")


def find_tables(market: Market) -> list[Tiers]:
    """Return the dated tables of a market's symbol in order of time; none where it has none."""
    if market.tiers is not None:
        return read_tiers(market.tiers, market.symbol)
    return _find_bundled(to_contract(market.symbol))


def to_contract(symbol: str) -> str:
    """Return the name of a symbol's USDT contract, by which tables are filed."""
    return f"{symbol}T" if symbol.endswith("USD") else symbol


@functools.cache
def _load_bundled() -> pd.DataFrame:
    with files("kanalo.market").joinpath("leverage_tiers.parquet").open("rb") as file:
        return pd.read_parquet(file)


@functools.cache
def _find_bundled(symbol: str) -> list[Tiers]:
    frame = _load_bundled()
    return read_tiers(frame[frame["symbol"] == symbol], symbol)


def read_tiers(frame: pd.DataFrame, symbol: str) -> list[Tiers]:
    """Read the dated tables of one symbol.

    Parameters
    ----------
    frame : DataFrame
        ``time`` (the day from which on a version was seen) and the columns of `TIER_COLUMNS`, one
        row a tier; further columns are left out.
    symbol : str
        Whose they are.

    Returns
    -------
    list of Tiers
        In order of time.

    Raises
    ------
    DataError
        If a column is missing, a value is no number, or a tier does not begin where the one before
        ends; the message names day, tier and column.
    """
    missing = [name for name in ("time", *TIER_COLUMNS) if name not in frame.columns]
    if missing:
        raise DataError(f"The tiers of {symbol} have no column '{missing[0]}'.")
    return [
        _read_version(symbol, pd.Timestamp(time), rows.sort_values("tier"))  # type: ignore[arg-type]
        for time, rows in frame.groupby("time", sort=True)
    ]


def _read_version(symbol: str, time: pd.Timestamp, rows: pd.DataFrame) -> Tiers:
    where = f"The tiers of {symbol} of {time:%Y-%m-%d}"
    for name in TIER_COLUMNS[1:]:
        values = pd.to_numeric(rows[name], errors="coerce").to_numpy(np.float64)
        wrong = np.isnan(values) | (values < 0)
        if wrong.any():
            k = int(np.argmax(wrong))
            raise DataError(
                f"{where}: '{name}' of tier {rows['tier'].iloc[k]} must be a number of at least 0; "
                f"received {to_plain(rows[name].iloc[k])!r}."
            )
    caps, floors = (rows[name].to_numpy(np.float64) for name in ("max_notional", "min_notional"))
    holes = floors != np.r_[0.0, caps[:-1]]
    if holes.any():
        k = int(np.argmax(holes))
        raise DataError(
            f"{where} have a hole: 'min_notional' of tier {rows['tier'].iloc[k]} must be "
            f"{np.r_[0.0, caps[:-1]][k]:g}, where the tier before ends; received {floors[k]:g}."
        )
    rates, leverage = (tuple(rows[name]) for name in ("maint_margin_rate", "max_leverage"))
    return Tiers(symbol, time.date(), tuple(caps), rates, leverage)
