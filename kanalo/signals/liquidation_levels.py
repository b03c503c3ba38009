"""The estimated map of one market with the house's assumptions, for rules and figures alike.

Leverage is weighted as the calibration of `kanalo.signals.liquidation_estimator` found it, and the
distances are those of the symbol's own tiers where a table of them is here. New contracts are taken
from turnover over the whole history, not from open interest where it happens to be known: XMR has
it for four weeks only, and on coins with reports it made the map worse.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kanalo.market import Market
from kanalo.market.altered import alterable
from kanalo.signals.leverage import TABLES, load_tiers, tiered_prior
from kanalo.signals.liquidation_book import MapSettings, NearestZones
from kanalo.signals.liquidation_estimator import frozen_estimator
from kanalo.signals.liquidation_map import LiquidationMap, build_map
from kanalo.signals.map_half_life import HALF_LIFE
from kanalo.signals.mixed_flow import mixed_flow
from kanalo.signals.moving import trailing_rank
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray

FORGOTTEN = 60
"""Half-lives after which what is left of a level is below the precision of a float."""


def level_settings(
    symbol: str, half_life: float = HALF_LIFE, power: float | None = None
) -> MapSettings:
    """Return the map's assumptions for a symbol.

    Parameters
    ----------
    symbol : str
        With its own tiers if there is a table of them, else with the calibration's cap.
    half_life : float
        Hours.
    power : float, optional
        Of leverage among new contracts; the calibration's by default.

    Returns
    -------
    MapSettings
        With the tiers of the symbol where they are known.
    """
    frozen = frozen_estimator()
    if power is not None:
        frozen = replace(frozen, power=power)
    # A history that began on spot is named after the dollar; its perpetual is quoted in USDT.
    contract = symbol if symbol in TABLES else f"{symbol}T"
    if contract not in TABLES:
        return MapSettings(frozen.map_settings.prior, frozen.share, half_life)
    return MapSettings(tiered_prior(load_tiers(contract), frozen.power), frozen.share, half_life)


@alterable
def liquidation_levels(
    market: Market, half_life: float = HALF_LIFE, at: tuple[int, ...] = ()
) -> LiquidationMap:
    """Build the ESTIMATED map of a market; call it as ``market.cached(liquidation_levels, …)``.

    Parameters
    ----------
    market : Market
        The bars. Nothing is opened where they were traded on a spot venue.
    half_life : float
        Hours.
    at : tuple of int
        Bars after which to keep the whole density.

    Returns
    -------
    LiquidationMap
        Causal; row t of the zones is what was known at the close of bar t.
    """
    spot = market.spot
    return build_map(
        market.high,
        market.low,
        market.close,
        np.where(spot, 0.0, market.volume),
        bar_hours=market.length.total_seconds() / 3600,
        settings=level_settings(market.symbol, half_life),
        at=at,
    )


def levels_warm_up(market: Market, half_life: float = HALF_LIFE) -> int:
    """Return how many bars a map looks back before its start is forgotten.

    Parameters
    ----------
    market : Market
        Gives the length of a bar.
    half_life : float
        Hours, positive.

    Returns
    -------
    int
        Bars, at least 1.
    """
    return to_bars(market, hours=FORGOTTEN * half_life)


def zone_share(zones: NearestZones, other: NearestZones) -> FloatArray:
    """Return the share of the nearest zone in all levels within reach, of both sides.

    Parameters
    ----------
    zones : NearestZones
        Of the side in question.
    other : NearestZones
        Of the other side, of the same bars.

    Returns
    -------
    float64 array of shape (n_bars,)
        In (0, 1]; NaN where there is no zone.
    """
    total = zones.within_reach + other.within_reach
    share = np.full(len(total), np.nan)
    np.divide(zones.mass, total, out=share, where=total > 0)
    return share


def flow_rank(market: Market, hours: int = 1, days: int = 90) -> FloatArray:
    """Rank the liquidations of the last hours among those of the last days; see `mixed_flow`.

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
    total = market.cached(mixed_flow, hours=hours).total
    return trailing_rank(total, to_bars(market, days=days))
