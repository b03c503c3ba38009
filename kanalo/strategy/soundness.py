"""What decisions are refused for: lengths, bars and values of their fields."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from kanalo.errors import DecisionError
from kanalo.strategy.fields import DecisionField
from kanalo.strategy.orders import OrderType
from kanalo.strategy.overlays import LazyOverlays, check_line
from kanalo.text import count
from kanalo.typing import FloatArray, IntArray

Fields = tuple[DecisionField, ...]
_LOOKED_OVER = ("side", "stop", "target", "trail", "size", "max_bars")  # by `are_sound`
PLAIN = "_plain"
"""Where decisions keep bars, sides, stops and targets for kernels; the fields are read-only."""


def check_lengths(decisions: Any, fields: Fields, lines: Fields) -> None:
    """Refuse a field that has not one value for each entry, or a line without one for each bar.

    Parameters
    ----------
    decisions : Decisions
        To be checked.
    fields, lines : tuple of DecisionField
        Its fields of entries and its lines.

    Raises
    ------
    DecisionError
        Naming the field.
    """
    n = len(decisions.entries)
    for each in fields:
        values = getattr(decisions, each.name)
        if len(values) != n:
            raise DecisionError(
                f"'{each.name}' has {count(len(values), 'value')} for "
                f"{count(n, 'entry', 'entries')}."
            )
    check_lines(decisions, lines)


def check_lines(decisions: Any, lines: Fields) -> None:
    """Refuse a line or an overlay that has not one value for each bar.

    Parameters
    ----------
    decisions : Decisions
        To be checked.
    lines : tuple of DecisionField
        Its lines.

    Raises
    ------
    DecisionError
        Naming the field.
    """
    for each in lines:
        check_line(each.name, getattr(decisions, each.name), decisions.n_bars)
    if not isinstance(decisions.overlays, LazyOverlays):  # which look at their lines themselves
        for name, line in decisions.overlays.items():
            check_line(name, line, decisions.n_bars)


def check_bars(bars: IntArray, name: str, n_bars: int) -> None:
    """Refuse bars that do not exist or are not strictly increasing.

    Parameters
    ----------
    bars : int64 array
        The bars.
    name : str
        Name of the field, for the message.
    n_bars : int
        Number of bars.

    Raises
    ------
    DecisionError
        Naming the field.
    """
    if len(bars) == 0 or _are_plain_bars(bars, n_bars):
        return
    check_span(bars, name, n_bars)
    repeated = bars[1:] <= bars[:-1]
    if repeated.any():
        at = int(np.argmax(repeated)) + 1
        raise DecisionError(f"'{name}' must be strictly increasing; bar {bars[at]}.")


def _are_plain_bars(bars: IntArray, n_bars: int) -> bool:
    """Tell of an array of the usual kind, in one pass, whether its bars are sound."""
    if bars.dtype != np.int64 or not bars.flags.carray:
        return False
    return bool(_load_kernels().are_bars(n_bars, bars))


def check_span(bars: IntArray, name: str, n_bars: int) -> None:
    """Refuse increasing bars of which the first or the last does not exist.

    Parameters
    ----------
    bars : int64 array
        The bars.
    name : str
        Name of the field, for the message.
    n_bars : int
        Number of bars.

    Raises
    ------
    DecisionError
        Naming the field.
    """
    if len(bars) and (bars[0] < 0 or bars[-1] >= n_bars):
        raise DecisionError(
            f"'{name}' holds bar {bars[0] if bars[0] < 0 else bars[-1]} of {count(n_bars, 'bar')}."
        )


def look_over(d: Any, fields: Fields) -> bool:
    """Tell of most entries that they are sound in a fraction of the time; False is no verdict.

    Parameters
    ----------
    d : Decisions
        Decisions without extra fields.
    fields : tuple of DecisionField
        Its fields of entries but for the extra ones.

    Returns
    -------
    bool
        True if they are surely sound.
    """
    for each in fields:
        values = getattr(d, each.name)
        if each.name in _LOOKED_OVER:
            if values.dtype != each.dtype or not values.flags.carray:
                return False
        elif each.is_wrong is not None and each.is_wrong(values).any():
            return False
    if d.entries.dtype != np.int64 or not d.entries.flags.carray:
        return False
    picked = {name: getattr(d, name) for name in _LOOKED_OVER}
    return are_picked_sound(d.n_bars, d.entries, picked)


def are_picked_sound(n_bars: int, entries: IntArray, picked: Mapping[str, Any]) -> bool:
    """Tell of fields that were read at entries whether they are surely sound.

    Parameters
    ----------
    n_bars : int
        Number of bars.
    entries : int64 array of shape (n,)
        Bars of the entries.
    picked : mapping of str to array
        Their fields by name, the side among them, which kernels can take.

    Returns
    -------
    bool
        False is no verdict.
    """
    return bool(_load_kernels().are_sound(n_bars, entries, *(picked[k] for k in _LOOKED_OVER)))


def are_levels_sound(d: Any, close: FloatArray) -> bool:
    """Tell of most stops and targets that they lie beside the close; False is no verdict.

    Parameters
    ----------
    d : Decisions
        Decisions without extra fields.
    close : float64 array of shape (n_bars,)
        Closes of the bars that were looked at.

    Returns
    -------
    bool
        True if surely none is on the wrong side.
    """
    arrays = vars(d).get(PLAIN)
    if arrays is None:
        arrays = (d.entries, d.side, d.stop, d.target)
        dtypes = (np.int64, np.int8, np.float64, np.float64)
        if not all(
            each.dtype == dtype and each.flags.carray
            for each, dtype in zip(arrays, dtypes, strict=True)
        ):
            return False
    return bool(_load_kernels().are_beside_close(close, *arrays))


@functools.cache
def _load_kernels() -> Any:
    """Import the kernels when they are needed: numba takes a while."""
    from kanalo.strategy import _decision_kernels

    return _decision_kernels


def check_levels(d: Any, close: FloatArray) -> None:
    """Refuse a stop or a target on the wrong side of the close at which it was decided.

    Parameters
    ----------
    d : Decisions
        To be checked.
    close : float64 array of shape (n_bars,)
        Closes of the bars that were looked at.

    Raises
    ------
    DecisionError
        As `Decisions.check_levels`.
    """
    if not d.is_extended and are_levels_sound(d, close):
        return
    at = close[d.entries]
    if d.is_extended:  # an order's levels are held against its price
        at = np.where(d.order == OrderType.MARKET, at, np.nan)
    for name, direction, words in (("stop", 1, "above"), ("target", -1, "below")):
        wrong = direction * d.side * (getattr(d, name) - at) > 0
        if wrong.any():
            k = int(np.argmax(wrong))
            side, opposite = ("long", words) if d.side[k] > 0 else ("short", _OPPOSITE[words])
            raise DecisionError(
                f"'{name}' decided at bar {d.entries[k]} is {opposite} the close of a "
                f"{side}: received {getattr(d, name)[k]:g}, the close is {at[k]:g}."
            )


_OPPOSITE = {"above": "below", "below": "above"}


def check_values(decisions: Any, fields: Fields) -> None:
    """Refuse values that a field does not take, and a target that is not beyond the stop.

    Parameters
    ----------
    decisions : Decisions
        To be checked.
    fields : tuple of DecisionField
        Its fields of entries.

    Raises
    ------
    DecisionError
        Naming the first bar and its field.
    """
    d = decisions
    rules = [
        (each.name, each.is_wrong(getattr(d, each.name)), each.accepted)
        for each in fields
        if each.is_wrong is not None and (d.is_extended or not each.is_extra)
    ]
    rules.append(("target", d.side * (d.target - d.stop) <= 0, "a target beyond the stop"))
    for name, wrong, accepted in rules:
        if wrong.any():
            at = int(np.argmax(wrong))
            raise DecisionError(
                f"'{name}' decided at bar {d.entries[at]} must be {accepted}; "
                f"received {getattr(d, name)[at]}."
            )
