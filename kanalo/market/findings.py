"""What a passport looks at: one function for each question that a table of bars must answer.

A light says how far the bars can be used as they are: green freely, amber after reading the note,
red not before the cause is known. What a market does not have is not judged: its value is None.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.market.bars import ROUNDING
from kanalo.market.funding import funding_coverage
from kanalo.market.liquidation_bars import COVERAGE_PREFIX, enough_coverage, find_exchanges
from kanalo.market.liquidations import Coverage
from kanalo.market.market import Market
from kanalo.text import count
from kanalo.typing import BoolArray

Light = Literal["green", "amber", "red"]
LIGHTS: tuple[Light, ...] = ("green", "amber", "red")
"""The lights from the best to the worst."""

MISSING_RED = 0.05
"""Share of missing bars above which the gaps are red; any gap is amber."""

OFF_GRID_RED = 0.01
"""Share of bars off the grid of their interval above which the stamps are red; any is amber."""

ZERO_VOLUME_AMBER, ZERO_VOLUME_RED = 0.001, 0.05
"""Shares of bars without volume."""

JUMP_AMBER, JUMP_RED = 0.25, 2.0
"""Change from close to close, up or the fall that undoes it, that is odd or hardly real."""

DISAGREE = 0.02
"""Distance of the sources' closes, a fraction, from which on they differ."""

DISAGREE_AMBER, DISAGREE_RED = 0.01, 0.20
"""Shares of bars on which the sources differ."""

SINGLE_SOURCE_AMBER = 0.10
"""Share of bars that only one source has."""

POSITIONING_AMBER = 0.95
"""Share of bars with positioning below which rules run blind on the others."""

FUNDING_AMBER, FUNDING_RED = 0.99, 0.50
"""Shares of due funding stamps that the data cover."""

NOT_HERE = "Not in this market."


@dataclass(frozen=True)
class Finding:
    """One line of a passport.

    Attributes
    ----------
    name : str
        What was looked at.
    value : float, int, str or None
        What was found; shares are fractions, None is unknown.
    light : str
        ``green``, ``amber`` or ``red``.
    note : str
        The finding in words, with where it was found.
    """

    name: str
    value: float | int | str | None
    light: Light
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)


def find_span(market: Market) -> Finding:
    """State the first open, the last close and how long lies between them."""
    start, end = market.index[0], market.closes_at[-1]
    days = (end - start) / pd.Timedelta(days=1)
    length = f"{days / 365:.1f} years" if days >= 365 else f"{days:.1f} days"
    note = f"{_to_text(start)} to {_to_text(end)}, first open to last close, UTC."
    return Finding("span", length, "green", note)


def find_stamps(market: Market) -> Finding:
    """Count the bars that do not open a whole number of intervals after the first one."""
    opens = market.index.as_unit("ns").asi8
    off = (opens - opens[0]) % market.length.as_unit("ns").value != 0
    note = "UTC; every bar is labelled with the time it opens."
    if off.any():
        where = _to_text(market.index[int(np.argmax(off))])
        note = f"{count(int(off.sum()), 'bar')} off the grid of {market.interval}, first {where}."
    light = _grade(float(off.mean()), 0.0, OFF_GRID_RED)
    return Finding("stamps", "open", light, note)


def find_gaps(market: Market) -> Finding:
    """Count the bars that are missing between the first and the last one."""
    steps = np.diff(market.index.as_unit("ns").asi8) // market.length.as_unit("ns").value
    missing = np.maximum(steps - 1, 0)
    total = int(missing.sum())
    light = _grade(total / (total + len(market)), 0.0, MISSING_RED)
    if not total:
        return Finding("missing bars", 0, light, "No gaps.")
    longest = int(np.argmax(missing))
    note = (
        f"{count(total, 'bar')} in {count(int((missing > 0).sum()), 'gap')}; the longest lacks "
        f"{count(int(missing[longest]), 'bar')} after {_to_text(market.index[longest])}."
    )
    return Finding("missing bars", total, light, note)


