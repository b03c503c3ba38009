"""Calibrate measured moves: how often the projected price is reached, how soon, and how far.

Setups are taken one at a time, as a position would be. The share that reaches the target before the
stop stands beside the share of a price that does not know of either: a driftless walk in log price
from the close touches the target first with ``log(close / stop) / log(target / stop)``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kanalo.errors import unknown_name
from kanalo.market import Market
from kanalo.study.events.events import to_horizon
from kanalo.study.moves.setups import (
    OPEN,
    PATTERNS,
    STOP,
    TARGET,
    Outcomes,
    Setups,
    follow,
    one_at_a_time,
)
from kanalo.study.moves.survival import Survival, find_share_interval, kaplan_meier
from kanalo.typing import FloatArray, IntArray

WITHIN = "90d"
"""Longest time that a setup is watched for."""

QUARTILES = (0.25, 0.5, 0.75)
_WORDS = ("low", "middle", "high")


@dataclass(frozen=True)
class MoveGroup:
    """What became of a group of setups.

    Attributes
    ----------
    trait, group : str
        What they were grouped by and the group's place; ``"all"`` for all of them.
    low, high : float
        Range of the trait in the group; NaN for groups by words.
    n, n_target, n_stop, n_open : int
        Setups, and those that reached the target first, the stop first, or neither.
    share, share_low, share_high : float
        ``n_target / (n_target + n_stop)`` with Wilson's 95 % interval.
    driftless : float
        Mean share of a driftless walk over the same setups, the open ones left out.
    median_days : float
        Kaplan-Meier median of the days to the target, WHATEVER the stop; NaN if fewer than half
        ever reached it.
    best : tuple of float
        Quartiles of the best excursion before the stop, in multiples of the projection.
    """

    trait: str
    group: str
    low: float
    high: float
    n: int
    n_target: int
    n_stop: int
    n_open: int
    share: float
    share_low: float
    share_high: float
    driftless: float
    median_days: float
    best: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class MoveCalibration:
    """How well a pattern's projections hold.

    Attributes
    ----------
    pattern : str
        ``"channel"`` or ``"zone"``.
    market : Market
        What was studied.
    within : str
        Longest time that a setup was watched for.
    n_found : int
        Setups, those included that began while another was running.
    setups, outcomes : Setups, Outcomes
        One at a time.
    groups : tuple of MoveGroup
        All of them first, then by what broke and by terciles of each trait.
    time_to_target : Survival
        In days; setups whose target was not touched while they were watched are censored.
    """

    pattern: str
    market: Market
    within: str
    n_found: int
    setups: Setups
    outcomes: Outcomes
    groups: tuple[MoveGroup, ...]
    time_to_target: Survival

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, arrays and times; NaN where nothing is known."""
        market, index = self.market, self.market.index
        return {
            "pattern": self.pattern,
            "within": self.within,
            "market": {
                "name": market.name or market.symbol,
                "symbol": market.symbol,
                "interval": market.interval,
                "start": index[market.first],
                "end": market.closes_at[-1],
                "n_bars": len(market) - market.first,
                "digests": dict(market.digests),
            },
            "counts": {
                "found": self.n_found,
                "setups": len(self.setups),
                "overlapping": self.n_found - len(self.setups),
                "both_in_one_bar": int(self.outcomes.both.sum()),
            },
            "groups": [asdict(each) for each in self.groups],
            "time_to_target": asdict(self.time_to_target),
            "setups": list(self._list_setups()),
        }

    def _list_setups(self) -> list[dict[str, Any]]:
        setups, outcomes = self.setups, self.outcomes
        words = {TARGET: "target", STOP: "stop", OPEN: "open"}
        return [
            {
                "time": self.market.index[setups.bars[row]],
                "kind": str(setups.kind[row]),
                "level": setups.level[row],
                "target": setups.target[row],
                "stop": setups.stop[row],
                "result": words[int(outcomes.result[row])],
                "n_bars": outcomes.n_bars[row],
                "best": outcomes.best[row],
            }
            for row in range(len(setups))
        ]


