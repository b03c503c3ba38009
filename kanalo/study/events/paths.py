"""Log prices around events, aligned at the close of the event's bar, as such and beyond beta."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.relative_strength import relative_strength
from kanalo.study.events.controls import Matching
from kanalo.study.inference import bootstrap_band
from kanalo.typing import FloatArray, IntArray

Measure = Callable[[IntArray, IntArray], FloatArray]
"""Bars (n,) and offsets (k,) to changes (n, k)."""

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)

LEAD = 4
"""Paths begin a ``LEAD``-th of the longest horizon before the event."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Log prices around events, 0 at the close of the event's bar; arrays of shape (k,).

    Attributes
    ----------
    offsets : int64 array
        Bars from the event, ascending, negative before it.
    mean, low, high : float64 arrays
        Mean over the events with its pointwise 95 % band.
    quantiles : float64 array of shape (5, k)
        `QUANTILES` over the events.
    matched, control : float64 arrays
        Means over the matched events and over their controls.
    abnormal : float64 array
        Mean of the matched events beyond ``beta × benchmark``, beta as known at the event.
    abnormal_control : float64 array
        The same of their controls.
    """

    offsets: IntArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    quantiles: FloatArray
    matched: FloatArray
    control: FloatArray
    abnormal: FloatArray
    abnormal_control: FloatArray


@dataclass(frozen=True, eq=False)
class LogPrices:
    """Log prices of a market and of its benchmark, and the beta known at each bar.

    Attributes
    ----------
    log_close, log_benchmark, beta : float64 arrays of shape (n_bars,)
        NaN where unknown; without a benchmark the last two are NaN throughout.
    """

    log_close: FloatArray
    log_benchmark: FloatArray
    beta: FloatArray

    def change(self, bars: IntArray, offsets: IntArray) -> FloatArray:
        """Return ``log(close[bar + offset] / close[bar])``; shape (n, k), NaN beyond the ends.

        Parameters
        ----------
        bars : int64 array of shape (n,)
            Bars to start from.
        offsets : int64 array of shape (k,)
            Distances in bars; negative ones lie before.

        Returns
        -------
        float64 array of shape (n, k)
            Log returns; NaN beyond the ends.
        """
        return _change(self.log_close, bars, offsets)

    def abnormal(self, bars: IntArray, offsets: IntArray) -> FloatArray:
        """Return the change less ``beta[bar]`` times the benchmark's; beta stays the event's own.

        Beta is estimated over the 30 days BEFORE the bar, so what the event does to it does not
        explain the event away.

        Parameters
        ----------
        bars : int64 array of shape (n,)
            Bars to start from.
        offsets : int64 array of shape (k,)
            Distances in bars; negative ones lie before.

        Returns
        -------
        float64 array of shape (n, k)
            Log returns; NaN beyond the ends and where beta or the benchmark is unknown.
        """
        explained = self.beta[bars, None] * _change(self.log_benchmark, bars, offsets)
        return self.change(bars, offsets) - explained


def to_prices(market: Market) -> LogPrices:
    """Take the prices that a study needs from a market."""
    unknown = np.full(len(market), np.nan)
    if market.benchmark is None:
        return LogPrices(np.log(market.close), unknown, unknown)
    benchmark = np.log(market.benchmark["close"].to_numpy(np.float64))
    return LogPrices(np.log(market.close), benchmark, market.cached(relative_strength).beta)


def trace_paths(
    prices: LogPrices,
    events: IntArray,
    matching: Matching,
    clusters: IntArray,
    *,
    longest: int,
    rng: np.random.Generator,
    n_draws: int,
) -> Paths:
    """Average the paths around events and around their controls.

    Parameters
    ----------
    prices : LogPrices
        Of the market.
    events : int64 array of shape (n,)
        Bars.
    matching : Matching
        Their controls.
    clusters : int64 array of shape (n,)
        Of overlapping windows, for the bands.
    longest : int
        Bars after the event.
    rng, n_draws
        Source and number of the draws for the bands.

    Returns
    -------
    Paths
        Mean log prices, 0 at the event's close, at each offset.
    """
    offsets = np.arange(-max(1, longest // LEAD), longest + 1)
    paths = prices.change(events, offsets)
    low, high = bootstrap_band(paths, clusters, rng, n_draws)
    paired = events[matching.matched]
    return Paths(
        offsets=offsets,
        mean=_mean(paths),
        low=low,
        high=high,
        quantiles=_quantiles(paths),
        matched=_mean(prices.change(paired, offsets)),
        control=_mean(average_controls(prices.change, matching, offsets)),
        abnormal=_mean(prices.abnormal(paired, offsets)),
        abnormal_control=_mean(average_controls(prices.abnormal, matching, offsets)),
    )


def measure_controls(measure: Measure, matching: Matching, offsets: IntArray) -> FloatArray:
    """Measure the controls of every MATCHED event.

    Parameters
    ----------
    measure : callable
        Takes bars of shape (n,) and offsets of shape (k,); returns float64 of shape (n, k).
    matching : Matching
        Controls of each event.
    offsets : int64 array of shape (k,)
        Distances in bars.

    Returns
    -------
    float64 array of shape (n_matched, n_controls, k)
        NaN where an event has fewer controls or a value is unknown.
    """
    chosen = matching.controls[matching.matched]
    outcomes = measure(chosen.ravel(), offsets).reshape(*chosen.shape, len(offsets))
    outcomes[chosen < 0] = np.nan
    return outcomes


def average_controls(measure: Measure, matching: Matching, offsets: IntArray) -> FloatArray:
    """Average a measure over the controls of each MATCHED event; shape (n_matched, k).

    Parameters
    ----------
    measure : callable
        Takes bars of shape (n,) and offsets of shape (k,); returns float64 of shape (n, k).
    matching : Matching
        Controls of each event.
    offsets : int64 array of shape (k,)
        Distances in bars.

    Returns
    -------
    float64 array of shape (n_matched, k)
        NaN where no control's value is known.
    """
    outcomes = measure_controls(measure, matching, offsets)
    known = ~np.isnan(outcomes)
    count = known.sum(axis=1)
    total = np.where(known, outcomes, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _change(values: FloatArray, bars: IntArray, offsets: IntArray) -> FloatArray:
    at = bars[:, None] + offsets[None, :]
    inside = (at >= 0) & (at < len(values))
    changes = values[np.clip(at, 0, len(values) - 1)] - values[bars, None]
    return np.where(inside, changes, np.nan)


def _mean(paths: FloatArray) -> FloatArray:
    known = ~np.isnan(paths)
    count = known.sum(axis=0)
    total = np.where(known, paths, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _quantiles(paths: FloatArray) -> FloatArray:
    quantiles = np.full((len(QUANTILES), paths.shape[1]), np.nan)
    some = ~np.isnan(paths).all(axis=0) if len(paths) else np.zeros(paths.shape[1], dtype=bool)
    quantiles[:, some] = np.nanquantile(paths[:, some], QUANTILES, axis=0)
    return quantiles