def find_duplicates(market: Market) -> Finding:
    """State that no time appears twice: a table in which one does never becomes a market."""
    repeated = int(market.index.duplicated().sum())  # always 0, for the market was checked
    note = "None: a table that repeats a time is refused."
    return Finding("duplicate times", repeated, "green", note)


def find_rounding(market: Market) -> Finding:
    """Count bars whose open or close lies outside [low, high] by a rounding error."""
    name = "bars out of range"
    outside = np.zeros(len(market), dtype=np.bool_)
    for price in (market.open, market.close):
        outside |= (price > market.high) | (price < market.low)
    outside |= market.high < market.low
    total = int(outside.sum())
    if not total:
        return Finding(name, 0, "green", "Every open and close lies in [low, high].")
    where = _to_text(market.index[int(np.argmax(outside))])
    note = (
        f"{count(total, 'bar')} whose open or close lies outside [low, high] by less than "
        f"{ROUNDING:g} of the price, first {where}: kept as they are."
    )
    return Finding(name, total, "green", note)


def find_zero_volume(market: Market) -> Finding:
    """Count bars without volume and the longest run of them."""
    empty = market.volume == 0
    total = int(empty.sum())
    light = _grade(total / len(market), ZERO_VOLUME_AMBER, ZERO_VOLUME_RED)
    if not total:
        return Finding("zero-volume bars", 0, light, "Every bar was traded.")
    start, length = _longest_run(empty)
    note = (
        f"{count(total, 'bar')}; the longest run is {count(length, 'bar')} from "
        f"{_to_text(market.index[start])}."
    )
    return Finding("zero-volume bars", total, light, note)


def find_jump(market: Market) -> Finding:
    """Find the largest change from one close to the next."""
    if len(market) < 2:
        return Finding("largest jump", None, "green", "One bar has no change.")
    logs = np.diff(np.log(market.close))
    row = int(np.argmax(np.abs(logs)))
    light = _grade(float(np.expm1(abs(logs[row]))), JUMP_AMBER, JUMP_RED)
    change = float(np.expm1(logs[row]))
    note = f"{100 * change:+.1f} % from close to close at {_to_text(market.index[row + 1])}."
    return Finding("largest jump", round(change, 6), light, note)


def find_splices(market: Market) -> Finding:
    """Find where the bars pass from one venue to another."""
    rows = np.flatnonzero(market.venue[1:] != market.venue[:-1]) + 1
    if not len(rows):
        return Finding("venue splices", 0, "green", f"All bars are from {market.venue[0]}.")
    steps = [
        f"{_to_text(market.index[row])} from {market.venue[row - 1]} to {market.venue[row]}"
        for row in rows[:3]
    ]
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    note = f"{'; '.join(steps)}{more}. Volume is not comparable across."
    return Finding("venue splices", len(rows), "amber", note)


def find_disagreement(market: Market) -> Finding:
    """Measure how often independent sources of the same bar differ by more than 2 %."""
    name = "sources differ > 2 %"
    spread = market.known("spread")
    compared = ~np.isnan(spread)
    if not compared.any():
        return Finding(name, None, "green", NOT_HERE)
    share = float((spread[compared] > DISAGREE).mean())
    row = int(np.nanargmax(spread))
    note = (
        f"{_percent(share)} of the {compared.sum():,} bars with two sources or more; at most "
        f"{_percent(spread[row])}, at {_to_text(market.index[row])}."
    )
    light = _grade(share, DISAGREE_AMBER, DISAGREE_RED)
    return Finding(name, round(share, 6), light, note)


def find_single_source(market: Market) -> Finding:
    """Measure the share of bars that only one source has, so that nothing vouches for them."""
    sources = market.known("sources")
    if np.isnan(sources).all():
        return Finding("single-source bars", None, "green", NOT_HERE)
    share = float((sources == 1).mean())
    light = _grade(share, SINGLE_SOURCE_AMBER, 1.0)
    return Finding("single-source bars", round(share, 6), light, f"{_percent(share)} of the bars.")


