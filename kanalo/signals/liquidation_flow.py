"""Liquidations per bar and side: a first ESTIMATE from price excursions.

It is momentum in disguise. A bar that climbs above the previous close is said to have liquidated
shorts, one that falls below it longs, in proportion to the excursion and the volume. Volume cancels
in the imbalance of one bar, so a large positive imbalance says little more than "price rose": of
the hours with imbalance above 0.6 and large size, nearly all rose. On two coins with reported
liquidations the hourly rank correlation with the real flow is still about 0.78 (shorts), 0.85
(longs) and 0.7 (imbalance), which is why it serves as a baseline. Read every result that rests on
it as a result about momentum until it has been compared with bars of equal return and volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.market.altered import alterable
from kanalo.signals.moving import moving_sum, previous, trailing_rank
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray

ESTIMATED = "estimated"
"""Origin of flow that no exchange reported."""


@dataclass(frozen=True, eq=False)
class LiquidationFlow:
    """Liquidations by the side of the position that was closed by force.

    Attributes
    ----------
    longs, shorts : float64 arrays of shape (n_bars,)
        Size per bar, NaN where unknown. Relative units when estimated: compare them with each
        other and with their own history, never with dollars.
    origin : str
        ``"estimated"`` or ``"reported"``.
    """

    longs: FloatArray
    shorts: FloatArray
    origin: str = ESTIMATED

    @property
    def total(self) -> FloatArray:
        """Both sides together, shape (n_bars,)."""
        return self.longs + self.shorts

    @property
    def imbalance(self) -> FloatArray:
        """``(shorts - longs) / (shorts + longs)`` in [-1, 1]; NaN where nothing was liquidated.

        The 8:1 of shorts to longs that a headline may tell of is 0.78.
        """
        total = self.total
        known = total > 0
        balance = np.full(len(total), np.nan)
        balance[known] = (self.shorts[known] - self.longs[known]) / total[known]
        return balance

    def over(self, n_bars: int) -> LiquidationFlow:
        """Return the sums over the last ``n_bars`` bars; NaN where one of them is unknown."""
        return LiquidationFlow(
            np.maximum(moving_sum(self.longs, n_bars), 0.0),
            np.maximum(moving_sum(self.shorts, n_bars), 0.0),
            self.origin,
        )


def estimate_flow(
    high: FloatArray, low: FloatArray, close: FloatArray, volume: FloatArray
) -> LiquidationFlow:
    """Estimate liquidations of a bar by its excursions from the previous close.

    ``shorts[t] = max(high[t] / close[t-1] - 1, 0) × volume[t]`` and
    ``longs[t] = max(1 - low[t] / close[t-1], 0) × volume[t]``.

    Parameters
    ----------
    high, low, close : float64 arrays of shape (n,)
        Prices.
    volume : float64 array of shape (n,)
        Coins.

    Returns
    -------
    LiquidationFlow
        In relative units; NaN at the first bar, which has no previous close.

    Notes
    -----
    Momentum in disguise: see the module.
    """
    before = previous(close)
    return LiquidationFlow(
        longs=np.maximum(1.0 - low / before, 0.0) * volume,
        shorts=np.maximum(high / before - 1.0, 0.0) * volume,
    )


@alterable
def liquidation_flow(market: Market, hours: int = 1) -> LiquidationFlow:
    """Estimate the liquidations of a market, summed over the last hours (at least one bar).

    Parameters
    ----------
    market : Market
        The bars. A venue that the data do not name is taken for a perpetual.
    hours : int
        Hours that are summed.

    Returns
    -------
    LiquidationFlow
        Of shape (n_bars,), without a unit; NaN where the bars were traded on a spot venue, for
        there was nothing to liquidate.
    """
    flow = estimate_flow(market.high, market.low, market.close, market.volume)
    spot = market.spot
    longs, shorts = (np.where(spot, np.nan, side) for side in (flow.longs, flow.shorts))
    return LiquidationFlow(longs, shorts, flow.origin).over(to_bars(market, hours=hours))


def size_rank(market: Market, hours: int = 1, days: int = 90) -> FloatArray:
    """Rank the liquidations of the last hours among those of the last days.

    Parameters
    ----------
    market : Market
        The bars.
    hours : int
        Hours that are summed.
    days : int
        Length of the history that the sum is ranked in.

    Returns
    -------
    float64 array of shape (n_bars,)
        Share of the history that is at most as large, in (0, 1]; NaN while it is incomplete.
    """
    total = market.cached(liquidation_flow, hours=hours).total
    return trailing_rank(total, to_bars(market, days=days))
