"""What every reader of derivatives data takes and gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.market.liquidations import EVENTS, SUMS, Instrument, Window, find_instrument
from kanalo.market.readers.raw import RawTable

POSITIONING_KIND, FUNDING_KIND, BARS_KIND = "positioning", "funding", "bars"

POSITIONING = (
    *("open_interest", "open_interest_usd", "top_trader_account_ratio"),
    *("top_trader_position_ratio", "long_short_ratio", "taker_buy_sell_ratio"),
)
"""Columns that a table of positioning may have beside ``time`` and ``known_at``."""

PUBLISHING_DELAY = pd.Timedelta(minutes=5)
"""Time that a venue is given to publish a row after the period that it describes has ended."""


@dataclass(frozen=True)
class ReadOptions:
    """What a file does not say of itself.

    Attributes
    ----------
    exchange, symbol : str or None
        Venue and contract, where the file names none; a symbol also picks one of several.
    unit : str or None
        ``base`` (coins) or ``usd``.
    contract_value : float or None
        Coins in a linear contract, USD in an inverse one.
    start, end : Timestamp or None
        Span over which the recording ran, if it is longer than from its first to its last event.
    timezone : str or None
        Zone of times that are text without one.
    period : Timedelta or None
        Length of the intervals of a table; their commonest distance by default.
    """

    exchange: str | None = None
    symbol: str | None = None
    unit: str | None = None
    contract_value: float | None = None
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    timezone: str | None = None
    period: pd.Timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse a contract that is worth nothing and intervals without length."""
        if self.contract_value is not None and not self.contract_value > 0:
            raise ParameterError(
                f"The 'contract_value' must be positive; received {self.contract_value}."
            )
        if self.period is not None and not self.period > pd.Timedelta(0):
            raise ParameterError(f"The 'period' must be positive; received {self.period}.")

    def need_exchange(self, source: str) -> str:
        """Return the exchange in lower case; raise ParameterError where it was not given."""
        return to_exchange(self._need("exchange", self.exchange, source, "the venue, e.g. binance"))

    def need_symbol(self, source: str) -> Instrument:
        """Return the contract; raise ParameterError where none was given or it is unknown."""
        symbol = self._need("symbol", self.symbol, source, "the contract, e.g. XMRUSDT")
        instrument = find_instrument(symbol)
        if instrument is None:
            raise ParameterError(
                "The 'symbol' must be quoted in USD, USDT or the like, such as XMRUSDT; "
                f"received {symbol!r}."
            )
        return instrument

    def need_unit(self, source: str) -> str:
        """Return the unit; raise ParameterError where it was not given or is another one."""
        unit = self._need("unit", self.unit, source, "base (coins) or usd")
        if unit not in ("base", "usd"):
            raise ParameterError(f"The 'unit' must be base or usd; received {unit!r}.")
        return unit

    @staticmethod
    def _need(name: str, value: str | None, source: str, expected: str) -> str:
        if not value:
            raise ParameterError(f"{source} does not say its {name}: give --{name}, {expected}.")
        return value


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader found in a file.

    Attributes
    ----------
    kind : str
        ``liquidation_events``, ``liquidation_sums``, ``positioning``, ``funding`` or ``bars``.
    frame : DataFrame
        In the kind's schema.
    duplicates : int
        Rows that repeated another one exactly and were dropped.
    skipped : int
        Rows left out on purpose: acknowledgements, other symbols, totals over all exchanges.
    windows : tuple of Window
        Of events: the spans that the file covers, where more is known than its events tell.
    digests : mapping of str to str
        sha256 of each file.
    """

    kind: str
    frame: pd.DataFrame
    duplicates: int = 0
    skipped: int = 0
    windows: tuple[Window, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


Reader = Callable[[Path, ReadOptions], Reading]


def to_exchange(name: str) -> str:
    """Return the name of an exchange as tables have it: lower case, letters, digits, underscores.

    Examples
    --------
    >>> to_exchange("Crypto.com")
    'crypto_com'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def make_events(table: RawTable, columns: Mapping[str, object]) -> pd.DataFrame:
    """Lay out events in their schema; the recording is named after the file.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    columns : mapping of str to array of shape (n_rows,)
        Columns of the schema ``EVENTS``; a single value counts for all rows.

    Returns
    -------
    DataFrame of n_rows rows
        Prices and notional in USD, quantity in coins.
    """
    frame = pd.DataFrame({"capture_window": Path(table.source).stem, **columns})
    return _typed(frame, EVENTS)


def make_sums(columns: Mapping[str, object]) -> pd.DataFrame:
    """Lay out sums in their schema; amounts that are not given are NaN."""
    amounts = dict.fromkeys(("long_usd", "short_usd", "long_quantity", "short_quantity"), np.nan)
    return _typed(pd.DataFrame({**amounts, **columns}), SUMS)


def make_positioning(
    times: pd.DatetimeIndex, columns: Mapping[str, object], period: pd.Timedelta
) -> pd.DataFrame:
    """Lay out positioning with the time from which each row was known.

    ``known_at = time + period + 5 minutes``: venues do not say whether a stamp is the beginning or
    the end of what it describes, so the later one is taken, and the time to publish it is added.
    For Binance's rows of five minutes that is ten minutes, as measured.

    Parameters
    ----------
    times : DatetimeIndex of shape (n_rows,)
        Stamps of the rows, UTC.
    columns : mapping of str to float64 array of shape (n_rows,)
        Open interest and ratios by column name.
    period : Timedelta
        Length of the venue's interval, > 0.

    Returns
    -------
    DataFrame of n_rows rows
        The columns, with ``time`` and ``known_at``.
    """
    known_at = times + period + PUBLISHING_DELAY
    return pd.DataFrame({"time": times, "known_at": known_at, **columns})


def find_period(table: RawTable, times: pd.DatetimeIndex, options: ReadOptions) -> pd.Timedelta:
    """Return the length of a table's intervals: as asked for, else their commonest distance.

    Parameters
    ----------
    table : RawTable
        Table the times come from, for the message.
    times : DatetimeIndex of shape (n_rows,)
        Its stamps, UTC, in any order.
    options : ReadOptions
        Its ``period`` counts first.

    Returns
    -------
    Timedelta
        Length of an interval, > 0.

    Raises
    ------
    DataError
        If there is one row and no period was given.
    """
    if options.period is not None:
        return options.period
    stamps = times.unique().sort_values()
    if len(stamps) < 2:
        raise DataError(
            f"{table.source}: one time does not tell the length of the intervals; give --period, "
            "e.g. 1h."
        )
    steps = pd.Series(stamps[1:] - stamps[:-1])
    return pd.Timedelta(steps.mode().iloc[0])


def _typed(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    frame = frame.loc[:, list(columns)]
    for name in ("time", "end"):
        if name in frame.columns:
            frame[name] = pd.DatetimeIndex(frame[name]).as_unit("ns")
    texts = ("exchange", "symbol", "side", "price_kind", "capture_window")
    return frame.astype({name: str for name in texts if name in frame.columns})
