"""kanalo's statistics as ``bt.Analyzer`` classes for any Cerebro, its broker and feeds unchanged.

::

    import kanalo.analyzers.backtrader as kanalo_analyzers

    cerebro.addanalyzer(kanalo_analyzers.Returns)
    cerebro.addanalyzer(kanalo_analyzers.Drawdowns)
    [strategy] = cerebro.run()
    strategy.analyzers.drawdowns.get_analysis()["max_drawdown"]

``get_analysis()`` gives a plain dict under the keys of `kanalo.analyzers.STATISTICS`, computed by
the same functions as for kanalo's own runs. Every analyzer takes ``stamps="open"`` (the default:
bars carry their OPEN time, as exchanges and kanalo stamp them) or ``stamps="close"`` (backtrader's
own reading). It matters for which UTC day a mark belongs to.

Importing this module imports backtrader; `kanalo.analyzers` alone does not.
"""

from __future__ import annotations

from typing import Any, ClassVar

import backtrader as bt
import numpy as np
import pandas as pd

from kanalo.analyzers import summary
from kanalo.analyzers.returns import to_daily_returns
from kanalo.errors import EngineError, ParameterError, suggestion
from kanalo.execution.records import FILL_DTYPE, Reason, Records
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.trades import TRADE_COLUMNS, to_trades
from kanalo.market import Market
from kanalo.typing import FloatArray

_EPOCH = 719_163  # backtrader counts days since year 1, as date.toordinal() does
_DAY_MS = 86_400_000
_STAMPS = ("close", "open")


_Fill = tuple[float, float, float, float, bool]
"""Time in backtrader's days, quantity, price, fee, and whether it was made at the bar's open."""


class _Recorder(bt.Analyzer):  # type: ignore[misc]
    """Record the account's value at every bar of the first feed.

    A subclass has ``calc()``, which returns the statistics of what was recorded.
    """

    params: ClassVar[dict[str, Any]] = {"stamps": "open"}

    def start(self) -> None:
        """Note the cash and begin an empty record."""
        if self.p.stamps not in _STAMPS:
            raise ParameterError(
                f"The 'stamps' of {type(self).__name__} must be 'open' or 'close'; received "
                f"{self.p.stamps!r}.{suggestion(str(self.p.stamps), _STAMPS)}"
            )
        self.cash = float(self.strategy.broker.startingcash)
        self._times: list[float] = []
        self._marks: list[float] = []
        self._analysis: dict[str, float] = {}

    def next(self) -> None:
        """Mark the account; a bar that another feed repeats is marked again."""
        time = self.data.datetime[0]
        if self._times and self._times[-1] == time:
            self._marks[-1] = self.strategy.broker.getvalue()
            return
        self._times.append(time)
        self._marks.append(self.strategy.broker.getvalue())

    def stop(self) -> None:
        """Compute the statistics once the run is over."""
        self._analysis = self.calc()

    def get_analysis(self) -> dict[str, float]:
        """Return the statistics by key; empty before the run."""
        return self._analysis

    @property
    def length(self) -> pd.Timedelta:
        """Commonest step between bars; a day where there is only one bar."""
        return _find_length(_to_times(self._times))

    @property
    def equity(self) -> pd.Series[float]:
        """Marks at the closes, indexed by the bars' OPEN times."""
        index = _to_opens(self._times, self.p.stamps)
        return pd.Series(np.array(self._marks, dtype=np.float64), index=index)

    @property
    def daily_returns(self) -> pd.Series[float]:
        """UTC-daily returns of the account."""
        return to_daily_returns(self.equity, self.cash)


class Returns(_Recorder):
    """Total return, CAGR, volatility, first and last equity.

    ``daily_returns`` holds the series itself.
    """

    def calc(self) -> dict[str, float]:
        """Return the statistics of what was recorded."""
        return summary.calc_return_statistics(
            self.equity, self.cash, self.length, self.daily_returns
        )


class Drawdowns(_Recorder):
    """Drawdown figures on every bar: negative fractions, where backtrader has positive percent."""

    def calc(self) -> dict[str, float]:
        """Return the statistics of what was recorded."""
        return summary.calc_drawdown_statistics(self.equity, self.cash)


