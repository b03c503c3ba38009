"""Run one strategy, or a whole spec: the only place that builds a `Result` from records."""

from __future__ import annotations

import datetime
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kanalo.analyzers.summary import calc_statistics
from kanalo.errors import SpecError
from kanalo.execution.costs import Costs, funding_coverage
from kanalo.execution.deciding import decide
from kanalo.execution.engines import (
    COMPILED,
    REFERENCE,
    check_agreement,
    check_engine,
    describe_engine,
    simulate,
)
from kanalo.execution.rules import Execution
from kanalo.execution.trades import to_fill_table, to_trades
from kanalo.market import Market, load_market, make_passport, read_bars
from kanalo.provenance import digest_source, to_name
from kanalo.result import Result
from kanalo.spec import MarketSpec, Spec, StrategySpec
from kanalo.strategy import Decisions, Strategy
from kanalo.workspace import Workspace
from kanalo.yardsticks import RANDOM_ENTRY, is_yardstick, match_random_entry

if TYPE_CHECKING:
    import backtrader as bt

    from kanalo.judgement.judge import Judgement, Options
    from kanalo.ledger import Recorder

Progress = Callable[[str, int, int], None]
"""Called with what is being run, how many runs are done and how many there are."""

_PACKAGES = ("backtrader", "numpy", "pandas", "scipy", "numba")


