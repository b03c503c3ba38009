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

from kanalo.market import Market
from kanalo.market.labels import find_labelled_bar
from kanalo.study.replay.after import find_facts, find_levels, follow_levels, see_week
from kanalo.study.replay.known import see_known
from kanalo.study.replay.positions import see_strategies

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


def freeze(market: Market, bar: int) -> Market:
    """Cut a market after a bar: what is left is what was known at the bar's close.

    Finer bars are cut at that close too.

    Parameters
    ----------
    market : Market
        The whole market.
    bar : int
        Last bar that is kept, in [0, len(market)).

    Returns
    -------
    Market
        Bars 0 to ``bar``.
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

    Returns
    -------
    Replay
        What was known at the close of that bar, and what happened afterwards.

    Raises
    ------
    ParameterError
        If ``at`` is no time, or may be read in two ways.
    DataError
        If no bar opens at that time.
    """
    bar = find_labelled_bar(market, at)
    frozen = freeze(market, bar)
    day = _of_that_day(article, market.index[bar])
    known = see_known(frozen)
    known["strategies"] = see_strategies(frozen, strategies or {})
    levels = find_levels(day, known)
    happened = {
        "levels": follow_levels(market, bar, levels),
        **see_week(market, bar),
        "data_end": market.closes_at[-1],
    }
    facts = find_facts(market, bar, day) if day else {}
    return Replay(market, frozen, bar, known, happened, facts, day)


def _of_that_day(article: Mapping[str, Any] | None, time: pd.Timestamp) -> Mapping[str, Any]:
    facts = article or {}
    return facts if str(facts.get("data_collected", "")) == f"{time:%Y-%m-%d}" else {}
