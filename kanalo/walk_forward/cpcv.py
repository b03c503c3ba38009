"""Combinatorial purged cross-validation: many histories out of sample instead of one.

The days are cut into groups. Every choice of some groups is once the test: the set with the best
Sharpe ratio on the other days is run on them. Each group is tested several times, by choices made
on different trainings; put one after the other, these tests make several whole histories out of
sample (*paths*), whose Sharpe ratios are a distribution where walk-forward gives one number.

Days beside a test are *purged* from the training, as many as a trade may last, and some more after
each test are *embargoed*.

References
----------
López de Prado, M. (2018), Advances in Financial Machine Learning, chapter 12.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.arguments import Named
from kanalo.errors import DataError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.ledger import Ledger
from kanalo.market import Market
from kanalo.periods import returns_per_year
from kanalo.strategy import Strategy
from kanalo.strategy.digest import to_name
from kanalo.sweep import (
    MAX_SETS,
    Grid,
    Plan,
    Span,
    SweepRecorder,
    SweepResult,
    begin_run,
    check_size,
    sweep_in_memory,
)
from kanalo.sweep.plan import make_plan
from kanalo.text import count
from kanalo.typing import FloatArray, IntArray
from kanalo.walk_forward.splits import (
    GROUPS,
    TEST_GROUPS,
    Split,
    check_groups,
    find_paths,
    find_splits,
)
from kanalo.walk_forward.windows import to_length
from kanalo.workspace.arguments import MarketLike

EMBARGO_SHARE = 0.01
"""Share of all days that is embargoed after each test, where nothing else is asked for."""

LEAST_DAYS = 10
"""Days that a group must have."""

_STILL = 1e-12

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen in one split, and what it came to.

    Attributes
    ----------
    groups : tuple of int
        The test.
    n_train : int
        Days of the training.
    row : int or None
        The chosen set; None where no set traded in the training.
    parameters : mapping or None
        Its parameters.
    in_sample, out_of_sample : float
        Its annual Sharpe ratio on training and test; NaN without a choice or without deviation.
    rank : float
        Its relative rank among all sets on the test, in (0, 1); NaN without a choice.
    """

    groups: tuple[int, ...]
    n_train: int
    row: int | None
    parameters: Mapping[str, Any] | None
    in_sample: float
    out_of_sample: float
    rank: float


@dataclass(frozen=True, eq=False)
class CrossValidation(Named):
    """The outcome of a combinatorial purged cross-validation.

    Attributes
    ----------
    strategy : str
        Name of the rule.
    grid : Grid
        What was chosen from.
    market : Market
        What it was run on.
    costs, execution : mapping
        As plain values.
    n_groups, n_test : int
        Groups, and how many are tested at a time.
    purged_days, embargoed_days : int
        Days left out beside each test, and more after it.
    choices : tuple of Choice
        One for each split, in lexical order of the test groups.
    sharpes : float64 array of shape (n_paths,)
        Annual Sharpe ratio of each path.
    returns : DataFrame of shape (n_days, n_paths)
        Daily returns of each path, on UTC days.
    pbo : float
        Share of splits in which the chosen set is at or below the median of all sets on the test.
    n_sets : int
        Sets that were tried.
    """

    strategy: str
    grid: Grid
    market: Market
    costs: Mapping[str, Any]
    execution: Mapping[str, Any]
    n_groups: int
    n_test: int
    purged_days: int
    embargoed_days: int
    choices: tuple[Choice, ...]
    sharpes: FloatArray
    returns: pd.DataFrame
    pbo: float
    n_sets: int

    def __repr__(self) -> str:
        """Say how many paths there are and how they came out."""
        return (
            f"CrossValidation({self.strategy}: {count(len(self.sharpes), 'path')} of "
            f"{count(len(self.choices), 'split')}, median Sharpe ratio "
            f"{np.median(self.sharpes):.2f}, PBO {self.pbo:.2f})"
        )

    def summary(self) -> pd.Series[float]:
        """Return the distribution of the Sharpe ratio over the paths, and the PBO."""
        low, middle, high = np.quantile(self.sharpes, [0.05, 0.5, 0.95])
        figures = {
            "Paths": float(len(self.sharpes)),
            "Mean Sharpe ratio": float(self.sharpes.mean()),
            "Deviation": float(self.sharpes.std(ddof=1)) if len(self.sharpes) > 1 else math.nan,
            "5 % quantile": float(low),
            "Median": float(middle),
            "95 % quantile": float(high),
            "Share below zero": float((self.sharpes < 0).mean()),
            "PBO": self.pbo,
        }
        return pd.Series(figures, name=self.strategy)


