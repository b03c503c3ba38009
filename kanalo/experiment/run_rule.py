"""`run`: one rule over one market, from the arguments to a `Result`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from kanalo.arguments import check_type
from kanalo.errors import KanaloError, ParameterError, StrategyError
from kanalo.execution.account_columns import add_account_columns
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide, find_line, to_own_costs, to_strategy_error
from kanalo.execution.engines import (
    COMPILED,
    REFERENCE,
    check_agreement,
    check_engine,
    describe_engine,
    simulate,
)
from kanalo.execution.funding import funding_coverage
from kanalo.execution.records import Records
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.execution.settings import to_settings
from kanalo.execution.trades import to_fill_table, to_trades
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy
from kanalo.strategy.digest import digest_source, to_name
from kanalo.workspace.arguments import MarketLike, RuleLike, to_market, to_rule, to_workspace

if TYPE_CHECKING:
    import backtrader as bt

    from kanalo.workspace import Workspace


def run(
    rule: RuleLike,
    market: MarketLike,
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
    parameters: Mapping[str, Any] | None = None,
    engine: str = COMPILED,
    cross_check: bool = False,
    workspace: Workspace | None = None,
) -> Result:
    """Run one rule over one market.

    Parameters
    ----------
    rule : Strategy, type or str
        A strategy with its parameters, its class, a class written by hand for backtrader, or the
        name of a rule of the workspace.
    market : Market, str, Path or DataFrame
        A market, the name of a bundled one, a file with bars, or a frame of bars on UTC times.
        Bars before ``market.first`` warm the signals up; the rest is traded.
    costs : Costs, optional
        5 bps fee, 2 bps slippage, market impact and funding by default.
    execution : Execution, optional
        100,000 of cash, no leverage and an exchange's margin by default.
    parameters : mapping, optional
        Parameters of a class or a name; an instance has its own.
    engine : str
        ``"compiled"`` or ``"reference"`` (backtrader). Both make the same fills; a class written
        for backtrader always runs on the reference engine.
    cross_check : bool
        Repeat a run of the compiled engine on the reference engine and compare both.
    workspace : Workspace, optional
        Where names are looked up; `find_workspace` by default.

    Returns
    -------
    Result

    Raises
    ------
    UnknownNameError
        If the workspace has no such rule or market.
    ParameterError
        If an argument has the wrong type, a parameter does not exist or is out of bounds, there is
        no such engine, or the arguments do not fit together.
    StrategyError
        If ``decide`` does not return `Decisions` for the bars of the market.
    EngineError
        If the engines differ; the message names bar, field and both values.

    Examples
    --------
    >>> import kanalo
    >>> result = kanalo.run("donchian_breakout", "xmr_1d", parameters={"entry": 55})
    >>> result.strategy, result.parameters["entry"]
    ('donchian_breakout', 55)
    """
    check_engine(engine)
    check_type("run", "cross_check", cross_check, bool, "True or False")
    costs, execution = to_settings("run", costs, execution)
    home = to_workspace("run", workspace)
    strategy, values = to_rule("run", rule, parameters, home)
    _check_cross_check(strategy, engine, cross_check)
    return run_rule(
        strategy,
        to_market("run", market, home),
        costs,
        execution,
        parameters=values,
        engine=engine,
        cross_check=cross_check,
    )


def _check_cross_check(
    strategy: Strategy | type[bt.Strategy], engine: str, cross_check: bool
) -> None:
    """Refuse to compare the reference engine with itself."""
    if not cross_check or (isinstance(strategy, Strategy) and engine == COMPILED):
        return
    raise ParameterError(
        "run(): 'cross_check' compares the compiled engine with the reference engine, and this "
        "rule runs on the reference engine alone; leave cross_check out."
    )


def run_rule(
    strategy: Strategy | type[bt.Strategy],
    market: Market,
    costs: Costs,
    execution: Execution,
    *,
    parameters: Mapping[str, Any],
    engine: str = COMPILED,
    cross_check: bool = False,
) -> Result:
    """Run one rule over one market, as `run` does once its arguments are checked.

    Parameters
    ----------
    strategy : Strategy or type of backtrader.Strategy
        A strategy with its parameters, or a class written by hand for backtrader.
    market : Market
        Bars before ``market.first`` warm the signals up; the rest is traded.
    costs : Costs
        Costs of every fill.
    execution : Execution
        The account.
    parameters : mapping
        backtrader ``params`` of a hand-written class.
    engine : str
        ``"compiled"`` or ``"reference"``; a hand-written class runs on the latter.
    cross_check : bool
        Repeat a run of the compiled engine on the reference engine and compare both.

    Returns
    -------
    Result

    Raises
    ------
    StrategyError
        If ``decide`` does not return `Decisions` for the bars of the market.
    EngineError
        If the engines differ.
    """
    traded = market.traded
    decisions: Decisions | None = None
    if isinstance(strategy, Strategy):
        decisions = decide(strategy, market).since(market.first)
        cls, values = type(strategy), strategy.parameters
        costs = to_own_costs(cls, costs)
        cross_check = cross_check and engine == COMPILED
        records = simulate(engine, traded, decisions, costs, execution)
        if cross_check:
            judge = simulate(REFERENCE, traded, decisions, costs, execution)
            check_agreement(records, judge, traded, f"{to_name(cls)} over {traded.name}")
    else:
        cls, values, engine, cross_check = strategy, dict(parameters), REFERENCE, False
        records = _simulate_class(strategy, market, costs, execution, values)
    return _to_result(
        records,
        traded,
        decisions,
        (costs, execution),
        strategy=to_name(cls),
        parameters=values,
        provenance={
            "data": dict(market.digests),
            "source": digest_source(cls),
            "engine": describe_engine(engine, cross_checked=cross_check),
        },
    )


def _simulate_class(
    cls: type[bt.Strategy],
    market: Market,
    costs: Costs,
    execution: Execution,
    values: Mapping[str, Any],
) -> Records:
    """Run a class written for backtrader; whatever it raises names its file and line."""
    from kanalo.execution.reference.simulate import simulate_bt

    try:
        return simulate_bt(market, cls, costs, execution, values)
    except KanaloError:
        raise
    except IndexError as error:  # backtrader's own way to say that an indicator lacks bars
        if find_line(cls, error)[0]:
            raise to_strategy_error(cls, error) from error
        raise StrategyError(
            f"{to_name(cls)} needs more bars for its indicators than the {len(market)} of "
            f"{market.name or market.symbol}."
        ) from error
    except Exception as error:  # whatever a rule may raise; it stays the cause
        raise to_strategy_error(cls, error) from error


def _to_result(
    records: Records,
    market: Market,
    decisions: Decisions | None,
    terms: tuple[Costs, Execution],
    **described: Any,
) -> Result:
    """Turn what an engine left behind into tables and series."""
    index, trades = market.index, to_trades(records, market, decisions)
    costs, execution = terms
    if execution.is_margined or costs.impact or execution.max_share < math.inf:
        trades = add_account_columns(trades, records, market, execution)
    return Result(
        market=market,
        fills=to_fill_table(records, market),
        trades=trades,
        costs=costs.to_dict(),
        execution=execution.to_dict(),
        equity=pd.Series(records.equity, index=index, name="equity"),
        position=pd.Series(records.position, index=index, name="position"),
        funding=pd.Series(records.funding, index=index, name="funding"),
        decisions=decisions,
        ambiguous_bars=len(records.ambiguous),
        resolved_bars=records.resolved,
        funding_coverage=market.cached(funding_coverage),
        **described,
    )
