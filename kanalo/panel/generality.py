"""Is a rule good on many coins, or on one? Generality, and a portfolio of all coins.

The yardstick of a coin is holding it at the rule's own mean exposure, rebalanced daily and free of
costs: full holding falls on all coins at once, so that a rule half in cash would beat it on all of
them. Days are drawn in blocks of four weeks, rule and coin together and all coins at once, because
coins move together: the binomial interval of the share would be far too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kanalo.panel.rules import CoinRun
from kanalo.typing import BoolArray, FloatArray, IntArray

BLOCK_DAYS = 28
DAYS_OF_YEAR = 365
LEAST_BLOCKS = 8
DRAWS = 2_000
LOSS = -0.999_999
"""Least simple return of a day that a logarithm is taken of: an account that is gone."""

_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Days:
    """Coins side by side, a row a day; NaN where a coin was not traded.

    Attributes
    ----------
    days : int64 array of shape (n_days,)
        Days since 1970, every one from the first to the last.
    rule, yardstick, exposure : float64 arrays of shape (n_days, n_coins)
        Simple returns of the account and of holding at its mean exposure; exposure at the close.
    """

    days: IntArray
    rule: FloatArray
    yardstick: FloatArray
    exposure: FloatArray


@dataclass(frozen=True)
class Share:
    """A share or a yearly growth with its 95 % interval; the ends are NaN with too few blocks."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Portfolio:
    """All coins in equal parts, rebalanced daily.

    Attributes
    ----------
    days : int64 array of shape (n_days,)
        Days since 1970.
    returns, yardstick : float64 arrays of shape (n_days,)
        Simple returns, with the costs of rebalancing; and of holding each coin at its exposure.
    excess : Share
        Yearly log growth beyond the yardstick.
    """

    days: IntArray
    returns: FloatArray
    yardstick: FloatArray
    excess: Share


def lay_out(runs: Sequence[CoinRun]) -> Days:
    """Put runs side by side; a day without a bar within a coin's span has a return of 0.

    Parameters
    ----------
    runs : sequence of CoinRun
        Each with at least one day.

    Returns
    -------
    Days
        A column for each run, in order.
    """
    start = min(int(each.days[0]) for each in runs)
    stop = max(int(each.days[-1]) for each in runs) + 1
    shape = (stop - start, len(runs))
    rule, yardstick, exposure = (np.full(shape, np.nan) for _ in range(3))
    for column, each in enumerate(runs):
        rows = each.days - start
        alive = slice(rows[0], rows[-1] + 1)
        for table in (rule, yardstick, exposure):
            table[alive, column] = 0.0
        rule[rows, column] = each.rule
        yardstick[rows, column] = each.mean_exposure * each.held
        exposure[rows, column] = each.exposure
    return Days(np.arange(start, stop), rule, yardstick, exposure)


def calc_excess(days: Days) -> FloatArray:
    """Return the daily log growth beyond the yardstick, 0 where a coin was not traded.

    Parameters
    ----------
    days : Days
        From `lay_out`.

    Returns
    -------
    float64 array of shape (n_days, n_coins)
        ``log(1 + rule) - log(1 + yardstick)``.
    """
    return np.nan_to_num(_to_log(days.rule) - _to_log(days.yardstick))


def calc_generality(days: Days, seed: int = 0, n_draws: int = DRAWS) -> Share:
    """Return the share of coins on which the rule grew more than its yardstick.

    Parameters
    ----------
    days : Days
        From `lay_out`.
    seed : int
        Of the draws.
    n_draws : int
        Number of draws of blocks of four weeks.

    Returns
    -------
    Share
        In [0, 1]; the interval is that of the draws.
    """
    sums = _sum_blocks(days.days, calc_excess(days))
    value = float((sums.sum(axis=0) > 0).mean())
    if len(sums) < LEAST_BLOCKS:
        return Share(value, _NAN, _NAN)
    drawn = (_draw(len(sums), seed, n_draws) @ sums > 0).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Share(value, float(low), float(high))


def hold_all(days: Days, rate: float, seed: int = 0, n_draws: int = DRAWS) -> Portfolio:
    """Hold all coins that are alive in equal parts, rebalanced daily at a cost.

    A coin that ends is paid out at its last close. Only what stands in the market pays: to move
    cash from one account to another costs nothing.

    Parameters
    ----------
    days : Days
        From `lay_out`.
    rate : float
        Fee and slippage of what is traded, a fraction.
    seed : int
        Of the draws.
    n_draws : int
        Number of draws of blocks of four weeks.

    Returns
    -------
    Portfolio
        Its excess has an interval where there are at least eight blocks.
    """
    alive = ~np.isnan(days.rule)
    returns = _rebalance(np.nan_to_num(days.rule), np.nan_to_num(days.exposure), alive, rate)
    count = np.maximum(alive.sum(axis=1), 1)
    yardstick = np.nan_to_num(days.yardstick).sum(axis=1) / count
    gaps = _to_log(returns) - _to_log(yardstick)
    sums = _sum_blocks(days.days, gaps[:, None])[:, 0]
    lengths = _sum_blocks(days.days, np.ones((len(gaps), 1)))[:, 0]
    value = DAYS_OF_YEAR * float(gaps.mean())
    if len(sums) < LEAST_BLOCKS:
        return Portfolio(days.days, returns, yardstick, Share(value, _NAN, _NAN))
    counts = _draw(len(sums), seed, n_draws)
    drawn = DAYS_OF_YEAR * (counts @ sums) / (counts @ lengths)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Portfolio(days.days, returns, yardstick, Share(value, float(low), float(high)))


def _rebalance(
    returns: FloatArray, exposure: FloatArray, alive: BoolArray, rate: float
) -> FloatArray:
    """Return the daily returns of equal parts; what each day's rebalancing trades pays the rate."""
    parts = np.zeros(returns.shape[1])
    before = np.zeros(returns.shape[1])
    total, results = 1.0, np.zeros(len(returns))
    for day in range(len(returns)):
        chosen = alive[day]
        if not chosen.any():
            continue
        target = np.where(chosen, total / chosen.sum(), 0.0)
        cost = rate * float((np.abs(target - parts) * np.abs(before)).sum())
        parts = target * (1 - cost / total) * (1 + returns[day])
        results[day] = parts.sum() / total - 1
        total = max(float(parts.sum()), 1e-12)
        before = exposure[day]
    return results


def _to_log(returns: FloatArray) -> FloatArray:
    return np.log1p(np.maximum(returns, LOSS))


def _sum_blocks(days: IntArray, values: FloatArray) -> FloatArray:
    """Add up values over the same four calendar weeks for all columns; (n_blocks, n_columns)."""
    begins = np.flatnonzero(np.diff(days // BLOCK_DAYS, prepend=-1))
    return np.add.reduceat(values, begins, axis=0)


def _draw(n_blocks: int, seed: int, n_draws: int) -> FloatArray:
    rng = np.random.default_rng([seed, n_blocks])
    return rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=n_draws).astype(float)
