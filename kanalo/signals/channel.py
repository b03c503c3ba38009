"""Rising channels: two parallel lines in log price, fitted to weeks and drawn on faster bars.

A detector fits lines to weekly bars that have closed (`WeeklyFits`); `judge` says which fits are
rising channels and why the others are not; `draw` extends the lines in time over the faster bars of
the following week. A bar sees the fit of the last week that closed at or before its own close, so
what was drawn stays drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.market.resample import Slower

WEEK = pd.Timedelta(days=7)
FIT_COLUMNS = 6


class WhyNot(IntEnum):
    """Why a bar has no rising channel; 0 where it has one. The first reason that applies."""

    CHANNEL = 0
    TOO_FEW_WEEKS = 1
    NOT_RISING = 2
    POOR_FIT = 3
    TOO_WIDE = 4
    TOO_FEW_TOUCHES = 5
    BROKEN = 6

    @property
    def label(self) -> str:
        """The words that tables show."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class ChannelRule:
    """What a fit must show to be called a rising channel.

    Attributes
    ----------
    weeks : int
        Weekly bars that the lines are fitted to.
    min_slope : float
        Least rise, log per week; 0.005 is about 14 % in 26 weeks.
    min_quality : float
        Least quality of the fit in [0, 1]; the detector says what it measures.
    max_width : float
        Most distance between the lines, in log: 0.8 is an upper line 2.2 times the lower one.
    min_touches : int
        Least touches of both lines together; each line needs one. Three points draw a channel, the
        fourth confirms it.
    """

    weeks: int = 26
    min_slope: float = 0.005
    min_quality: float = 0.4
    max_width: float = 0.8
    min_touches: int = 4


@dataclass(frozen=True, eq=False)
class WeeklyFits:
    """Lines fitted at the close of every week, good or bad.

    Attributes
    ----------
    slope : float64 array of shape (n_weeks,)
        Log per week; NaN where there is nothing to fit.
    lower, upper : float64 arrays of shape (n_weeks,)
        LOG prices of the lines at the week's close.
    quality : float64 array of shape (n_weeks,)
        In [0, 1].
    touches_lower, touches_upper : float64 arrays of shape (n_weeks,)
        Separate touches of each line.
    rising : bool array of shape (n_weeks,)
        Whether the detector itself calls the lines rising; the rule's least slope comes on top.
    """

    slope: FloatArray
    lower: FloatArray
    upper: FloatArray
    quality: FloatArray
    touches_lower: FloatArray
    touches_upper: FloatArray
    rising: BoolArray


@dataclass(frozen=True, eq=False)
class Channel:
    """A rising channel at every bar, as known at its close.

    Attributes
    ----------
    lower, upper, mid : float64 arrays of shape (n_bars,)
        Prices of the lines at the bar's close (mid is halfway in log); NaN where no channel holds.
    slope : float64 array of shape (n_bars,)
        LOG per WEEK of the latest fit, channel or not; NaN without a fit.
    width : float64 array of shape (n_bars,)
        ``log(upper / lower)`` of the latest fit, channel or not; NaN without a fit.
    touches : int64 array of shape (n_bars,)
        Touches of both lines in the latest fit.
    age : int64 array of shape (n_bars,)
        Weeks in a row that a channel has held, this one included; 0 where none holds.
    quality : float64 array of shape (n_bars,)
        Quality of the latest fit in [0, 1]; NaN without a fit.
    why_not : int8 array of shape (n_bars,)
        `WhyNot`; 0 where a channel holds.
    """

    lower: FloatArray
    upper: FloatArray
    mid: FloatArray
    slope: FloatArray
    width: FloatArray
    touches: npt.NDArray[np.int64]
    age: npt.NDArray[np.int64]
    quality: FloatArray
    why_not: npt.NDArray[np.int8]

    @property
    def holds(self) -> BoolArray:
        """Where a rising channel holds, shape (n_bars,)."""
        holds: BoolArray = self.why_not == WhyNot.CHANNEL
        return holds

    @property
    def overlays(self) -> dict[str, FloatArray]:
        """The lines, under the names by which reports know them."""
        return {
            "channel lower": self.lower,
            "channel mid": self.mid,
            "channel upper": self.upper,
        }


