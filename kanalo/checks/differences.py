"""What was known at each bar, as columns, and the first differences between two histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.strategy import Decisions
from kanalo.strategy.decisions import ENTRY_FIELDS, EXIT_FIELDS, LINE_FIELDS
from kanalo.typing import FloatArray, IntArray

TOLERANCE = 1e-9
"""Relative difference below which two prices are the same."""


_EVENTS = ("entries", *(each.name for each in EXIT_FIELDS))
_DECIDED, _NOT_DECIDED = "decided", "not decided"
_DRAWN, _MISSING = "drawn", "missing"


@dataclass(frozen=True, eq=False)
class Column:
    """One field of what was known.

    Attributes
    ----------
    bars : int64 array of shape (n,) or None
        Bars at whose close the values were known, increasing; None for one value at every bar.
    values : array of shape (n, ...)
        Compared to `TOLERANCE` if they are floats, else exactly.
    events : bool
        Whether a bar that one history has and the other lacks is itself a difference; of the
        details of entries only those are compared that both have.
    signed : bool
        Whether the values may cross zero, where no difference is small beside the value.
    """

    bars: IntArray | None
    values: npt.NDArray[Any]
    events: bool = False
    signed: bool = False

    @cached_property
    def margin(self) -> float:
        """FieldDifference that does not count however small the value; 0 for prices."""
        return TOLERANCE * _typical_size(self.values) if self.signed else 0.0


Columns = Mapping[str, Column]


@dataclass(frozen=True)
class ComparedSpan:
    """The bars [first, stop) on which a part of a history, begun at ``start``, is compared."""

    start: int
    first: int
    stop: int


@dataclass(frozen=True)
class FieldDifference:
    """A field that differs, at the first bar where it does.

    Attributes
    ----------
    field : str
        For example ``"entries"``, ``"stop"`` or ``"overlay channel lower"``.
    bar : int
        In the whole history.
    expected, received : object
        On the whole history, and on the part of it.
    """

    field: str
    bar: int
    expected: Any
    received: Any


def to_columns(decisions: Decisions) -> dict[str, Column]:
    """Name everything that decisions say, in the order in which people want to hear of it."""
    columns = {name: _to_events(getattr(decisions, name)) for name in _EVENTS}
    for each in ENTRY_FIELDS:
        values = np.asarray(getattr(decisions, each.name), dtype=each.dtype or object)
        columns[each.name] = Column(decisions.entries, values)
    for each in LINE_FIELDS:
        line = getattr(decisions, each.name)
        if line is not None:
            columns[each.name] = Column(None, line)
    for name, line in decisions.overlays.items():
        columns[f"overlay {name}"] = to_line(np.asarray(line, np.float64))
    return columns


def _to_events(bars: IntArray) -> Column:
    return Column(bars, np.ones(len(bars), dtype=bool), events=True)


def to_line(values: npt.NDArray[Any]) -> Column:
    """Make a column of one value, or row of values, per bar."""
    return Column(None, values, signed=values.dtype.kind == "f")


def _typical_size(values: FloatArray) -> float:
    known = np.abs(values[np.isfinite(values) & (values != 0)])
    return float(np.median(known)) if known.size else 0.0


def find_differences(
    whole: Columns, part: Columns, span: ComparedSpan
) -> Iterator[FieldDifference]:
    """Yield the first difference of every field that is not the same on both histories.

    Parameters
    ----------
    whole : mapping of str to Column
        What is known of the whole history.
    part : mapping of str to Column
        What is known of the bars from ``span.start`` on; its bars count from there.
    span : ComparedSpan
        The bars to compare.

    Returns
    -------
    iterator of FieldDifference
        In the order of the fields.
    """
    for name in (*whole, *(name for name in part if name not in whole)):
        if name in whole and name in part:
            difference = _compare(name, whole[name], part[name], span)
            if difference is not None:
                yield difference
        else:
            said = (_DRAWN, _MISSING) if name in whole else (_MISSING, _DRAWN)
            yield FieldDifference(name, span.first, *said)


def find_different_bars(whole: Columns, other: Columns) -> IntArray:
    """Return every bar at which two histories of the same length differ in any field.

    Parameters
    ----------
    whole, other : mapping of str to Column
        What is known of each.

    Returns
    -------
    int64 array of shape (n,)
        Increasing; fields that only one of them has are left out.
    """
    bars_by_field = [_find_bars(whole[name], other[name]) for name in whole if name in other]
    return np.unique(np.concatenate(bars_by_field)) if bars_by_field else np.empty(0, np.int64)


def _find_bars(whole: Column, other: Column) -> IntArray:
    if whole.bars is None or other.bars is None:
        if whole.values.shape != other.values.shape:
            return np.empty(0, np.int64)
        return np.flatnonzero(~_are_same(whole.values, other.values, whole.margin))
    if whole.events:
        return np.setxor1d(whole.bars, other.bars, assume_unique=True)
    bars, here, there = np.intersect1d(
        whole.bars, other.bars, assume_unique=True, return_indices=True
    )
    same = _are_same(whole.values[here], other.values[there], whole.margin)
    return np.asarray(bars[~same], dtype=np.int64)


def _compare(name: str, whole: Column, part: Column, span: ComparedSpan) -> FieldDifference | None:
    if (whole.bars is None) is not (part.bars is None):
        return _compare_events(name, *(_within(each, span) for each in _to_bars(whole, part, span)))
    if whole.bars is None or part.bars is None:
        bars = np.arange(span.first, span.stop)
        line = whole.values[span.first : span.stop]
        other = part.values[span.first - span.start : span.stop - span.start]
        return _compare_values(name, bars, line, other, whole.margin)
    in_whole, in_part = whole.bars, part.bars + span.start
    bars, at_whole, at_part = np.intersect1d(
        in_whole, in_part, assume_unique=True, return_indices=True
    )
    if whole.events:
        return _compare_events(name, _within(in_whole, span), _within(in_part, span))
    kept = (bars >= span.first) & (bars < span.stop)
    values, others = whole.values[at_whole[kept]], part.values[at_part[kept]]
    return _compare_values(name, bars[kept], values, others, whole.margin)


def _to_bars(whole: Column, part: Column, span: ComparedSpan) -> tuple[IntArray, IntArray]:
    """Read a line as events where the other history has events: all that is not 0 or missing."""
    bars = [
        np.flatnonzero((each.values != 0) & (each.values == each.values))
        if each.bars is None
        else each.bars
        for each in (whole, part)
    ]
    return bars[0].astype(np.int64), bars[1].astype(np.int64) + span.start


def _within(bars: IntArray, span: ComparedSpan) -> IntArray:
    return bars[(bars >= span.first) & (bars < span.stop)]


def _compare_events(name: str, whole: IntArray, part: IntArray) -> FieldDifference | None:
    different = np.setxor1d(whole, part, assume_unique=True)
    if not different.size:
        return None
    bar = int(different[0])
    said = (_DECIDED, _NOT_DECIDED) if bar in whole else (_NOT_DECIDED, _DECIDED)
    return FieldDifference(name, bar, *said)


def _compare_values(
    name: str,
    bars: IntArray,
    whole: npt.NDArray[Any],
    part: npt.NDArray[Any],
    margin: float,
) -> FieldDifference | None:
    if (whole.dtype.kind == "O") is not (part.dtype.kind == "O"):
        whole, part = _to_text(whole), _to_text(part)  # a column that is all missing has no type
    if whole.shape != part.shape:
        return FieldDifference(name, int(bars[0]), f"shape {whole.shape}", f"shape {part.shape}")
    same = _are_same(whole, part, margin)
    if same.all():
        return None
    at = int(np.argmin(same))
    return FieldDifference(name, int(bars[at]), whole[at], part[at])


def _to_text(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Write values as text; what is missing is empty."""
    if values.dtype.kind == "O":
        return values
    missing = values != values
    return np.where(missing, "", values.astype(str)).astype(object)


def _are_same(
    whole: npt.NDArray[Any], part: npt.NDArray[Any], margin: float
) -> npt.NDArray[np.bool_]:
    """Tell for each row whether both are the same; of one shape."""
    same = np.asarray(whole == part)
    if whole.dtype.kind == "f":
        other = ~same  # nearly always none, or all NaN: isclose takes ten times as long
        ours, theirs = whole[other], part[other]
        same[other] = np.isclose(theirs, ours, rtol=TOLERANCE, atol=margin, equal_nan=True)
    rows = same if same.ndim == 1 else same.all(axis=tuple(range(1, same.ndim)))
    return np.asarray(rows, dtype=np.bool_)
