"""What became of bars by the horizon, for many bars at once; settled where a coin was delisted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kanalo.market import Market
from kanalo.panel._stay_kernels import find_stays
from kanalo.panel.coins import Coin, Panel
from kanalo.study.claims.columns import find_column
from kanalo.study.claims.plan import ClaimOutcome
from kanalo.typing import BoolArray, FloatArray, IntArray

Ways = dict[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Measures one kind of outcome on one coin.

    Attributes
    ----------
    market : Market
        The bars.
    outcome : ClaimOutcome
        What is measured.
    n_bars : int
        The horizon.
    settled : bool
        Whether the coin was delisted where its bars end: a window that is cut short there counts
        with the last close. Otherwise such a window is unknown.
    others : float64 array of shape (n_bars of the market,) or None
        Of the kind ``relative``: the mean return of the other coins from each bar's close to the
        horizon, NaN where fewer than the plan's number of them are known.
    """

    market: Market
    outcome: ClaimOutcome
    n_bars: int
    settled: bool = False
    others: FloatArray | None = None
    _cache: dict[str, FloatArray] = field(default_factory=dict, init=False, repr=False)

    def ways(self, bars: IntArray) -> Ways:
        """Return the levels that stand at bars, relative to their closes; NaN where there are none.

        Parameters
        ----------
        bars : int64 array of shape (n,)
            Events.
        """
        outcome = self.outcome
        if outcome.kind == "reaches":
            if isinstance(outcome.distance, str):
                return {"distance": self._column(outcome.distance)[bars]}
            way = outcome.side * np.log1p(outcome.side * outcome.distance)
            return {"distance": np.full(len(bars), way)}
        if outcome.kind == "stays":
            names = ("below", "above", "drift")
            return {name: self._column(getattr(outcome, name))[bars] for name in names}
        return {}

    def measure(self, bars: IntArray, ways: Ways) -> FloatArray:
        """Return what became of bars.

        Parameters
        ----------
        bars : int64 array of shape (n,)
            Bars of the market.
        ways : dict
            From `ways` of the EVENTS, one row a bar: controls get those of their event.

        Returns
        -------
        float64 array of shape (n,)
            A log return, 1 or 0, or the value of a column; NaN where it is not known.
        """
        kind = self.outcome.kind
        if kind == "value":
            return self._column(self.outcome.of)[bars]
        if kind == "stays":
            values = self._stays(bars, ways)
        elif kind == "reaches":
            reached = self._forward()[bars] >= ways["distance"]
            values = np.where(np.isnan(ways["distance"]), np.nan, reached.astype(np.float64))
        else:
            values = self._returns()[bars]
        return np.where(self._is_known()[bars], values, np.nan)

    def _is_known(self) -> BoolArray:
        """Tell whether the horizon lies within the bars, or the coin ended by delisting."""
        bar = np.arange(len(self.market))
        last = len(self.market) - 1
        within = bar + self.n_bars <= last
        return within | (self.settled & (bar < last))

    def _returns(self) -> FloatArray:
        log_close = np.log(self.market.close)
        end = np.minimum(np.arange(len(log_close)) + self.n_bars, len(log_close) - 1)
        own = log_close[end] - log_close
        return own if self.others is None else own - self.others

    def _forward(self) -> FloatArray:
        """Return the furthest that was traded on the side of the level within the horizon."""
        if "forward" not in self._cache:
            side = self.outcome.side
            market = self.market
            extreme = side * np.log(market.high if side > 0 else market.low)
            furthest = roll_forward(extreme, self.n_bars)
            self._cache["forward"] = furthest - side * np.log(market.close)
        return self._cache["forward"]

    def _stays(self, bars: IntArray, ways: Ways) -> FloatArray:
        log_close = np.log(self.market.close)
        stays = np.empty(len(bars))
        lines = (ways["below"], ways["above"], ways["drift"])
        find_stays(log_close, bars, *lines, self.n_bars, stays)
        return stays

    def _column(self, name: str) -> FloatArray:
        if name not in self._cache:
            self._cache[name] = find_column(self.market, name)
        return self._cache[name]


def roll_forward(values: FloatArray, n_bars: int) -> FloatArray:
    """Return the largest of the next ``n_bars`` values after each; -inf where none follows.

    Parameters
    ----------
    values : float64 array of shape (n,)
        No NaN.
    n_bars : int
        Length of the window; it ends with the values.

    Returns
    -------
    float64 array of shape (n,)
        In the unit of the values.

    Examples
    --------
    >>> roll_forward(np.array([5.0, 1.0, 3.0, 2.0]), 2).tolist()
    [3.0, 3.0, 2.0, -inf]
    """
    padded = np.concatenate([values[1:], np.full(n_bars, -np.inf)])
    # Two running maxima over blocks of the window's length cover every window: van Herk's method.
    n_blocks = -(-len(padded) // n_bars)
    filled = np.full(n_blocks * n_bars, -np.inf)
    filled[: len(padded)] = padded
    blocks = filled.reshape(n_blocks, n_bars)
    ahead = np.maximum.accumulate(blocks, axis=1).ravel()
    behind = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    start = np.arange(len(values))
    return np.maximum(behind[start], ahead[start + n_bars - 1])


def mean_of_others(panel: Panel, coin: Coin, n_hours: int, least: int) -> FloatArray:
    """Return the mean log return of all other coins from the close of each bar on.

    Parameters
    ----------
    panel : Panel
        Its benchmark is left out.
    coin : Coin
        One of its coins; its own return is left out.
    n_hours : int
        The horizon.
    least : int
        Fewest other coins; NaN where fewer are known at both ends.

    Returns
    -------
    float64 array of shape (n_bars,)
    """
    totals, counts, start = _sum_returns(panel, n_hours)
    own = _returns_by_hour(coin, n_hours, start, len(totals))
    known = ~np.isnan(own)
    total = totals - np.where(known, own, 0.0)
    count = counts - known
    mean = np.where(count >= least, total / np.maximum(count, 1), np.nan)
    return mean[coin.hours - start]


def _sum_returns(panel: Panel, n_hours: int) -> tuple[FloatArray, IntArray, int]:
    start = min(int(each.hours[0]) for each in panel.studied)
    stop = max(int(each.hours[-1]) for each in panel.studied) + 1
    totals = np.zeros(stop - start)
    counts = np.zeros(stop - start, dtype=np.int64)
    for each in panel.studied:
        returns = _returns_by_hour(each, n_hours, start, stop - start)
        known = ~np.isnan(returns)
        totals += np.where(known, returns, 0.0)
        counts += known
    return totals, counts, start


def _returns_by_hour(coin: Coin, n_hours: int, start: int, n: int) -> FloatArray:
    prices = np.full(n + n_hours, np.nan)
    prices[coin.hours - start] = np.log(coin.market.close)
    return np.asarray(prices[n_hours:] - prices[:n])
