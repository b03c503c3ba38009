"""The variables that conditions may name: causal columns of a market, known at each bar's close.

Truth is 1 or 0, and every variable is NaN where it is unknown. What rests on liquidations that no
exchange reported has the origin ``"estimated"``, and every study that names it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kanalo.errors import unknown_name
from kanalo.market import Market
from kanalo.market.funding import funding_due
from kanalo.market.market import FUNDING_HOURS
from kanalo.periods import bars_per_year
from kanalo.signals.breakout import channel_of, nearest_zone
from kanalo.signals.channel import Channel
from kanalo.signals.liquidation_book import NearestZones
from kanalo.signals.liquidation_levels import flow_rank, liquidation_levels
from kanalo.signals.mixed_flow import mixed_flow
from kanalo.signals.moving import crosses_above, moving_average, previous, shifted, trailing_rank
from kanalo.signals.relative_strength import log_returns, relative_strength
from kanalo.signals.spans import to_bars
from kanalo.signals.trend import Trend, trend
from kanalo.signals.zones import zones
from kanalo.typing import BoolArray, FloatArray

FLOW_HOURS = 24
"""Hours over which estimated liquidations are summed."""

RANK_DAYS = 90
"""Days of the own history that a percentile is taken in."""

ESTIMATED, REPORTED, BARS = "estimated", "reported", "bars"


@dataclass(frozen=True)
class Variable:
    """A named column.

    Attributes
    ----------
    name : str
        As conditions write it.
    help : str
        What it is, with its unit.
    compute : callable
        Market to float64 array of shape (n_bars,); NaN where unknown, truth as 1 and 0.
    truth : bool
        Whether it is true or false rather than a number.
    origin : str
        ``"bars"`` (prices and volumes), ``"reported"`` (by an exchange) or ``"estimated"``.
    """

    name: str
    help: str
    compute: Callable[[Market], FloatArray]
    truth: bool = False
    origin: str = BARS


def get_variable(name: str) -> Variable:
    """Return a variable of the registry.

    Raises
    ------
    UnknownNameError
        If there is none of that name; the message suggests one.
    """
    if name not in VARIABLES:
        raise unknown_name("variable", name, VARIABLES)
    return VARIABLES[name]


def to_truth(values: BoolArray, known: BoolArray) -> FloatArray:
    """Write truth as 1 and 0, NaN where it is not known.

    Parameters
    ----------
    values : bool array of shape (n,)
        Truth where it is known; anything elsewhere.
    known : bool array of shape (n,)
        Whether it is.

    Returns
    -------
    float64 array of shape (n,)
        1, 0 or NaN.
    """
    return np.where(known, values.astype(np.float64), np.nan)


def calc_return(market: Market, *, hours: float) -> FloatArray:
    """Return ``close[t] / close[t - hours] - 1``.

    Parameters
    ----------
    market : Market
        The bars.
    hours : float
        Span of the return.

    Returns
    -------
    float64 array of shape (n_bars,)
        A fraction; NaN before there are enough bars.
    """
    return market.close / shifted(market.close, to_bars(market, hours=hours)) - 1


def calc_volatility(market: Market, days: float = 7.0) -> FloatArray:
    """Return the standard deviation of log returns over some days, annualised.

    Parameters
    ----------
    market : Market
        The bars.
    days : float
        Length of the window; at least two bars are taken.

    Returns
    -------
    float64 array of shape (n_bars,)
        A fraction a year; NaN while the window is incomplete.
    """
    n_bars = max(to_bars(market, days=days), 2)
    spread = pd.Series(log_returns(market.close)).rolling(n_bars, min_periods=n_bars).std()
    return np.asarray(spread * np.sqrt(bars_per_year(market.interval)), dtype=np.float64)


def find_lost_support(market: Market) -> FloatArray:
    """Return the lower edge of the support zone that each close lost; NaN where none was lost.

    The zone is the nearest one under (or around) the close of the bar BEFORE, as known then.
    """
    support = previous(nearest_zone(market, above=False)[:, 0])
    return np.where(market.close < support, support, np.nan)


def find_broken_resistance(market: Market) -> FloatArray:
    """Return the upper edge of the resistance zone that each close broke; NaN where none broke."""
    resistance = previous(nearest_zone(market, above=True)[:, 1])
    return np.where(market.close > resistance, resistance, np.nan)


def _channel(market: Market) -> Channel:
    return channel_of(market)


def _with_fit(values: BoolArray, market: Market) -> FloatArray:
    return to_truth(values, ~np.isnan(_channel(market).slope))


def _breaks_down(market: Market) -> FloatArray:
    return _with_fit(crosses_above(_channel(market).lower, market.close), market)


def _breaks_up(market: Market) -> FloatArray:
    return _with_fit(crosses_above(market.close, _channel(market).upper), market)


def _is_in_channel(market: Market) -> FloatArray:
    channel = _channel(market)
    return _with_fit((market.close >= channel.lower) & (market.close <= channel.upper), market)


def _channel_position(market: Market) -> FloatArray:
    channel = _channel(market)
    return np.log(market.close / channel.lower) / np.log(channel.upper / channel.lower)


def _happened(levels: FloatArray, market: Market) -> FloatArray:
    return to_truth(~np.isnan(levels), previous(market.cached(zones).known.astype(float)) >= 0)


def _imbalance(market: Market) -> FloatArray:
    return market.cached(mixed_flow, hours=FLOW_HOURS).imbalance


def _levels_known(market: Market) -> BoolArray:
    book = market.cached(liquidation_levels)
    return (book.short_zones.within_reach > 0) | (book.long_zones.within_reach > 0)


def _entered(market: Market, book: NearestZones, side: int) -> FloatArray:
    """Tell where the close lies in the zone that stood beyond the close one bar before."""
    before = previous(market.close)
    gone = side * np.log(market.close / before)
    inside = (gone >= previous(book.near)) & (gone <= previous(book.far)) & (gone > 0)
    return to_truth(inside, previous(_levels_known(market).astype(float)) > 0)


def _enters_short_cluster(market: Market) -> FloatArray:
    return _entered(market, market.cached(liquidation_levels).short_zones, 1)


def _enters_long_cluster(market: Market) -> FloatArray:
    return _entered(market, market.cached(liquidation_levels).long_zones, -1)


def _funding(market: Market) -> FloatArray:
    """Carry the rate of the last bar with a funding stamp until the next stamp is due."""
    paid = pd.Series(np.where(funding_due(market) > 0, market.known("funding_rate"), np.nan))
    carried = to_bars(market, hours=FUNDING_HOURS) - 1
    return np.asarray(paid.ffill(limit=carried) if carried else paid, dtype=np.float64)


def _trend(market: Market) -> FloatArray:
    state = market.cached(trend).astype(np.float64)
    return np.where(state == Trend.UNKNOWN, np.nan, state)


def _interest_change(market: Market) -> FloatArray:
    interest = market.known("open_interest")
    return interest / shifted(interest, to_bars(market, hours=24)) - 1


def _benchmark_return(market: Market) -> FloatArray:
    if market.benchmark is None:
        return np.full(len(market), np.nan)
    price = market.benchmark["close"].to_numpy(np.float64)
    return np.asarray(price / shifted(price, to_bars(market, hours=24)) - 1)


def _volume_rank(market: Market) -> FloatArray:
    n_day, n_history = to_bars(market, hours=24), to_bars(market, days=RANK_DAYS)
    return trailing_rank(moving_average(market.volume, n_day), n_history)


def _list_bar_variables() -> list[Variable]:
    return [
        *(
            Variable(f"return_{span}", f"return over {span}, a fraction", _to_return(hours))
            for span, hours in (("1h", 1), ("6h", 6), ("24h", 24), ("7d", 168), ("30d", 720))
        ),
        Variable("volatility", "of the last 7 days, annualised", calc_volatility),
        Variable("volume_pct", "rank of the day's volume in 90 days, (0, 1]", _volume_rank),
        Variable("trend", "swing highs and lows: 1 rising, 0 mixed, -1 falling", _trend),
        Variable("hour", "hour of the bar's OPEN, UTC", lambda m: np.array(m.index.hour, float)),
        Variable("weekday", "0 is Monday", lambda m: np.array(m.index.day_of_week, float)),
        Variable("residual_return", "24 h log return beyond beta × benchmark", _residual),
        Variable("benchmark_return_24h", "the benchmark's return over 24 h", _benchmark_return),
    ]  # fmt: skip


def _to_return(hours: float) -> Callable[[Market], FloatArray]:
    return lambda market: calc_return(market, hours=hours)


def _residual(market: Market) -> FloatArray:
    return market.cached(relative_strength, lookback=1).strength


def _list_pattern_variables() -> list[Variable]:
    return [
        Variable("in_channel", "a rising channel holds the close", _is_in_channel, truth=True),
        Variable("channel_break_up", "the close crosses the upper line", _breaks_up, truth=True),
        Variable("channel_break_down", "it crosses the lower line", _breaks_down, truth=True),
        Variable("channel_position", "0 lower line, 1 upper line", _channel_position),
        Variable("channel_width", "log(upper / lower) of the fit", lambda m: _channel(m).width),
        Variable("channel_slope", "log per week of the fit", lambda m: _channel(m).slope),
        Variable(
            "zone_lost", "the close falls below its support zone",
            lambda m: _happened(find_lost_support(m), m), truth=True,
        ),
        Variable(
            "zone_broken", "the close rises above its resistance zone",
            lambda m: _happened(find_broken_resistance(m), m), truth=True,
        ),
    ]  # fmt: skip


def _list_derivative_variables() -> list[Variable]:
    def reported(name: str, words: str, compute: Callable[[Market], FloatArray]) -> Variable:
        return Variable(name, words, compute, origin=REPORTED)

    def estimated(
        name: str, words: str, compute: Callable[[Market], FloatArray], *, truth: bool = False
    ) -> Variable:
        return Variable(name, words, compute, truth, ESTIMATED)

    def book(market: Market) -> tuple[NearestZones, NearestZones]:
        levels = market.cached(liquidation_levels)
        return levels.short_zones, levels.long_zones

    return [
        reported("funding_rate", "rate of the last funding stamp", _funding),
        reported("long_short_ratio", "long over short accounts", _context("long_short_ratio")),
        reported("taker_ratio", "taker buys over sells", _context("taker_buy_sell_ratio")),
        reported("open_interest", "coins", _context("open_interest")),
        reported("open_interest_change_24h", "change over 24 h, a fraction", _interest_change),
        estimated("short_imbalance", "(shorts - longs) / total liquidations, 24 h", _imbalance),
        estimated("long_imbalance", "(longs - shorts) / total, 24 h", lambda m: -_imbalance(m)),
        estimated(
            "size_pct", "rank of the 24 h liquidations in 90 days, (0, 1]",
            lambda m: m.cached(flow_rank, hours=FLOW_HOURS, days=RANK_DAYS),
        ),
        estimated(
            "cluster_entered", "the close rises into the nearest short cluster",
            _enters_short_cluster, truth=True,
        ),
        estimated(
            "long_cluster_entered", "the close falls into the nearest long cluster",
            _enters_long_cluster, truth=True,
        ),
        estimated(
            "distance_to_cluster", "way up to the short cluster, a fraction",
            lambda m: np.expm1(book(m)[0].near),
        ),
        estimated(
            "distance_to_long_cluster", "way down to the long cluster, a fraction",
            lambda m: -np.expm1(-book(m)[1].near),
        ),
        estimated(
            "level_asymmetry", "(levels above - below) / both, [-1, 1]",
            lambda m: m.cached(liquidation_levels).asymmetry,
        ),
    ]  # fmt: skip


def _context(column: str) -> Callable[[Market], FloatArray]:
    return lambda market: market.known(column)


VARIABLES: Mapping[str, Variable] = {
    each.name: each
    for each in (
        *_list_bar_variables(),
        *_list_pattern_variables(),
        *_list_derivative_variables(),
    )
}
"""Every variable by its name."""
