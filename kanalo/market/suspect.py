"""Bars that are to be doubted: named in a list, or contradicted by slower bars of the venue."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kanalo import periods
from kanalo.market.catalog import list_markets, load_market
from kanalo.market.findings import Finding
from kanalo.market.liquidations import find_instrument
from kanalo.market.market import Market
from kanalo.market.resample import to_slower
from kanalo.text import count
from kanalo.typing import BoolArray

LIST = "suspect_hours.toml"

TOLERANCE = 1e-6
"""Relative distance of two prices from which on they differ."""

LONGEST = pd.Timedelta(hours=4)
"""Bars as long as this and longer were not contradicted."""

_DAY = pd.Timedelta(days=1)
_PRICES = ("open", "high", "low", "close")


def find_suspect(market: Market) -> Finding | None:
    """Name the bars that the list of suspect hours names; None where there is none of them."""
    suspect = np.zeros(len(market), dtype=np.bool_)
    reasons = []
    for each in _read_list():
        inside = _is_inside(market, each)
        if inside.any():
            suspect |= inside
            reasons.append(str(each["why"]))
    if not suspect.any():
        return None
    times = [f"{time:%Y-%m-%d %H:%M}" for time in market.index[suspect][:4]]
    more = "" if suspect.sum() <= len(times) else f" and {int(suspect.sum()) - len(times):,} more"
    note = f"{', '.join(times)}{more}: {'; '.join(reasons)}. Kept as they are."
    return Finding("suspect bars", int(suspect.sum()), "amber", note)


def compare_with_slower(market: Market, slower: Market) -> Finding | None:
    """Compare bars with slower bars of the same coin and venue, where all parts of one are there.

    Parameters
    ----------
    market : Market
        The bars that are judged.
    slower : Market
        Bars of a whole multiple of their length.

    Returns
    -------
    Finding or None
        None where no slower bar is wholly covered by bars of the same venue.
    """
    if not can_compare(market, slower):
        return None
    parts = slower.length // market.length
    made = to_slower(market, slower.interval).bars
    counted = market.bars["close"].groupby(market.index.floor(slower.length)).count()
    whole = counted.index[counted == parts]
    both = made.index.intersection(slower.index).intersection(whole)
    venues = pd.Series(market.venue, index=market.index).reindex(both)
    others = pd.Series(slower.venue, index=slower.index).reindex(both)
    both = both[(venues == others).to_numpy(np.bool_)]
    if not len(both):
        return None
    ours, theirs = (frame.loc[both, list(_PRICES)].to_numpy() for frame in (made, slower.bars))
    wrong = (np.abs(ours / theirs - 1) > TOLERANCE).any(axis=1)
    name = f"bars against {slower.name or slower.interval}"
    if not wrong.any():
        return Finding(name, 0, "green", f"{count(len(both), 'slower bar')} say the same.")
    times = ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in both[wrong][:3])
    share = float(wrong.mean())
    note = (
        f"{int(wrong.sum()):,} of {count(len(both), 'slower bar')} say something else, first those "
        f"of {times}."
    )
    return Finding(name, int(wrong.sum()), "red" if share > 0.05 else "amber", note)


def can_compare(market: Market, slower: Market) -> bool:
    """Tell whether a market's bars are parts of another one's.

    Parameters
    ----------
    market, slower : Market
        Of the same coin, the second one of longer bars, of a day at most.

    Returns
    -------
    bool
        True where coin and grid agree.
    """
    mine, other = (find_instrument(each.symbol) for each in (market, slower))
    same = mine is not None and other is not None and mine.base == other.base
    longer = market.length < slower.length <= _DAY and not slower.length % market.length
    return same and bool(longer)


def compare_in_catalog(data_dir: str | Path, market: Market) -> tuple[Finding, ...]:
    """Compare a market with every market of slower bars of its coin in a data folder.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    market : Market
        The bars that are judged.

    Returns
    -------
    tuple of Finding
        One for each market that could be compared.
    """
    found = []
    for entry in list_markets(data_dir):
        length = periods.to_timedelta(entry.interval)
        if length > market.length and entry.name != market.name:
            slower = load_market(data_dir, entry.name, context=False)
            found.append(compare_with_slower(market, slower))
    return tuple(each for each in found if each is not None)


@cache
def _read_list() -> tuple[dict[str, Any], ...]:
    text = files("kanalo.market").joinpath(LIST).read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["hours"])


def _is_inside(market: Market, hours: dict[str, Any]) -> BoolArray:
    """Tell the bars of a venue's contracts that lie in the hours."""
    if market.length >= LONGEST:
        return np.zeros(len(market), dtype=np.bool_)
    start, end = (pd.Timestamp(hours[key]).as_unit("ns") for key in ("start", "end"))
    of_venue = np.char.startswith(market.venue.astype(str), str(hours["venue"]))
    inside: BoolArray = (market.index >= start) & (market.index < end) & of_venue & market.perpetual
    return inside