def find_positioning(market: Market) -> Finding:
    """Measure the share of bars at whose close the long/short ratio was known."""
    name = "bars with positioning"
    if "long_short_ratio" not in market.context.columns:
        return Finding(name, None, "green", NOT_HERE)
    known = ~np.isnan(market.known("long_short_ratio"))
    share = float(known.mean())
    note = f"{_percent(share)} of the bars{_where(market, known)}; unknown elsewhere."
    return Finding(name, round(share, 6), "green" if share >= POSITIONING_AMBER else "amber", note)


def find_funding(market: Market) -> Finding:
    """Measure the share of due funding stamps that the data cover."""
    share = funding_coverage(market)
    if np.isnan(share):
        return Finding("funding covered", None, "green", "None is due: not a perpetual.")
    light = _grade(1 - share, 1 - FUNDING_AMBER, 1 - FUNDING_RED)
    note = f"{_percent(share)} of the stamps due"
    note += "." if share == 1 else "; an assumed rate is charged at the others."
    return Finding("funding covered", round(share, 6), light, note)


def find_liquidations(market: Market) -> Finding:
    """Measure the share of bars whose liquidations some exchange reported wholly."""
    name = "reported liquidations"
    exchanges = find_exchanges(market)
    if not exchanges:
        note = "None reported: what rules use is estimated from the bars."
        return Finding(name, None, "green", note)
    states = np.column_stack([market.known(COVERAGE_PREFIX + each) for each in exchanges])
    best = states.max(axis=1)
    known = best >= Coverage.CENSORED
    share = float(known.mean())
    note = f"{_percent(share)} of the bars{_where(market, known)}, by {', '.join(exchanges)}"
    censored = int((best == Coverage.CENSORED).sum())
    if censored:
        note += f"; of these {count(censored, 'bar')} with lower bounds only"
    note += "; unknown elsewhere, not zero."
    enough = float(enough_coverage(market).mean())
    if enough:
        note += (
            f" Rules read what was reported on {_percent(enough)} of the bars (some venue told "
            "all), and the estimate on the others."
        )
    return Finding(name, round(share, 6), "green", note)


def find_finer(market: Market) -> Finding:
    """Measure the share of bars whose inside is known from finer bars."""
    if market.finer is None:
        return Finding("bars with finer bars", None, "green", NOT_HERE)
    inside = _count_inside(market, market.finer) >= market.length // market.finer.length
    share = float(inside.mean())
    note = f"{_percent(share)} are wholly covered by bars of {market.finer.interval}."
    return Finding("bars with finer bars", round(share, 6), "green", note)


def _count_inside(market: Market, finer: Market) -> npt.NDArray[np.intp]:
    opens = finer.index.as_unit("ns").asi8
    first = np.searchsorted(opens, market.index.as_unit("ns").asi8)
    return np.searchsorted(opens, market.closes_at.as_unit("ns").asi8) - first


def _grade(value: float, amber: float, red: float) -> Light:
    if value > red:
        return "red"
    return "amber" if value > amber else "green"


def _longest_run(where: BoolArray) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(np.int8)))
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    longest = int(np.argmax(lengths))
    return int(starts[longest]), int(lengths[longest])


def _where(market: Market, known: BoolArray) -> str:
    if not known.any():
        return ""
    rows = np.flatnonzero(known)
    first, last = (market.index[row].strftime("%Y-%m-%d") for row in rows[[0, -1]])
    return f", {first} to {last}"


def _percent(share: float) -> str:
    return f"{100 * share:.{2 if 0 < share < 0.1 else 1}f} %"


def _to_text(time: pd.Timestamp) -> str:
    midnight = time == time.normalize()
    return time.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M")


def check_vintage(market: Market) -> Finding | None:
    """Name the vintage of each table that may grow; None where all are bundled ones."""
    if not market.vintages:
        return None
    note = "; ".join(f"{table}: {said}" for table, said in market.vintages.items())
    return Finding("vintage", len(market.vintages), "green", f"{note}.")
