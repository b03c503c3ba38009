"""`Market`: bars and everything that was known beside them, aligned at the close of each bar."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo import periods
from kanalo.arguments import Named, check_names, check_type
from kanalo.errors import DataError, ParameterError
from kanalo.market.bars import COLUMNS, check_bars, check_length
from kanalo.market.context import CONTEXT as CONTEXT
from kanalo.market.context import check_context_name
from kanalo.market.earlier import keep_earlier
from kanalo.market.presented import PresentedMarket
from kanalo.market.times import to_time
from kanalo.text import count
from kanalo.typing import BoolArray, FloatArray

P = ParamSpec("P")
T = TypeVar("T")

FUNDING_HOURS = 8
"""Hours between two funding stamps of the perpetual: 00:00, 08:00 and 16:00 UTC."""


_TRADED = "the traded bars"


@dataclass(frozen=True, eq=False)
class Market(PresentedMarket, Named):
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
        stamps in (open, close] of the bar, 0 where none is due), ``funding_stamps`` and
        ``funding_assumed`` (how many are due, and how many of them have no rate; see
        `kanalo.market.funding`), ``open_interest`` (coins),
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
    vintages : mapping of str to str
        Of every table that the workspace's user brought: its rows, last time and time of fetching.
    first : int
        Number of leading bars that only warm signals up; trading starts with bar ``first``.
    tiers : pandas.DataFrame or None
        Maintenance tiers of the symbol by date, see `kanalo.execution.margin`; None for those that
        come with kanalo.
    earlier : pandas.DataFrame or None
        ``close volume venue`` of the days before the first bar, where the market was cut; turnover
        and volatility of a day look back on them.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01", "2025-01-10")
    >>> market.interval, len(market) - market.first
    ('1d', 9)
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
    vintages: Mapping[str, str] = field(default_factory=dict)
    first: int = 0
    tiers: pd.DataFrame | None = None
    earlier: pd.DataFrame | None = None
    _cache: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse bars that no engine could trade and context that is not aligned."""
        check_type("Market", "bars", self.bars, pd.DataFrame, "a DataFrame of bars")
        check_type("Market", "venue", self.venue, np.ndarray, "an array of one venue a bar")
        periods.to_timedelta(self.interval)
        check_bars(self.bars, self.name or self.symbol)
        check_length(self.index, self.length, self.name or self.symbol, strict=False)
        if len(self.venue) != len(self.bars):
            raise DataError(
                f"{self.name}: {count(len(self.venue), 'venue')} for "
                f"{count(len(self.bars), 'bar')}."
            )
        for what, frame in (("context", self.context), ("benchmark", self.benchmark)):
            if frame is not None and len(frame.columns) and not frame.index.equals(self.index):
                raise DataError(f"{self.name}: the {what} is not on the index of the bars.")

    def __repr__(self) -> str:
        """Name the market with its symbol, span and number of bars."""
        traded = f", {self.first:,} of them to warm up" if self.first else ""
        text = (
            f"Market({self.name or self.symbol}: {self.symbol}, {count(len(self), 'bar')} of "
            f"{self.interval} from {self.index[0]:%Y-%m-%d} to {self.closes_at[-1]:%Y-%m-%d}"
            f"{traded})"
        )
        return text if len(text) <= 300 else text[:298] + "…)"

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

    @property
    def spot(self) -> BoolArray:
        """Whether each bar was traded on a spot venue, where nobody is liquidated; (n_bars,)."""
        return np.char.endswith(self.venue.astype(str), "-spot")

    def known(self, column: str) -> FloatArray:
        """Return a context column, or all NaN where the market does not have it.

        Parameters
        ----------
        column : str
            One of `CONTEXT`, ``liquidation_long_usd_<exchange>`` and the like, or a column of the
            market's own context.

        Returns
        -------
        float64 array of shape (n_bars,)
            NaN where nothing was known.

        Raises
        ------
        UnknownNameError
            If no market can have such a column.
        ParameterError
            If it is not text.
        """
        check_type("Market.known", "column", column, str, "the name of a context column")
        if column not in self.context.columns:
            check_context_name(column, self.context.columns)
            return np.full(len(self), np.nan)
        return np.ascontiguousarray(self.context[column].to_numpy(np.float64))

    def between(
        self, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
    ) -> Market:
        """Trade only the bars that open in [start, end); earlier bars stay as warm-up.

        Parameters
        ----------
        start, end : str, date or Timestamp, optional
            UTC unless they carry a zone. A date stands for its midnight.

        Returns
        -------
        Market
            With ``first`` at the first bar to trade.

        Raises
        ------
        ParameterError
            If one is no time, or may be read in two ways; see `kanalo.market.times`.
        DataError
            If no bar opens in the window.
        """
        first = self.first if start is None else self._find_bar(start, "start")
        stop = len(self) if end is None else self._find_bar(end, "end")
        if first >= stop:
            raise DataError(
                f"{self.name}: no bar opens between {start or 'the beginning'} and "
                f"{end or 'the end'}; the bars run from {self.index[0]} to {self.index[-1]}."
            )
        return replace(self.rows(0, stop), first=max(first, self.first))

    def _find_bar(self, time: str | pd.Timestamp, name: str) -> int:
        """Return the first bar that opens at a time or later."""
        return int(self.index.searchsorted(to_time(time, f"between(): '{name}'")))

    @property
    def traded(self) -> Market:
        """The market without its warm-up bars: what an engine runs over; the same each time."""
        if self.first == 0:
            return self
        if _TRADED not in self._cache:
            self._cache[_TRADED] = replace(self.rows(self.first, len(self)), first=0)
        return cast(Market, self._cache[_TRADED])

    def rows(self, start: int, stop: int) -> Market:
        """Return bars start to stop (exclusive) with their context; a prefix is ``rows(0, n)``.

        Parameters
        ----------
        start, stop : int
            Positions, 0 ≤ start < stop ≤ n_bars.

        Returns
        -------
        Market
            Of stop - start bars; those before the first traded one stay warm-up.

        Raises
        ------
        ParameterError
            If the market has no such bars.
        """
        check_type("Market.rows", "start", start, int, "the position of a bar")
        check_type("Market.rows", "stop", stop, int, "the position of a bar")
        if not 0 <= start < stop <= len(self):
            raise ParameterError(
                f"Market.rows(): 'start' and 'stop' must be positions with 0 <= start < stop <= "
                f"{len(self)}; received {start} and {stop}."
            )
        part = slice(start, stop)
        benchmark = None if self.benchmark is None else self.benchmark.iloc[part]
        return self._with_rows(
            bars=self.bars.iloc[part],
            venue=self.venue[part],
            context=self.context.iloc[part],
            benchmark=benchmark,
            first=max(0, min(self.first - start, stop - start)),
            earlier=keep_earlier(self.bars, self.venue, self.earlier, start),
        )

    def _with_rows(self, **changes: Any) -> Market:
        """Return this market with fewer rows: what was sound as a whole is not checked anew."""
        part = object.__new__(type(self))
        for each in dataclasses.fields(self):
            value = changes.get(each.name, getattr(self, each.name)) if each.init else {}
            object.__setattr__(part, each.name, value)
        return part

    def cached(
        self,
        function: Callable[Concatenate[Market, P], T],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> T:
        """Return ``function(self, **parameters)``, computed once for each set of parameters.

        Strategies that share a signal call it through here, so a sweep computes it once. What comes
        back is shared: do not write to it.

        Parameters
        ----------
        function : callable
            Takes the market first.
        *args, **parameters
            What else it takes; numbers, text and tuples, for they are part of the key.

        Returns
        -------
        object
            What the function returned, the same object each time.

        Raises
        ------
        ParameterError
            If an argument is a list, a dict or an array, which cannot be a key.
        """
        # The function itself is the key: a lambda, or one that was defined anew, is another one.
        key = (function, args, tuple(sorted(parameters.items()) if parameters else ()))
        try:
            if key in self._cache:
                return cast(T, self._cache[key])
        except TypeError as error:
            raise ParameterError(
                "Market.cached(): arguments must be numbers, text or tuples, which can be a key; "
                f"{error}."
            ) from error
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

        Returns
        -------
        Market
            Of the five columns alone; further columns of the frame are left out.

        Raises
        ------
        DataError, ParameterError
            If the frame is no table of bars, or an argument is wrong or does not exist.
        """
        check_type("Market.from_bars", "bars", bars, pd.DataFrame, "a DataFrame of bars")
        for argument, value in (("symbol", symbol), ("venue", venue)):
            check_type("Market.from_bars", argument, value, str, "text")
        names = [each.name for each in dataclasses.fields(cls) if each.init]
        check_names("Market.from_bars()", fields, names, "argument")
        check_bars(bars, symbol)
        if interval is None:
            interval = periods.find_interval(cast(pd.DatetimeIndex, bars.index))
        frame = bars.loc[:, list(COLUMNS)].astype(np.float64)
        return cls(symbol, interval, frame, np.full(len(frame), venue), **fields)


def _restore(fields: dict[str, Any]) -> Market:
    return Market(**fields)
