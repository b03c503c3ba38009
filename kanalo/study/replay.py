"""Replay an episode: what the rules saw at an hour, and, apart from it, what happened then.

`freeze` cuts a market after the bar in question; everything that is said to be known then is
computed from that cut alone, so that nothing later can leak into it. What happened is read from the
whole market afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from kanalo.errors import DataError
from kanalo.market import Market
from kanalo.study.replay_after import find_facts, find_levels, follow_levels, see_week
from kanalo.study.replay_then import see_known
from kanalo.study.standing import see_strategies

Model = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Replay:
    """An episode.

    Attributes
    ----------
    market : Market
        The whole market.
    frozen : Market
        The same up to and including the bar.
    bar : int
        Number of the bar.
    known_then : mapping
        Price, channels, zones, flow, map, positioning, strength and strategies as plain values,
        from ``frozen`` alone.
    happened : mapping
        Levels with the hours they were reached, and the extremes of the week after.
    facts : mapping
        Checkable figures of an article's hour; empty for any other hour.
    article : mapping
        The article's figures; empty where the hour is not of its day.
    """

    market: Market
    frozen: Market
    bar: int
    known_then: Model
    happened: Model
    facts: Model
    article: Mapping[str, Any]

    def to_dict(self) -> Model:
        """Return everything as plain values and times; NaN where nothing is known."""
        return {
            "market": self.market.name or self.market.symbol,
            "symbol": self.market.symbol,
            "bar": self.market.index[self.bar],
            "known_at": self.market.closes_at[self.bar],
            "close": float(self.market.close[self.bar]),
            "article": {name: each for name, each in self.article.items() if name != "claims"},
            "known_then": self.known_then,
            "what_happened": self.happened,
            "facts": self.facts,
            "digests": dict(self.market.digests),
        }


def find_episode(market: Market, at: str | pd.Timestamp) -> int:
    """Return the bar that is labelled with a time: that which opens then.

    Raises
    ------
    DataError
        If the time cannot be read or no bar opens at it.
    """
    try:
        time = pd.Timestamp(at)
    except ValueError as error:
        raise DataError(f"A time looks like 2026-01-31T12:00; received {at!r}.") from error
    time = time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")
    bar = int(market.index.searchsorted(time))
    if bar == len(market) or market.index[bar] != time:
        raise DataError(
            f"{market.name or market.symbol}: no bar opens at {time:%Y-%m-%dT%H:%M} UTC; bars are "
            f"labelled with their open, every {market.interval}, from "
            f"{market.index[0]:%Y-%m-%dT%H:%M} to {market.index[-1]:%Y-%m-%dT%H:%M}."
        )
    return bar


def freeze(market: Market, bar: int) -> Market:
    """Cut a market after a bar: what is left is what was known at the bar's close.

    Finer bars are cut at that close too.
    """
    frozen = market.rows(0, bar + 1)
    finer = market.finer
    if finer is None:
        return frozen
    n_finer = int(finer.closes_at.searchsorted(market.closes_at[bar], side="right"))
    return replace(frozen, finer=finer.rows(0, n_finer) if n_finer else None)


def replay(
    market: Market,
    at: str | pd.Timestamp,
    *,
    article: Mapping[str, Any] | None = None,
    strategies: Mapping[str, type] | None = None,
) -> Replay:
    """Replay the bar that is labelled with a time.

    Parameters
    ----------
    market : Market
        The whole market.
    at : str or Timestamp
        OPEN time of the bar, UTC unless it carries a zone.
    article : mapping, optional
        The table ``[article]`` of an article's facts. Its figures and levels are shown for hours of
        the day on which its data were collected; for others the signals' own levels are followed.
    strategies : mapping of str to type, optional
        Strategies by name, run with their defaults up to the bar.

    Raises
    ------
    DataError
        If no bar opens at that time.
    """
    bar = find_episode(market, at)
    frozen = freeze(market, bar)
    told = _of_that_day(article, market.index[bar])
    known = see_known(frozen)
    known["strategies"] = see_strategies(frozen, strategies or {})
    levels = find_levels(told, known)
    happened = {
        "levels": follow_levels(market, bar, levels),
        **see_week(market, bar),
        "data_end": market.closes_at[-1],
    }
    facts = find_facts(market, bar, told) if told else {}
    return Replay(market, frozen, bar, known, happened, facts, told)


def _of_that_day(article: Mapping[str, Any] | None, time: pd.Timestamp) -> Mapping[str, Any]:
    told = article or {}
    return told if str(told.get("data_collected", "")) == f"{time:%Y-%m-%d}" else {}
