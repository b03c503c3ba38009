"""What the liquidation figures and tables show: the estimated map at a bar and over a span.

Sizes are shares of all levels within reach of the close, on both sides: a map has no unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError
from kanalo.market import Market
from kanalo.market.market import FloatArray
from kanalo.report.plain import to_iso
from kanalo.signals.liquidation_flow import ESTIMATED
from kanalo.signals.liquidation_levels import HALF_LIFE, level_settings, liquidation_levels
from kanalo.signals.liquidation_map import Cluster, LiquidationMap
from kanalo.signals.reported_flow import ReportedFlow, reported_flow
from kanalo.signals.spans import to_bars

MEMORY = 20
"""Half-lives before a span that its map is built from: an older level weighs under a millionth."""

COLUMNS = 360
ROWS = 260
"""Most columns of a heatmap, and its rows."""


@dataclass(frozen=True, eq=False)
class MapView:
    """The map as it was known at one time.

    Attributes
    ----------
    market : Market
        Bars that the map was built from.
    known_at : Timestamp
        Close of the last bar in it, UTC.
    close : float
        Its close.
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

    market: Market
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


def find_bar(market: Market, at: str | pd.Timestamp | None = None) -> int:
    """Return the last bar that had closed by a time (UTC), the last of all by default.

    Raises
    ------
    DataError
        If none had.
    """
    if at is None:
        return len(market) - 1
    time = pd.Timestamp(at)
    time = time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")
    bar = int(market.closes_at.searchsorted(time, side="right")) - 1
    if bar < 0 or time > market.closes_at[-1]:
        raise DataError(
            f"{market.name}: no map is known at {to_iso(time)}; the bars close from "
            f"{to_iso(market.closes_at[0])} to {to_iso(market.closes_at[-1])}."
        )
    return bar


def view_map(
    market: Market, at: str | pd.Timestamp | None = None, *, half_life: float = HALF_LIFE
) -> MapView:
    """View the ESTIMATED map as it was known at a time.

    Parameters
    ----------
    market : Market
        The bars.
    at : str or Timestamp, optional
        UTC: the last bar that had closed by then counts; by default the last of all.
    half_life : float
        Hours after which half of the levels are gone.

    Raises
    ------
    DataError
        If no bar had closed by then.
    """
    bar = find_bar(market, at)
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
        market=market,
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
        "market": view.market.name,
        "symbol": view.market.symbol,
        "known_at": to_iso(view.known_at),
        "close": view.close,
        "half_life_hours": view.half_life,
        "assumed_leverage": view.assumed,
        "asymmetry": _plain(view.asymmetry),
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
