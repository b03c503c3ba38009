"""Market entries of both sides in order, and the values of their fields.

Thousands of sets of a sweep enter at the same bars, and differ in a level or an exit. What depends
on these bars alone is kept for the sets that follow, and what has one value for all entries is kept
for all sets; both can be read and not written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.strategy.dense import FILLED, Values, is_left_out, merge_sides, pick_one, pick_values
from kanalo.strategy.fields import DecisionField
from kanalo.typing import IntArray

_MOST_KEPT = 64  # pairs of bars, and values
_MOST_BARS = 10_000  # of a pair that is kept

Picked = tuple[npt.NDArray[Any], Any, bool]
"""The array for kernels, the same as decisions hold it, and whether it needs no further look."""


class Sides:
    """Market entries of both sides in order.

    Parameters
    ----------
    longs, shorts : int64 arrays
        Bars of each side, increasing.

    Raises
    ------
    DecisionError
        If both hold one bar.
    """

    def __init__(self, longs: IntArray, shorts: IntArray) -> None:
        self.longs, self.shorts = longs, shorts
        self.entries, self.side = merge_sides(longs, shorts)
        self._tags: dict[tuple[str, str], tuple[str, ...]] = {}

    @classmethod
    def of(cls, entries: IntArray, side: npt.NDArray[np.int8]) -> Sides:
        """Make them of entries that are in order.

        Parameters
        ----------
        entries : int64 array of shape (n,)
            Bars, those of both sides the long one first.
        side : int8 array of shape (n,)
            Their sides.

        Returns
        -------
        Sides
            Not shared.
        """
        made = object.__new__(cls)
        made.longs, made.shorts = entries[side > 0], entries[side < 0]
        made.entries, made.side, made._tags = entries, side, {}
        return made

    @cached_property
    def frozen(self) -> tuple[IntArray, npt.NDArray[np.int8]]:
        """Bars and sides, not to be written to."""
        return freeze(self.entries), freeze(self.side)

    @cached_property
    def _places(self) -> IntArray:
        """Where each entry stands among the longs followed by the shorts."""
        return np.argsort(np.concatenate((self.longs, self.shorts)), kind="stable")

    def pick(self, declared: DecisionField, values: Values, n_bars: int) -> Picked:
        """Read the values of a field at the entries.

        Parameters
        ----------
        declared : DecisionField
            The field.
        values : array_like, callable or tuple
            What was given; see `kanalo.strategy.dense.pick_values`.
        n_bars : int
            Number of bars.

        Returns
        -------
        tuple
            See `Picked`.

        Raises
        ------
        DecisionError
            As `kanalo.strategy.dense.pick_values`.
        """
        if declared.dtype is None:
            tags: Any = self._pick_text(declared, values, n_bars)
            return tags, tags, True
        n = len(self.entries)
        if type(values) in FILLED.get(declared.dtype, ()):
            base, frozen, sound = _fill(declared, values, n)
            return base[:n], frozen[:n], sound
        if isinstance(values, tuple) and len(values) == 2:
            parts = (
                pick_one(declared, values[0], self.longs.copy(), n_bars),
                pick_one(declared, values[1], self.shorts.copy(), n_bars),
            )
            picked = np.concatenate(parts)[self._places]
        else:
            picked = pick_values(declared, values, self.entries, self.side, n_bars)
        return picked, picked, False

    def _pick_text(self, declared: DecisionField, values: Values, n_bars: int) -> tuple[str, ...]:
        """Read words at the entries; those of both sides are kept."""
        is_pair = isinstance(values, tuple) and len(values) == 2
        if not is_pair or not all(type(each) is str for each in values):  # type: ignore[union-attr]
            picked: tuple[str, ...] = pick_values(declared, values, self.entries, self.side, n_bars)
            return picked
        pair: Any = values
        if pair not in self._tags:
            self._tags[pair] = pick_values(declared, pair, self.entries, self.side, n_bars)
        return self._tags[pair]


_KEPT: dict[tuple[int, int], tuple[bytes, bytes, Sides]] = {}
_FILLED: dict[tuple[str, Any], Picked] = {}


def find_sides(longs: IntArray, shorts: IntArray, *, listed: bool) -> Sides:
    """Put the entries of both sides in order, or find what an earlier set left.

    Parameters
    ----------
    longs, shorts : int64 arrays
        Bars of each side, increasing.
    listed : bool
        Whether a rule listed the bars itself, so that its next set may list the same ones.

    Returns
    -------
    Sides
        Shared where both lists hold what they held before.

    Raises
    ------
    DecisionError
        If both hold one bar.
    """
    if not listed or len(longs) + len(shorts) > _MOST_BARS:
        return Sides(longs, shorts)
    key = id(longs), id(shorts)  # a hint: what they hold decides
    held = longs.tobytes(), shorts.tobytes()
    kept = _KEPT.get(key)
    if kept is not None and kept[:2] == held:
        return kept[2]
    sides = Sides(np.array(longs), np.array(shorts))
    if len(_KEPT) >= _MOST_KEPT:
        _KEPT.clear()
    _KEPT[key] = (*held, sides)
    return sides


def pick_fields(
    fields: tuple[DecisionField, ...],
    given: Mapping[str, Values],
    sides: Sides,
    n_bars: int,
) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Read at the entries each field that was given.

    Parameters
    ----------
    fields : tuple of DecisionField
        Fields of `Decisions` with one value for each entry.
    given : mapping of str to array_like, callable or tuple
        What was given, by the name of the field.
    sides : Sides
        The entries.
    n_bars : int
        Number of bars.

    Returns
    -------
    dict of str to array
        As `Decisions` holds them; without the extra fields that were left out.
    dict of str to array
        The same for kernels, which were compiled for arrays that can be written to.
    bool
        Whether each was looked at before.

    Raises
    ------
    DecisionError
        As `kanalo.strategy.dense.pick_values`.
    """
    held, plain, sound = {}, {}, True
    for each in fields:
        name = each.name
        if name in given and not (each.is_extra and is_left_out(each, given[name])):
            plain[name], held[name], known = sides.pick(each, given[name], n_bars)
            sound = sound and known
    return held, plain, sound


def freeze(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a view of an array that cannot be written to."""
    frozen = values.view()
    frozen.flags.writeable = False
    return frozen


def _fill(declared: DecisionField, value: Any, n: int) -> Picked:
    """Return at least ``n`` times one value."""
    key = declared.name, value
    kept = _FILLED.get(key)
    if kept is None or len(kept[0]) < n:
        if len(_FILLED) >= _MOST_KEPT:
            _FILLED.clear()
        base = declared.fill_with(value, max(1_024, 1 << n.bit_length()))
        wrong = declared.is_wrong is not None and bool(declared.is_wrong(base[:1]).any())
        # A price for all entries is held against the other price of each entry.
        sound = not wrong and (not declared.is_price or bool(np.isnan(base[0])))
        kept = _FILLED[key] = base, freeze(base), sound
    return kept
