"""`Market`: bars and everything that was known beside them, aligned at the close of each bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo import periods
from kanalo.errors import DataError
from kanalo.market.bars import COLUMNS, check_bars

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
P = ParamSpec("P")
T = TypeVar("T")

FUNDING_HOURS = 8
"""Hours between two funding stamps of the perpetual: 00:00, 08:00 and 16:00 UTC."""


@dataclass(frozen=True, eq=False)
class Market:
    """Bars of one symbol with aligned context; row t holds what was known at the CLOSE of bar t.

    Attributes
    ----------
    symbol : str
        For example ``"XMRUSDT"``.
    interval : str
        Length of a bar: ``"1m"``, ``"1h"``, ``"1d"`` …
    bars : pandas.DataFrame of shape (n_bars, 5)
        ``open high low close volume`` (float64) on a strictly increasing UTC index of bar OPEN
        times. Prices in quote currency, volume in coins.
    venue : ndarray of str, shape (n_bars,)
        Where each bar was traded; funding is due where the name ends with ``-perp``.
    name : str
        Key in the catalog or the file's name; identifies the market in reports.
    context : pandas.DataFrame of shape (n_bars, k)
        Optional columns known at each bar's close, NaN where unknown: ``funding_rate`` (sum of the
        stamps in (open, close] of the bar, 0 where none is due), ``open_interest`` (coins),
        ``open_interest_usd``, ``long_short_ratio``, ``taker_buy_sell_ratio``, ``sources``,
        ``spread`` (largest distance of the sources' closes, a fraction); of every exchange whose
        liquidations were reported ``liquidation_long_usd_binance``, ``liquidation_short_usd_…``
        and ``liquidation_coverage_…`` (see `kanalo.market.liquidation_bars`).
    benchmark : pandas.DataFrame or None
        Bars of the benchmark asset (BTC) on the same index, NaN where it has none.
    finer : Market or None
        A market of finer bars over a part of the span, to resolve what happened inside a bar.
    digests : mapping of str to str
        sha256 of every file that the market was made from.
    first : int
        Number of leading bars that only warm signals up; trading starts with bar ``first``.
    """

    symbol: str
    interval: str
    bars: pd.DataFrame
    venue: npt.NDArray[np.str_]
    name: str = ""
    context: pd.DataFrame = field(default_factory=pd.DataFrame)
    benchmark: pd.DataFrame | None = None
    finer: Market | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    first: int = 0
    _cache: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse bars that no engine could trade and context that is not aligned."""
        check_bars(self.bars, self.name or self.symbol)
        if len(self.venue) != len(self.bars):
            raise DataError(f"{self.name}: {len(self.venue)} venues for {len(self.bars)} bars.")
        for what, frame in (("context", self.context), ("benchmark", self.benchmark)):
            if frame is not None and len(frame.columns) and not frame.index.equals(self.index):
                raise DataError(f"{self.name}: the {what} is not on the index of the bars.")

    def __len__(self) -> int:
        return len(self.bars)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields without the cache."""
        return _restore, (
            {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "_cache"},
        )

    @property
    def index(self) -> pd.DatetimeIndex:
        """OPEN times of the bars, UTC."""
        return cast(pd.DatetimeIndex, self.bars.index)

    @property
    def length(self) -> pd.Timedelta:
        """Length of one bar."""
        return periods.to_timedelta(self.interval)

    @property
    def closes_at(self) -> pd.DatetimeIndex:
        """CLOSE times of the bars, UTC: when row t is known."""
        return self.index + self.length

    @property
    def open(self) -> FloatArray:
        """Open prices, shape (n_bars,)."""
        return self._column("open")

    @property
    def high(self) -> FloatArray:
        """High prices, shape (n_bars,)."""
        return self._column("high")

    @property
    def low(self) -> FloatArray:
        """Low prices, shape (n_bars,)."""
        return self._column("low")

    @property
    def close(self) -> FloatArray:
        """Close prices, shape (n_bars,)."""
        return self._column("close")

    @property
    def volume(self) -> FloatArray:
        """Volumes in coins, shape (n_bars,)."""
        return self._column("volume")

    @property
    def perpetual(self) -> BoolArray:
        """Whether each bar was traded on a perpetual, where funding is due; shape (n_bars,)."""
        return np.char.endswith(self.venue.astype(str), "-perp")

    def known(self, column: str) -> FloatArray:
        """Return a context column, or all NaN where the market does not have it."""
        if column not in self.context.columns:
            return np.full(len(self), np.nan)
        return np.ascontiguousarray(self.context[column].to_numpy(np.float64))

    def between(
        self, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
    ) -> Market:
        """Trade only the bars that open in [start, end); earlier bars stay as warm-up.

        Parameters
        ----------
        start, end : str or Timestamp, optional
            UTC unless they carry a zone. A date stands for its midnight.

        Raises
        ------
        DataError
            If no bar opens in the window.
        """
        first = self.first if start is None else int(self.index.searchsorted(_to_utc(start)))
        stop = len(self) if end is None else int(self.index.searchsorted(_to_utc(end)))
        if first >= stop:
            raise DataError(
                f"{self.name}: no bar opens between {start or 'the beginning'} and "
                f"{end or 'the end'}; the bars run from {self.index[0]} to {self.index[-1]}."
            )
        return replace(self.rows(0, stop), first=max(first, self.first))

    @property
    def traded(self) -> Market:
        """The market without its warm-up bars: what an engine runs over."""
        return self if self.first == 0 else replace(self.rows(self.first, len(self)), first=0)

    def rows(self, start: int, stop: int) -> Market:
        """Return bars start to stop (exclusive) with their context; a prefix is ``rows(0, n)``."""
        part = slice(start, stop)
        benchmark = None if self.benchmark is None else self.benchmark.iloc[part]
        return replace(
            self,
            bars=self.bars.iloc[part],
            venue=self.venue[part],
            context=self.context.iloc[part],
            benchmark=benchmark,
            first=max(0, min(self.first - start, stop - start)),
        )

    def cached(
        self,
        function: Callable[Concatenate[Market, P], T],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> T:
        """Return ``function(self, **parameters)``, computed once for each set of parameters.

        Strategies that share a signal call it through here, so a sweep computes it once. What comes
        back is shared: do not write to it.
        """
        key = (function.__module__, function.__qualname__, args, tuple(sorted(parameters.items())))
        if key not in self._cache:
            self._cache[key] = function(self, *args, **parameters)
        return cast(T, self._cache[key])

    def forget(self) -> None:
        """Drop what `cached` keeps, to give its memory back; it is computed anew when needed."""
        self._cache.clear()

    def _column(self, name: str) -> FloatArray:
        if name not in self._cache:
            column = np.ascontiguousarray(self.bars[name].to_numpy(np.float64))
            column.flags.writeable = False
            self._cache[name] = column
        return cast(FloatArray, self._cache[name])

    @classmethod
    def from_bars(
        cls,
        bars: pd.DataFrame,
        *,
        symbol: str = "XMRUSD",
        interval: str | None = None,
        venue: str = "unknown",
        **fields: Any,
    ) -> Market:
        """Make a market of a plain frame of bars.

        Parameters
        ----------
        bars : DataFrame
            ``open high low close volume`` on a UTC index of OPEN times.
        symbol, venue : str
            Names; a venue that ends with ``-perp`` pays funding.
        interval : str, optional
            Length of a bar; the commonest step of the index by default.
        **fields
            Further fields of `Market`.
        """
        check_bars(bars, symbol)
        if interval is None:
            interval = find_interval(cast(pd.DatetimeIndex, bars.index))
        frame = bars.loc[:, list(COLUMNS)].astype(np.float64)
        return cls(symbol, interval, frame, np.full(len(frame), venue), **fields)


def find_interval(index: pd.DatetimeIndex) -> str:
    """Return the commonest step between bars as an interval.

    Raises
    ------
    DataError
        If there are fewer than two bars or the step is not a whole number of minutes.
    """
    if len(index) < 2:
        raise DataError(
            f"At least two bars are needed to tell their interval; received {len(index)}."
        )
    steps = index[1:] - index[:-1]
    return periods.to_interval(steps.value_counts().index[0])


def _to_utc(time: str | pd.Timestamp) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(time)
    except ValueError as error:
        raise DataError(
            f"A time looks like 2026-01-31 or 2026-01-31T12:00; received {time!r}."
        ) from error
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")


def _restore(fields: dict[str, Any]) -> Market:
    return Market(**fields)
