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

from kanalo.market.market import BoolArray, FloatArray
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_map import build_map
from kanalo.signals.moving import previous
from kanalo.study.calibration import Calibration
from kanalo.study.scores import Estimate, draw_blocks, to_estimate

CONTROLS = 10
CALIPER = 0.25
"""Most that a control's excursion may differ, in its logarithm."""

SHUFFLES = 20
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
    """
    sides = make_sides(table, hours, settings)
    excess = {
        name: np.vstack([average_excess(side, side.near[name]) for side in sides])
        for name in (OURS, *NULLS)
    }
    near = np.vstack([side.near[OURS][0] for side in sides])
    draws = [np.flatnonzero(hours), *draw_blocks(np.flatnonzero(hours), n_draws)]
    means = {
        name: np.array([_mean(each[:, rows]) for rows in draws]) for name, each in excess.items()
    }
    buckets = []
    for low, high in BUCKETS:
        inside = np.where((near >= low) & (near < high), excess[OURS], np.nan)
        values = np.array([_mean(inside[:, rows]) for rows in draws])
        buckets.append((low, high, int(np.isfinite(inside).sum()), to_estimate(values)))
    return ZoneScore(
        excess={name: to_estimate(each) for name, each in means.items()},
        lead={name: to_estimate(means[OURS] - means[name]) for name in NULLS},
        buckets=buckets,
        hours=int(np.isfinite(excess[OURS]).sum()),
    )


def make_sides(
    table: Calibration, hours: BoolArray, settings: MapSettings
) -> tuple[SideHours, SideHours]:
    """Return what the shorts' and the longs' zones are judged on."""
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


def average_excess(side: SideHours, nears: Sequence[FloatArray]) -> FloatArray:
    """Return the excess rank of each entering hour, NaN elsewhere, averaged over draws of a map."""
    draws = np.vstack([_find_excess(side, near) for near in nears])
    known = np.isfinite(draws)
    counts = known.sum(axis=0)
    sums = np.where(known, draws, 0.0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _find_excess(side: SideHours, near: FloatArray) -> FloatArray:
    moved = np.isfinite(side.rank) & (side.excursion > 0)
    entering = moved & (side.excursion >= near)
    others = np.flatnonzero(moved & ~entering)
    size = np.log(np.where(side.excursion > 0, side.excursion, 1.0))
    others = others[np.argsort(size[others], kind="stable")]
    excess = np.full(len(size), np.nan)
    for t in np.flatnonzero(entering):
        controls = _find_controls(size[others], size[t])
        if controls.stop > controls.start:
            excess[t] = side.rank[t] - side.rank[others[controls]].mean()
    return excess


def _find_controls(sizes: FloatArray, wanted: float) -> slice:
    """Return the hours nearest to a size, among sorted ones, within the caliper."""
    place = int(np.searchsorted(sizes, wanted))
    low = max(place - CONTROLS // 2, int(np.searchsorted(sizes, wanted - CALIPER)))
    high = min(place + CONTROLS // 2, int(np.searchsorted(sizes, wanted + CALIPER, side="right")))
    return slice(low, high)


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


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
