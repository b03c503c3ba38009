"""Setups: prices with target and stop, as a chart pattern projects them, and their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kanalo.market import Market
from kanalo.signals.breakout import breakouts, channel_of, nearest_zone
from kanalo.signals.levels import stop_above, stop_below
from kanalo.signals.measured_move import measured_move
from kanalo.signals.moving import previous
from kanalo.signals.volatility import atr
from kanalo.signals.zones import zones
from kanalo.study.variables import find_lost_support
from kanalo.typing import BoolArray, FloatArray, IntArray

WEEKS = 26
"""Weeks of the channel, as the strategies' default has it."""

TARGET, STOP, OPEN = 1, -1, 0


@dataclass(frozen=True, eq=False)
class Setups:
    """Where a pattern projects a price; arrays of shape (n,).

    Attributes
    ----------
    bars : int64 array
        Ascending; everything is known at the close of the bar.
    side : int
        +1 for targets above the close, -1 below.
    level : float64 array
        The price that broke, from which the move is measured.
    target, stop : float64 arrays
        Prices; the close lies between them.
    kind : ndarray of str
        What broke.
    traits : mapping of str to float64 array
        What setups are grouped by; NaN where unknown.
    """

    bars: IntArray
    side: int
    level: FloatArray
    target: FloatArray
    stop: FloatArray
    kind: npt.NDArray[np.str_]
    traits: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.bars)

    def take(self, rows: IntArray) -> Setups:
        """Return some of the setups."""
        return Setups(
            self.bars[rows], self.side, self.level[rows], self.target[rows], self.stop[rows],
            self.kind[rows], {name: values[rows] for name, values in self.traits.items()},
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of setups; arrays of shape (n,).

    Attributes
    ----------
    result : int64 array
        `TARGET` or `STOP`, whichever was touched first, or `OPEN`; a bar that touches both counts
        as the stop.
    both : bool array
        Whether one bar touched both.
    n_bars : int64 array
        Bars to the result, or watched.
    to_target : int64 array
        Bars until the target was touched, whatever the stop; or watched.
    touched : bool array
        Whether the target was touched at all while it was watched.
    best : float64 array
        Largest excursion towards the target before the stop was touched, as a multiple of the
        projection: ``log(extreme / level) / log(target / level)``; the bar of the stop is left out.
        It goes on past the target.
    """

    result: IntArray
    both: BoolArray
    n_bars: IntArray
    to_target: IntArray
    touched: BoolArray
    best: FloatArray


def find_channel_setups(market: Market) -> Setups:
    """Find the breakouts that `RisingChannelBreakout` acts on, with its stop and its target.

    Through the upper line of a rising channel, or through the resistance zone inside it; the target
    is the measured move in log price, the stop one average daily range under what broke.
    """
    broken = market.cached(breakouts, weeks=WEEKS)
    stop = stop_below(broken.level, market.cached(atr))
    target = measured_move(broken.level, broken.base, broken.level)
    channel = channel_of(market, WEEKS)
    traits = {
        "width": channel.width,
        "touches": channel.touches.astype(np.float64),
        "slope": channel.slope,
    }
    ready = broken.any & (stop > 0) & (stop < market.close) & (target > market.close)
    bars = _studied(ready, market)
    return Setups(
        bars, 1, broken.level[bars], target[bars], stop[bars],
        np.where(broken.line[bars], "upper line", "zone in the channel"),
        {name: values[bars] for name, values in traits.items()},
    )  # fmt: skip


def find_zone_setups(market: Market) -> Setups:
    """Find lost supports: the target is the next zone below, the stop a daily range above the lost.

    The level is the lower edge of the zone that the close of the bar before stood on or in; the
    target is the upper edge of the nearest zone that lies below the close as a whole. Traits:
    ``height`` of the lost zone (log), its ``touches``, and the ``distance`` of the target from the
    level (log).
    """
    level = find_lost_support(market)
    below = market.cached(zones).below(market.close, inside=False)[:, 1]
    stop = stop_above(level, market.cached(atr))
    bars = _studied((below < market.close) & (stop > market.close), market)
    edges = previous(nearest_zone(market, above=False)[:, 1])[bars]
    traits = {
        "height": np.log(edges / level[bars]),
        "touches": _count_touches(market, bars, level[bars]),
        "distance": np.log(level[bars] / below[bars]),
    }
    kind = np.full(len(bars), "support lost")
    return Setups(bars, -1, level[bars], below[bars], stop[bars], kind, traits)


PATTERNS: Mapping[str, Callable[[Market], Setups]] = {
    "channel": find_channel_setups,
    "zone": find_zone_setups,
}
"""What finds the setups of each pattern."""


def follow(market: Market, setups: Setups, within: int) -> Outcomes:
    """Watch every setup for so many bars, or to the end of the data.

    Parameters
    ----------
    market : Market
        The bars.
    setups : Setups
        Of the market.
    within : int
        Bars after which a setup that has reached neither price stays open.

    Returns
    -------
    Outcomes
        What each setup reached first and after how many bars.
    """
    high, low = (market.high, market.low) if setups.side > 0 else (1 / market.low, 1 / market.high)
    flip = np.power(np.array([setups.level, setups.target, setups.stop]), setups.side)
    rows = [
        _watch(high[bar + 1 : bar + 1 + within], low[bar + 1 : bar + 1 + within], *prices)
        for bar, prices in zip(setups.bars.tolist(), flip.T.tolist(), strict=True)
    ]
    result, both, n_bars, to_target, touched, best = zip(*rows, strict=True) if rows else [()] * 6
    return Outcomes(
        np.array(result, dtype=np.int64),
        np.array(both, dtype=np.bool_),
        np.array(n_bars, dtype=np.int64),
        np.array(to_target, dtype=np.int64),
        np.array(touched, dtype=np.bool_),
        np.array(best, dtype=np.float64),
    )


def one_at_a_time(setups: Setups, outcomes: Outcomes) -> IntArray:
    """Return the rows of setups that begin after the one before is over, as a position would.

    Setups that overlap share their outcome; as independent ones they would feign a certainty that
    is not there.

    Parameters
    ----------
    setups : Setups
        Setups of n rows by bar, ascending.
    outcomes : Outcomes
        Their outcomes; ``n_bars`` says how long each lasted.

    Returns
    -------
    int64 array
        Rows of setups, ascending.
    """
    rows: list[int] = []
    free = -1
    for row, bar in enumerate(setups.bars.tolist()):
        if bar >= free:
            rows.append(row)
            free = bar + int(outcomes.n_bars[row])
    return np.array(rows, dtype=np.int64)


def _watch(
    high: FloatArray, low: FloatArray, level: float, target: float, stop: float
) -> tuple[int, bool, int, int, bool, float]:
    """Watch one setup upwards; see `Outcomes` for what is returned."""
    n = len(high)
    hit, lost = _first(high >= target), _first(low <= stop)
    best = high[:lost].max(initial=level)
    multiple = float(np.log(best / level) / np.log(target / level))
    result = STOP if lost <= hit and lost < n else TARGET if hit < n else OPEN
    ended = min(hit, lost)
    both = hit == lost and hit < n
    return result, both, min(ended + 1, n), min(hit + 1, n), hit < n, multiple


def _first(condition: BoolArray) -> int:
    """Return the first place where it holds, or the length."""
    return int(np.argmax(condition)) if condition.any() else len(condition)


def _studied(ready: BoolArray, market: Market) -> IntArray:
    bars = np.flatnonzero(ready)
    return bars[(bars >= market.first) & (bars < len(market) - 1)]


def _count_touches(market: Market, bars: IntArray, lows: FloatArray) -> FloatArray:
    """Look up the touches of the zones that were lost, as known one bar before."""
    known = market.cached(zones)
    touches = np.full(len(bars), np.nan)
    for row, (bar, low) in enumerate(zip(bars.tolist(), lows.tolist(), strict=True)):
        at = known.known[bar - 1]
        places = np.flatnonzero(np.isclose(known.levels[at, :, 0], np.log(low), rtol=0, atol=1e-9))
        counts = known.counts[at, places, 0]
        touches[row] = counts.max() if len(counts) else np.nan
    return touches
