"""`Decisions`: what a rule decided at the close of every bar, sparsely."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.arguments import Named, check_type, wrong_argument
from kanalo.strategy.dense import Values, find_bars, to_line
from kanalo.strategy.fields import (
    Kind,
    exit_bars,
    is_negative,
    is_no_fraction,
    is_no_order,
    is_no_part,
    is_no_price,
    is_no_side,
    is_not_positive,
    list_fields,
    per_entry,
    price_line,
)
from kanalo.strategy.orders import (
    check_entry_bars,
    check_orders,
    find_orders,
    merge_orders,
    to_codes,
)
from kanalo.strategy.overlays import Overlays, cut_overlays, to_overlays
from kanalo.strategy.sides import Sides, find_sides, pick_fields
from kanalo.strategy.soundness import (
    PLAIN,
    are_picked_sound,
    check_bars,
    check_lengths,
    check_levels,
    check_lines,
    check_span,
    check_values,
    look_over,
)
from kanalo.text import count
from kanalo.typing import BoolArray, FloatArray, IntArray

Levels = Values
"""One number for all bars, one per bar, a callable of bars, or two of these: longs and shorts."""


@dataclass(frozen=True, eq=False)
class Decisions(Named):
    """What a strategy decided, sparsely; each decision was made at the close of its bar.

    Attributes
    ----------
    n_bars : int
        Number of bars that were looked at.
    entries : int64 array of shape (n,)
        Bars at whose close an entry was decided, increasing: a bar may hold a long and a short
        order, the long one first; a market entry stands alone in its bar.
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
    order : int8 array of shape (n,), or words
        `OrderType`: 0 ``market`` (at the next open), 1 ``stop`` or 2 ``limit`` at ``price``.
    price : float64 array of shape (n,)
        Where an order waits, between the entry's stop and target; NaN for a market entry.
    valid : int64 array of shape (n,)
        Bars that an order lives after the one at whose close it was placed; 0 until cancelled.
    target_2 : float64 array of shape (n,)
        Where what the first target leaves is sold, beyond ``target``; NaN for none.
    share : float64 array of shape (n,)
        Share of the position closed at the first of two targets, in (0, 1).
    breakeven : bool array of shape (n,)
        Whether the stop moves to the entry price at the close of the bar of the first target.
    exit_long, exit_short : int64 arrays
        Bars at whose close a position of that side is to be left, strictly increasing.
    guard_long, guard_short : float64 arrays of shape (n_bars,) or None
        Price lines to which the stop may only tighten; NaN where there is none.
    overlays : mapping of str to float64 array
        What the report draws over the price: shape (n_bars,) is a line, (n_bars, 2) a band.

    Examples
    --------
    >>> import kanalo
    >>> long = [False, True, False, False]
    >>> decisions = kanalo.Decisions.from_arrays(4, long=long, stop=[9.0, 9.5, 9.5, 9.5])
    >>> decisions.entries, decisions.stop
    (array([1]), array([9.5]))
    """

    n_bars: int
    entries: IntArray
    side: npt.NDArray[np.int8] = per_entry(np.int8, is_wrong=is_no_side, accepted="+1 or -1")
    stop: FloatArray = per_entry(
        np.float64,
        default=np.nan,
        is_price=True,
        is_wrong=is_no_price,
        accepted="a positive price",
    )
    target: FloatArray = per_entry(
        np.float64, default=np.nan, is_price=True, is_wrong=is_no_price, accepted="a price > 0"
    )
    trail: FloatArray = per_entry(
        np.float64, default=np.nan, is_wrong=is_no_fraction, accepted="a fraction in (0, 1)"
    )
    size: FloatArray = per_entry(
        np.float64,
        default=1.0,
        is_wrong=is_not_positive,
        accepted="a positive fraction of equity",
    )
    max_bars: IntArray = per_entry(np.int64, default=0, is_wrong=is_negative, accepted="0 or more")
    tag: tuple[str, ...] = per_entry(None, default="")
    order: npt.NDArray[np.int8] = per_entry(
        np.int8, default=0, is_wrong=is_no_order, accepted="0, 1 or 2", is_extra=True
    )
    price: FloatArray = per_entry(
        np.float64,
        default=np.nan,
        is_price=True,
        is_wrong=is_no_price,
        accepted="a positive price",
        is_extra=True,
    )
    valid: IntArray = per_entry(
        np.int64, default=1, is_wrong=is_negative, accepted="0 or more", is_extra=True
    )
    target_2: FloatArray = per_entry(
        np.float64,
        default=np.nan,
        is_price=True,
        is_wrong=is_no_price,
        accepted="a positive price",
        is_extra=True,
    )
    share: FloatArray = per_entry(
        np.float64, default=0.5, is_wrong=is_no_part, accepted="in (0, 1)", is_extra=True
    )
    breakeven: BoolArray = per_entry(np.bool_, default=False, is_extra=True)
    exit_long: IntArray = exit_bars(opposite="exit_short")
    exit_short: IntArray = exit_bars(opposite="exit_long")
    guard_long: FloatArray | None = price_line(opposite="guard_short")
    guard_short: FloatArray | None = price_line(opposite="guard_long")
    overlays: Mapping[str, FloatArray] = field(default_factory=dict)
    is_extended = False  # whether an entry is an order or has two targets; no field of its own

    def __post_init__(self) -> None:
        """Fill in what was left out, and refuse what contradicts itself, naming the bar."""
        own, n = vars(self), len(self.entries)
        given = [each for each in EXTRA_FIELDS if own[each.name] is not None]
        if not given:
            own.update(_fill_extras(n))
        fields = ENTRY_FIELDS if given else PLAIN_FIELDS
        for each in (*fields, *EXIT_FIELDS):
            if own[each.name] is None:
                own[each.name] = each.fill(n if each.kind is Kind.ENTRY else 0)
        check_lengths(self, fields, LINE_FIELDS)
        for each in EXIT_FIELDS:
            check_bars(getattr(self, each.name), each.name, self.n_bars)
        if given:
            own["order"] = to_codes(self.order)
            own["is_extended"] = not all(each.is_default(own[each.name]) for each in given)
        if self.is_extended:
            check_span(self.entries, "entries", self.n_bars)
            check_values(self, ENTRY_FIELDS)
            check_orders(self)
            check_entry_bars(self.entries, self.side, self.order)
        elif not look_over(self, PLAIN_FIELDS):
            check_bars(self.entries, "entries", self.n_bars)
            check_values(self, ENTRY_FIELDS)

    def __repr__(self) -> str:
        """Say how much was decided on how many bars."""
        longs = int((self.side > 0).sum())
        exits = len(self.exit_long) + len(self.exit_short)
        return (
            f"Decisions({count(self.n_bars, 'bar')}: {longs:,} long and "
            f"{len(self.side) - longs:,} short "
            f"entries, {exits:,} exits)"
        )

    @classmethod
    def from_arrays(
        cls,
        n_bars: int,
        *,
        long: npt.ArrayLike | None = None,
        short: npt.ArrayLike | None = None,
        long_stop: npt.ArrayLike | None = None,
        long_limit: npt.ArrayLike | None = None,
        short_stop: npt.ArrayLike | None = None,
        short_limit: npt.ArrayLike | None = None,
        exit_long: npt.ArrayLike | None = None,
        exit_short: npt.ArrayLike | None = None,
        stop: Levels = np.nan,
        target: Levels = np.nan,
        trail: Levels = np.nan,
        size: Levels = 1.0,
        max_bars: Levels = 0,
        tag: Values = "",
        valid: Levels = 1,
        target_2: Levels = np.nan,
        share: Levels = 0.5,
        breakeven: Levels = False,
        guard_long: npt.ArrayLike | None = None,
        guard_short: npt.ArrayLike | None = None,
        overlays: Overlays | None = None,
    ) -> Decisions:
        """Build decisions from dense arrays with one value per bar.

        Parameters
        ----------
        n_bars : int
            Number of bars.
        long, short, exit_long, exit_short : bool arrays of shape (n_bars,), or int arrays, optional
            Where to enter at the next open or leave, as a mask or as bars; nowhere by default.
        long_stop, long_limit, short_stop, short_limit : float arrays of shape (n_bars,), optional
            Prices of entry orders: a price places an order at the close of its bar, NaN places none
            and cancels none. With ``valid = 1`` the line is the order of the next bar.
        stop, target, trail, size, max_bars, tag, valid, target_2, share, breakeven : arrays
            Scalars, or of shape (n_bars,), or of shape (n_bars, 2) with a column for longs and one
            for shorts. Read at the bar of each entry; see the class. A callable takes the bars of
            the entries and computes their values alone, which is faster. A tuple of two of these
            is for longs and for shorts: ``tag=("new high", "new low")``.
        guard_long, guard_short : float arrays of shape (n_bars,), optional
            See the class.
        overlays : mapping or callable, optional
            See the class; a callable without arguments returns the mapping when it is drawn.

        Returns
        -------
        Decisions
            Entries in the order of their bars.

        Raises
        ------
        DecisionError
            If one bar decides to enter both sides, or a level contradicts its side.
        """
        check_type("Decisions.from_arrays", "n_bars", n_bars, (int, np.integer), "an int")
        n_bars = int(n_bars)
        if n_bars < 0:
            raise wrong_argument("Decisions.from_arrays", "n_bars", n_bars, "0 or more")
        longs, shorts = find_bars(long, n_bars, "long"), find_bars(short, n_bars, "short")
        listed = longs is long and (short is None or shorts is short)
        sides = find_sides(longs, shorts, listed=listed)
        given = {"stop": stop, "target": target, "trail": trail, "size": size}
        given |= {"max_bars": max_bars, "tag": tag}
        given |= {"valid": valid, "target_2": target_2, "share": share, "breakeven": breakeven}
        orders: dict[str, Any] = {}
        if placed := find_orders(n_bars, long_stop, long_limit, short_stop, short_limit):
            entries, side, orders = merge_orders(sides.entries, sides.side, placed)
            sides = Sides.of(entries, side) if orders else sides
        shared = {
            "exit_long": find_bars(exit_long, n_bars, "exit_long"),
            "exit_short": find_bars(exit_short, n_bars, "exit_short"),
            "guard_long": to_line(guard_long),
            "guard_short": to_line(guard_short),
            "overlays": to_overlays(overlays, n_bars),
        }
        return cls._make(n_bars, sides, given, {**orders, **shared})

    @classmethod
    def _make(
        cls, n_bars: int, sides: Sides, given: dict[str, Any], shared: dict[str, Any]
    ) -> Decisions:
        """Make decisions of what was given for all bars; what is known to be sound is believed."""
        held, plain, is_known = pick_fields(ENTRY_FIELDS, given, sides, n_bars)
        entries, side = sides.frozen
        extras = _fill_extras(len(entries))
        if not (held.keys() | shared.keys()).isdisjoint(extras):
            return cls(n_bars, entries, side, **held, **shared)
        made = cls._put_together(
            extras, n_bars=n_bars, entries=entries, side=side, **held, **shared
        )
        check_lines(made, LINE_FIELDS)
        if not is_known and not are_picked_sound(
            n_bars, sides.entries, {"side": sides.side, **plain}
        ):
            check_values(made, ENTRY_FIELDS)
        vars(made)[PLAIN] = (sides.entries, sides.side, plain["stop"], plain["target"])
        return made

    @classmethod
    def _put_together(cls, extras: dict[str, Any], **fields: Any) -> Decisions:
        """Make decisions of fields that are sound, which is not looked at again."""
        made = object.__new__(cls)
        vars(made).update(extras, **fields)
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Return what is to be copied or sent: the fields, once."""
        return {name: value for name, value in vars(self).items() if name != PLAIN}

    def pick(self, chosen: npt.NDArray[Any]) -> dict[str, Any]:
        """Return the fields of some entries, by name.

        Parameters
        ----------
        chosen : bool array of shape (n_entries,), or int64 array of shape (n_chosen,)
            Which entries to take, as a mask or by index.
        """
        return {each.name: each.take(getattr(self, each.name), chosen) for each in ENTRY_FIELDS}

    def since(self, first: int) -> Decisions:
        """Return the decisions made at or after a bar, counted from it."""
        if first == 0:
            return self
        begin = int(self.entries.searchsorted(first))
        fields = {
            each.name: getattr(self, each.name)[begin:]
            for each in (ENTRY_FIELDS if self.is_extended else PLAIN_FIELDS)
        }
        fields |= self.change_shared(
            lambda bars: bars[bars.searchsorted(first) :] - first, lambda line: line[first:]
        )
        fields["overlays"] = cut_overlays(self.overlays, first)
        fields |= {"n_bars": self.n_bars - first, "entries": self.entries[begin:] - first}
        if self.is_extended:
            return Decisions(**fields)
        return Decisions._put_together(_fill_extras(len(fields["entries"])), **fields)

    def change_shared(
        self,
        exits: Callable[[IntArray], IntArray],
        lines: Callable[[FloatArray], FloatArray],
        *,
        opposite: bool = False,
    ) -> dict[str, Any]:
        """Return what is not decided for an entry alone, changed: exits and guard lines by name.

        Parameters
        ----------
        exits : callable
            Takes and returns bars at whose close a side is left.
        lines : callable
            Takes and returns a line of shape (n_bars,); not called for a line that is None.
        opposite : bool
            Whether each side gets what the other one had.

        Returns
        -------
        dict
            Changed values by the names of their fields.
        """
        changed: dict[str, Any] = {}
        for each in (*EXIT_FIELDS, *LINE_FIELDS):
            values = getattr(self, each.opposite if opposite else each.name)
            change: Callable[[Any], Any] = exits if each.kind is Kind.EXIT else lines
            changed[each.name] = None if values is None else change(values)
        return changed

    def check_levels(self, close: FloatArray) -> None:
        """Refuse a stop or a target on the wrong side of the close at which it was decided.

        A stop may be at the close itself, as the lowest low of some bars can be.

        Parameters
        ----------
        close : float64 array of shape (n_bars,)
            Closes of the bars that were looked at.

        Raises
        ------
        DecisionError
            At the first entry whose stop is beyond the close in the direction of the trade, or
            whose target is beyond it against that direction; NaN is none and passes.
        """
        check_levels(self, close)


ENTRY_FIELDS = list_fields(Decisions, Kind.ENTRY)
EXTRA_FIELDS = tuple(each for each in ENTRY_FIELDS if each.is_extra)
PLAIN_FIELDS = tuple(each for each in ENTRY_FIELDS if not each.is_extra)
EXIT_FIELDS = list_fields(Decisions, Kind.EXIT)
LINE_FIELDS = list_fields(Decisions, Kind.LINE)


@functools.lru_cache(maxsize=1_024)
def _fill_extras(n: int) -> dict[str, Any]:
    """Return the fields that most rules leave out, of so many entries."""
    return {each.name: each.fill(n) for each in EXTRA_FIELDS}
