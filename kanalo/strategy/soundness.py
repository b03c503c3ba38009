"""What decisions are refused for: lengths, bars and values of their fields."""

from __future__ import annotations

from typing import Any

import numpy as np

from kanalo.errors import DecisionError
from kanalo.strategy.fields import DecisionField
from kanalo.strategy.overlays import LazyOverlays, check_line
from kanalo.text import count
from kanalo.typing import FloatArray, IntArray

Fields = tuple[DecisionField, ...]
_LOOKED_OVER = ("side", "stop", "target", "trail", "size", "max_bars")  # by `are_sound`


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
    from kanalo.strategy._decision_kernels import are_bars

    return bool(are_bars(n_bars, bars))


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
    from kanalo.strategy._decision_kernels import are_sound

    return bool(are_sound(d.n_bars, d.entries, *(getattr(d, name) for name in _LOOKED_OVER)))


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
    arrays = (d.entries, d.side, d.stop, d.target)
    dtypes = (np.int64, np.int8, np.float64, np.float64)
    if not all(
        each.dtype == dtype and each.flags.carray
        for each, dtype in zip(arrays, dtypes, strict=True)
    ):
        return False
    from kanalo.strategy._decision_kernels import are_beside_close

    return bool(are_beside_close(close, *arrays))


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
