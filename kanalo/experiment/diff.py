"""What changed between two recorded runs, and how much of the difference in return each explains.

The first run is turned into the second, one part at a time: code, parameters, data, costs, fills.
The return is computed after each step; what a step moves is its part. Levels telescope, so the
parts add up to the whole difference exactly, whatever depends on what. Another order of the steps
would share out differently what two changes do together; the order here is fixed and stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kanalo.errors import ParameterError, UnknownNameError, WorkspaceError, unknown_name
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment.reproduce import read_spec
from kanalo.experiment.run_rule import run_rule
from kanalo.experiment.run_spec import make_rule, open_market
from kanalo.experiment.spec import MarketSpec, Spec, StrategySpec
from kanalo.ledger import LEDGER, Ledger, RunEntry, load_record

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.workspace import Workspace

CODE, PARAMETERS, DATA, COSTS, FILLS, VERSIONS = (
    "code",
    "parameters",
    "data",
    "costs",
    "fills",
    "versions",
)
PARTS = (CODE, PARAMETERS, DATA, COSTS, FILLS, VERSIONS)
"""Parts in the order in which the first run's are replaced by the second's."""

KINDS = ("compare", "run")
"""Kinds of runs whose figures are kept, and which can be run again; looks at sealed bars cannot."""


@dataclass(frozen=True)
class Step:
    """One replacement.

    Attributes
    ----------
    part : str
        One of `PARTS`.
    before, after : float
        Total return, fractions.
    """

    part: str
    before: float
    after: float


@dataclass(frozen=True)
class RunDiff:
    """The difference of two results.

    Attributes
    ----------
    runs : tuple of RunEntry
        The first and the second.
    labels : tuple of str
        Which result of each.
    returns : tuple of float
        Their total returns as recorded, fractions.
    changes : mapping of str to tuple of str
        What changed in each part, a phrase each; parts that did not are absent.
    steps : tuple of Step
        From the first return to the second.
    """

    runs: tuple[RunEntry, RunEntry]
    labels: tuple[str, str]
    returns: tuple[float, float]
    changes: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]

    @property
    def parts(self) -> dict[str, Fraction]:
        """What each part explains of the difference in total return; they add up to it exactly."""
        parts = dict.fromkeys(PARTS, Fraction(0))
        for each in self.steps:
            parts[each.part] += Fraction(each.after) - Fraction(each.before)
        return parts

    @property
    def difference(self) -> Fraction:
        """Return of the second run less that of the first, exactly."""
        return Fraction(self.returns[1]) - Fraction(self.returns[0])


@dataclass(frozen=True)
class _Case:
    """One result as it was recorded, with what it takes to run it again."""

    entry: RunEntry
    figures: Mapping[str, Any]
    spec: Spec
    rule: StrategySpec
    market: MarketSpec
    costs: Costs
    execution: Execution

    @property
    def total_return(self) -> float:
        return float(self.figures["statistics"]["total_return"])


def diff_runs(
    workspace: Workspace, first: int, second: int, *, rules: Sequence[str] = ()
) -> RunDiff:
    """Explain the difference in total return between two runs.

    Parameters
    ----------
    workspace : Workspace
        Whose ledger, strategies and data.
    first, second : int
        Numbers of runs of `kanalo run` or `kanalo compare`.
    rules : sequence of str
        Labels of the results to compare, one for both or one for each; needed where a run has
        several.

    Returns
    -------
    RunDiff
        Changes and parts.

    Raises
    ------
    UnknownNameError
        If there is no such run or label.
    WorkspaceError
        If a run left no figures.
    ParameterError
        If a run has several results and no label says which.
    """
    named: list[str | None] = [*rules] * 2 if len(rules) == 1 else [*rules] or [None, None]
    if len(named) != 2:
        raise ParameterError(f"diff: name one rule or two; received {len(rules)}.")
    cases = [
        _load(workspace, number, label)
        for number, label in zip((first, second), named, strict=True)
    ]
    one, other = cases
    steps = [*_find_steps(workspace, one, other)]
    return RunDiff(
        (one.entry, other.entry),
        (one.figures["label"], other.figures["label"]),
        (one.total_return, other.total_return),
        _find_changes(one, other),
        tuple(steps),
    )


def _load(workspace: Workspace, number: int, label: str | None) -> _Case:
    folder = workspace.results_dir
    with Ledger(folder / LEDGER, read_only=True) as ledger:
        entry = next((each for each in ledger.runs() if each.id == number), None)
    if entry is None:
        raise UnknownNameError(f"The ledger {folder / LEDGER} has no run {number}.")
    record = load_record(folder, number) if entry.kind in KINDS else None
    if record is None:
        raise WorkspaceError(
            f"Run {number} ({entry.kind}, {entry.status}) left no figures; kanalo diff compares "
            "runs of `kanalo run` and `kanalo compare`."
        )
    spec = read_spec(entry.details)
    figures = _choose(record["results"], spec, number, label)
    rule = next(each for each in spec.strategies if _label(each) == figures["label"])
    market = next(each for each in spec.markets if each.name == figures["market"])
    return _Case(entry, figures, spec, rule, market, spec.costs[figures["costs"]], spec.execution)


def _choose(
    results: Sequence[Mapping[str, Any]], spec: Spec, number: int, label: str | None
) -> Mapping[str, Any]:
    own = [each for each in results if each["label"] in {_label(rule) for rule in spec.strategies}]
    labels = list(dict.fromkeys(each["label"] for each in own))
    if label is not None and label not in labels:
        raise unknown_name(f"rule in run {number}", label, labels)
    chosen = [each for each in own if label in (None, each["label"])]
    if len(chosen) != 1:
        places = ", ".join(f"{each['label']} on {each['market']}" for each in chosen[:5])
        raise ParameterError(
            f"Run {number} has {len(chosen)} results ({places}, …); kanalo diff compares one of "
            "each run: name it with --rule, or run it alone."
        )
    return chosen[0]


def _label(rule: StrategySpec) -> str:
    return rule.label or rule.name


# -- steps -----------------------------------------------------------------------------------------


def _find_steps(workspace: Workspace, one: _Case, other: _Case) -> Iterator[Step]:
    """Yield the replacements in order, from what was recorded to what was recorded."""
    level, market = one.total_return, None
    for part, state in _list_states(one, other):
        if market is None or part == DATA:
            market = open_market(state.market, state.spec, workspace)
        after = _run(workspace, state, market)
        if part == "now":
            part = _blame(state, market, workspace)
        yield Step(part, level, after)
        level = after
    yield Step(_blame(other, market, workspace), level, other.total_return)


def _list_states(one: _Case, other: _Case) -> Iterator[tuple[str, _Case]]:
    """Yield what is run: the first as things are now, then with one part more of the second."""
    state = one
    yield "now", state
    if one.rule.name != other.rule.name:
        state = replace(state, rule=other.rule)
        yield CODE, state
    if dict(state.rule.parameters) != dict(other.rule.parameters):
        state = replace(state, rule=other.rule)
        yield PARAMETERS, state
    if _where(one) != _where(other):
        state = replace(state, market=other.market, spec=other.spec)
        yield DATA, state
    if state.costs != other.costs:
        state = replace(state, costs=other.costs)
        yield COSTS, state
    if state.execution != other.execution:
        yield FILLS, replace(state, execution=other.execution)


def _run(workspace: Workspace, case: _Case, market: Market) -> float:
    from kanalo.analyzers.returns import calc_total_return

    strategy, values = make_rule(case.rule, workspace)
    engine = case.entry.details["engine"]
    result = run_rule(
        strategy, market, case.costs, case.execution, parameters=values, engine=engine
    )
    return calc_total_return(result.equity, result.cash)


def _blame(case: _Case, market: Market | None, workspace: Workspace) -> str:
    """Say what must have moved a return since it was recorded: code or data that was edited."""
    from kanalo.strategy.digest import digest_source

    if digest_source(workspace.load_strategy(case.rule.name)) != case.figures["source"]:
        return CODE
    if market is not None and dict(market.digests) != dict(case.figures["data"]):
        return DATA
    return VERSIONS


def _where(case: _Case) -> tuple[Any, ...]:
    path = str(case.spec.folder / case.market.data) if case.market.data else ""
    return (replace(case.market, data=""), path)


# -- what changed ----------------------------------------------------------------------------------


def _find_changes(one: _Case, other: _Case) -> dict[str, tuple[str, ...]]:
    code = []
    if one.rule.name != other.rule.name:
        code.append(f"rule {one.rule.name} → {other.rule.name}")
    elif one.figures["source"] != other.figures["source"]:
        code.append(
            f"code {one.figures['source'][:8]} → {other.figures['source'][:8]} of {one.rule.name}"
        )
    same_rule = one.rule.name == other.rule.name
    parameters = _name_changes(one.figures["parameters"], other.figures["parameters"])
    data = [*_name_changes(_to_window(one), _to_window(other))]
    if dict(one.figures["data"]) != dict(other.figures["data"]):
        data += [*_name_changes(_cut(one.figures["data"]), _cut(other.figures["data"]))]
    versions = [*_name_changes(one.entry.versions, other.entry.versions)]
    changes = {
        CODE: code,
        PARAMETERS: [*parameters] if same_rule else [],
        DATA: data,
        COSTS: [*_name_changes(one.costs.to_dict(), other.costs.to_dict())],
        FILLS: [*_name_changes(one.execution.to_dict(), other.execution.to_dict())],
        VERSIONS: versions,
    }
    return {name: tuple(each) for name, each in changes.items() if each}


def _to_window(case: _Case) -> dict[str, str]:
    market = case.market
    named = {"market": market.name, "file": market.data, "from": market.start, "to": market.end}
    return {key: value for key, value in named.items() if value}


def _cut(digests: Mapping[str, str]) -> dict[str, str]:
    return {f"sha256 of {name}": value[:8] for name, value in digests.items()}


def _name_changes(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*one, *other]):
        before, after = one.get(key), other.get(key)
        if before != after:
            yield f"{key} {_say(before)} → {_say(after)}"


def _say(value: Any) -> str:
    return "–" if value is None else str(value)
