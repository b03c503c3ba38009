"""A rule's decisions under other assumptions about the leverage of traders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np

from kanalo.execution.deciding import decide
from kanalo.judgement.altered_flow import Alteration
from kanalo.judgement.flow_market import alter_flow
from kanalo.judgement.tornado import Alternative
from kanalo.market import Market
from kanalo.signals.liquidation_estimator import estimated_flow, frozen_estimator
from kanalo.signals.liquidation_flow import LiquidationFlow
from kanalo.signals.liquidation_levels import level_settings, liquidation_levels
from kanalo.signals.liquidation_map import LiquidationMap, build_map
from kanalo.signals.map_half_life import HALF_LIFE
from kanalo.signals.spans import to_bars
from kanalo.strategy import Decisions, Strategy
from kanalo.typing import BoolArray, FloatArray

T = TypeVar("T")

FACTORS = (0.0, 2.0)
"""By which the fitted power of leverage among new contracts is multiplied; 0 is an even spread."""


@dataclass(frozen=True)
class AssumePower(Alteration):
    """Leverage L has the weight ``L**power`` among new contracts.

    It changes `estimated_flow` and `liquidation_levels`, the signals with the house's assumptions.

    Attributes
    ----------
    power : float
        0 spreads new contracts evenly over the logarithm of leverage.
    """

    power: float

    def to_signal(
        self,
        base: Market,
        function: Callable[..., T],
        args: tuple[Any, ...],
        values: dict[str, Any],
    ) -> T:
        """Estimate the flow, or build the map, with the other power.

        Parameters
        ----------
        base : Market
            The market as it is.
        function : callable
            One of `SOURCES`.
        args : tuple
            Positional arguments of the call.
        values : dict
            Keyword arguments of the call.

        Returns
        -------
        LiquidationFlow or LiquidationMap
            With the assumed power.
        """
        assumed = _ASSUMED.get(function)
        if assumed is None:
            return base.cached(function, *args, **values)
        # By the base: rules that are judged side by side share what is built for one power.
        return cast(T, base.cached(assumed, *args, **values, power=self.power))

    def to_column(self, base: Market, name: str) -> FloatArray:
        """Return the column as it is: what was reported assumes nothing.

        Parameters
        ----------
        base : Market
            The market as it is.
        name : str
            Name of the column.

        Returns
        -------
        float64 array of shape (n_bars,)
            In USD; NaN where unknown.
        """
        return base.known(name)


def leverage_alternatives(
    strategy: Strategy, market: Market, factors: Sequence[float] = FACTORS
) -> tuple[Alternative, ...]:
    """Let a rule decide under other leverage priors: alternatives of a tornado.

    Parameters
    ----------
    strategy : Strategy
        The rule.
    market : Market
        What it was run on, with its warm-up.
    factors : sequence of float
        By which the fitted power is multiplied.

    Returns
    -------
    tuple of (str, callable)
        Empty for a rule that reads neither `estimated_flow` nor `liquidation_levels` through
        ``market.cached``.
    """
    alternatives: list[Alternative] = []
    for factor in factors:
        power = frozen_estimator().power * factor
        altered = alter_flow(market, AssumePower(power))
        decisions = decide(strategy, altered)
        if not altered.reads_flow:
            return ()
        alternatives.append((f"leverage weight L^{power:.2f}", _return(decisions)))
    return tuple(alternatives)


def _estimate(base: Market, hours: int = 1, *, power: float) -> LiquidationFlow:
    bars, traded, spot = _to_arrays(base)
    estimator = replace(frozen_estimator(), power=power)
    flow = estimator.estimate(base.open, *bars, traded, bar_hours=_to_hours(base))
    longs, shorts = (np.where(spot, np.nan, side) for side in (flow.longs, flow.shorts))
    return LiquidationFlow(longs, shorts, flow.origin).over(to_bars(base, hours=hours))


def _build(
    base: Market, half_life: float = HALF_LIFE, at: tuple[int, ...] = (), *, power: float
) -> LiquidationMap:
    bars, traded, _ = _to_arrays(base)
    settings = level_settings(base.symbol, half_life, power)
    return build_map(*bars, traded, bar_hours=_to_hours(base), settings=settings, at=at)


_ASSUMED: Mapping[Callable[..., Any], Callable[..., Any]] = {
    estimated_flow: _estimate,
    liquidation_levels: _build,
}


def _return(decisions: Decisions) -> Callable[[Market], Decisions]:
    return lambda _: decisions


def _to_arrays(
    base: Market,
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray, BoolArray]:
    """Return high, low and close; the volume that opens contracts; and which bars were spot."""
    spot: BoolArray = base.spot
    return (base.high, base.low, base.close), np.where(spot, 0.0, base.volume), spot


def _to_hours(base: Market) -> float:
    return base.length.total_seconds() / 3600
