"""`Decisions`: what a rule decided at the close of every bar, sparsely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.errors import DecisionError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Levels = npt.ArrayLike
"""One number for all bars, or one per bar."""

_KINDS = tuple(map(np.dtype, ("i8", "i1", "f8", "f8", "f8", "f8", "i8")))


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a strategy decided, sparsely; each decision was made at the close of its bar.

    Attributes
    ----------
    n_bars : int
        Number of bars that were looked at.
    entries : int64 array of shape (n,)
        Bars at whose close an entry was decided, strictly increasing.
    side : int8 array of shape (n,)
        +1 long, -1 short.
    stop, target : float64 arrays of shape (n,)
        Protective prices; NaN for none.
    trail : float64 array of shape (n,)
        Trailing distance as a fraction of the best close since entry; NaN for none.
    size : float64 array of shape (n,)
        Fraction of equity to commit.
    max_bars : int64 array of shape (n,)
        Bars after which the position is closed; 0 for no limit.
    tag : tuple of str, length n
        A word on each entry, kept on its trade.
    exit_long, exit_short : int64 arrays
        Bars at whose close a position of that side is to be left, strictly increasing.
    guard_long, guard_short : float64 arrays of shape (n_bars,) or None
        Price lines to which the stop may only tighten; NaN where there is none.
    overlays : mapping of str to float64 array
        What the report draws over the price: shape (n_bars,) is a line, (n_bars, 2) a band.
    """

    n_bars: int
    entries: IntArray
    side: npt.NDArray[np.int8]
    stop: FloatArray
    target: FloatArray
    trail: FloatArray
    size: FloatArray
    max_bars: IntArray
    tag: tuple[str, ...]
    exit_long: IntArray
    exit_short: IntArray
    guard_long: FloatArray | None = None
    guard_short: FloatArray | None = None
    overlays: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse decisions that contradict themselves, naming the bar."""
        _check_lengths(self)
        _check_bar_indices(self.exit_long, "exit_long", self.n_bars)
        _check_bar_indices(self.exit_short, "exit_short", self.n_bars)
        if not _are_usual(self):
            _check_bar_indices(self.entries, "entries", self.n_bars)
            _check_values(self)

    @classmethod
    def from_arrays(
        cls,
        n_bars: int,
        *,
        long: npt.ArrayLike | None = None,
        short: npt.ArrayLike | None = None,
        exit_long: npt.ArrayLike | None = None,
        exit_short: npt.ArrayLike | None = None,
        stop: Levels = np.nan,
        target: Levels = np.nan,
        trail: Levels = np.nan,
        size: Levels = 1.0,
        max_bars: Levels = 0,
        tag: str | npt.ArrayLike = "",
        guard_long: npt.ArrayLike | None = None,
        guard_short: npt.ArrayLike | None = None,
        overlays: Mapping[str, FloatArray] | None = None,
    ) -> Decisions:
        """Build decisions from dense arrays with one value per bar.

        Parameters
        ----------
        n_bars : int
            Number of bars.
        long, short, exit_long, exit_short : bool arrays of shape (n_bars,), optional
            Where to enter or leave; nowhere by default.
        stop, target, trail, size, max_bars, tag : arrays of shape (n_bars,) or scalars
            Read at the bar of each entry; see the class.
        guard_long, guard_short : float arrays of shape (n_bars,), optional
            See the class.
        overlays : mapping, optional
            See the class.

        Raises
        ------
        DecisionError
            If one bar decides to enter both sides, or a level contradicts its side.
        """
        longs, shorts = _find(long, n_bars, "long"), _find(short, n_bars, "short")
        entries, side = _merge(longs, shorts)
        levels = {"stop": stop, "target": target, "trail": trail, "size": size}
        return cls(
            n_bars=n_bars,
            entries=entries,
            side=side,
            **{name: _pick(each, entries, n_bars, np.float64) for name, each in levels.items()},
            max_bars=_pick(max_bars, entries, n_bars, np.int64),
            tag=tuple(map(str, _pick(tag, entries, n_bars, None).tolist())),
            exit_long=_find(exit_long, n_bars, "exit_long"),
            exit_short=_find(exit_short, n_bars, "exit_short"),
            guard_long=_to_line(guard_long),
            guard_short=_to_line(guard_short),
            overlays=overlays or {},
        )

    def since(self, first: int) -> Decisions:
        """Return the decisions made at or after a bar, counted from it."""
        if first == 0:
            return self
        keep = self.entries >= first
        lines = {name: line[first:] for name, line in self.overlays.items()}
        return Decisions(
            n_bars=self.n_bars - first,
            entries=self.entries[keep] - first,
            side=self.side[keep],
            stop=self.stop[keep],
            target=self.target[keep],
            trail=self.trail[keep],
            size=self.size[keep],
            max_bars=self.max_bars[keep],
            tag=tuple(tag for tag, kept in zip(self.tag, keep, strict=True) if kept),
            exit_long=self.exit_long[self.exit_long >= first] - first,
            exit_short=self.exit_short[self.exit_short >= first] - first,
            guard_long=None if self.guard_long is None else self.guard_long[first:],
            guard_short=None if self.guard_short is None else self.guard_short[first:],
            overlays=lines,
        )


def _find(values: npt.ArrayLike | None, n_bars: int, name: str) -> IntArray:
    """Return the bars at which a mask holds."""
    if values is None:
        return np.zeros(0, dtype=np.int64)
    mask = np.asarray(values)
    if mask.shape != (n_bars,) or mask.dtype != bool:
        raise DecisionError(
            f"'{name}' must be a bool array of length {n_bars}; "
            f"received {mask.dtype} of shape {mask.shape}."
        )
    return np.flatnonzero(mask)


def _merge(longs: IntArray, shorts: IntArray) -> tuple[IntArray, npt.NDArray[np.int8]]:
    """Put the entries of both sides in order; no bar may decide to enter both."""
    if not len(shorts):
        return longs, np.ones(len(longs), dtype=np.int8)
    both = np.intersect1d(longs, shorts, assume_unique=True)
    if both.size:
        raise DecisionError(f"Bar {both[0]} decides to enter long and short at once.")
    entries = np.concatenate([longs, shorts])
    order = np.argsort(entries, kind="stable")
    return entries[order], np.where(order < len(longs), 1, -1).astype(np.int8)


def _pick(values: npt.ArrayLike, entries: IntArray, n_bars: int, dtype: Any) -> Any:
    """Read a scalar, or an array with one value per bar, at the entries."""
    dense = np.asarray(values)
    if dense.ndim == 0:
        return np.full(len(entries), dense, dtype=dtype)
    if dense.shape != (n_bars,):
        raise DecisionError(f"Expected {n_bars} values, one per bar; received {dense.shape}.")
    return dense[entries].astype(dtype or dense.dtype)


def _to_line(values: npt.ArrayLike | None) -> FloatArray | None:
    return None if values is None else np.asarray(values, dtype=np.float64)


def _check_lengths(decisions: Decisions) -> None:
    n = len(decisions.entries)
    for name in ("side", "stop", "target", "trail", "size", "max_bars", "tag"):
        if len(getattr(decisions, name)) != n:
            raise DecisionError(
                f"'{name}' has {len(getattr(decisions, name))} values for {n} entries."
            )
    lines = {"guard_long": decisions.guard_long, "guard_short": decisions.guard_short}
    for name, line in (*lines.items(), *decisions.overlays.items()):
        if line is not None and len(line) != decisions.n_bars:
            raise DecisionError(f"'{name}' has {len(line)} values for {decisions.n_bars} bars.")


def _check_bar_indices(bars: IntArray, name: str, n_bars: int) -> None:
    if len(bars) == 0:
        return
    if bars[0] < 0 or bars[-1] >= n_bars:
        raise DecisionError(
            f"'{name}' holds bar {bars[0] if bars[0] < 0 else bars[-1]} of {n_bars} bars."
        )
    repeated = bars[1:] <= bars[:-1]
    if repeated.any():
        at = int(np.argmax(repeated)) + 1
        raise DecisionError(f"'{name}' must be strictly increasing; bar {bars[at]}.")


def _are_usual(d: Decisions) -> bool:
    """Tell of most entries that they are sound in a fraction of the time; False is no verdict."""
    columns = (d.entries, d.side, d.stop, d.target, d.trail, d.size, d.max_bars)
    if not all(_is_plain(*each) for each in zip(columns, _KINDS, strict=True)):
        return False
    from kanalo._decision_kernels import are_usual

    return bool(are_usual(d.n_bars, *columns))


def _is_plain(values: Any, kind: np.dtype[Any]) -> bool:
    return bool(values.dtype == kind and values.flags.carray)


def _check_values(decisions: Decisions) -> None:
    d = decisions
    rules = (
        ("side", np.abs(d.side) != 1, "+1 or -1"),
        ("size", ~((d.size > 0) & np.isfinite(d.size)), "a positive fraction of equity"),
        ("trail", ~np.isnan(d.trail) & ~((d.trail > 0) & (d.trail < 1)), "a fraction in (0, 1)"),
        ("stop", ~np.isnan(d.stop) & ~((d.stop > 0) & np.isfinite(d.stop)), "a positive price"),
        ("target", ~np.isnan(d.target) & ~((d.target > 0) & np.isfinite(d.target)), "a price > 0"),
        ("max_bars", d.max_bars < 0, "0 or more"),
        ("target", d.side * (d.target - d.stop) <= 0, "a target beyond the stop"),
    )
    for name, wrong, expected in rules:
        if wrong.any():
            at = int(np.argmax(wrong))
            raise DecisionError(
                f"'{name}' decided at bar {d.entries[at]} must be {expected}; "
                f"received {getattr(d, name)[at]}."
            )
