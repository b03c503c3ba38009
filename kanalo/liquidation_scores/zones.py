"""Do the map's dense zones matter? Excess liquidations where price enters one, against null maps.

For each hour and side, a zone is known at the close before. The hour ENTERS it if its excursion
(from that close, in log price) reaches the zone's near edge. The excess of an entering hour is the
rank of its reported same-side liquidations (0 to 1) less the mean rank of hours with an equal
excursion that enter no zone: distance moved, which alone explains most of the flow, cancels.

The null maps keep the zones' frequency and drop what is claimed: distances drawn from other hours
(is it WHERE the zones are?), a volatility band (is it only far moves for the day?), and dense nodes
of the volume profile (is it only that much was traded there?).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from kanalo.liquidation_scores.correlations import Estimate, draw_blocks, to_estimate
from kanalo.liquidation_scores.tables import Calibration
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_map import build_map
from kanalo.signals.moving import previous
from kanalo.typing import BoolArray, FloatArray, IntArray

CONTROLS = 10
CALIPER = 0.25
"""Most that a control's excursion may differ, in its logarithm."""

SHUFFLES = 10
PROFILE_HOURS = 168

BUCKETS = ((0.0, 0.005), (0.005, 0.01), (0.01, 0.2))
"""Distances of a zone's near edge, log price."""

OURS = "map"
NULLS = ("shuffled distances", "volatility band", "volume profile")


@dataclass(frozen=True, eq=False)
class SideHours:
    """What one side's zones are judged on; arrays of shape (n,).

    Attributes
    ----------
    excursion : float64 array
        From the previous close towards this side's levels, log price.
    rank : float64 array
        Rank of the reported liquidations in [0, 1]; NaN where the hour does not count.
    near : mapping of str to sequence of float64 arrays
        For each map the distance of its nearest zone, known at the previous close; several draws
        of a random map are averaged.
    """

    excursion: FloatArray
    rank: FloatArray
    near: Mapping[str, Sequence[FloatArray]]


@dataclass(frozen=True)
class ZoneScore:
    """Excess rank of the hours that enter a zone.

    Attributes
    ----------
    excess : dict of map to Estimate
        Mean over both sides.
    lead : dict of null map to Estimate
        Ours minus theirs, paired.
    buckets : list of (low, high, hours, Estimate)
        Our excess by the distance of the zone's near edge.
    hours : int
        Hours and sides that entered one of our zones and have controls.
    """

    excess: dict[str, Estimate]
    lead: dict[str, Estimate]
    buckets: list[tuple[float, float, int, Estimate]]
    hours: int


def score_zones(
    table: Calibration, hours: BoolArray, settings: MapSettings, *, n_draws: int = 1000
) -> ZoneScore:
    """Score the nearest dense zones of the map against the null maps.

    Parameters
    ----------
    table : Calibration
        Bars and what was reported.
    hours : bool array of shape (n,)
        The hours that count.
    settings : MapSettings
        The map's assumptions.
    n_draws : int
        Resamples of 24-hour blocks.

    Returns
    -------
    ZoneScore
        Scores of the map's zones and of the null maps, with 95 % intervals.
    """
    sides = make_sides(table, hours, settings)
    draws = [np.flatnonzero(hours), *draw_blocks(np.flatnonzero(hours), n_draws)]
    means = {name: np.empty(len(draws)) for name in (OURS, *NULLS)}
    by_distance = [np.empty(len(draws)) for _ in BUCKETS]
    for i, rows in enumerate(draws):
        sample = [_Sample(side, rows) for side in sides]
        for name in (OURS, *NULLS):
            found = [each.find_excess(near) for each in sample for near in each.side.near[name]]
            means[name][i] = _average(found)
            if name == OURS:
                for values, (low, high) in zip(by_distance, BUCKETS, strict=True):
                    values[i] = _average(found, low, high)
    buckets = [
        (low, high, _count(sides, draws[0], low, high), to_estimate(values))
        for values, (low, high) in zip(by_distance, BUCKETS, strict=True)
    ]
    return ZoneScore(
        excess={name: to_estimate(each) for name, each in means.items()},
        lead={name: to_estimate(means[OURS] - means[name]) for name in NULLS},
        buckets=buckets,
        hours=_count(sides, draws[0]),
    )


def make_sides(
    table: Calibration, hours: BoolArray, settings: MapSettings
) -> tuple[SideHours, SideHours]:
    """Return what the shorts' and the longs' zones are judged on.

    Parameters
    ----------
    table : Calibration
        Table of n_hours hours.
    hours : bool array of shape (n_hours,)
        Hours that count.
    settings : MapSettings
        Assumptions of the liquidation map.

    Returns
    -------
    tuple of two SideHours
        First the shorts (price rises into their zones), then the longs.
    """
    high, low, close, volume = (table.column(name) for name in ("high", "low", "close", "volume"))
    book = build_map(high, low, close, volume, bar_hours=table.bar_hours, settings=settings)
    before = previous(close)
    usual = pd.Series(np.log(high / low)).shift().rolling(24, min_periods=12).mean().to_numpy()
    logs = np.log(np.column_stack([low, high, close]))
    parts = (
        (np.log(high / before), table.shorts, book.short_zones.near, logs),
        (np.log(before / low), table.longs, book.long_zones.near, -logs[:, [1, 0, 2]]),
    )
    sides = []
    for excursion, reported, near, bars in parts:
        known = hours & np.isfinite(reported) & np.isfinite(excursion)
        rank = np.full(len(table), np.nan)
        rank[known] = (rankdata(reported[known]) - 0.5) / known.sum()
        profile = _profile_zones(bars, volume, settings)
        near_maps = _make_maps(previous(near), previous(profile), usual, known)
        sides.append(SideHours(excursion, rank, near_maps))
    return sides[0], sides[1]