def calibrate_moves(
    market: Market, pattern: str = "channel", *, within: str = WITHIN
) -> MoveCalibration:
    """Calibrate the projections of a pattern over a market's history.

    Parameters
    ----------
    market : Market
        The bars; setups before ``first`` do not count.
    pattern : str
        ``"channel"``: breakouts as `RisingChannelBreakout` acts on them, with its measured move and
        its stop. ``"zone"``: a support is lost, and the next one below is the target.
    within : str
        Longest time that a setup is watched for; then it stays open.

    Returns
    -------
    MoveCalibration
        Shares of targets reached with intervals, beside those of a driftless walk.

    Raises
    ------
    UnknownNameError
        If there is no such pattern.
    ParameterError
        If ``within`` is not a whole number of bars.
    """
    if pattern not in PATTERNS:
        raise unknown_name("pattern", pattern, PATTERNS)
    n_within = to_horizon(market, within)
    pattern_setups = PATTERNS[pattern](market)
    everything = follow(market, pattern_setups, n_within)
    setups = pattern_setups.take(one_at_a_time(pattern_setups, everything))
    outcomes = follow(market, setups, n_within)
    days = market.length.total_seconds() / 86_400
    chances = _calc_chances(market, setups)
    groups = [
        _measure(outcomes, chances, rows, days, place) for place, rows in _split(setups).items()
    ]
    return MoveCalibration(
        pattern, market, within, len(pattern_setups), setups, outcomes, tuple(groups),
        kaplan_meier(days * outcomes.to_target.astype(np.float64), outcomes.touched),
    )  # fmt: skip


def _calc_chances(market: Market, setups: Setups) -> FloatArray:
    """Return the chance of a driftless walk to touch the target before the stop; shape (n,)."""
    close = market.close[setups.bars]
    return np.asarray(np.log(close / setups.stop) / np.log(setups.target / setups.stop))


_Place = tuple[str, str, float, float]


def _split(setups: Setups) -> dict[_Place, IntArray]:
    """Return the rows of all setups, of each kind and of the terciles of each trait."""
    nan = float("nan")
    groups: dict[_Place, IntArray] = {("all", "all", nan, nan): np.arange(len(setups))}
    for kind in sorted(set(setups.kind.tolist())):
        groups["broken", kind, nan, nan] = np.flatnonzero(setups.kind == kind)
    for trait, values in setups.traits.items():
        groups.update(_split_trait(trait, values))
    return groups


def _split_trait(trait: str, values: FloatArray) -> dict[_Place, IntArray]:
    """Split by terciles; equal values stay together, so that there may be fewer than three."""
    known = values[~np.isnan(values)]
    if not len(known):
        return {}
    place = np.searchsorted(np.quantile(known, [1 / 3, 2 / 3]), values)
    groups: dict[_Place, IntArray] = {}
    for number, word in enumerate(_WORDS):
        rows = np.flatnonzero((place == number) & ~np.isnan(values))
        if len(rows):
            ends = float(values[rows].min()), float(values[rows].max())
            groups[trait, word, ends[0], ends[1]] = rows
    return groups


def _measure(
    outcomes: Outcomes,
    chances: FloatArray,
    rows: IntArray,
    days: float,
    place: _Place,
) -> MoveGroup:
    result = outcomes.result[rows]
    n_target, n_stop = int((result == TARGET).sum()), int((result == STOP).sum())
    decided = n_target + n_stop
    low, high = find_share_interval(n_target, decided)
    waiting = kaplan_meier(
        days * outcomes.to_target[rows].astype(np.float64), outcomes.touched[rows]
    )
    ends = np.quantile(outcomes.best[rows], QUARTILES).tolist() if len(rows) else [float("nan")] * 3
    return MoveGroup(
        *place,
        n=len(rows),
        n_target=n_target,
        n_stop=n_stop,
        n_open=len(rows) - decided,
        share=n_target / decided if decided else float("nan"),
        share_low=low,
        share_high=high,
        driftless=float(chances[rows][result != OPEN].mean()) if decided else float("nan"),
        median_days=waiting.median,
        best=(ends[0], ends[1], ends[2]),
    )
