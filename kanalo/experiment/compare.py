"""`compare`: rules side by side on one market or several, without a TOML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kanalo.arguments import check_type, shorten, show, wrong_argument
from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.execution.engines import COMPILED, check_engine
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.execution.settings import to_settings
from kanalo.experiment.comparison import Comparison, Run
from kanalo.experiment.provenance import describe_provenance
from kanalo.experiment.run_spec import Progress, Rule, Work, run_all
from kanalo.experiment.spec import DEFAULT_COSTS, MarketSpec, Spec, StrategySpec
from kanalo.market import Market, make_passport
from kanalo.strategy import Strategy
from kanalo.strategy.digest import to_name
from kanalo.workspace.arguments import MarketLike, RuleLike, to_market, to_rule, to_workspace

if TYPE_CHECKING:
    from kanalo.workspace import Workspace

_RULES = (
    "a list of rules (names, classes or instances), or a mapping of labels to them, "
    "such as ['hold_perpetual', SmaCross(fast=20)]"
)


def compare(
    rules: Sequence[RuleLike] | Mapping[str, RuleLike],
    market: MarketLike | Sequence[MarketLike],
    *,
    costs: Costs | Mapping[str, Costs] | None = None,
    execution: Execution | None = None,
    title: str = "",
    yardsticks: bool = False,
    judge: bool = False,
    engine: str = COMPILED,
    cross_check: bool = False,
    progress: Progress | None = None,
    workspace: Workspace | None = None,
) -> Comparison:
    """Run several rules over the same market and put them side by side.

    Nothing is written and nothing is recorded in the ledger; ``kanalo compare`` does both.

    Parameters
    ----------
    rules : sequence, or mapping of str to rule
        Instances, classes, or names of rules of the workspace. The keys of a mapping are the labels
        of the report; a list is labelled by name, and by parameters where a name comes twice.
    market : Market, str, Path or DataFrame, or a sequence of them
        As for `run`.
    costs : Costs or mapping of str to Costs, optional
        One cost set, or several by name; 5 bps fee, 2 bps slippage, market impact and funding by
        default.
    execution : Execution, optional
        100,000 of cash, no leverage and an exchange's margin by default.
    title : str
        Heading of the report.
    yardsticks : bool
        Run random entries beside each rule, matched to its number and length of trades.
    judge : bool
        Judge every rule against luck, as ``kanalo compare`` does; takes minutes on hourly bars.
    engine : str
        ``"compiled"`` or ``"reference"`` (backtrader).
    cross_check : bool
        Repeat each run of the compiled engine on the reference engine and compare them.
    progress : callable, optional
        Called before each run and once at the end with a label, runs done and runs in all.
    workspace : Workspace, optional
        Where names are looked up; `find_workspace` by default.

    Returns
    -------
    Comparison

    Raises
    ------
    UnknownNameError
        If the workspace has no such rule or market.
    ParameterError
        If an argument has the wrong type, or two rules or markets have one label.
    StrategyError
        If a rule does not return `Decisions` for the bars of the market.
    EngineError
        If the engines differ.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> comparison = kanalo.compare(["hold_perpetual", "sma_cross"], market)
    >>> comparison.statistics.loc["# Trades"].tolist()
    [0.0, 5.0]
    """
    check_engine(engine, "compare")
    flags = {"yardsticks": yardsticks, "judge": judge, "cross_check": cross_check}
    for name, value in flags.items():
        check_type("compare", name, value, bool, "True or False")
    check_type("compare", "title", title, str, "text")
    home = to_workspace("compare", workspace)
    strategies = _to_strategies(rules, home)
    markets = _to_markets(market, home)
    cost_sets = costs if isinstance(costs, Mapping) else {DEFAULT_COSTS: costs}
    settings = {name: to_settings("compare", each, execution) for name, each in cost_sets.items()}
    if not settings:
        raise wrong_argument("compare", "costs", costs, "a kanalo.Costs or a mapping of them")
    spec = Spec(
        name="comparison",
        strategies=tuple(_describe(label, rule) for label, rule in strategies.items()),
        markets=tuple(MarketSpec(name) for name in markets),
        costs={str(name): each for name, (each, _) in settings.items()},
        execution=next(iter(settings.values()))[1],
        title=title,
        yardsticks=yardsticks,
    )
    work = Work(spec, strategies, markets, home, engine, cross_check)
    return run_all(work, progress=progress, options=_find_options(judge))


def compare_result(result: Result) -> Comparison:
    """Put a single result into a comparison of its own, for the reports that show comparisons.

    Parameters
    ----------
    result : Result
        The run.

    Returns
    -------
    Comparison
        Of one run, with the passport of its market.
    """
    market = result.market.name or result.market.symbol
    runs = (Run(result, result.figures, result.strategy, market, DEFAULT_COSTS),)
    spec = Spec(
        name=result.strategy,
        strategies=(StrategySpec(result.strategy, result.strategy, dict(result.parameters)),),
        markets=(MarketSpec(market),),
        costs={DEFAULT_COSTS: Costs.of_record(result.costs)},
        execution=Execution.of_record(result.execution),
    )
    return Comparison(
        name=result.strategy,
        title=f"{result.strategy} on {market}",
        question="",
        spec=spec.to_dict(),
        runs=runs,
        passports={market: make_passport(result.market).to_dict()},
        provenance=describe_provenance(runs),
    )


def _find_options(judge: bool) -> Any:
    if not judge:
        return None
    from kanalo.judgement.judge import Options

    return Options()


def _to_strategies(
    rules: Sequence[RuleLike] | Mapping[str, RuleLike], workspace: Workspace
) -> dict[str, Rule]:
    """Give every rule a label of its own."""
    if isinstance(rules, Mapping):
        items = list(rules.items())
        for label, _ in items:
            check_type("compare", "rules", label, str, "labelled with text")
            if not label.strip():
                raise wrong_argument("compare", "rules", label, "labelled with a name")
        named_rules: dict[str, Rule] = {
            label: to_rule("compare", each, None, workspace) for label, each in items
        }
    elif isinstance(rules, Sequence) and not isinstance(rules, (str, bytes)):
        named_rules = _label([to_rule("compare", each, None, workspace) for each in rules])
    else:
        raise wrong_argument("compare", "rules", rules, _RULES)
    if not named_rules:
        raise wrong_argument("compare", "rules", rules, _RULES)
    return named_rules


def _label(rules: Sequence[Rule]) -> dict[str, Rule]:
    names = [to_name(_find_class(rule)) for rule in rules]
    counts = Counter(names)
    labels = [
        name if counts[name] == 1 else _to_long_label(name, rule)
        for name, rule in zip(names, rules, strict=True)
    ]
    _check_unique(labels, "rules", "pass a mapping of labels to rules")
    return dict(zip(labels, rules, strict=True))


def _to_long_label(name: str, rule: Rule) -> str:
    """Add the parameters that differ from the defaults."""
    strategy, _ = rule
    if not isinstance(strategy, Strategy):
        return name
    defaults = {each.name: each.default for each in strategy.declared()}
    changed = {key: value for key, value in strategy.parameters.items() if value != defaults[key]}
    return f"{name}({shorten(changed)})" if changed else name


def _find_class(rule: Rule) -> type:
    strategy, _ = rule
    return type(strategy) if isinstance(strategy, Strategy) else strategy


def _describe(label: str, rule: Rule) -> StrategySpec:
    strategy, values = rule
    parameters = strategy.parameters if isinstance(strategy, Strategy) else values
    return StrategySpec(to_name(_find_class(rule)), label, dict(parameters))


def _to_markets(
    market: MarketLike | Sequence[MarketLike], workspace: Workspace
) -> dict[str, Market]:
    given = market if isinstance(market, Sequence) and not isinstance(market, str) else [market]
    loaded = [to_market("compare", each, workspace) for each in given]
    names = [each.name or each.symbol for each in loaded]
    if not names:
        raise wrong_argument("compare", "market", market, "a market or a list of them")
    _check_unique(names, "market", "give each market its own name")
    return dict(zip(names, loaded, strict=True))


def _check_unique(labels: Sequence[str], argument: str, advice: str) -> None:
    for label, count in Counter(labels).items():
        if count > 1:
            raise ParameterError(
                f"compare(): '{argument}' has {count} entries called {show(label)}; {advice}."
            )
