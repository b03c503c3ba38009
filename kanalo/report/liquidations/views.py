"""What the liquidation figures and tables show: the estimated map at a bar and over a span.

Sizes are shares of all levels within reach of the close, on both sides: a map has no unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.market import Market
from kanalo.market.labels import find_labelled_bar
from kanalo.report.toolkit.plain import to_iso
from kanalo.signals.liquidation_flow import ESTIMATED
from kanalo.signals.liquidation_levels import level_settings, liquidation_levels
from kanalo.signals.liquidation_map import Cluster, LiquidationMap
from kanalo.signals.map_half_life import HALF_LIFE
from kanalo.signals.reported_flow import ReportedFlow, reported_flow
from kanalo.signals.spans import to_bars
from kanalo.typing import FloatArray

MEMORY = 20
"""Half-lives before a span that its map is built from: an older level weighs under a millionth."""

COLUMNS = 360
ROWS = 260
"""Most columns of a heatmap, and its rows."""


@dataclass(frozen=True, eq=False)
class MapView:
    """The map as it was known at the close of one bar.

    Attributes
    ----------
    market, symbol : str
        Of the bars that the map was built from.
    bar : Timestamp
        Label of the last bar in it: its open, UTC.
    known_at : Timestamp
        Time of its close, UTC.
    close : float
        Its closing price.
    distances : float64 array of shape (k + 1,)
        Edges of the cells in log price from the close outwards, ascending from 0.
    shorts, longs : float64 arrays of shape (k,)
        Share of each cell above and below the close in all levels within reach; all zero where
        there are none.
    clusters : tuple of Cluster
        Nearest first.
    shares : tuple of float
        Share of each cluster.
    half_life : float
        Hours.
    assumed : str
        Name of the leverage prior.
    """

    market: str
    symbol: str
    bar: pd.Timestamp
    known_at: pd.Timestamp
    close: float
    distances: FloatArray
    shorts: FloatArray
    longs: FloatArray
    clusters: tuple[Cluster, ...]
    shares: tuple[float, ...]
    half_life: float
    assumed: str

    @property
    def asymmetry(self) -> float:
        """``(above - below) / (above + below)`` of the levels within reach; NaN without any."""
        above, below = float(self.shorts.sum()), float(self.longs.sum())
        return above - below if above + below > 0 else np.nan


@dataclass(frozen=True, eq=False)
class HeatView:
    """The map over a span of time.

    Attributes
    ----------
    market : Market
        The bars of the span.
    times : DatetimeIndex of shape (m,)
        When each column was known.
    edges : float64 array of shape (k + 1,)
        Log prices between the rows.
    shorts, longs : float64 arrays of shape (m, k)
        Size of each row at those times; relative.
    reported : ReportedFlow
        Of the span.
    last : MapView
        The map at the end of the span.
    """

    market: Market
    times: pd.DatetimeIndex
    edges: FloatArray
    shorts: FloatArray
    longs: FloatArray
    reported: ReportedFlow
    last: MapView


def view_map(
    market: Market, at: str | pd.Timestamp | None = None, *, half_life: float = HALF_LIFE
) -> MapView:
    """View the ESTIMATED map as it was known at the close of a bar.

    Parameters
    ----------
    market : Market
        The bars.
    at : str or Timestamp, optional
        OPEN time of the bar, UTC unless it carries a zone; by default the last of all.
    half_life : float
        Hours after which half of the levels are gone.

    Returns
    -------
    MapView
        Built from that bar and those before it.

    Raises
    ------
    ParameterError
        If ``at`` is no time, or may be read in two ways.
    DataError
        If no bar opens at it.
    """
    bar = len(market) - 1 if at is None else find_labelled_bar(market, at)
    part = _with_memory(market, bar, bar + 1, half_life)
    last = len(part) - 1
    book = liquidation_levels(part, half_life, at=(last,))
    return _to_map_view(part, book, last, half_life)


def view_heat(
    market: Market,
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    *,
    half_life: float = HALF_LIFE,
    columns: int = COLUMNS,
) -> HeatView:
    """View the ESTIMATED map over the bars that open in [start, end).

    Parameters
    ----------
    market : Market
        The bars.
    start, end : str or Timestamp, optional
        OPEN times, UTC unless they carry a zone; the whole market by default.
    half_life : float
        Hours after which half of the levels are gone.
    columns : int
        Most moments at which the map is shown.

    Returns
    -------
    HeatView
        Of the bars that open in [start, end).

    Raises
    ------
    DataError
        If no bar opens in the span.
    """
    span = market.between(start, end)
    part = _with_memory(span, span.first, len(span), half_life)
    shown = part.traded
    n, first = len(shown), part.first
    chosen = np.unique(np.linspace(0, n - 1, min(n, columns)).round().astype(np.int64))
    book = liquidation_levels(part, half_life, at=tuple(int(each) + first for each in chosen))
    edges = _to_edges(shown)
    return HeatView(
        market=shown,
        times=shown.closes_at[chosen],
        edges=edges,
        shorts=_rebin(book.shorts, book.prices, edges),
        longs=_rebin(book.longs, book.prices, edges),
        reported=reported_flow(shown),
        last=_to_map_view(part, book, len(part) - 1, half_life),
    )


def _with_memory(market: Market, first: int, stop: int, half_life: float) -> Market:
    """Return the bars first to stop with as many before them as a map remembers."""
    start = max(0, first - to_bars(market, hours=MEMORY * half_life))
    part = market.rows(start, stop)
    return part.between(part.index[first - start])


def _to_map_view(market: Market, book: LiquidationMap, bar: int, half_life: float) -> MapView:
    shot = int(np.searchsorted(book.bars, bar))
    close, settings = float(book.closes[shot]), book.settings
    n_cells = round(settings.reach / settings.cell)
    away = np.log(book.prices / close)
    shorts = _to_cells(away, book.shorts[shot], settings.cell, n_cells)
    longs = _to_cells(-away, book.longs[shot], settings.cell, n_cells)
    total = float(shorts.sum() + longs.sum())
    scale = 1.0 / total if total > 0 else 0.0
    clusters = tuple(book.clusters(bar))
    return MapView(
        market=market.name,
        symbol=market.symbol,
        bar=market.index[bar],
        known_at=market.closes_at[bar],
        close=close,
        distances=np.arange(n_cells + 1, dtype=np.float64) * settings.cell,
        shorts=shorts * scale,
        longs=longs * scale,
        clusters=clusters,
        shares=tuple(each.mass * scale for each in clusters),
        half_life=half_life,
        assumed=level_settings(market.symbol).prior.name,
    )


def _to_cells(away: FloatArray, sizes: FloatArray, cell: float, n_cells: int) -> FloatArray:
    place = np.floor(away / cell).astype(np.int64)
    inside = (away >= 0) & (place < n_cells)
    sums = np.bincount(place[inside], weights=sizes[inside], minlength=n_cells)
    return sums.astype(np.float64)  # without any row it would count in integers


def _to_edges(market: Market) -> FloatArray:
    """Return the rows' edges: the range of the prices and a tenth of it, or 3 %, beyond."""
    low, high = np.log(market.low.min()), np.log(market.high.max())
    room = max(0.1 * (high - low), 0.03)
    return np.linspace(low - room, high + room, ROWS + 1)