def run_cross_validation(
    strategy: type[Strategy] | str,
    market: MarketLike,
    grid: Grid | Mapping[str, Iterable[Any] | Span],
    *,
    groups: int = GROUPS,
    test: int = TEST_GROUPS,
    purge: str | None = None,
    embargo: str | None = None,
    costs: Costs | None = None,
    execution: Execution | None = None,
    ledger: Ledger | None = None,
    max_sets: int | None = MAX_SETS,
    progress: Progress | None = None,
    threads: int | None = None,
) -> CrossValidation:
    """Choose the best set on many trainings, and put the tests together to whole histories.

    Every set is simulated once over the whole history; a split chooses by the Sharpe ratio of the
    daily returns in its training.

    Parameters
    ----------
    strategy, market, grid
        As in `kanalo.run_walk_forward`.
    groups : int
        Groups of days of equal length, 3 to 16.
    test : int
        Groups that are the test at a time, fewer than ``groups``.
    purge : str, optional
        Length to leave out of the training on either side of a test, such as ``"10d"``. By default
        the longest trade of any set, at most half a group.
    embargo : str, optional
        Length to leave out after that, behind a test; a hundredth of all days by default.
    costs, execution, ledger, max_sets, threads : optional
        As in `kanalo.run_walk_forward`; each set is recorded as a trial once.
    progress : callable, optional
        Called with a label, the number of splits done and their number.

    Returns
    -------
    CrossValidation
        ``test / groups * C(groups, test)`` paths.

    Raises
    ------
    DataError
        If a group has fewer than ten days.
    ParameterError
        If an argument is out of bounds or the grid is not usable.
    StrategyError
        If the class is no `Strategy`.

    Examples
    --------
    >>> import kanalo
    >>> from kanalo.walk_forward.cpcv import run_cross_validation
    >>> market = kanalo.load_market("xmr_1d").between("2022-01-01", "2026-01-01")
    >>> tried = run_cross_validation("sma_cross", market, {"fast": [10, 20, 30]}, groups=4)
    >>> len(tried.choices), len(tried.sharpes)
    (6, 3)
    """
    check_groups("run_cross_validation", groups, test)
    plan = make_plan("run_cross_validation", strategy, market, grid, costs, execution)
    check_size(plan.grid, max_sets)
    swept = _sweep(plan, ledger, threads)
    n_days = swept.daily_returns.shape[1]
    _check_days(plan.market, n_days, groups)
    days = _to_days(purge, "purge"), _to_days(embargo, "embargo")
    purged = _find_purge(swept, plan.market, n_days // groups) if days[0] is None else days[0]
    embargoed = round(EMBARGO_SHARE * n_days) if days[1] is None else days[1]
    returns = np.nan_to_num(swept.daily_returns.T.astype(np.float64))
    per_year = returns_per_year(plan.market.interval)
    splits = find_splits(n_days, groups, test, purged, embargoed)
    choices = []
    for done, split in enumerate(splits):
        if progress is not None:
            progress(f"split {done + 1} of {len(splits)}", done, len(splits))
        choices.append(_choose(split, returns, swept, per_year))
    paths = _assemble(splits, choices, returns, find_paths(groups, test))
    ranks = np.array([each.rank for each in choices])
    known = ranks[~np.isnan(ranks)]
    index = pd.DatetimeIndex(swept.days).as_unit("ns").tz_localize("UTC")
    return CrossValidation(
        strategy=to_name(plan.strategy),
        grid=plan.grid,
        market=plan.market,
        costs=plan.costs.to_dict(),
        execution=plan.execution.to_dict(),
        n_groups=groups,
        n_test=test,
        purged_days=purged,
        embargoed_days=embargoed,
        choices=tuple(choices),
        sharpes=np.nan_to_num(calc_sharpes(paths, per_year)),
        returns=pd.DataFrame(paths, index=index),
        pbo=float((known <= 0.5).mean()) if len(known) else math.nan,
        n_sets=len(swept),
    )


def calc_sharpes(returns: FloatArray, per_year: float) -> FloatArray:
    """Compute the annual Sharpe ratio of each column; NaN where nothing varies.

    Parameters
    ----------
    returns : float64 array of shape (n_days, n)
        Daily returns.
    per_year : float
        Returns a year.

    Returns
    -------
    float64 array of shape (n,)
        Mean over deviation (ddof 1), times the root of ``per_year``.
    """
    if len(returns) < 2:
        return np.full(returns.shape[1], np.nan)
    mean, deviation = returns.mean(axis=0), returns.std(axis=0, ddof=1)
    moves = deviation > _STILL
    safe = np.where(moves, deviation, 1.0)
    ratios: FloatArray = np.where(moves, mean / safe, np.nan) * math.sqrt(per_year)
    return ratios


def _sweep(plan: Plan, ledger: Ledger | None, threads: int | None) -> SweepResult:
    with contextlib.ExitStack() as stack:
        recorder = None
        if ledger is not None:
            details = {"strategy": to_name(plan.strategy), "grid": plan.grid.to_dict()}
            run = begin_run(stack, ledger, "walk_forward", details)
            recorder = None if run is None else SweepRecorder(ledger, run, plan.to_trial())
        return sweep_in_memory(plan, recorder, threads=threads)


def _check_days(market: Market, n_days: int, groups: int) -> None:
    if n_days < LEAST_DAYS * groups:
        raise DataError(
            f"{market.name or market.symbol}: {n_days:,} days are too few for {groups} groups of "
            f"at least {LEAST_DAYS}."
        )


def _to_days(length: str | None, name: str) -> int | None:
    if length is None:
        return None
    return math.ceil(to_length(length, name, zero=True) / pd.Timedelta(days=1))


def _find_purge(swept: SweepResult, market: Market, n_group: int) -> int:
    """Return the days that the longest trade lasted, at most half a group."""
    longest = float(swept.table["max_trade_bars"].max())
    days = 0 if math.isnan(longest) else math.ceil(longest * market.length / pd.Timedelta(days=1))
    return min(days, n_group // 2)


def _choose(split: Split, returns: FloatArray, swept: SweepResult, per_year: float) -> Choice:
    """Choose the set with the best Sharpe ratio in training, the first of the best."""
    past = calc_sharpes(returns[split.train], per_year)
    if np.isnan(past).all():
        return Choice(split.groups, len(split.train), None, None, math.nan, math.nan, math.nan)
    row = int(np.nanargmax(past))
    future = calc_sharpes(returns[np.concatenate(split.tests)], per_year)
    level = np.nan_to_num(future)  # who did nothing in the test was cash
    below = float((level < level[row]).sum() + 0.5 * ((level == level[row]).sum() - 1))
    rank = (below + 1) / (len(level) + 1)
    figures = float(past[row]), float(future[row]), rank
    return Choice(split.groups, len(split.train), row, swept.parameters(row), *figures)


def _assemble(
    splits: Sequence[Split], choices: Sequence[Choice], returns: FloatArray, paths: IntArray
) -> FloatArray:
    """Put the tests of each path one after the other; without a choice nothing is earned."""
    assembled = np.zeros((len(returns), len(paths)))
    for path, sources in enumerate(paths):
        for group, source in enumerate(sources.tolist()):
            row = choices[source].row
            if row is not None:
                days = splits[source].tests[splits[source].groups.index(group)]
                assembled[days, path] = returns[days, row]
    return assembled