class Ratios(_Recorder):
    """Sharpe, Sortino, Calmar and Omega ratio from UTC-daily returns, 365 a year."""

    def calc(self) -> dict[str, float]:
        """Return the statistics of what was recorded."""
        return summary.calc_ratio_statistics(self.daily_returns)


class Trades(_Recorder):
    """Statistics of round trips, from the fills of every order on every feed.

    ``trades`` holds the table. Fills are netted by the function that kanalo's own engine uses, feed
    by feed; with kanalo's broker reasons, funding and clipping come from its own records. Other
    brokers do not tell the price before slippage, so that column is NaN.
    """

    def start(self) -> None:
        """Begin an empty record."""
        super().start()
        self._fills: dict[Any, list[_Fill]] = {}
        self.trades = pd.DataFrame(columns=list(TRADE_COLUMNS))

    def notify_order(self, order: Any) -> None:
        """Record what was executed since the last notification."""
        fills = self._fills.setdefault(order.data, [])
        cheats = getattr(self.strategy.broker.p, "coc", False)  # fills at the close before
        at_the_open = order.exectype == bt.Order.Market and not cheats
        fills += [
            (bit.dt, bit.size, bit.price, bit.closedcomm + bit.openedcomm, at_the_open)
            for bit in order.executed.iterpending()
        ]

    def calc(self) -> dict[str, float]:
        """Return the statistics of what was recorded."""
        tables = [self._net(data, fills) for data, fills in self._fills.items() if fills]
        if tables:
            self.trades = pd.concat(tables).sort_values("entry_time", kind="stable")
        return summary.calc_trade_statistics(self.trades)

    def _net(self, data: Any, fills: list[_Fill]) -> pd.DataFrame:
        market = _to_market(data, self.p.stamps)
        broker = self.strategy.broker
        if isinstance(broker, RuledBroker) and len(self._fills) == 1:
            return to_trades(broker.records(), market, None)
        trades = to_trades(_to_records(fills, data, len(market)), market, None)
        return trades.assign(slippage=np.nan)


def _to_times(stamps: list[float]) -> pd.DatetimeIndex:
    """Convert backtrader's days to UTC times, to the millisecond that a float of them can hold."""
    days = np.array(stamps, dtype=np.float64) - _EPOCH
    times = pd.to_datetime(np.round(days * _DAY_MS).astype(np.int64), unit="ms", utc=True)
    return times.as_unit("ns")


def _find_length(times: pd.DatetimeIndex) -> pd.Timedelta:
    steps, counts = np.unique(np.diff(times.asi8), return_counts=True)
    return pd.Timedelta(int(steps[counts.argmax()]) if len(steps) else _DAY_MS * 10**6, unit="ns")


def _to_opens(stamps: list[float], convention: str) -> pd.DatetimeIndex:
    times = _to_times(stamps)
    return times if convention == "open" else times - _find_length(times)


def _to_market(data: Any, convention: str) -> Market:
    """Return the bars of a feed as a market; volumes play no part and are zero."""
    lines = {name: _to_line(data, name) for name in ("datetime", "open", "high", "low", "close")}
    index = _to_opens(lines.pop("datetime").tolist(), convention)
    return Market.from_bars(pd.DataFrame({**lines, "volume": 0.0}, index=index))


def _to_line(data: Any, name: str) -> FloatArray:
    values = np.array(getattr(data, name).array, dtype=np.float64)
    if len(values) < len(data):
        raise EngineError("Trades needs all the bars; run Cerebro with exactbars=False.")
    return values[: len(data)]


def _to_records(fills: list[_Fill], data: Any, n_bars: int) -> Records:
    rows = np.zeros(len(fills), dtype=FILL_DTYPE)
    times, rows["quantity"], rows["price"], rows["fee"], at_the_open = np.array(fills).T
    rows["bar"] = np.searchsorted(_to_line(data, "datetime"), times)
    opens = _to_line(data, "open")[rows["bar"]]
    rows["level"] = np.where(at_the_open > 0, opens, rows["price"])
    rows["wanted"] = np.abs(rows["quantity"])
    rows["reason"], rows["decision"], rows["stop"] = Reason.ORDER, -1, np.nan
    unknown, none = np.full(n_bars, np.nan), np.zeros(n_bars)
    return Records(rows, unknown, unknown, none, np.empty(0, dtype=np.int64))
