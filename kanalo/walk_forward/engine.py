"""`run_walk_forward`: train, choose, test, move on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers import returns, summary
from kanalo.analyzers.batch.engine import simulate_many
from kanalo.analyzers.statistics import STATISTICS
from kanalo.arguments import check_type
from kanalo.cluster import Pool
from kanalo.errors import ParameterError
from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide
from kanalo.execution.rules import Execution
from kanalo.execution.trades import to_trades
from kanalo.ledger import Ledger
from kanalo.periods import MIN_ANNUAL_DAYS, has_annual_rate, returns_per_year, to_years
from kanalo.strategy import Decisions, Strategy
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
    find_sign,
    rank,
    sweep_in_memory,
)
from kanalo.sweep.plan import make_plan
from kanalo.walk_forward.result import Fold, WalkForward
from kanalo.walk_forward.windows import TEST, TRAIN, FoldBars, cut, find_windows, to_length
from kanalo.workspace.arguments import MarketLike

Progress = Callable[[str, int, int], None]

_KEYS = tuple(each.key for each in STATISTICS)
_MONEY = ("quantity", "pnl", "fees", "funding", "slippage")


def run_walk_forward(
    strategy: type[Strategy] | str,
    market: MarketLike,
    grid: Grid | Mapping[str, Iterable[Any] | Span],
    *,
    train: str = TRAIN,
    test: str = TEST,
    anchored: bool = False,
    select: str = "sharpe_ratio",
    min_trades: int = 1,
    purge: str | None = None,
    costs: Costs | None = None,
    execution: Execution | None = None,
    ledger: Ledger | None = None,
    max_sets: int | None = MAX_SETS,
    progress: Progress | None = None,
    threads: int | None = None,
    pool: Pool | None = None,
) -> WalkForward:
    """Choose parameters in training windows and run them over the windows that follow.

    Parameters
    ----------
    strategy : type of Strategy or str
        The rule: a class, or the name of a rule of the workspace.
    market : Market, str, Path or DataFrame
        As in `run_sweep`. Windows are cut from bar ``market.first`` on; all earlier bars warm
        signals up.
    grid : Grid or mapping of str to iterable
        Values to choose from; see `parse_grid` and `make_grid`.
    train, test : str
        Lengths of the windows, such as ``"730d"`` or ``"26w"``. A last test of less than half its
        length is left out.
    anchored : bool
        Whether every training begins at the first bar instead of moving along.
    select : str
        The statistic that chooses, in the direction that is better.
    min_trades : int
        Sets of fewer trades in training, open ones included, are not chosen.
    purge : str, optional
        Length to leave out between training and test, such as ``"10d"``; ``"0d"`` for none. By
        default the longest trade of any set in the training, at most half of it.
    costs, execution : optional
        As in `run_sweep`.
    ledger : Ledger, optional
        Records every set of every training as a trial.
    max_sets, progress, threads, pool : optional
        As in `run_sweep`; ``max_sets`` is for one training.

    Returns
    -------
    WalkForward

    Raises
    ------
    DataError
        If the market is too short for one training and half a test.
    ParameterError
        If the grid, the statistic or a length is not usable.
    StrategyError
        If the class is no `Strategy`.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2022-01-01", "2026-01-01")
    >>> walked = kanalo.run_walk_forward("sma_cross", market, {"fast": [10, 20]}, test="365d")
    >>> [fold.parameters["fast"] in (10, 20) for fold in walked.folds]
    [True, True]
    """
    check_type("run_walk_forward", "select", select, str, "the key of a statistic")
    check_type("run_walk_forward", "anchored", anchored, bool, "True or False")
    find_sign(select)
    _check_training(select, train)
    whole = make_plan("run_walk_forward", strategy, market, grid, costs, execution)
    check_size(whole.grid, max_sets)
    windows = find_windows(whole.market, train, test, anchored=anchored)
    with contextlib.ExitStack() as stack:
        walker = _Walker(
            whole,
            select,
            min_trades,
            None if purge is None else to_length(purge, "purge", zero=True),
            _open_run(stack, ledger, whole),
            progress,
            threads,
            pool,
            len(windows),
        )
        folds = tuple(walker.walk(i, window) for i, window in enumerate(windows))
    walker.report("done", len(windows))
    equity, trades = _stitch(folds, whole.execution.cash)
    return WalkForward(
        strategy=to_name(whole.strategy),
        grid=whole.grid,
        select=select,
        anchored=anchored,
        train=train,
        test=test,
        market=whole.market,
        costs=whole.costs.to_dict(),
        execution=whole.execution.to_dict(),
        folds=folds,
        equity=equity,
        trades=trades,
        figures=_calc_statistics(equity, trades, whole),
    )


def _open_run(
    stack: contextlib.ExitStack, ledger: Ledger | None, plan: Plan
) -> tuple[Ledger, int] | None:
    if ledger is None:
        return None
    details = {"strategy": to_name(plan.strategy), "grid": plan.grid.to_dict()}
    run = begin_run(stack, ledger, "walk_forward", details)
    return None if run is None else (ledger, run)


@dataclass(frozen=True, eq=False)
class _Walker:
    """What stays the same from one window to the next."""

    whole: Plan
    select: str
    min_trades: int
    purge: pd.Timedelta | None
    run: tuple[Ledger, int] | None
    progress: Progress | None
    threads: int | None
    pool: Pool | None
    n_windows: int

    def walk(self, number: int, window: FoldBars) -> Fold:
        """Train, choose and test in one window."""
        self.report(f"window {number + 1} of {self.n_windows}", number)
        purged = self._count_purged(window)
        stop = window.train_stop - purged
        trained = self._sweep(window.train_start, stop, record=True)
        order = rank(trained.table, self.select, min_trades=self.min_trades)
        row = int(order[0]) if len(order) else None
        market = self.whole.market
        chosen = None if row is None else trained.parameters(row)
        equity, trades, figures = self._test(chosen, window)
        return Fold(
            window=window,
            train_start=market.index[window.train_start],
            train_end=market.closes_at[stop - 1],
            test_start=market.index[window.train_stop],
            test_end=market.closes_at[window.test_stop - 1],
            purged_bars=purged,
            parameters=chosen,
            in_sample={} if row is None else _to_floats(trained.table.iloc[row]),
            out_of_sample=figures,
            equity=equity,
            trades=trades,
        )

    def report(self, label: str, done: int) -> None:
        if self.progress is not None:
            self.progress(label, done, self.n_windows)

    def _count_purged(self, window: FoldBars) -> int:
        """Return how many bars to leave out; one trade or more may have lasted the whole window."""
        most = (window.train_stop - window.train_start) // 2
        if self.purge is not None:
            index = self.whole.market.index
            kept = index.searchsorted(index[window.train_stop] - self.purge)
            return min(window.train_stop - int(kept), most)
        longest = self._sweep(window.train_start, window.train_stop).table["max_trade_bars"].max()
        return 0 if np.isnan(longest) else min(int(longest), most)

    def _sweep(self, start: int, stop: int, *, record: bool = False) -> SweepResult:
        plan = self._cut(start, stop)
        recorder = None
        if record and self.run is not None:
            recorder = SweepRecorder(*self.run, plan.to_trial())
        return sweep_in_memory(plan, recorder, threads=self.threads, pool=self.pool)

    def _cut(self, start: int, stop: int) -> Plan:
        """Return the plan on bars up to ``stop``; those before ``start`` only warm up."""
        whole = self.whole
        market = cut(whole.market, start, stop)
        return Plan(whole.strategy, market, whole.grid, whole.costs, whole.execution)

    def _test(
        self, chosen: Mapping[str, Any] | None, window: FoldBars
    ) -> tuple[pd.Series[float], pd.DataFrame, dict[str, float]]:
        whole = self.whole
        market = cut(whole.market, window.train_stop, window.test_stop)
        traded = market.traded
        if chosen is None:
            decisions = Decisions.from_arrays(len(traded))
        else:
            strategy = whole.strategy.with_parameters(chosen)
            decisions = decide(strategy, market).since(market.first)
        records = simulate_nb(traded, decisions, whole.costs, whole.execution)
        batch = simulate_many(
            traded, [decisions], whole.costs, whole.execution, daily=False, threads=1
        )
        figures = dict(zip(_KEYS, map(float, batch.values[0]), strict=True))
        equity = pd.Series(records.equity, index=traded.index, name="equity")
        return equity, to_trades(records, traded, decisions), figures


def _to_floats(row: pd.Series[Any]) -> dict[str, float]:
    return {key: float(row[key]) for key in _KEYS}


def _stitch(folds: tuple[Fold, ...], cash: float) -> tuple[pd.Series[float], pd.DataFrame]:
    """Compound the tests: each starts with what the one before ended with, nothing after ruin."""
    parts, tables, scale = [], [], 1.0
    first = folds[0].window.train_stop
    for fold in folds:
        parts.append(fold.equity * scale)
        tables.append(_rescale(fold.trades, scale, fold.window.train_stop - first))
        scale = max(0.0, scale * float(fold.equity.iloc[-1]) / cash)
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(parts), pd.concat(filled, ignore_index=True)


def _rescale(trades: pd.DataFrame, scale: float, offset: int) -> pd.DataFrame:
    """Express trades in money of the compounded account and count their bars from the first."""
    scaled = trades.assign(**{name: trades[name] * scale for name in _MONEY})
    closed = trades["exit_bar"] >= 0
    scaled["entry_bar"] = trades["entry_bar"] + offset
    scaled["exit_bar"] = np.where(closed, trades["exit_bar"] + offset, -1)
    return scaled


def _check_training(select: str, train: str) -> None:
    """Refuse to choose by a rate a year in trainings that are too short to have one."""
    if select in returns.ANNUAL_RATES and not has_annual_rate(to_years(to_length(train, "train"))):
        raise ParameterError(
            f"run_walk_forward(): trainings of {train} are too short for '{select}', which needs "
            f"{MIN_ANNUAL_DAYS} days; select by 'total_return' or 'sharpe_ratio' instead."
        )


def _calc_statistics(
    equity: pd.Series[float], trades: pd.DataFrame, plan: Plan
) -> dict[str, float]:
    cash, length = plan.execution.cash, plan.market.length
    per_year = returns_per_year(plan.market.interval)
    daily = returns.to_daily_returns(equity, cash)
    figures = {
        **summary.calc_return_statistics(equity, cash, length, daily, per_year),
        **summary.calc_drawdown_statistics(equity, cash),
        **summary.calc_ratio_statistics(daily, per_year),
        **summary.calc_trade_statistics(trades),
    }
    return returns.drop_annual_rates(figures, returns.calc_years(equity, length), float("nan"))
