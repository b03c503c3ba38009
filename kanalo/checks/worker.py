"""What runs in a clean process: decide on a shortened or changed history and compare.

Each process holds one rule or signal and one market. The cuts that it is given increase, so at
every cut it has seen no bar of the real history beyond it: what it remembers cannot tell the
future.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kanalo.checks.adapted import Adapted
from kanalo.checks.differences import (
    Columns,
    ComparedSpan,
    FieldDifference,
    find_differences,
)
from kanalo.checks.histories import (
    CannotDecideError,
    change_future,
    cut_out,
    watch,
)
from kanalo.checks.parcel import Parcel, digest_memory, find_memory, unpack
from kanalo.checks.whole import NumberOfCuts, Subject, Whole, decide_rule, within
from kanalo.errors import CheckError
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Strategy

N_FUTURES = 6
"""Other futures of the whole length that must all make no difference before length is blamed."""


@dataclass(frozen=True)
class CutOutcome:
    """What one cut showed.

    Attributes
    ----------
    span : ComparedSpan
        What was compared.
    differences : tuple of FieldDifference
        The first of every field that is not as on the whole history.
    overlong : FieldDifference or None
        What differs on a window but not from the first bar: a memory longer than stated.
    of_length : FieldDifference or None
        What differs with the number of bars, but not with other bars in the place of the later
        ones: for example where a function draws two columns of random numbers one after the other.
    error : str
        Why nothing could be compared; else empty.
    too_short : bool
        Whether ``error`` says that the rule failed on so few bars.
    seconds : float
        Processor time.
    """

    span: ComparedSpan
    differences: tuple[FieldDifference, ...] = ()
    overlong: FieldDifference | None = None
    of_length: FieldDifference | None = None
    error: str = ""
    too_short: bool = False
    seconds: float = 0.0


_case: Subject | None = None


def set_up(parcel: Parcel, market: bytes, seed: int, warm_up: int | None = None) -> None:
    """Take in what is to be decided on; called first.

    Parameters
    ----------
    parcel : Parcel
        The rule or signal.
    market : bytes
        The pickled market.
    seed : int
        Of other futures.
    warm_up : int, optional
        Of a signal; a rule says its own.

    Raises
    ------
    OtherCodeError
        If the parcel has to be sent by value.
    CheckError
        If the code, sent by value, keeps bars in its memory between calls.
    """
    global _case
    _case = Subject(unpack(parcel), pickle.loads(market), seed, warm_up)
    if parcel.value:
        _probe(_case)


def _probe(case: Subject) -> None:
    """Refuse code whose memory came along and grows: it may hold what earlier calls saw."""
    memory = find_memory(case.subject)
    if not memory:
        return
    before = digest_memory(memory)
    try:
        case.compute(random_walk_market(300, 1, case.market.interval))
    except CheckError:
        return  # nothing was learnt; the whole history will say what is wrong
    after = digest_memory(memory)
    changed = [name for name in memory if before[name] != after[name]]
    if changed:
        raise CheckError(
            f"keeps bars between calls in {', '.join(changed)}, which may hold the future from "
            "earlier calls: write the rule to a file of its own, so that it can be checked without"
        )


def decide_whole(numbers: NumberOfCuts) -> Whole:
    """Decide on the whole history, in a process that decides on nothing else.

    Parameters
    ----------
    numbers : NumberOfCuts
        Of cuts: three eighths of them after entries, an eighth after exits, at most an eighth
        where rare data make a difference.

    Raises
    ------
    CheckError
        If the rule fails, or does not return what it must.
    """
    case, began = _get_case(), time.process_time()
    if isinstance(case.subject, Strategy):
        return decide_rule(case, case.subject, numbers, watch(case.market))
    columns, none = case.compute(case.market), np.empty(0, np.int64)
    own = none
    if isinstance(case.subject, Adapted):
        own = within(case.subject.find_own_cuts(columns, numbers.of(None) // 2), case)
    return Whole(columns, case.warm_up, own, True, none, time.process_time() - began)


def decide_part(start: int, stop: int) -> Columns:
    """Return what is known at the bars [start, stop) where there are no others.

    Parameters
    ----------
    start, stop : int
        Bars of the market.

    Returns
    -------
    mapping of str to Column
        Bars count from ``start``.

    Raises
    ------
    CheckError
        If the rule fails, or does not return what it must.
    """
    case = _get_case()
    return case.compute(cut_out(case.market, start, stop))


def convert_part(convert: Callable[[Any], Any], start: int, stop: int) -> Any:
    """Return what a function makes of a detector's result on the bars [start, stop).

    Parameters
    ----------
    convert : callable
        A function of a module of kanalo.
    start, stop : int
        Bars of the market.

    Returns
    -------
    object
        What ``convert`` returned.

    Raises
    ------
    CheckError
        If the case is a strategy, which has no result of its own to convert.
    """
    case = _get_case()
    if isinstance(case.subject, (Strategy, Adapted)):
        raise CheckError("A strategy is no detector.")
    return convert(case.subject(cut_out(case.market, start, stop)))


def hold_whole(columns: Columns, warm_up: int | None) -> None:
    """Take in what the whole history gave, for the cuts to come.

    Parameters
    ----------
    columns : mapping of str to Column
        Of `decide_whole`, in another process.
    warm_up : int or None
        Likewise.
    """
    case = _get_case()
    case.whole, case.warm_up = columns, warm_up


def decide_cut(span: ComparedSpan, test: str) -> CutOutcome:
    """Decide on a part of the history, and compare with the whole.

    Parameters
    ----------
    span : ComparedSpan
        The bars, and those to compare; ``span.stop`` never less than at the calls before.
    test : str
        Whether the history ends, or goes on otherwise.

    Returns
    -------
    CutOutcome
        What differs, or why nothing could be compared.
    """
    began, case = time.process_time(), _get_case()
    try:
        outcome = _compare(case, span, test)
    except CannotDecideError as error:
        outcome = CutOutcome(span, error=str(error), too_short=True)
    except CheckError as error:
        outcome = CutOutcome(span, error=str(error))
    return replace(outcome, seconds=time.process_time() - began)


def _compare(case: Subject, span: ComparedSpan, test: str) -> CutOutcome:
    """Compare; what differs on a window is looked at from the first bar before it counts."""
    differences = _differ(case, span, test)
    overlong = None
    if differences and span.start:
        windowed, span = differences[0], ComparedSpan(0, 0, span.stop)
        differences = _differ(case, span, test)
        overlong = None if differences else windowed
    if differences:
        _check_repeatable(case, span, test)
    if differences and isinstance(case.subject, Adapted) and _is_of_length(case, span):
        return CutOutcome(span, of_length=differences[0])
    return CutOutcome(span, tuple(differences), overlong)


def _is_of_length(case: Subject, span: ComparedSpan) -> bool:
    """Tell whether only the number of bars makes the difference: as many others make none."""
    for seed in range(1, N_FUTURES + 1):
        other = change_future(case.market, span.stop, case.seed + seed)
        if any(find_differences(case.whole, case.compute(other), span)):
            return False
    return True


def _differ(case: Subject, span: ComparedSpan, test: str) -> list[FieldDifference]:
    part = case.compute(case.make(span.start, span.stop, test))
    return list(find_differences(case.whole, part, span))


def _check_repeatable(case: Subject, span: ComparedSpan, test: str) -> None:
    """Raise if two calls on the same bars differ: then a difference says nothing of the future."""
    first, again = (case.compute(case.make(span.start, span.stop, test)) for _ in range(2))
    for each in find_differences(first, again, ComparedSpan(0, 0, span.stop - span.start)):
        raise CheckError(
            f"does not decide the same twice on the same {span.stop - span.start} bars: "
            f"'{each.field}' at bar {span.start + each.bar} was {each.expected} and then "
            f"{each.received}; draw from a generator with a seed of its own"
        )


def _get_case() -> Subject:
    if _case is None:
        raise CheckError("Nothing was set up to be decided on.")
    return _case
