"""The section of a report on where liquidations are estimated to stand, market by market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from kanalo.market import Market
from kanalo.report.canvas import prefix_ids
from kanalo.report.liquidations import heat_figure, map_figure
from kanalo.report.liquidations.palette import Draw, to_inline
from kanalo.report.liquidations.tables import to_cluster_table
from kanalo.report.liquidations.views import COLUMNS, view_heat
from kanalo.report.tables import Table

DAYS = 90
"""Days that the heatmap of a report goes back."""

_LEAST_BARS = 30


@dataclass(frozen=True)
class LevelsView:
    """What the page shows of one market.

    Attributes
    ----------
    name, facts : str
        Heading and the line under it.
    map, heat : tuple of Markup
        Drawings for desks and for telephones.
    clusters : Table
        Of the map.
    """

    name: str
    facts: str
    map: tuple[Markup, ...]
    heat: tuple[Markup, ...]
    clusters: Table


def to_levels(markets: Mapping[str, Market]) -> list[LevelsView]:
    """Draw the map at the last bar and the heatmap of the days before, for every perpetual.

    Markets whose last bar is of a spot venue have nothing to liquidate and are left out.
    """
    shown = ((name, market) for name, market in markets.items() if _is_shown(market))
    return [_to_view(name, market, f"levels-{i}") for i, (name, market) in enumerate(shown)]


def _is_shown(market: Market) -> bool:
    return len(market) >= _LEAST_BARS and bool(market.perpetual[-1])


def _to_view(name: str, market: Market, slug: str) -> LevelsView:
    start = max(market.index[0], market.closes_at[-1] - pd.Timedelta(days=DAYS))
    heat = view_heat(market, start.isoformat(), columns=COLUMNS // 2)
    title, heat_title = map_figure.to_map_title(heat.last), heat_figure.to_heat_title(heat)
    maps = (map_figure.SIZE, map_figure.NARROW)
    heats = (heat_figure.SIZE, heat_figure.NARROW)
    return LevelsView(
        name=name,
        facts=f"{title}; assumed: {heat.last.assumed}, half-life {heat.last.half_life:g} hours",
        map=_place(f"{slug}-m", map_figure.draw_map(heat.last), maps, title),
        heat=_place(f"{slug}-h", heat_figure.draw_heat(heat), heats, heat_title),
        clusters=to_cluster_table(heat.last),
    )


def _place(
    slug: str, draw: Draw, sizes: Iterable[tuple[int, int]], title: str
) -> tuple[Markup, ...]:
    """Mark drawings of ours as safe, each with ids of its own."""
    drawn = (to_inline(draw, size, title) for size in sizes)
    return tuple(Markup(prefix_ids(each, f"{slug}{i}")) for i, each in enumerate(drawn))
