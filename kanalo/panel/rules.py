"""The same rule with the same parameters on every coin of a panel, by day."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kanalo.errors import EngineError, KanaloError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.experiment.run_rule import run_rule
from kanalo.panel.coins import Coin, Panel
from kanalo.strategy import Strategy
from kanalo.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import backtrader as bt

DAY = 86_400_000_000_000
FIGURES = ("cagr", "sharpe_ratio", "max_drawdown", "exposure_time", "n_trades")
"""Statistics whose distribution over coins is told, beside the growth beyond holding."""

Progress = Callable[[str], None]
_shared: tuple[Panel, tuple[PanelRule, ...], Mapping[str, Costs], Execution, bool] | None = None


@dataclass(frozen=True, eq=False)
class PanelRule:
    """A rule that every coin is asked.

    Attributes
    ----------
    label : str
        What tables call it.
    strategy : Strategy or class written for backtrader
        With its parameters.
    parameters : mapping
        Values of a hand-written class; those of a `Strategy` otherwise.
    """

    label: str
    strategy: Strategy | type[bt.Strategy]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class CoinRun:
    """One rule on one coin, a value a day that the coin was traded.

    Attributes
    ----------
    coin : str
        Its name.
    days : int64 array of shape (n_days,)
        Days since 1970, ascending.
    rule, held : float64 arrays of shape (n_days,)
        Simple returns of the account, and of the coin itself.
    exposure : float64 array of shape (n_days,)
        Value of the position over equity at the day's last close; negative for shorts.
    mean_exposure : float
        Mean of the exposure over all bars, shorts negative.
    figures : mapping of str to float
        Statistics of `FIGURES`.
    problem : str
        Why the coin could not be run; empty where it could.
    """

    coin: str
    days: IntArray
    rule: FloatArray
    held: FloatArray
    exposure: FloatArray
    mean_exposure: float
    figures: Mapping[str, float]
    problem: str = ""


def run_panel(
    panel: Panel,
    rules: Sequence[PanelRule],
    costs: Mapping[str, Costs],
    execution: Execution,
    *,
    cross_check: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[tuple[str, str], list[CoinRun]]:
    """Run every rule at every cost on every coin but the benchmark.

    Parameters
    ----------
    panel : Panel
        The coins.
    rules : sequence of PanelRule
        Their labels differ.
    costs : mapping of str to Costs
        Cost sets by name.
    execution : Execution
        The account, one for each coin.
    cross_check : bool
        Whether to repeat every run on the reference engine, and stop where it differs.
    workers : int, optional
        Processes; one for each core by default.
    progress : callable, optional
        Called with the name of each coin that is done.

    Returns
    -------
    dict
        By label and name of the costs, a run for each coin of `Panel.studied`.

    Raises
    ------
    StrategyError
        If a rule runs on no coin at all; says why.
    EngineError
        If a run is repeated and the engines differ.
    """
    results: dict[tuple[str, str], list[CoinRun]] = {
        (rule.label, name): [] for rule in rules for name in costs
    }
    asked = (panel, tuple(rules), costs, execution, cross_check)
    for coin, runs in zip(panel.studied, _run(asked, workers), strict=True):
        for key, each in zip(results, runs, strict=True):
            results[key].append(each)
        if progress is not None:
            progress(coin.name)
    for (label, _), done in results.items():
        if all(run.problem for run in done):
            raise StrategyError(f"{label} runs on no coin of the panel: {done[0].problem}")
    return results


def to_days(result: Result) -> tuple[IntArray, IntArray]:
    """Return the days of a run since 1970, and the position of each day's last bar.

    Parameters
    ----------
    result : Result
        Any run.

    Returns
    -------
    days, last : int64 arrays of shape (n_days,)
        Ascending.
    """
    stamps = pd.DatetimeIndex(result.equity.index).as_unit("ns").asi8 // DAY
    last = np.flatnonzero(np.append(np.diff(stamps) > 0, True))
    return stamps[last], last


def _run(asked: tuple[Any, ...], workers: int | None) -> Iterator[list[CoinRun]]:
    """Run the coins in processes that share the panel's memory with this one."""
    global _shared
    coins = asked[0].studied
    n = min(workers or os.cpu_count() or 1, len(coins))
    _shared = asked
    try:
        if n == 1:
            yield from map(_ask, range(len(coins)))
            return
        with multiprocessing.get_context("fork").Pool(n) as pool:
            yield from pool.imap(_ask, range(len(coins)))
    finally:
        _shared = None


def _ask(number: int) -> list[CoinRun]:
    if _shared is None:
        raise RuntimeError("the panel is not shared with this process")
    panel, rules, costs, execution, cross_check = _shared
    coin = panel.studied[number]
    runs = [
        _run_one(coin, rule, each, execution, cross_check)
        for rule in rules
        for each in costs.values()
    ]
    coin.market.forget()
    return runs


def _run_one(
    coin: Coin, rule: PanelRule, costs: Costs, execution: Execution, cross_check: bool
) -> CoinRun:
    try:
        result = run_rule(
            rule.strategy,
            coin.market,
            costs,
            execution,
            parameters=rule.parameters,
            cross_check=cross_check,
        )
    except EngineError:
        raise
    except KanaloError as error:
        empty = np.empty(0)
        return CoinRun(coin.name, empty.astype(np.int64), empty, empty, empty, 0.0, {}, str(error))
    return to_run(coin.name, result)


def to_run(coin: str, result: Result) -> CoinRun:
    """Reduce a run to a value a day.

    Parameters
    ----------
    coin : str
        Its name.
    result : Result
        The run.

    Returns
    -------
    CoinRun
        The first day's returns run from the first bar's open.
    """
    days, last = to_days(result)
    equity = np.concatenate([[result.cash], result.equity.to_numpy()[last]])
    close = np.concatenate([result.market.open[:1], result.market.close[last]])
    exposure: FloatArray = np.nan_to_num(result.exposure.to_numpy(dtype=np.float64))
    return CoinRun(
        coin=coin,
        days=days,
        rule=np.where(equity[:-1] > 0, equity[1:] / np.maximum(equity[:-1], 1e-12) - 1, 0.0),
        held=close[1:] / close[:-1] - 1,
        exposure=np.asarray(exposure[last], dtype=np.float64),
        mean_exposure=float(exposure.mean()),
        figures={name: float(result.figures[name]) for name in FIGURES},
    )
