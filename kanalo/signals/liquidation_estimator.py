"""The calibrated estimate of liquidations per bar and side: levels reached plus swings inside.

Two sources of liquidations that a bar of prices and volume can show:

- **Levels reached** (`kanalo.signals.liquidation_map`): positions of EARLIER bars whose liquidation
  price this bar reaches for the first time. Ground that was swept before yields nothing.
- **Swings inside the bar**: positions opened and liquidated within the same bar, which no map of
  earlier bars can know. A rise of r liquidates shorts in proportion to volume and r²: as many
  levels as the rise is long, and the longer it is, the more of the volume was traded below them.

The order of the extremes is not in a bar. A bar that closes above its open mostly made its low
first, so with ``q = 1 / (1 + exp(-order·(close - open) / (high - low)))`` in log prices::

    up   = q·(H - L)² + (1 - q)·((H - O)² + (C - L)²)
    down = (1 - q)·(H - L)² + q·((O - L)² + (H - C)²)
    shorts = map.shorts + swing·volume·up / 0.01²
    longs = map.longs + swing·volume·down / 0.01²

Both halves need no scale of the coin: volume cancels in the imbalance, and doubling or halving the
swings' weight moves the rank correlations by about 0.01. Still an ESTIMATE, still momentum in part.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from kanalo.market import Market
from kanalo.market.altered import alterable
from kanalo.signals.leverage import fitted_prior
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_flow import LiquidationFlow
from kanalo.signals.liquidation_map import build_map
from kanalo.signals.map_half_life import HALF_LIFE
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray

FROZEN = "liquidation_estimator.toml"
SWING_UNIT = 0.01
"""Swings are measured in per cent of log price."""


@dataclass(frozen=True)
class FlowEstimator:
    """Coefficients of the estimate.

    Attributes
    ----------
    power : float
        Weight of leverage L among new contracts is ``L**power``.
    swing : float
        Liquidations by a swing of 1 %, as a share of the bar's volume, before normalisation.
    order : float
        How surely the bar's direction tells which extreme came first; 0 knows nothing.
    cap, maintenance : float
        Highest leverage and one maintenance rate.
    share : float
        Share of turnover that opens contracts.
    half_life : float
        Hours after which half of the levels are gone.
    width : float
        Width of a bin in log price.
    """

    power: float
    swing: float
    order: float
    cap: float = 125.0
    maintenance: float = 0.005
    share: float = 0.05
    half_life: float = HALF_LIFE
    width: float = 0.00025

    @property
    def map_settings(self) -> MapSettings:
        """The assumptions of its map."""
        prior = fitted_prior(self.power, self.cap, self.maintenance)
        return MapSettings(prior, share=self.share, half_life=self.half_life, width=self.width)

    def estimate(
        self,
        opening: FloatArray,
        high: FloatArray,
        low: FloatArray,
        close: FloatArray,
        volume: FloatArray,
        *,
        bar_hours: float = 1.0,
    ) -> LiquidationFlow:
        """Estimate the liquidations of every bar.

        Parameters
        ----------
        opening, high, low, close, volume : float64 arrays of shape (n,)
            Bars; volume in coins.
        bar_hours : float
            Length of a bar in hours.

        Returns
        -------
        LiquidationFlow
            Relative units; causal. The map starts empty: leave out the first few half-lives.
        """
        book = build_map(
            high, low, close, volume, bar_hours=bar_hours, settings=self.map_settings, zones=False
        )
        up, down = swings(opening, high, low, close, self.order)
        weight = self.swing * volume / SWING_UNIT**2
        return LiquidationFlow(
            longs=book.flow.longs + weight * down, shorts=book.flow.shorts + weight * up
        )


def swings(
    opening: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray, order: float
) -> tuple[FloatArray, FloatArray]:
    """Return the expected sum of squared rises and of squared falls inside each bar.

    Parameters
    ----------
    opening, high, low, close : float64 arrays of shape (n,)
        Prices.
    order : float
        See `FlowEstimator`.

    Returns
    -------
    up, down : float64 arrays of shape (n,)
        Squares of log prices; 0 where the bar is flat.
    """
    o, h, lo, c = (np.log(each) for each in (opening, high, low, close))
    span = h - lo
    tilt = np.divide(c - o, span, out=np.zeros_like(span), where=span > 0)
    low_first = 1.0 / (1.0 + np.exp(-order * tilt))
    up = low_first * span**2 + (1 - low_first) * ((h - o) ** 2 + (c - lo) ** 2)
    down = (1 - low_first) * span**2 + low_first * ((o - lo) ** 2 + (h - c) ** 2)
    return up, down


@cache
def frozen_estimator() -> FlowEstimator:
    """Return the estimator with the coefficients that were calibrated and frozen as data."""
    text = files("kanalo.signals").joinpath(FROZEN).read_text(encoding="utf-8")
    return FlowEstimator(**tomllib.loads(text)["coefficients"])


@alterable
def estimated_flow(market: Market, hours: int = 1) -> LiquidationFlow:
    """Estimate the liquidations of a market with the frozen estimator, summed over some hours.

    Call it as ``market.cached(estimated_flow, hours=…)``.

    Parameters
    ----------
    market : Market
        The bars. Open interest is not used: the calibration found nothing in it that turnover did
        not have, and XMR's history hardly has it.
    hours : int
        Length of the window, at least one bar.

    Returns
    -------
    LiquidationFlow
        Relative units, origin ``"estimated"``; NaN where the bars were traded on a spot venue
        (nothing to liquidate) and while the window is incomplete. The map begins with the first bar
        on a perpetual.

    Notes
    -----
    Unbounded memory in principle; after ten half-lives (ten days) an older bar weighs less than one
    part in a thousand. Part of it is momentum: compare with bars of equal return and volume.
    """
    spot = market.spot
    traded = np.where(spot, 0.0, market.volume)
    flow = frozen_estimator().estimate(
        market.open,
        market.high,
        market.low,
        market.close,
        traded,
        bar_hours=market.length.total_seconds() / 3600,
    )
    longs, shorts = (np.where(spot, np.nan, side) for side in (flow.longs, flow.shorts))
    return LiquidationFlow(longs, shorts, flow.origin).over(to_bars(market, hours=hours))