def judge(fits: WeeklyFits, closes: FloatArray, rule: ChannelRule) -> npt.NDArray[np.int8]:
    """Say for every week whether its fit is a rising channel, and if not, why not.

    A week is ``BROKEN`` if its close lies outside the lines that were a channel one week before,
    extended to it; from the next week on the fit is judged afresh.

    Parameters
    ----------
    fits : WeeklyFits
        Lines at every week's close.
    closes : float64 array of shape (n_weeks,)
        LOG closes of the weeks.
    rule : ChannelRule
        What a channel must show.

    Returns
    -------
    int8 array of shape (n_weeks,)
        `WhyNot`.
    """
    touches = fits.touches_lower + fits.touches_upper
    one_missing = (fits.touches_lower < 1) | (fits.touches_upper < 1)
    reasons = (
        (WhyNot.TOO_FEW_WEEKS, np.isnan(fits.slope)),
        (WhyNot.NOT_RISING, ~(fits.rising & (fits.slope >= rule.min_slope))),
        (WhyNot.POOR_FIT, ~(fits.quality >= rule.min_quality)),
        (WhyNot.TOO_WIDE, ~(fits.upper - fits.lower <= rule.max_width)),
        (WhyNot.TOO_FEW_TOUCHES, one_missing | ~(touches >= rule.min_touches)),
    )
    why = np.select([wrong for _, wrong in reasons], [code for code, _ in reasons], default=0)
    why[1:][_has_left(fits, closes) & (why[:-1] == WhyNot.CHANNEL)] = WhyNot.BROKEN
    return why.astype(np.int8)


def _has_left(fits: WeeklyFits, closes: FloatArray) -> BoolArray:
    """Tell for weeks 1 to the last whether they closed outside the lines of the week before."""
    lower = fits.lower[:-1] + fits.slope[:-1]
    upper = fits.upper[:-1] + fits.slope[:-1]
    return (closes[1:] < lower) | (closes[1:] > upper)


def draw(
    market: Market, slower: Slower, fits: WeeklyFits, why_not: npt.NDArray[np.int8]
) -> Channel:
    """Extend weekly lines over the bars of a market, each bar seeing only weeks that have closed.

    ``line[t] = exp(level[k] + slope[k] × (close time of t - close time of k) / week)``, where k is
    the last week that closed at or before the close of bar t.

    Parameters
    ----------
    market : Market
        The faster bars.
    slower : Slower
        The weekly bars and which of them each bar knows.
    fits : WeeklyFits
        Lines at every week's close.
    why_not : int8 array of shape (n_weeks,)
        What `judge` said of them.

    Returns
    -------
    Channel
        Lines of shape (n_bars,) as prices; NaN where no week with lines has closed.
    """
    weeks_since = _weeks_since_close(market, slower)
    slope = slower.project(fits.slope)
    lower = slower.project(fits.lower) + slope * weeks_since
    upper = slower.project(fits.upper) + slope * weeks_since
    why = _project_integers(slower, why_not, WhyNot.TOO_FEW_WEEKS).astype(np.int8)
    lines = {
        name: np.where(why == WhyNot.CHANNEL, np.exp(line), np.nan)
        for name, line in (("lower", lower), ("upper", upper), ("mid", (lower + upper) / 2))
    }
    touches = np.nan_to_num(fits.touches_lower + fits.touches_upper).astype(np.int64)
    return Channel(
        **lines,
        slope=slope,
        width=slower.project(fits.upper - fits.lower),
        touches=_project_integers(slower, touches, 0),
        age=_project_integers(slower, _weeks_held(why_not), 0),
        quality=slower.project(fits.quality),
        why_not=why,
    )


def _weeks_since_close(market: Market, slower: Slower) -> FloatArray:
    """Return the weeks from the close of the last known week to that of each bar; NaN before it."""
    bars, weeks = (times.as_unit("ns").asi8 for times in (market.closes_at, slower.closes_at))
    length = WEEK.as_unit("ns").value
    since_start: FloatArray = (bars - bars[0]) / length
    return since_start - slower.project((weeks - bars[0]) / length)


def _project_integers(
    slower: Slower, values: npt.NDArray[np.integer], unknown: int
) -> npt.NDArray[np.int64]:
    if not len(values):
        return np.full(len(slower.known), unknown, dtype=np.int64)
    return np.where(slower.known >= 0, values[slower.known], unknown).astype(np.int64)


def _weeks_held(why_not: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Count the weeks in a row with a channel up to each week."""
    week = np.arange(len(why_not))
    last_without = np.maximum.accumulate(np.where(why_not == WhyNot.CHANNEL, -1, week))
    return week - last_without