@dataclass(frozen=True, eq=False)
class Run:
    """One strategy on one market at one cost set.

    Attributes
    ----------
    result : Result
        What it left behind.
    statistics : mapping of str to float
        Every statistic of `kanalo.analyzers.summary`.
    label, market, costs : str
        What tables call the strategy, the market and the cost set.
    matches : str
        Label of the strategy that this run is the random yardstick of; empty for none.
    """

    result: Result
    statistics: Mapping[str, float]
    label: str
    market: str
    costs: str
    matches: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a spec: what every report is made from.

    Attributes
    ----------
    name, title, question : str
        From the spec.
    spec : mapping
        The spec as plain values.
    runs : tuple of Run
        In the order of markets, cost sets, strategies.
    passports : mapping of str to mapping
        Passport of each market.
    environment : mapping
        When, how long, on what machine: all that differs from one run of a spec to the next.
    provenance : mapping
        Digests of data and sources, versions of packages.
    judgement : Judgement or None
        Verdicts on the rules, and what they rest on; None where nothing was judged.
    """

    name: str
    title: str
    question: str
    spec: Mapping[str, Any]
    runs: tuple[Run, ...]
    passports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    judgement: Judgement | None = None


def run(
    strategy: Strategy | type[bt.Strategy],
    market: Market,
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
    parameters: Mapping[str, Any] | None = None,
    engine: str = COMPILED,
    cross_check: bool = False,
) -> Result:
    """Run one strategy over one market.

    Parameters
    ----------
    strategy : Strategy or type of backtrader.Strategy
        A strategy with its parameters, or a class written by hand for backtrader.
    market : Market
        Bars before ``market.first`` warm the signals up; the rest is traded.
    costs : Costs, optional
        5 bps fee, 2 bps slippage and funding by default.
    execution : Execution, optional
        100,000 of cash without leverage by default.
    parameters : mapping, optional
        backtrader ``params`` of a hand-written class; a `Strategy` carries its own.
    engine : str
        ``"compiled"`` or ``"reference"`` (backtrader). Both make the same fills; a class written
        for backtrader always runs on the reference engine.
    cross_check : bool
        Repeat a run of the compiled engine on the reference engine and compare both.

    Returns
    -------
    Result

    Raises
    ------
    StrategyError
        If ``decide`` does not return `Decisions` for the bars of the market.
    ParameterError
        If there is no such engine.
    EngineError
        If the engines differ; the message names bar, field and both values.
    """
    check_engine(engine)
    costs, execution = costs or Costs(), execution or Execution()
    traded = market.traded
    if isinstance(strategy, Strategy):
        made = decide(strategy, market).since(market.first)
        decisions: Decisions | None = made
        records = simulate(engine, traded, made, costs, execution)
        cls, values = type(strategy), strategy.parameters
        cross_check = cross_check and engine == COMPILED
        if cross_check:
            judge = simulate(REFERENCE, traded, made, costs, execution)
            check_agreement(records, judge, traded, f"{to_name(cls)} over {traded.name}")
    else:
        from kanalo.execution.reference import simulate_bt

        decisions, engine, cross_check = None, REFERENCE, False
        values = dict(parameters or {})
        records = simulate_bt(traded, strategy, costs, execution, values)
        cls = strategy
    index = traded.index
    return Result(
        strategy=to_name(cls),
        parameters=values,
        market=traded,
        costs=costs.to_dict(),
        execution=execution.to_dict(),
        fills=to_fill_table(records, traded),
        trades=to_trades(records, traded, decisions),
        equity=pd.Series(records.equity, index=index, name="equity"),
        position=pd.Series(records.position, index=index, name="position"),
        funding=pd.Series(records.funding, index=index, name="funding"),
        decisions=decisions,
        ambiguous_bars=len(records.ambiguous),
        resolved_bars=records.resolved,
        funding_coverage=traded.cached(funding_coverage),
        provenance={
            "data": dict(market.digests),
            "source": digest_source(cls),
            "engine": describe_engine(engine, cross_checked=cross_check),
        },
    )


def run_spec(
    spec: Spec,
    workspace: Workspace,
    *,
    engine: str = COMPILED,
    cross_check: bool = True,
    progress: Progress | None = None,
    recorder: Recorder | None = None,
    options: Options | None = None,
) -> Comparison:
    """Run every strategy of a spec on each of its markets at each cost set.

    Parameters
    ----------
    spec : Spec
        What to compare.
    workspace : Workspace
        Where strategies and the catalog's markets come from.
    engine : str
        ``"compiled"`` or ``"reference"``.
    cross_check : bool
        Repeat each run of the compiled engine on the reference engine and compare them.
    progress : callable, optional
        Called before each run and once at the end.
    recorder : Recorder, optional
        Records every result but the yardsticks' as a trial, as soon as it is there.
    options : kanalo.judgement.Options, optional
        How to judge the rules; by default nothing is judged.

    Raises
    ------
    UnknownNameError, ParameterError, DataError, StrategyError
        If a name does not exist, a parameter is out of bounds, data or a rule are not usable.
    EngineError
        If the engines differ; the message names bar, field and both values.
    """
    began = time.perf_counter()
    strategies = {each.label: _make_strategy(each, workspace) for each in spec.strategies}
    markets = {each.name: _open_market(each, spec, workspace) for each in spec.markets}
    if recorder is not None:
        recorder.begin()
    todo = list(_each_run(spec))
    runs = []
    for done, (each, market, costs) in enumerate(todo):
        if progress is not None:
            progress(f"{each.label} on {market}", done, len(todo))
        strategy, values = strategies[each.label]
        result = run(
            strategy,
            markets[market],
            costs=spec.costs[costs],
            execution=spec.execution,
            parameters=values,
            engine=engine,
            cross_check=cross_check,
        )
        runs.append(Run(result, calc_statistics(result), each.label, market, costs))
        if recorder is not None and not is_yardstick(result):
            recorder.record(result)
        if spec.yardsticks:
            runs += _run_yardstick(runs[-1], markets[market], spec, workspace, engine)
    rules = {label: strategy for label, (strategy, _) in strategies.items()}
    judgement = None
    if options is not None:
        judgement = _judge(runs, rules, markets, recorder, options, progress)
    if progress is not None:
        progress("done", len(todo), len(todo))
    environment = _describe_environment(workspace, time.perf_counter() - began)
    return Comparison(
        name=spec.name,
        title=spec.title or spec.name,
        question=spec.question,
        spec=spec.to_dict(),
        runs=tuple(runs),
        passports={name: make_passport(each.traded).to_dict() for name, each in markets.items()},
        environment=environment | _describe_record(recorder, judgement),
        provenance=_describe_provenance(runs),
        judgement=judgement,
    )


def _judge(
    runs: list[Run],
    rules: Mapping[str, Strategy | type[bt.Strategy]],
    markets: Mapping[str, Market],
    recorder: Recorder | None,
    options: Options,
    progress: Progress | None,
) -> Judgement:
    """Judge every run but the yardsticks', after they have been recorded."""
    from kanalo.judgement.judge import Subject, judge
    from kanalo.judgement.parts import find_sweep
    from kanalo.judgement.trials import gather_trials

    ledger, position = (None, None) if recorder is None else (recorder.ledger, recorder.position)
    judged = [each for each in runs if not each.matches and not is_yardstick(each.result)]
    subjects = []
    for each in judged:
        rule, result = rules[each.label], each.result
        subjects.append(
            Subject(
                each.label,
                each.market,
                each.costs,
                result,
                rule if isinstance(rule, Strategy) else None,
                markets[each.market],
                None if ledger is None else find_sweep(ledger, result, position),
            )
        )
    trials = gather_trials(recorder, [each.result for each in judged])
    return judge(subjects, trials, options, progress=progress)


