"""Run a whole spec: every strategy on each of its markets at each cost set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from kanalo.analyzers.summary import calc_statistics
from kanalo.arguments import check_type
from kanalo.errors import SpecError
from kanalo.execution.costs import Costs
from kanalo.execution.engines import COMPILED, check_engine
from kanalo.experiment.comparison import Comparison, Run
from kanalo.experiment.cross_check import cross_check as check_engines
from kanalo.experiment.provenance import (
    describe_environment,
    describe_provenance,
    describe_record,
)
from kanalo.experiment.run_rule import run_rule
from kanalo.experiment.spec import MarketSpec, Spec, StrategySpec
from kanalo.experiment.spec_reader import load_spec
from kanalo.experiment.yardsticks import RANDOM_ENTRY, is_yardstick, match_random_entry
from kanalo.market import Market, make_passport, read_bars
from kanalo.market.holdout import seal_market
from kanalo.strategy import Strategy
from kanalo.workspace import Workspace
from kanalo.workspace.arguments import to_workspace, with_parameters

if TYPE_CHECKING:
    import backtrader as bt

    from kanalo.checks.findings import Findings
    from kanalo.judgement.judge import GroupJudgement, Judgement, Options
    from kanalo.ledger import Recorder

Progress = Callable[[str, int, int], None]
"""Called with what is being run, how many runs are done and how many there are."""

Rule: TypeAlias = "tuple[Strategy | type[bt.Strategy], Mapping[str, Any]]"
"""A strategy with its parameters, or a class for backtrader and its ``params``."""


class Watcher(Protocol):
    """What sees results before all is done: a table that fills."""

    def show_runs(self, runs: Sequence[Run]) -> None:
        """See every run, before any is cross-checked or judged."""

    def show_verdicts(self, group: GroupJudgement) -> None:
        """See the verdicts of one market and cost set."""


def run_spec(
    spec: Spec | str | Path,
    workspace: Workspace | None = None,
    *,
    engine: str = COMPILED,
    cross_check: bool = True,
    progress: Progress | None = None,
    recorder: Recorder | None = None,
    options: Options | Callable[[], Options] | None = None,
    watcher: Watcher | None = None,
    findings: Findings | None = None,
) -> Comparison:
    """Run every strategy of a spec on each of its markets at each cost set.

    Parameters
    ----------
    spec : Spec, str or Path
        What to compare, or the TOML file that says so.
    workspace : Workspace, optional
        Where strategies and the catalog's markets come from; `find_workspace` by default.
    engine : str
        ``"compiled"`` or ``"reference"``.
    cross_check : bool
        Repeat each run of the compiled engine on the reference engine and compare them.
    progress : callable, optional
        Called before each run and once at the end.
    recorder : Recorder, optional
        Records every result but the yardsticks' as a trial, as soon as it is there.
    options : kanalo.judgement.Options or callable, optional
        How to judge the rules, or what returns it once they have run; by default nothing is judged.
    watcher : Watcher, optional
        Shown the runs before they are cross-checked, and verdicts as they come.
    findings : kanalo.checks.findings.Findings, optional
        Where cross-checks are kept; by default all are made.

    Returns
    -------
    Comparison

    Raises
    ------
    SpecError
        If the file cannot be read or a key or a value is wrong.
    UnknownNameError, ParameterError, DataError, StrategyError
        If a name does not exist, a parameter is out of bounds, data or a rule are not usable.
    EngineError
        If the engines differ; the message names bar, field and both values.

    Examples
    --------
    >>> import kanalo
    >>> from kanalo.experiment.spec_reader import parse_spec
    >>> spec = parse_spec({"markets": [{"name": "xmr_1d"}], "strategies": [{"name": "sma_cross"}]})
    >>> kanalo.run_spec(spec).runs[0].label
    'sma_cross'
    """
    accepted = "a kanalo.Spec or the path of a TOML file"
    check_type("run_spec", "spec", spec, (Spec, str, Path), accepted)
    spec = spec if isinstance(spec, Spec) else load_spec(spec)
    check_type("run_spec", "cross_check", cross_check, bool, "True or False")
    check_engine(engine, "run_spec")
    home = to_workspace("run_spec", workspace)
    rules = {each.label: make_rule(each, home) for each in spec.strategies}
    markets = {each.name: open_market(each, spec, home) for each in spec.markets}
    work = Work(spec, rules, markets, home, engine, cross_check, findings)
    return run_all(work, progress=progress, recorder=recorder, options=options, watcher=watcher)


@dataclass(frozen=True, eq=False)
class Work:
    """A spec with its rules imported and its markets loaded.

    Attributes
    ----------
    spec : Spec
        What to compare.
    strategies : mapping of str to Rule
        By label.
    markets : mapping of str to Market
        By name, with their windows.
    workspace : Workspace
        Where yardsticks come from.
    engine : str
        ``"compiled"`` or ``"reference"``.
    cross_check : bool
        Whether to repeat each run on the reference engine.
    findings : Findings or None
        Where cross-checks are kept.
    """

    spec: Spec
    strategies: Mapping[str, Rule]
    markets: Mapping[str, Market]
    workspace: Workspace
    engine: str = COMPILED
    cross_check: bool = True
    findings: Findings | None = None

    def list_runs(self) -> list[tuple[StrategySpec, str, str]]:
        """Return strategy, market and cost set of every run, in order."""
        return [
            (each, market.name, costs)
            for market in self.spec.markets
            for costs in self.spec.costs
            for each in self.spec.strategies
            if not each.markets or market.name in each.markets
        ]

    def run(self, each: StrategySpec, market: str, costs: str) -> Run:
        """Run one strategy on one market at one cost set.

        Parameters
        ----------
        each : StrategySpec
            Strategy with its label and parameters.
        market : str
            Key of the spec's market.
        costs : str
            Key of the spec's cost set.

        Returns
        -------
        Run
            Result with its statistics.
        """
        strategy, values = self.strategies[each.label]
        result = run_rule(
            strategy,
            self.markets[market],
            self.spec.costs[costs],
            self.spec.execution,
            parameters=values,
            engine=self.engine,
        )
        return Run(result, calc_statistics(result), each.label, market, costs)

    def check(self, run: Run) -> Run:
        """Cross-check a run with the reference engine, where that was asked for and can be done."""
        strategy = self.strategies[run.label][0]
        if not self.cross_check or self.engine != COMPILED or not isinstance(strategy, Strategy):
            return run
        result = check_engines(
            run.result,
            strategy,
            self.markets[run.market],
            Costs.of_record(run.result.costs),
            self.spec.execution,
            findings=self.findings,
        )
        return replace(run, result=result)

    def run_yardstick(self, matched: Run) -> Iterator[Run]:
        """Yield the random entries that trade as a run does, unless it has nothing to match."""
        strategy = match_random_entry(matched.result)
        if strategy is None:
            return
        result = run_rule(
            strategy,
            self.markets[matched.market],
            self.spec.costs[matched.costs],
            self.spec.execution,
            parameters={},
            engine=self.engine,
        )
        result = replace(result, strategy=RANDOM_ENTRY)
        label = f"random like {matched.label}"
        statistics = calc_statistics(result)
        yield Run(result, statistics, label, matched.market, matched.costs, matches=matched.label)


def run_all(
    work: Work,
    *,
    progress: Progress | None = None,
    recorder: Recorder | None = None,
    options: Options | Callable[[], Options] | None = None,
    watcher: Watcher | None = None,
) -> Comparison:
    """Run everything, judge it if asked to, and put it side by side.

    Parameters
    ----------
    work : Work
        What to run, and on what.
    progress, recorder, options, watcher
        As for `run_spec`.

    Returns
    -------
    Comparison

    Raises
    ------
    SpecError
        If there is nothing to run.
    StrategyError, EngineError
        If a rule cannot be run or the engines differ.
    """
    began, judgement = time.perf_counter(), None
    runs = _run_each(work, progress, recorder, watcher)
    if options is not None:
        report = None if watcher is None else watcher.show_verdicts
        options = options() if callable(options) else options
        judgement = _judge(runs, work, recorder, options, progress, report)
    if progress is not None:
        total = len(work.list_runs())
        progress("done", total, total)
    spec, markets = work.spec, work.markets
    environment = describe_environment(work.workspace, time.perf_counter() - began)
    return Comparison(
        name=spec.name,
        title=spec.title or spec.name,
        question=spec.question,
        spec=spec.to_dict(),
        runs=tuple(runs),
        passports={name: make_passport(each.traded).to_dict() for name, each in markets.items()},
        environment=environment | describe_record(recorder, judgement),
        provenance=describe_provenance(runs),
        judgement=judgement,
    )


def _run_each(
    work: Work, progress: Progress | None, recorder: Recorder | None, watcher: Watcher | None
) -> list[Run]:
    """Run and record every strategy, then check each run and run its yardstick."""
    todo = work.list_runs()
    if not todo:
        raise SpecError("The spec leaves nothing to run: no strategy names one of its markets.")
    if recorder is not None:
        recorder.begin()
    first: list[Run] = []
    for done, (each, market, costs) in enumerate(todo):
        if progress is not None:
            progress(f"{each.label} on {market}", done, len(todo))
        run = work.run(each, market, costs)
        first.append(run)
        if recorder is not None and not is_yardstick(run.result):
            recorder.record(run.result)
    if watcher is not None:
        watcher.show_runs(first)
    runs: list[Run] = []
    for done, run in enumerate(first):
        if progress is not None and work.cross_check:
            progress(f"checking {run.label} on {run.market}", done, len(todo))
        checked = work.check(run)
        runs.append(checked)
        if work.spec.yardsticks:
            runs += work.run_yardstick(checked)
    return runs


def _judge(
    runs: list[Run],
    work: Work,
    recorder: Recorder | None,
    options: Options,
    progress: Progress | None,
    report: Callable[[GroupJudgement], None] | None,
) -> Judgement:
    """Judge every run but the yardsticks', after they have been recorded."""
    from kanalo.judgement.candidates import Candidate
    from kanalo.judgement.judge import judge
    from kanalo.judgement.parts import find_sweep
    from kanalo.judgement.trials import gather_trials

    ledger, position = (None, None) if recorder is None else (recorder.ledger, recorder.position)
    judged = [each for each in runs if not each.matches and not is_yardstick(each.result)]
    candidates = []
    for each in judged:
        rule, result = work.strategies[each.label][0], each.result
        candidates.append(
            Candidate(
                each.label,
                each.market,
                each.costs,
                result,
                rule if isinstance(rule, Strategy) else None,
                work.markets[each.market],
                None if ledger is None else find_sweep(ledger, result, position),
            )
        )
    trials = gather_trials(recorder, [each.result for each in judged])
    return judge(candidates, trials, options, progress=progress, report=report)


