"""Liquidations as rules read them: reported where coverage is enough, estimated everywhere else.

A bar is reported where at least one exchange reported every liquidation of the whole of it; the
sums are over all exchanges that were listened to all the time. A throttled feed alone gives lower
bounds, worst in cascades, and is not enough. Reported USD and the estimate's relative units are
made comparable by a factor that only the past tells::

    scale[t] = Σ estimated total / Σ reported total    over reported bars up to t
    flow[t] = scale[t]·reported[t] where reported, else estimated[t]

The first `FEWEST` reported bars set the factor and stay estimated. The imbalance of a bar has no
unit, so the factor does not touch it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kanalo.market import Market
from kanalo.market.liquidation_bars import enough_coverage
from kanalo.market.liquidations import Coverage
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_flow import ESTIMATED, LiquidationFlow
from kanalo.signals.reported_flow import REPORTED, ReportedFlow, reported_flow
from kanalo.signals.spans import to_bars
from kanalo.typing import BoolArray, FloatArray

FEWEST = 24
"""Reported bars that are needed before the factor is trusted."""

MIXED = "reported and estimated"
"""Origin of flow of which some bars are reported."""


@dataclass(frozen=True, eq=False)
class MixedFlow(LiquidationFlow):
    """Liquidations whose bars are reported or estimated.

    Attributes
    ----------
    reported : bool array of shape (n_bars,)
        Whether each bar's own liquidations are reported.
    """

    reported: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @property
    def labels(self) -> list[str]:
        """``"reported"`` or ``"estimated"`` for each bar."""
        return [REPORTED if each else ESTIMATED for each in self.reported]


def mixed_flow(market: Market, hours: int = 1) -> MixedFlow:
    """Return the liquidations of a market, summed over the last hours (at least one bar).

    Call it as ``market.cached(mixed_flow, hours=…)``.

    Parameters
    ----------
    market : Market
        The bars, with the reported liquidations that joined them.
    hours : int
        Hours that are summed.

    Returns
    -------
    MixedFlow
        Relative units; NaN where `estimated_flow` is and nothing is reported. Exactly
        `estimated_flow` where no bar has enough coverage.

    Notes
    -----
    Row t is known at the close of bar t.
    """
    known = enough_coverage(market)
    if not known.any():
        flow = market.cached(estimated_flow, hours=hours)
        return MixedFlow(flow.longs, flow.shorts, flow.origin, np.zeros(len(market), np.bool_))
    estimate = market.cached(estimated_flow, hours=1)
    longs, shorts = _add_known(reported_flow(market))
    scale = _find_scale(estimate.total, longs + shorts, known)
    used = known & ~np.isnan(scale)
    mixed = LiquidationFlow(
        np.where(used, longs * scale, estimate.longs),
        np.where(used, shorts * scale, estimate.shorts),
        MIXED if used.any() else ESTIMATED,
    ).over(to_bars(market, hours=hours))
    return MixedFlow(mixed.longs, mixed.shorts, mixed.origin, used)


def _add_known(flow: ReportedFlow) -> tuple[FloatArray, FloatArray]:
    """Add the exchanges that were listened to over the whole of each bar."""
    whole = flow.coverage >= Coverage.CENSORED
    longs, shorts = (np.where(whole, side, 0.0).sum(axis=1) for side in (flow.longs, flow.shorts))
    return longs, shorts


def _find_scale(estimated: FloatArray, reported: FloatArray, known: BoolArray) -> FloatArray:
    """Return relative units per USD as the past tells; NaN before it does."""
    both = known & ~np.isnan(estimated)
    ours = np.cumsum(np.where(both, estimated, 0.0))
    theirs = np.cumsum(np.where(both, reported, 0.0))
    enough = (np.cumsum(both) >= FEWEST) & (ours > 0) & (theirs > 0)
    scale = np.full(len(estimated), np.nan)
    np.divide(ours, theirs, out=scale, where=enough)
    return scale