def find_excess(excursion: FloatArray, rank: FloatArray, near: FloatArray) -> FloatArray:
    """Return the excess rank of each entering hour over hours of equal excursion that enter none.

    Parameters
    ----------
    excursion, rank, near : float64 arrays of shape (m,)
        Rows of `SideHours`.

    Returns
    -------
    float64 array of shape (m,)
        NaN for hours that enter no zone or have no control within the caliper.
    """
    side, rows = SideHours(excursion, rank, {}), np.arange(len(rank))
    entering, _, found = _Sample(side, rows).find_excess(near)
    excess = np.full(len(rank), np.nan)
    excess[entering] = found
    return excess


class _Sample:
    """The hours of a resample by the size of their excursion, laid out once for all maps.

    Controls serve several hours: only matching within each resample carries their noise into the
    interval.

    Parameters
    ----------
    side : SideHours
        All hours.
    rows : int64 array of shape (m,)
        Those of the resample.
    """

    def __init__(self, side: SideHours, rows: IntArray) -> None:
        self.side, self._rows = side, rows
        self._excursion, self._rank = side.excursion[rows], side.rank[rows]
        self._moved = np.isfinite(self._rank) & (self._excursion > 0)
        self._size = np.log(np.where(self._excursion > 0, self._excursion, 1.0))
        moved = np.flatnonzero(self._moved)
        self._order = moved[np.argsort(self._size[moved], kind="stable")]

    def find_excess(self, near: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return the hours that enter a map's zones, the zones' distances and the excess ranks."""
        near, rank = near[self._rows], self._rank
        enters = self._moved & (self._excursion >= near)
        in_order = enters[self._order]  # by size: what is looked up in order is found at once
        others, entering = self._order[~in_order], self._order[in_order]
        sizes, wanted = self._size[others], self._size[entering]
        place = np.searchsorted(sizes, wanted)
        low = np.maximum(place - CONTROLS // 2, np.searchsorted(sizes, wanted - CALIPER))
        high = np.minimum(place + CONTROLS // 2, np.searchsorted(sizes, wanted + CALIPER, "right"))
        sums = np.concatenate([[0.0], np.cumsum(rank[others])])
        expected = (sums[high] - sums[low]) / np.maximum(high - low, 1)
        excess = np.empty(len(rank))
        excess[entering] = np.where(high > low, rank[entering] - expected, np.nan)
        hours = np.flatnonzero(enters)
        return hours, near[hours], excess[hours]


def _average(
    found: Sequence[tuple[IntArray, FloatArray, FloatArray]],
    low: float = 0.0,
    high: float = np.inf,
) -> float:
    """Average over both sides and all draws of a map, of zones at some distance."""
    values = np.concatenate([each[(near >= low) & (near < high)] for _, near, each in found])
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


def _count(
    sides: Sequence[SideHours], rows: IntArray, low: float = 0.0, high: float = np.inf
) -> int:
    total = 0
    for side in sides:
        near = side.near[OURS][0][rows]
        excess = find_excess(side.excursion[rows], side.rank[rows], near)
        total += int((np.isfinite(excess) & (near >= low) & (near < high)).sum())
    return total


def _make_maps(
    near: FloatArray, profile: FloatArray, usual: FloatArray, known: BoolArray
) -> dict[str, list[FloatArray]]:
    rng = np.random.default_rng(11)
    places = np.flatnonzero(known)
    shuffled = []
    for _ in range(SHUFFLES):
        drawn = near.copy()
        drawn[places] = near[rng.permutation(places)]
        shuffled.append(drawn)
    # As far away as our zones are in the middle, but measured in the day's volatility.
    band = np.nanmedian(near[known] / usual[known]) * usual
    return dict(zip((OURS, *NULLS), ([near], shuffled, [band], [profile]), strict=True))


def _profile_zones(
    bars: FloatArray, volume: FloatArray, settings: MapSettings
) -> npt.NDArray[np.float64]:
    """Return the distance of the nearest dense node of traded volume beyond each close.

    The volume of the last week, spread over its bars' ranges, in the map's cells.
    """
    near = np.full(len(bars), np.nan)
    n_cells = round(settings.reach / settings.cell)
    for t in range(1, len(bars)):
        first = max(0, t + 1 - PROFILE_HOURS)
        low, high = bars[first : t + 1, 0], bars[first : t + 1, 1]
        edges = bars[t, 2] + settings.cell * np.arange(n_cells + 1)
        overlap = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
        span = np.maximum(high - low, 1e-9)[:, None]
        cells = (volume[first : t + 1, None] * np.maximum(overlap, 0.0) / span).sum(axis=0)
        dense = np.flatnonzero((cells >= settings.density * cells.mean()) & (cells > 0))
        if len(dense):
            near[t] = dense[0] * settings.cell
    return near