def _each_run(spec: Spec) -> Iterator[tuple[StrategySpec, str, str]]:
    for market in spec.markets:
        for costs in spec.costs:
            for each in spec.strategies:
                if not each.markets or market.name in each.markets:
                    yield each, market.name, costs


def _run_yardstick(
    matched: Run, market: Market, spec: Spec, workspace: Workspace, engine: str
) -> Iterator[Run]:
    """Yield the random entries that trade as a run does, unless it has nothing to match."""
    parameters = match_random_entry(matched.result)
    if parameters is None:
        return
    label = f"random like {matched.label}"
    strategy, _ = _make_strategy(StrategySpec(RANDOM_ENTRY, label, parameters), workspace)
    result = run(
        strategy,
        market,
        costs=spec.costs[matched.costs],
        execution=spec.execution,
        engine=engine,
    )
    statistics = calc_statistics(result)
    yield Run(result, statistics, label, matched.market, matched.costs, matches=matched.label)


def _make_strategy(
    each: StrategySpec, workspace: Workspace
) -> tuple[Strategy | type[bt.Strategy], Mapping[str, Any]]:
    """Import a strategy and give it its parameters; a backtrader class gets them at its run."""
    cls = workspace.load_strategy(each.name)
    if issubclass(cls, Strategy):
        return cls.with_parameters(each.parameters), {}
    return cls, each.parameters


def _open_market(each: MarketSpec, spec: Spec, workspace: Workspace) -> Market:
    if each.data:
        path = Path(each.data) if Path(each.data).is_absolute() else spec.folder / each.data
        options = {
            key: getattr(each, key)
            for key in ("timezone", "symbol", "venue", "interval")
            if getattr(each, key)
        }
        market = read_bars(path, name=each.name, **options)
    else:
        market = load_market(workspace.data_dir, each.name)
    return market.between(each.start or None, each.end or None)


def _describe_environment(workspace: Workspace, seconds: float) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC)
    return {
        "created": now.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "workspace": str(workspace.root),
    }


def _describe_record(recorder: Recorder | None, judgement: Judgement | None) -> dict[str, Any]:
    """Say where a run stands in the ledger: what alone depends on how often it was repeated."""
    if recorder is None or not recorder.works:
        return {}
    position = {} if judgement is None else {"ledger_position": judgement.trials.position}
    return {"ledger_run": recorder.run, **position}


def _describe_provenance(runs: list[Run]) -> dict[str, Any]:
    if not runs:
        raise SpecError("The spec leaves nothing to run: no strategy names one of its markets.")
    data: dict[str, str] = {}
    for each in runs:
        data |= each.result.provenance["data"]
    return {
        "data": dict(sorted(data.items())),
        "strategies": {each.result.strategy: each.result.provenance["source"] for each in runs},
        "engine": runs[0].result.provenance["engine"],
        "versions": find_versions(),
    }


def find_versions() -> dict[str, str]:
    """Return the versions of kanalo and of the packages that results depend on."""
    return {name: metadata.version(name) for name in ("kanalo", *_PACKAGES)}
