"""Columns that plans of claims name beside the variables of conditions: truths, shares and ways.

A *way* is a distance in log price from the close to a level that stands at the bar, positive in the
direction of the level, NaN where there is no such level or it is nearer than is worth a test. All
columns are causal: row t is known at the close of bar t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import nearest_zone
from kanalo.signals.channel import Channel
from kanalo.signals.liquidation_levels import liquidation_levels
from kanalo.signals.measured_move import measured_move
from kanalo.signals.moving import previous
from kanalo.signals.pivot_channel import pivot_channel
from kanalo.signals.zones import zones
from kanalo.study.events.events import Extra
from kanalo.study.variables import (
    BARS,
    ESTIMATED,
    VARIABLES,
    find_broken_resistance,
    find_lost_support,
    get_variable,
)
from kanalo.typing import BoolArray, FloatArray

HEIGHTS = 0.4
"""Heights of the range from the broken level to the near edge of the projected zone.

The article projects 520 to 550 above a range of 450 to 500: from 0.4 heights to one.
"""

LEAST_HEIGHT = 0.05
"""Least height of a range that is projected, in log price."""

LEAST_WAY = 0.01
"""Least way to a support or a projection; what is nearer is reached by noise."""

LEAST_CROSSING = 0.005
"""Least way that is left through a cluster of liquidation levels."""

WEEK_HOURS = 168


@dataclass(frozen=True)
class ClaimColumn:
    """A named column.

    Attributes
    ----------
    help : str
        What it is.
    compute : callable
        Market to array of shape (n_bars,): bool for truths, else float64 with NaN.
    truth : bool
        Whether it is true or false.
    origin : str
        As that of `kanalo.study.variables.Variable`.
    """

    help: str
    compute: Callable[[Market], FloatArray | BoolArray]
    truth: bool = False
    origin: str = BARS


def find_columns(market: Market, names: tuple[str, ...]) -> Extra:
    """Compute the named columns of this module, for `kanalo.study.events.events.read_condition`.

    Parameters
    ----------
    market : Market
        Market of n_bars bars.
    names : tuple of str
        Names to compute; those that are no column of this module are left out.

    Returns
    -------
    dict of str to array of shape (n_bars,)
        bool or float64 columns by name.
    """
    return {name: COLUMNS[name].compute(market) for name in names if name in COLUMNS}


def find_column(market: Market, name: str) -> FloatArray:
    """Compute a column of this module or a variable of the registry as numbers.

    Parameters
    ----------
    market : Market
        Market of n_bars bars.
    name : str
        Column of this module, or variable of the registry.

    Returns
    -------
    float64 array of shape (n_bars,)
        Truth values are 1 and 0; NaN if unknown.

    Raises
    ------
    UnknownNameError
        If there is neither of that name.
    """
    if name in COLUMNS:
        return np.asarray(COLUMNS[name].compute(market), dtype=np.float64)
    return get_variable(name).compute(market)


def find_origin(name: str) -> str:
    """Say where a column comes from: bars, reported by an exchange, or estimated."""
    return COLUMNS[name].origin if name in COLUMNS else VARIABLES[name].origin


def _no_long_cluster(market: Market) -> BoolArray:
    book = market.cached(liquidation_levels)
    known = (book.short_zones.within_reach > 0) | (book.long_zones.within_reach > 0)
    return np.asarray(known & np.isnan(book.long_zones.near))


def _cluster_far_edge(market: Market) -> FloatArray:
    """Measure the way to the far edge of the short cluster as it stood one bar before."""
    edge = previous(np.log(market.close) + market.cached(liquidation_levels).short_zones.far)
    return _at_least(edge - np.log(market.close), LEAST_CROSSING)


def _projected_zone(market: Market) -> FloatArray:
    level = find_broken_resistance(market)
    base = previous(nearest_zone(market, above=False)[:, 0])
    tall = np.log(level / base) >= LEAST_HEIGHT
    target = np.where(tall, measured_move(level, base, level, heights=HEIGHTS), np.nan)
    return _at_least(np.log(target / market.close), LEAST_WAY)


def _next_support(market: Market) -> FloatArray:
    lost = ~np.isnan(find_lost_support(market))
    following = market.cached(zones).below(market.close)[:, 1]
    return _at_least(np.log(market.close / np.where(lost, following, np.nan)), LEAST_WAY)


def _at_least(way: FloatArray, least: float) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.where(way >= least, way, np.nan)


def _in_pivot_channel(market: Market) -> BoolArray:
    channel = _channel(market)
    return (market.close >= channel.lower) & (market.close <= channel.upper)


def _channel(market: Market) -> Channel:
    return market.cached(pivot_channel)


def _channel_drift(market: Market) -> FloatArray:
    hours = market.length.total_seconds() / 3600
    return _channel(market).slope * hours / WEEK_HOURS


def _explained_share(market: Market) -> FloatArray:
    moved = np.log1p(get_variable("return_24h").compute(market))
    beyond = get_variable("residual_return").compute(market)
    return 1 - beyond / np.where(moved == 0, np.nan, moved)


COLUMNS: Mapping[str, ClaimColumn] = {
    "no_long_cluster": ClaimColumn(
        "no dense zone of long levels within 20 % below", _no_long_cluster, True, ESTIMATED
    ),
    "in_pivot_channel": ClaimColumn(
        "a rising channel through weekly pivots holds the close", _in_pivot_channel, True
    ),
    "explained_share": ClaimColumn(
        "share of the 24 h log return that beta × benchmark explains", _explained_share
    ),
    "cluster_far_edge": ClaimColumn(
        "way up to the far edge of the short cluster of one bar before",
        _cluster_far_edge,
        origin=ESTIMATED,
    ),
    "projected_zone": ClaimColumn(
        "way up to the near edge of the zone that a broken range projects", _projected_zone
    ),
    "next_support": ClaimColumn("way down to the next zone under a lost support", _next_support),
    "channel_below": ClaimColumn(
        "way down to the lower line of the pivot channel",
        lambda market: np.log(market.close / _channel(market).lower),
    ),
    "channel_above": ClaimColumn(
        "way up to its upper line", lambda market: np.log(_channel(market).upper / market.close)
    ),
    "channel_drift": ClaimColumn("rise of its lines a bar, log price", _channel_drift),
}
"""Every column of this module by its name."""
