"""What runs in a clean process that several rules share: they decide on the same histories.

All rules decide at one cut before any of them sees a later one, so no memory of the process can
tell the future, whichever rule it belongs to. A shortened history is made once, and the signals
that rules share are computed once on it, from its own bars. What one rule may do to the others
(bars changed, an interpreter that ends) is found out, and nothing but clean outcomes counts: see
`kanalo.checks.sharing`.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kanalo.checks.differences import Columns, ComparedSpan, find_differences
from kanalo.checks.histories import WatchedMarket, watch
from kanalo.checks.parcel import Parcel, unpack
from kanalo.checks.whole import NumberOfCuts, Subject, Whole, decide_rule
from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.strategy import Strategy


@dataclass
class _Table:
    """What the rules of a process share."""

    data: bytes
    market: Market
    seed: int
    watched: WatchedMarket | None = None
    subjects: list[Subject] = field(default_factory=list)
    last: tuple[int, int, str] | None = None
    part: Market | None = None

    def watch(self) -> WatchedMarket:
        """Return the market for all decisions on the whole history."""
        if self.watched is None:
            self.watched = watch(self.market)
        return self.watched

    def make(self, subject: Subject, span: ComparedSpan, test: str) -> Market:
        """Return the history of a trial: the one before where it is the same."""
        key = (span.start, span.stop, test)
        if self.part is None or self.last != key:
            if self.last is not None and span.stop < self.last[1]:
                raise CheckError("A shorter history came after a longer one.")
            self.last, self.part = key, subject.make(span.start, span.stop, test)
        return self.part


_table: _Table | None = None


def begin(market: bytes, seed: int) -> None:
    """Take in the history; called first.

    Parameters
    ----------
    market : bytes
        The pickled market.
    seed : int
        Of other futures.
    """
    global _table
    _table = _Table(market, pickle.loads(market), seed)


def add(parcel: Parcel) -> None:
    """Take in a rule; rules are named by their place afterwards.

    Parameters
    ----------
    parcel : Parcel
        Sent by source: a rule sent by value brings a memory along and needs a process of its own.

    Raises
    ------
    CheckError
        If it is no rule sent by source, or its source is not what runs.
    """
    table, subject = _get_table(), unpack(parcel)
    if parcel.value or not isinstance(subject, Strategy):
        raise CheckError("Only rules that are sent by their source share a process.")
    table.subjects.append(Subject(subject, table.market, table.seed))


def decide_whole(place: int, numbers: NumberOfCuts) -> Whole:
    """Let a rule decide on the whole history; see `kanalo.checks.worker.decide_whole`.

    Parameters
    ----------
    place : int
        Of the rule.
    numbers : NumberOfCuts
        Of cuts.

    Returns
    -------
    Whole
        What is known at each bar, and where to cut.

    Raises
    ------
    CheckError
        If the rule fails, or does not return what it must.
    """
    table = _get_table()
    case = table.subjects[place]
    return decide_rule(case, _get_rule(case), numbers, table.watch())


def hold_whole(place: int, columns: Columns, warm_up: int | None) -> None:
    """Take in what the whole history gave for a rule, in another process.

    Parameters
    ----------
    place : int
        Of the rule.
    columns : mapping of str to Column
        Of `decide_whole`.
    warm_up : int or None
        Likewise.
    """
    case = _get_table().subjects[place]
    case.whole, case.warm_up = columns, warm_up


def is_clean_cut(place: int, span: ComparedSpan, test: str) -> tuple[bool, float]:
    """Decide on a part of the history, and tell whether it is as on the whole.

    Parameters
    ----------
    place : int
        Of the rule.
    span : ComparedSpan
        The bars, and those to compare; ``span.stop`` never less than at the calls before, of
        whatever rule.
    test : str
        Whether the history ends, or goes on otherwise.

    Returns
    -------
    bool, float
        Whether nothing differs, and the seconds of processor time.

    Raises
    ------
    CheckError
        If the rule fails, or does not return what it must.
    """
    began, table = time.process_time(), _get_table()
    case = table.subjects[place]
    part = case.compute(table.make(case, span, test))
    differs = any(True for _ in find_differences(case.whole, part, span))
    return not differs, time.process_time() - began


def check_untouched() -> None:
    """Hold the history to what was sent.

    Raises
    ------
    CheckError
        If a rule has changed it.
    """
    table = _get_table()
    if not _are_equal(table.market, pickle.loads(table.data)):
        raise CheckError("A rule has changed the history that it shares with others.")


def _are_equal(market: Market | None, other: Market | None) -> bool:
    if market is None or other is None:
        return market is other
    frames = ("bars", "context", "benchmark", "tiers", "earlier")
    pairs = [(getattr(market, name), getattr(other, name)) for name in frames]
    return (
        all(first is second or _have_same_values(first, second) for first, second in pairs)
        and np.array_equal(market.venue, other.venue)
        and _are_equal(market.finer, other.finer)
    )


def _have_same_values(first: Any, second: Any) -> bool:
    return first is not None and second is not None and bool(first.equals(second))


def _get_rule(case: Subject) -> Strategy:
    if not isinstance(case.subject, Strategy):
        raise CheckError("Only rules share a process.")
    return case.subject


def _get_table() -> _Table:
    if _table is None:
        raise CheckError("Nothing was set up to be decided on.")
    return _table
