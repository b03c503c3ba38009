"""What was known at each bar, as columns, and the first differences between two histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.market.market import FloatArray
from kanalo.strategy import Decisions

TOLERANCE = 1e-9
"""Relative difference below which two prices are the same."""

IntArray = npt.NDArray[np.int64]

_PER_ENTRY = ("side", "stop", "target", "trail", "size", "max_bars", "tag")
_EVENTS = ("entries", "exit_long", "exit_short")
_GUARDS = ("guard_long", "guard_short")
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
        """Difference that does not count however small the value; 0 for prices."""
        return TOLERANCE * _typical_size(self.values) if self.signed else 0.0


Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Span:
    """The bars [first, stop) on which a part of a history, begun at ``start``, is compared."""

    start: int
    first: int
    stop: int


@dataclass(frozen=True)
class Difference:
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
    for name in _PER_ENTRY:
        values = getattr(decisions, name)
        kind = object if name == "tag" else None
        columns[name] = Column(decisions.entries, np.asarray(values, dtype=kind))
    for name in _GUARDS:
        line = getattr(decisions, name)
        if line is not None:
            columns[name] = Column(None, line)
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


def find_differences(whole: Columns, part: Columns, span: Span) -> Iterator[Difference]:
    """Yield the first difference of every field that is not the same on both histories.

    Parameters
    ----------
    whole : mapping of str to Column
        What is known of the whole history.
    part : mapping of str to Column
        What is known of the bars from ``span.start`` on; its bars count from there.
    span : Span
        The bars to compare.
    """
    for name in (*whole, *(name for name in part if name not in whole)):
        if name in whole and name in part:
            found = _compare(name, whole[name], part[name], span)
            if found is not None:
                yield found
        else:
            said = (_DRAWN, _MISSING) if name in whole else (_MISSING, _DRAWN)
            yield Difference(name, span.first, *said)


def _compare(name: str, whole: Column, part: Column, span: Span) -> Difference | None:
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


def _within(bars: IntArray, span: Span) -> IntArray:
    return bars[(bars >= span.first) & (bars < span.stop)]


def _compare_events(name: str, whole: IntArray, part: IntArray) -> Difference | None:
    different = np.setxor1d(whole, part, assume_unique=True)
    if not different.size:
        return None
    bar = int(different[0])
    said = (_DECIDED, _NOT_DECIDED) if bar in whole else (_NOT_DECIDED, _DECIDED)
    return Difference(name, bar, *said)


def _compare_values(
    name: str,
    bars: IntArray,
    whole: npt.NDArray[Any],
    part: npt.NDArray[Any],
    margin: float,
) -> Difference | None:
    if whole.shape != part.shape:
        return Difference(name, int(bars[0]), f"shape {whole.shape}", f"shape {part.shape}")
    if whole.dtype.kind == "f":
        same = np.isclose(part, whole, rtol=TOLERANCE, atol=margin, equal_nan=True)
    else:
        same = whole == part
    same = same if same.ndim == 1 else same.all(axis=tuple(range(1, same.ndim)))
    if same.all():
        return None
    at = int(np.argmin(same))
    return Difference(name, int(bars[at]), whole[at], part[at])
