"""The section of a comparison on where liquidations are estimated to stand, market by market.

What draws is imported where it is needed: the terminal's table needs the numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.report.liquidations.tables import to_cluster_table
from kanalo.report.liquidations.views import (
    COLUMNS,
    HeatView,
    read_map_dict,
    to_map_dict,
    view_heat,
)
from kanalo.report.toolkit.formats import format_percent, format_price
from kanalo.report.toolkit.page import Figure, Section
from kanalo.report.toolkit.plain import to_iso
from kanalo.signals.reported_flow import reported_flow
from kanalo.typing import FloatArray

if TYPE_CHECKING:
    from kanalo.report.liquidations.palette import Draw

DAYS = 90
"""Days that the heatmap of a report goes back."""

HEAT_STEPS = 1_000
"""Sizes of a heatmap are whole numbers in the model: this one is the largest of all."""

TITLE = "Estimated liquidation levels"

NOTE = (
    "Estimated from turnover and assumed leverage; no exchange reports such levels. Sizes are "
    "shares of all levels within {reach} of the price. docs/liquidations.md tells how far the "
    "estimate was right on coins whose liquidations were reported."
)

_LEAST_BARS = 30
_MAP_CAPTION = (
    "Estimated liquidation map after the last bar: levels of longs below the price, of shorts "
    "above it; curves add up what would be liquidated on the way. Shaded: dense clusters."
)
_HEAT_CAPTION = (
    "Estimated liquidation levels over time, each as it was known then; dots: reported "
    "liquidations, where any are known."
)


def build(markets: Mapping[str, Market]) -> list[dict[str, Any]]:
    """Compute the map at the last bar and the heatmap of the days before, for every perpetual.

    Parameters
    ----------
    markets : mapping of str to Market
        By name. Those whose last bar is of a spot venue have nothing to liquidate and are left out.

    Returns
    -------
    list of dict
        A market each: ``name``, ``map`` (`to_map_dict`) and ``heat`` (sizes as whole numbers, the
        largest is ``HEAT_STEPS``; a row of cells per time, from the lowest price upwards).
    """
    return [_to_part(name, market) for name, market in markets.items() if _is_shown(market)]


def show(parts: Sequence[Mapping[str, Any]], markets: Mapping[str, Market]) -> list[Section]:
    """Return one section a market, with figures where the market's bars are at hand.

    Parameters
    ----------
    parts : sequence of mapping
        From `build`.
    markets : mapping of str to Market
        By name.

    Returns
    -------
    list of Section
        In the order of the parts.
    """
    return [_to_section(part, markets.get(part["name"]), i) for i, part in enumerate(parts)]


def tell(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the nearest dense cluster on either side of the price, one line a market."""
    return [_to_line(part) for part in parts]


def _is_shown(market: Market) -> bool:
    return len(market) >= _LEAST_BARS and bool(market.perpetual[-1])


def _to_part(name: str, market: Market) -> dict[str, Any]:
    start = max(market.index[0], market.closes_at[-1] - pd.Timedelta(days=DAYS))
    view = view_heat(market, start.isoformat(), columns=COLUMNS // 2)
    return {"name": name, "map": to_map_dict(view.last), "heat": _to_heat_dict(view)}


def _to_heat_dict(view: HeatView) -> dict[str, Any]:
    largest = max(float(view.shorts.max(initial=0.0)), float(view.longs.max(initial=0.0)))
    scale = HEAT_STEPS / largest if largest > 0 else 0.0
    return {
        "start": to_iso(view.market.index[0]),
        "times": [to_iso(each) for each in view.times],
        "lowest_price": float(np.exp(view.edges[0])),
        "highest_price": float(np.exp(view.edges[-1])),
        "largest": HEAT_STEPS,
        "shorts": np.round(view.shorts * scale).astype(int).tolist(),
        "longs": np.round(view.longs * scale).astype(int).tolist(),
    }


def _to_section(part: Mapping[str, Any], market: Market | None, number: int) -> Section:
    from kanalo.report.liquidations.map_figure import to_map_title

    view = read_map_dict(part["map"])
    table = to_cluster_table(view)
    reach = format_percent(float(np.expm1(view.distances[-1])))
    assumed = f"Assumed: {view.assumed}, half-life {view.half_life:g} hours."
    texts = [NOTE.format(reach=reach), f"{to_map_title(view)}. {assumed}"]
    if not table.rows:
        texts.append("No dense cluster on either side.")
    return Section(
        f"{TITLE}: {part['name']}",
        tuple(texts),
        () if market is None else tuple(_draw(part, market, f"levels-{number}")),
        (table,) if table.rows else (),
    )


def _draw(part: Mapping[str, Any], market: Market, slug: str) -> Iterator[Figure]:
    from kanalo.report.liquidations import heat_figure, map_figure

    view, heat = read_map_dict(part["map"]), _read_heat(part, market)
    title, heat_title = map_figure.to_map_title(view), heat_figure.to_heat_title(heat)
    maps = (map_figure.SIZE, map_figure.NARROW)
    heats = (heat_figure.SIZE, heat_figure.NARROW)
    yield Figure(_place(f"{slug}-m", map_figure.draw_map(view), maps, title), _MAP_CAPTION)
    yield Figure(_place(f"{slug}-h", heat_figure.draw_heat(heat), heats, heat_title), _HEAT_CAPTION)


def _read_heat(part: Mapping[str, Any], market: Market) -> HeatView:
    """Put the numbers of the model over the bars of the market."""
    heat = part["heat"]
    bars = market.between(heat["start"]).traded
    n_rows = len(heat["shorts"][0])
    lowest, highest = np.log(heat["lowest_price"]), np.log(heat["highest_price"])
    return HeatView(
        market=bars,
        times=pd.DatetimeIndex(heat["times"]),
        edges=np.linspace(lowest, highest, n_rows + 1),
        shorts=_to_floats(heat["shorts"]),
        longs=_to_floats(heat["longs"]),
        reported=reported_flow(bars),
        last=read_map_dict(part["map"]),
    )


def _to_floats(rows: Sequence[Sequence[int]]) -> FloatArray:
    return np.asarray(rows, dtype=np.float64)


def _place(slug: str, draw: Draw, sizes: Iterable[tuple[int, int]], title: str) -> tuple[str, ...]:
    """Draw once for desks and once for telephones, each with ids of its own."""
    from kanalo.report.liquidations.palette import to_inline
    from kanalo.report.toolkit.canvas import prefix_ids

    drawings = (to_inline(draw, size, title) for size in sizes)
    return tuple(prefix_ids(each, f"{slug}{i}") for i, each in enumerate(drawings))


def _to_line(part: Mapping[str, Any]) -> str:
    clusters = part["map"]["clusters"]
    nearest = [
        f"{each['side']}s {format_price(each['low'])} to {format_price(each['high'])} "
        f"({format_percent(each['share'])})"
        for side in ("long", "short")
        for each in [next((one for one in clusters if one["side"] == side), None)]
        if each is not None
    ]
    found = ", ".join(nearest) if nearest else "none"
    return f"{TITLE} on {part['name']}, nearest dense clusters: {found}."
