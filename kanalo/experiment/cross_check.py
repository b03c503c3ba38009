"""Cross-check a result of the compiled engine with the reference engine, once for each input."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING

from kanalo.execution.costs import Costs
from kanalo.execution.engines import (
    COMPILED,
    REFERENCE,
    check_agreement,
    describe_engine,
    simulate,
)
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Strategy

if TYPE_CHECKING:
    from kanalo.checks.findings import Findings


def cross_check(
    result: Result,
    strategy: Strategy,
    market: Market,
    costs: Costs,
    execution: Execution,
    *,
    findings: Findings | None = None,
) -> Result:
    """Repeat a run on the reference engine and compare both, unless that was done before.

    Parameters
    ----------
    result : Result
        Of the compiled engine, with its decisions.
    strategy : Strategy
        The rule with its parameters.
    market : Market
        With its warm-up.
    costs : Costs
        As of the run.
    execution : Execution
        As of the run.
    findings : Findings, optional
        Where cross-checks are kept; by default none is.

    Returns
    -------
    Result
        The same, whose provenance names both engines.

    Raises
    ------
    EngineError
        If the engines differ; the message names bar, field and both values.
    """
    decisions, traded = result.decisions, market.traded
    if decisions is None:
        return result  # written for backtrader: the reference engine ran it

    def compare() -> bool:
        records, judge = (
            simulate(engine, traded, decisions, costs, execution)
            for engine in (COMPILED, REFERENCE)
        )
        check_agreement(records, judge, traded, f"{result.strategy} over {traded.name}")
        return True

    if findings is None:
        compare()
    else:
        settings = sorted(result.costs.items()), sorted(result.execution.items())
        findings.find(
            "cross-check",
            strategy,
            market,
            (*settings, metadata.version("backtrader")),
            compute=compare,
            write=lambda agreed: {"agreed": agreed},
            read=lambda values: bool(values["agreed"]),
        )
    engine = describe_engine(COMPILED, cross_checked=True)
    return replace(result, provenance={**result.provenance, "engine": engine})
