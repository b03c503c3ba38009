"""What was known at the close of a market's last bar, as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np

from kanalo.market import Market
from kanalo.signals.breakout import channel_of, nearest_zone
from kanalo.signals.channel import Channel, WhyNot
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_flow import ESTIMATED
from kanalo.signals.liquidation_levels import flow_rank, liquidation_levels
from kanalo.signals.pivot_channel import pivot_channel
from kanalo.signals.positioning import Positioning, positioning
from kanalo.signals.relative_strength import relative_strength
from kanalo.signals.reported_flow import REPORTED, reported_flow
from kanalo.signals.spans import to_bars
from kanalo.signals.trend import Trend, trend
from kanalo.signals.zones import MIN_STRENGTH, zones
from kanalo.study.variables import FLOW_HOURS, RANK_DAYS, get_variable
from kanalo.typing import FloatArray

Model = dict[str, Any]

NEAR = 0.20
"""Zones farther away than this are not listed, a fraction of the price."""

RECENT_HOURS = 6
"""Hours of positioning that are listed."""


def see_known(market: Market) -> Model:
    """Describe a frozen market at its last close; every part from this market alone.

    Parameters
    ----------
    market : Market
        Ends with the bar in question (`kanalo.study.replay.replay.freeze`).

    Returns
    -------
    dict
        ``price channels zones flow map positioning strength``; what rests on liquidations that no
        exchange reported carries the origin ``"estimated"``.
    """
    return {
        "price": see_price(market),
        "channels": see_channels(market),
        "zones": see_zones(market),
        "flow": see_flow(market),
        "map": see_map(market),
        "positioning": see_positioning(market),
        "strength": see_strength(market),
    }


def see_price(market: Market) -> Model:
    """Describe the bar itself, returns up to its close and the high of the last 24 hours."""
    n_day = to_bars(market, hours=24)
    highs = market.high[-n_day:]
    top = int(np.argmax(highs))
    return {
        "open": float(market.open[-1]),
        "high": float(market.high[-1]),
        "low": float(market.low[-1]),
        "close": float(market.close[-1]),
        **{f"return_{span}": _last(market, f"return_{span}") for span in ("1h", "24h", "7d")},
        "high_24h": {"price": float(highs[top]), "time": market.index[-n_day:][top]},
        "trend": Trend(int(market.cached(trend)[-1])).name.lower(),
        "volatility": _last(market, "volatility"),
        "volume_pct": _last(market, "volume_pct"),
    }


def see_channels(market: Market) -> list[Model]:
    """Describe both rising weekly channels, or why there is none."""
    channels = (
        ("regression, 26 weeks", channel_of(market)),
        ("pivots, 39 weeks", market.cached(pivot_channel)),
    )
    return [_see_channel(name, channel, float(market.close[-1])) for name, channel in channels]


def _see_channel(name: str, channel: Channel, close: float) -> Model:
    lower, upper = float(channel.lower[-1]), float(channel.upper[-1])
    return {
        "name": name,
        "holds": bool(channel.holds[-1]),
        "why_not": "" if channel.holds[-1] else WhyNot(int(channel.why_not[-1])).label,
        "lower": lower,
        "mid": float(channel.mid[-1]),
        "upper": upper,
        "position": float(np.log(close / lower) / np.log(upper / lower)),
        "slope_per_week": float(channel.slope[-1]),
        "touches": int(channel.touches[-1]),
        "weeks_held": int(channel.age[-1]),
    }


def see_zones(market: Market) -> Model:
    """List the zones near the close, and name the nearest support and resistance."""
    close = float(market.close[-1])
    table = market.cached(zones).at(len(market) - 1)
    strong = table[table["strength"] >= MIN_STRENGTH].to_dict("records")
    rows: list[Model] = [
        {
            **{name: float(row[name]) for name in ("low", "high", "strength")},
            "touches": int(row["touches"]),
            "first_touch": market.index[int(row["born"])],
            "last_touch": market.index[int(row["last_touch"])],
            "distance": _distance(close, float(row["low"]), float(row["high"])),
        }
        for row in strong
    ]
    near = [row for row in rows if abs(row["distance"]) <= NEAR]
    return {
        "support": _to_band(nearest_zone(market, above=False)[-1]),
        "resistance": _to_band(nearest_zone(market, above=True)[-1]),
        "near": near,
    }


def see_flow(market: Market) -> Model:
    """Give the estimated liquidations of the last hours, and the reported ones where known."""
    spans = []
    for hours in (1, FLOW_HOURS):
        flow = market.cached(estimated_flow, hours=hours)
        shorts, longs = float(flow.shorts[-1]), float(flow.longs[-1])
        rank = market.cached(flow_rank, hours=hours, days=RANK_DAYS)[-1]
        spans.append(
            {
                "hours": hours,
                "imbalance": float(flow.imbalance[-1]),
                "short_to_long": shorts / longs if longs > 0 else float("nan"),
                "size_rank": float(rank),
                "origin": ESTIMATED,
            }
        )
    summed = reported_flow(market).summed
    reported = {
        "short_usd": float(summed.shorts[-1]),
        "long_usd": float(summed.longs[-1]),
        "origin": REPORTED,
    }
    return {"estimated": spans, "reported": reported}


def see_map(market: Market) -> Model:
    """List the dense clusters of the estimated liquidation map, and its asymmetry."""
    last = len(market) - 1
    book = liquidation_levels(market, at=(last,))
    total = float(book.short_zones.within_reach[last] + book.long_zones.within_reach[last])
    clusters = [
        {
            "side": each.side,
            "low": each.low,
            "high": each.high,
            "share": each.mass / total,
            "distance": each.distance,
        }
        for each in book.clusters(last)
    ]
    return {
        "origin": ESTIMATED,
        "asymmetry": float(book.asymmetry[last]),
        "clusters": clusters,
        "sides": {side: any(c["side"] == side for c in clusters) for side in ("short", "long")},
    }


def see_positioning(market: Market) -> Model:
    """Give the long/short ratio, open interest and funding that had been published."""
    ratio, interest = market.known("long_short_ratio"), market.known("open_interest")
    state = positioning(ratio[-1:])
    rows = slice(-min(RECENT_HOURS, len(market)), None)
    return {
        "origin": REPORTED,
        "long_short_ratio": float(ratio[-1]),
        "state": _name_state(int(state[0])),
        "open_interest": float(interest[-1]),
        "open_interest_change_24h": _last(market, "open_interest_change_24h"),
        "taker_ratio": _last(market, "taker_ratio"),
        "funding_rate": _last(market, "funding_rate"),
        "recent": [
            {"time": time, "long_short_ratio": float(r), "open_interest": float(oi)}
            for time, r, oi in zip(market.index[rows], ratio[rows], interest[rows], strict=True)
        ],
    }


def see_strength(market: Market) -> Model:
    """Compare the market with Bitcoin: beta, and what it does not explain."""
    week = market.cached(relative_strength)
    return {
        "beta": float(week.beta[-1]),
        "benchmark_return_24h": _last(market, "benchmark_return_24h"),
        "residual_24h": _last(market, "residual_return"),
        "residual_7d": float(week.strength[-1]),
    }


def _name_state(code: int) -> str:
    return Positioning(code).name.lower().replace("_", " ")


def _last(market: Market, variable: str) -> float:
    return float(get_variable(variable).compute(market)[-1])


def _to_band(band: FloatArray) -> list[float]:
    return [float(band[0]), float(band[1])]


def _distance(close: float, low: float, high: float) -> float:
    """Return the signed way to the nearer edge, a fraction; 0 inside."""
    if low <= close <= high:
        return 0.0
    return (low if low > close else high) / close - 1
