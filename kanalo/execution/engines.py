"""The engines by name, and the comparison that holds the compiled one to the reference engine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import numpy as np
import numpy.typing as npt

from kanalo.arguments import show
from kanalo.errors import EngineError, ParameterError, suggestion
from kanalo.execution.costs import Costs
from kanalo.execution.records import FILL_DTYPE, Records
from kanalo.execution.rules import Execution
from kanalo.market import Market
from kanalo.strategy import Decisions

COMPILED, REFERENCE = "compiled", "reference"
ENGINES = (COMPILED, REFERENCE)
"""What runs decisions: kernels, or backtrader, which judges them."""

AGREEMENT = 1e-9
"""Relative difference that two engines may show."""

_PACKAGES = {COMPILED: "numba", REFERENCE: "backtrader"}


def check_engine(engine: str, function: str = "run") -> None:
    """Refuse an engine that does not exist.

    Parameters
    ----------
    engine : str
        Name of the engine.
    function : str
        Name of the function that received it, for the message.

    Raises
    ------
    ParameterError
        Naming those that do.
    """
    if engine not in ENGINES:
        raise ParameterError(
            f"{function}(): 'engine' must be one of {', '.join(ENGINES)}; received {show(engine)}."
            f"{suggestion(show(engine), ENGINES)}"
        )


def describe_engine(engine: str, *, cross_checked: bool = False) -> str:
    """Name an engine with the version of the package that it stands on, for provenance.

    Parameters
    ----------
    engine : str
        ``"compiled"`` or ``"reference"``.
    cross_checked : bool
        Whether the reference engine repeated the run.

    Returns
    -------
    str
        Engine, package and version, for example ``compiled (numba 0.60.0)``.
    """
    package = _PACKAGES[engine]
    words = f"{engine} ({package} {metadata.version(package)})"
    return f"{words}, cross-checked with {describe_engine(REFERENCE)}" if cross_checked else words


def simulate(
    engine: str, market: Market, decisions: Decisions, costs: Costs, execution: Execution
) -> Records:
    """Run decisions on the engine of that name; either is imported when it is first used.

    Parameters
    ----------
    engine : str
        ``"compiled"`` or ``"reference"``.
    market : Market
        Bars to trade.
    decisions : Decisions
        Decisions over the same bars.
    costs : Costs
        Fees, slippage and funding.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.

    Returns
    -------
    Records
        Fills, and equity, position and funding at every close.
    """
    check_engine(engine)
    if engine == REFERENCE:
        from kanalo.execution.reference.simulate import simulate_bt

        return simulate_bt(market, decisions, costs, execution)
    from kanalo.execution.compiled.simulate import simulate_nb

    return simulate_nb(market, decisions, costs, execution)


def check_agreement(ours: Records, theirs: Records, market: Market, label: str) -> None:
    """Compare what the compiled engine left with what the reference engine left.

    Parameters
    ----------
    ours, theirs : Records
        Of the compiled and of the reference engine.
    market : Market
        What both ran over.
    label : str
        What ran, for the message.

    Raises
    ------
    EngineError
        At the first fill, else at the first close, where a figure differs by more than 1e-9 of its
        size (of the starting cash for equity and funding); it names bar, field and both values.
    """
    for field, bars, mine, yours, scale in _compared(ours, theirs):
        wrong = np.flatnonzero(~_is_close(mine, yours, scale))
        if wrong.size:
            at = int(wrong[0])
            bar = int(bars[at])
            raise EngineError(
                f"The engines differ on {label} at bar {bar} ({market.index[bar]}): '{field}' is "
                f"{mine[at]!r} on the compiled and {yours[at]!r} on the reference engine."
            )


_Compared = tuple[
    str, npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64], float
]


def _compared(ours: Records, theirs: Records) -> Iterator[_Compared]:
    """Yield each field with its bars, both values and the size below which nothing counts."""
    common = min(len(ours.fills), len(theirs.fills))
    for field in FILL_DTYPE.names or ():
        mine, yours = (each.fills[field][:common].astype(np.float64) for each in (ours, theirs))
        yield field, ours.fills["bar"][:common], mine, yours, 0.0
    bars = np.arange(len(ours.equity))
    cash = float(np.abs(ours.equity[:1]).max(initial=1.0))
    yield "equity", bars, ours.equity, theirs.equity, cash
    yield "position", bars, ours.position, theirs.position, 0.0
    yield "funding", bars, ours.funding, theirs.funding, cash
    for field in ("ambiguous", "fills"):
        mine, yours = (np.array([float(len(getattr(each, field)))]) for each in (ours, theirs))
        yield f"number of {field}", bars[-1:], mine, yours, 0.0


def _is_close(
    mine: npt.NDArray[np.float64], yours: npt.NDArray[np.float64], scale: float
) -> npt.NDArray[np.bool_]:
    size = np.maximum(np.maximum(np.abs(mine), np.abs(yours)), scale)
    return (np.abs(mine - yours) <= AGREEMENT * size) | (np.isnan(mine) & np.isnan(yours))