def _rebin(sizes: FloatArray, prices: FloatArray, edges: FloatArray) -> FloatArray:
    """Sum bins of the book into rows, each in proportion to what lies within a row."""
    width = np.log(prices[1] / prices[0])
    starts = np.log(prices) - width / 2
    borders = np.append(starts, starts[-1] + width)
    filled = np.concatenate([np.zeros((len(sizes), 1)), np.cumsum(sizes, axis=1)], axis=1)
    at_edges = np.array([np.interp(edges, borders, row) for row in filled])
    return np.diff(at_edges, axis=1)


def to_map_dict(view: MapView) -> dict[str, object]:
    """Return a map as plain values: every size is a share of the levels within reach."""
    edges = view.close * np.exp(view.distances)
    return {
        "origin": ESTIMATED,
        "market": view.market,
        "symbol": view.symbol,
        "bar": to_iso(view.bar),
        "known_at": to_iso(view.known_at),
        "close": view.close,
        "half_life_hours": view.half_life,
        "assumed_leverage": view.assumed,
        "asymmetry": _plain(view.asymmetry),
        "cell": float(view.distances[1]),
        "n_cells": len(view.shorts),
        "clusters": [
            {
                "side": each.side,
                "low": each.low,
                "high": each.high,
                "centre": each.centre,
                "width": each.width,
                "share": _plain(share),
                "distance": each.distance,
            }
            for each, share in zip(view.clusters, view.shares, strict=True)
        ],
        "levels": {
            "short": _to_levels(edges, view.shorts),
            "long": _to_levels(view.close * np.exp(-view.distances), view.longs),
        },
    }


def read_map_dict(plain: Mapping[str, Any]) -> MapView:
    """Read what `to_map_dict` wrote.

    Parameters
    ----------
    plain : mapping
        Its plain values.

    Returns
    -------
    MapView
        Equal to the view that they were made from, but for rounding of the cells' edges.
    """
    close, cell, n_cells = float(plain["close"]), float(plain["cell"]), int(plain["n_cells"])
    clusters = plain["clusters"]
    levels = plain["levels"]
    return MapView(
        market=plain["market"],
        symbol=plain["symbol"],
        bar=pd.Timestamp(plain["bar"]),
        known_at=pd.Timestamp(plain["known_at"]),
        close=close,
        distances=np.arange(n_cells + 1, dtype=np.float64) * cell,
        shorts=_read_levels(levels["short"], close, cell, n_cells),
        longs=_read_levels(levels["long"], close, cell, n_cells),
        clusters=tuple(_read_cluster(each) for each in clusters),
        shares=tuple(_to_share(each["share"]) for each in clusters),
        half_life=float(plain["half_life_hours"]),
        assumed=plain["assumed_leverage"],
    )


def _read_levels(
    levels: Sequence[Mapping[str, float]], close: float, cell: float, n_cells: int
) -> FloatArray:
    shares = np.zeros(n_cells)
    for each in levels:
        middle = np.sqrt(each["low"] * each["high"])
        shares[int(abs(np.log(middle / close)) / cell)] = each["share"]
    return shares


def _read_cluster(plain: Mapping[str, Any]) -> Cluster:
    """Read a cluster; its mass is its share, for a map has no unit."""
    names = ("side", "low", "high", "centre", "distance")
    return Cluster(**{name: plain[name] for name in names}, mass=_to_share(plain["share"]))


def _to_share(value: float | None) -> float:
    return np.nan if value is None else value


def _to_levels(edges: FloatArray, shares: FloatArray) -> list[dict[str, float | None]]:
    """List the cells that hold something, from the close outwards."""
    cells: npt.NDArray[np.int64] = np.flatnonzero(shares > 0)
    return [
        {
            "low": float(min(edges[i], edges[i + 1])),
            "high": float(max(edges[i], edges[i + 1])),
            "share": float(shares[i]),
        }
        for i in cells
    ]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
