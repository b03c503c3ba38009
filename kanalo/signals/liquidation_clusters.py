"""Clusters of ESTIMATED liquidation levels and squeezes, as sweeps share them through `cached`."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market
from kanalo.signals.liquidation_levels import flow_rank, liquidation_levels, zone_share
from kanalo.signals.mixed_flow import mixed_flow
from kanalo.signals.moving import previous
from kanalo.typing import BoolArray, FloatArray


def clusters_before(market: Market) -> tuple[FloatArray, FloatArray]:
    """Return the nearest short cluster above and long cluster below, as known one bar before.

    Returns
    -------
    above, below : float64 arrays of shape (n_bars, 2)
        Low and high as prices; NaN where there is none.
    """
    before, levels = previous(market.close), market.cached(liquidation_levels)
    shorts, longs = levels.short_zones, levels.long_zones
    above = [before * np.exp(previous(edge)) for edge in (shorts.near, shorts.far)]
    below = [before * np.exp(-previous(edge)) for edge in (longs.far, longs.near)]
    return np.column_stack(above), np.column_stack(below)


def are_dense_before(market: Market, share: float) -> tuple[BoolArray, BoolArray]:
    """Tell where the clusters of `clusters_before` hold a share of all levels within reach.

    Parameters
    ----------
    market : Market
        The bars.
    share : float
        Least share, in [0, 1].

    Returns
    -------
    above, below : bool arrays of shape (n_bars,)
        False where there is no cluster.
    """
    levels = market.cached(liquidation_levels)
    above, below = levels.short_zones, levels.long_zones
    dense_above: BoolArray = previous(zone_share(above, below)) >= share
    dense_below: BoolArray = previous(zone_share(below, above)) >= share
    return dense_above, dense_below


def is_undercut(market: Market, share: float) -> BoolArray:
    """Tell where a dense cluster of longs lies below, which a fall would liquidate in turn.

    Parameters
    ----------
    market : Market
        The bars.
    share : float
        Share of all levels within reach that counts as dense, in [0, 1].

    Returns
    -------
    bool array of shape (n_bars,)
        As known at each close.
    """
    levels = market.cached(liquidation_levels)
    dense: BoolArray = zone_share(levels.long_zones, levels.short_zones) >= share
    return dense


def is_squeeze(market: Market, imbalance: float, rank: float) -> BoolArray:
    """Tell where shorts are liquidated far more than longs, and a lot for the last 90 days.

    Parameters
    ----------
    market : Market
        The bars.
    imbalance : float
        Least ``(shorts - longs) / (shorts + longs)`` over 24 hours, in [0, 1].
    rank : float
        Least rank of the total among those of the last 90 days, in [0, 1].

    Returns
    -------
    bool array of shape (n_bars,)
        False where either is unknown.
    """
    lopsided = market.cached(mixed_flow, hours=24).imbalance >= imbalance
    squeezed: BoolArray = lopsided & (market.cached(flow_rank, hours=24, days=90) >= rank)
    return squeezed
