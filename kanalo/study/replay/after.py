"""What happened after an hour: which levels were reached and when, read from the whole market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.signals.spans import to_bars
from kanalo.study.variables import calc_return
from kanalo.typing import BoolArray

Model = dict[str, Any]

WEEK_DAYS = 7


def find_levels(article: Mapping[str, Any], known: Model) -> list[tuple[str, float]]:
    """List the levels to follow: the article's, or those that the signals saw.

    Parameters
    ----------
    article : mapping
        With ``levels_usd``: numbers or pairs by name. Empty for the signals' own.
    known : mapping
        From `kanalo.study.replay.known.see_known`.

    Returns
    -------
    list of (str, float)
        Name and price, ascending; unknown ones left out.
    """
    levels = list(_article_levels(article) if article else _own_levels(known))
    return sorted((each for each in levels if np.isfinite(each[1])), key=lambda each: each[1])


def _article_levels(article: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in article.get("levels_usd", {}).items():
        words = name.replace("_", " ")
        if isinstance(value, (list, tuple)):
            yield from ((f"{words}, {edge}", float(v)) for edge, v in _edges(value))
        else:
            yield words, float(value)


def _edges(pair: Any) -> Iterator[tuple[str, float]]:
    yield from zip(("lower edge", "upper edge"), (min(pair), max(pair)), strict=True)


def _own_levels(known: Model) -> Iterator[tuple[str, float]]:
    zones = known["zones"]
    yield from (("support zone, " + name, price) for name, price in _edges(zones["support"]))
    yield from (("resistance zone, " + name, price) for name, price in _edges(zones["resistance"]))
    for channel in known["channels"]:
        yield f"channel ({channel['name']}), lower line", channel["lower"]
        yield f"channel ({channel['name']}), upper line", channel["upper"]
    for cluster in known["map"]["clusters"][:2]:
        words = f"{cluster['side']} cluster (estimated)"
        yield from (
            (f"{words}, {name}", v) for name, v in _edges([cluster["low"], cluster["high"]])
        )


def follow_levels(market: Market, bar: int, levels: list[tuple[str, float]]) -> list[Model]:
    """Say when each level was first traded at, and first closed beyond, after a bar.

    Parameters
    ----------
    market : Market
        The whole market.
    bar : int
        The hour; only later bars count.
    levels : list of (str, float)
        Fixed prices, as they stood at the hour.

    Returns
    -------
    list of dict
        ``name price side reached closed_beyond``: the side of the level from the close (above or
        below), and OPEN times of the bars, None where it never was to the end of the data.
    """
    close = market.close[bar]
    rows = []
    for name, price in levels:
        above = price > close
        touched = market.high >= price if above else market.low <= price
        beyond = market.close > price if above else market.close < price
        rows.append(
            {
                "name": name,
                "price": price,
                "side": "above" if above else "below",
                "distance": float(price / close - 1),
                "reached": _first(market, bar, touched),
                "closed_beyond": _first(market, bar, beyond),
            }
        )
    return rows


def see_week(market: Market, bar: int) -> Model:
    """Give the extremes of the week after a bar, and the return to its end.

    Parameters
    ----------
    market : Market
        Market of n_bars bars.
    bar : int
        Bar in [0, n_bars).

    Returns
    -------
    dict of str to object
        High and low with their times, and the return as a fraction; None beyond the end of the
        data.
    """
    n_week = to_bars(market, days=WEEK_DAYS)
    stop = min(len(market), bar + 1 + n_week)
    after = slice(bar + 1, stop)
    if stop <= bar + 1:
        return {"high_within_a_week": None, "low_within_a_week": None, "return_7d_after": None}
    complete = stop == bar + 1 + n_week
    return {
        "high_within_a_week": _extreme(market, after, high=True),
        "low_within_a_week": _extreme(market, after, high=False),
        "return_7d_after": market.close[stop - 1] / market.close[bar] - 1 if complete else None,
    }


def find_facts(market: Market, bar: int, article: Mapping[str, Any]) -> Model:
    """Compute the checkable figures of an article's hour, under the names of its facts.

    ``first_low_below_X`` and ``first_close_below_X`` for every level below the close,
    ``first_high_above_X`` and ``first_close_above_X`` for every one above, the highs before (24
    hours) and after (to the end of the data), the low within a week, the long/short ratios of the
    two hours before and the open interest at the beginning and the end of the day.

    Parameters
    ----------
    market : Market
        Market of n_bars bars, with positioning.
    bar : int
        The article's bar, in [0, n_bars).
    article : mapping
        The article with the prices that it names.

    Returns
    -------
    dict of str to object
        Prices in the market's currency, times in UTC, returns as fractions; NaN or None if unknown.
    """
    index = market.index
    n_day = to_bars(market, hours=24)
    before = slice(max(0, bar + 1 - n_day), bar + 1)
    facts: Model = {
        "hour_of_article": index[bar],
        "close": float(market.close[bar]),
        "return_24h": float(calc_return(market, hours=24)[bar]),
        "high_before": _extreme(market, before, high=True),
        f"high_after_until_{market.closes_at[-1]:%Y_%m_%d}": _extreme(
            market, slice(bar + 1, None), high=True
        ),
        "low_within_a_week": see_week(market, bar)["low_within_a_week"],
    }
    for price in sorted({price for _, price in _article_levels(article)}):
        facts |= _crossings(market, bar, price)
    ratio = pd.Series(market.known("long_short_ratio"), index)
    interest = pd.Series(market.known("open_interest"), index)
    for hours in (2, 1):
        time = index[bar] - pd.Timedelta(hours=hours)
        facts[f"long_short_ratio_at_{time:%H}_{time:%M}"] = float(ratio.get(time, np.nan))
    day = index[bar].floor("D")
    for time in (day, day + pd.Timedelta(hours=23)):
        facts[f"open_interest_xmr_at_{time:%H}_{time:%M}"] = float(interest.get(time, np.nan))
    return facts


def _crossings(market: Market, bar: int, price: float) -> Model:
    name = f"{price:g}".replace(".", "_")
    if price > market.close[bar]:
        return {
            f"first_high_above_{name}": _first(market, bar, market.high > price),
            f"first_close_above_{name}": _first(market, bar, market.close > price),
        }
    return {
        f"first_low_below_{name}": _first(market, bar, market.low < price),
        f"first_close_below_{name}": _first(market, bar, market.close < price),
    }


def _first(market: Market, bar: int, truth: BoolArray) -> pd.Timestamp | None:
    later = np.flatnonzero(truth[bar + 1 :])
    return market.index[bar + 1 + int(later[0])] if len(later) else None


def _extreme(market: Market, rows: slice, *, high: bool) -> Model | None:
    values = (market.high if high else market.low)[rows]
    if not len(values):
        return None
    at = int(np.argmax(values) if high else np.argmin(values))
    return {"price": float(values[at]), "time": market.index[rows][at]}