def make_rule(each: StrategySpec, workspace: Workspace) -> Rule:
    """Import a strategy and give it its parameters; a backtrader class gets them at its run.

    Parameters
    ----------
    each : StrategySpec
        Name and parameters.
    workspace : Workspace
        Where its file is.

    Returns
    -------
    (Strategy or type of bt.Strategy, mapping of str to object)
        The rule, and the ``params`` of a backtrader class.

    Raises
    ------
    UnknownNameError
        If the workspace has no such strategy.
    ParameterError
        If a parameter does not exist or is out of bounds.
    """
    return with_parameters(workspace.load_strategy(each.name), each.parameters)


def open_market(each: MarketSpec, spec: Spec, workspace: Workspace) -> Market:
    """Load a market of a spec and set its window.

    Parameters
    ----------
    each : MarketSpec
        A market of the catalog, or a file.
    spec : Spec
        Where relative paths of files start.
    workspace : Workspace
        Where the catalog is.

    Returns
    -------
    Market
        Bars before the window are kept for the warm-up.

    Raises
    ------
    UnknownNameError, DataError
        If there is no such market, or its bars or its window are not usable.
    """
    if each.data:
        path = Path(each.data) if Path(each.data).is_absolute() else spec.folder / each.data
        options = {
            key: getattr(each, key)
            for key in ("timezone", "symbol", "venue", "interval")
            if getattr(each, key)
        }
        market = seal_market(read_bars(path, name=each.name, **options), workspace.root)
    else:
        market = workspace.load_market(each.name)
    return market.between(each.start or None, each.end or None)
