"""The search: every rule or signal decides in clean processes of its own, cut by cut."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.checks import worker
from kanalo.checks.adapted import Adapted
from kanalo.checks.certificate import CHANGED, RULE, SIGNAL, TRUNCATED, Certificate, Offence
from kanalo.checks.clean import CleanProcess, ProcessGroup
from kanalo.checks.differences import Columns, ComparedSpan, FieldDifference
from kanalo.checks.sender import Sender, to_bytes
from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.strategy import Strategy
from kanalo.text import count

WINDOW = 2_000
"""Bars that are compared before each cut, after the warm-up."""

CHANGED_EVERY = 4
"""At every fourth cut the history does not end: it goes on with another future."""

ENOUGH = 3
"""Cuts with offences after which a case is clear."""

SHORT = 0.1
"""Share of the history below which a rule may fail without fault: few are made for two bars."""

Progress = Callable[[str, int, int], None]


@dataclass
class Case:
    """A rule or signal to certify, and what was found about it so far.

    Attributes
    ----------
    name : str
        Of the strategy or signal.
    subject : Strategy or callable
        What decides or computes.
    key : str
        Under which the certificate is kept.
    whole : mapping of str to Column
        The columns on the whole history.
    cuts : list of int
        Where to cut, the ``n_own`` at its own decisions and rare data first.
    warm_up : int or None
        Bars that it says to look back; None for unbounded memory.
    """

    name: str
    subject: Strategy | Adapted | Callable[[Market], Any]
    key: str = ""
    whole: Columns = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    warm_up: int | None = None
    n_own: int = 0
    offences: list[Offence] = field(default_factory=list)
    spans: list[ComparedSpan] = field(default_factory=list)
    n_changed: int = 0
    n_short: int = 0
    short: str = ""
    overlong: FieldDifference | None = None
    of_length: FieldDifference | None = None
    error: str = ""
    seconds: float = 0.0

    @property
    def is_rule(self) -> bool:
        """Whether it decides; a signal only computes."""
        if isinstance(self.subject, Adapted):
            return any(each.events for each in self.whole.values())
        return isinstance(self.subject, Strategy)

    @property
    def clear(self) -> bool:
        """Whether enough was found to stop."""
        return bool(self.error) or len({each.cut for each in self.offences}) >= ENOUGH

    @property
    def trials(self) -> list[tuple[ComparedSpan, str]]:
        """Every cut with its test, in the order of the cuts; both kinds see changed futures."""
        return sorted(self._each_trial(), key=lambda each: (each[0].stop, each[1]))

    def _each_trial(self) -> Iterator[tuple[ComparedSpan, str]]:
        for cuts in (self.cuts[: self.n_own], self.cuts[self.n_own :]):
            for i, cut in enumerate(cuts):
                changed = i % CHANGED_EVERY == CHANGED_EVERY - 1
                yield self.to_span(cut), CHANGED if changed else TRUNCATED

    def to_span(self, cut: int) -> ComparedSpan:
        """Return the part of the history before a cut that is looked at."""
        if self.warm_up is None or cut <= self.warm_up + WINDOW:
            return ComparedSpan(0, 0, cut)
        return ComparedSpan(cut - self.warm_up - WINDOW, cut - WINDOW, cut)

    def may_fail_on(self, span: ComparedSpan, n_bars: int) -> bool:
        """Tell whether a part of a history of ``n_bars`` is so short that failing is no fault.

        Parameters
        ----------
        span : ComparedSpan
            The part.
        n_bars : int
            Bars of the whole history.

        Returns
        -------
        bool
            True up to the warm-up, or a tenth of the history.
        """
        return span.stop - span.start <= max(self.warm_up or 0, round(n_bars * SHORT))


class Search:
    """The search for look-ahead in rules and signals on one market.

    Parameters
    ----------
    market : Market
        The whole history.
    cases : sequence of Case
        What to certify, in any order.
    seed : int
        Of the other futures.
    """

    def __init__(self, market: Market, cases: Sequence[Case], seed: int = 0) -> None:
        self.market, self.cases = market, cases
        data = to_bytes(market)
        self._group = ProcessGroup()
        self._senders = {id(case): Sender(case.subject, data, seed, self._group) for case in cases}

    def decide_whole(
        self, numbers: worker.NumberOfCuts, choose: Callable[[Case, worker.Whole], None]
    ) -> None:
        """Let every case decide on the whole history, each in a process that ends afterwards.

        Parameters
        ----------
        numbers : Numbers
            Of cuts.
        choose : callable
            Called with each case and what it gave, to choose its cuts.
        """
        with self._threads() as pool:
            decided = pool.map(partial(self._decide_one, numbers=numbers), self.cases)
            for case, whole in zip(self.cases, decided, strict=True):
                if isinstance(whole, CheckError):
                    case.error = _name_it(case, whole)
                    continue
                case.whole, case.seconds = whole.columns, whole.seconds
                case.warm_up = whole.warm_up
                choose(case, whole)

    def run(self, progress: Progress | None = None) -> list[Certificate]:
        """Make every trial, side by side, and return a certificate for each case.

        Many cases are tried side by side, each in one process; the cuts of few are shared out.
        Outcomes of a case are taken in the order of its cuts, so they do not depend on which
        process was the quickest.
        """
        todo = sorted(
            (each for each in self.cases if not each.error), key=lambda each: -each.seconds
        )
        count = _Count(progress, sum(len(case.cuts) for case in todo))
        with self._threads() as pool:
            if len(todo) >= count_processors():
                list(pool.map(partial(self._try_alone, count), todo))
            else:
                for case in todo:
                    self._try_together(count, pool, case)
        return [self._certify(each) for each in self.cases]

    def _try_alone(self, count: _Count, case: Case) -> None:
        """Make the trials of a case one after the other, in one process."""
        with self._open_for_cuts(case) as process:
            for span, test in case.trials:
                if not case.clear:
                    self._take(case, self._try(process, span, test), test)
                count.add()

    def _try_together(self, count: _Count, pool: Executor, case: Case) -> None:
        """Make the trials of a case in as many processes as there are threads."""
        trials, desk = case.trials, _Desk(partial(self._open_for_cuts, case))
        try:
            outcomes = pool.map(partial(self._try_at, desk, case), trials)
            for (_, test), outcome in zip(trials, outcomes, strict=True):
                if outcome is not None:
                    self._take(case, outcome, test)
                count.add()
        finally:
            desk.close()

    @contextmanager
    def _threads(self) -> Iterator[Executor]:
        """Give a thread for each core, which only waits for a process; an interrupt ends all."""
        pool = ThreadPoolExecutor(count_processors())
        try:
            yield pool
        except BaseException:
            self._group.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    # -- processes ---------------------------------------------------------------------------------

    def _decide_one(self, case: Case, numbers: worker.NumberOfCuts) -> worker.Whole | CheckError:
        try:
            with self._senders[id(case)].open(case.warm_up) as process:
                whole: worker.Whole = process.call(worker.decide_whole, numbers)
        except CheckError as error:
            return error
        return whole

    def _open_for_cuts(self, case: Case) -> CleanProcess:
        process = self._senders[id(case)].open(case.warm_up)
        process.call(worker.hold_whole, case.whole, case.warm_up)
        return process

    def _try_at(
        self, desk: _Desk, case: Case, cut: tuple[ComparedSpan, str]
    ) -> worker.CutOutcome | None:
        return None if case.clear else self._try(desk.find(), *cut)

    def _try(self, process: CleanProcess, span: ComparedSpan, test: str) -> worker.CutOutcome:
        try:
            outcome: worker.CutOutcome = process.call(worker.decide_cut, span, test)
        except CheckError as error:
            return worker.CutOutcome(span, error=str(error))
        return outcome

    # -- outcomes ----------------------------------------------------------------------------------

    def _take(self, case: Case, outcome: worker.CutOutcome, test: str) -> None:
        """Write an outcome down, unless the case was clear before."""
        cut = outcome.span.stop
        if case.clear:
            return
        case.seconds += outcome.seconds
        if outcome.too_short and case.may_fail_on(outcome.span, len(self.market)):
            case.n_short, case.short = case.n_short + 1, outcome.error
            return
        if outcome.error:
            case.error = _name_it(case, outcome.error)
            return
        case.offences += [self._to_offence(each, cut, test) for each in outcome.differences]
        case.overlong = case.overlong or outcome.overlong
        case.of_length = case.of_length or outcome.of_length
        case.spans.append(outcome.span)
        case.n_changed += test == CHANGED

    def _to_offence(self, difference: FieldDifference, cut: int, test: str) -> Offence:
        moment = self.market.index[difference.bar].strftime("%Y-%m-%d %H:%M")
        said = str(difference.expected), str(difference.received)
        return Offence(difference.field, difference.bar, moment, cut, *said, test)

    def _certify(self, case: Case) -> Certificate:
        bars = _find_decisions(case.whole)
        if not (case.error or case.spans):
            case.error = f"no cut could be decided on: {case.short or 'the history is too short'}"
        return Certificate(
            name=case.name,
            market=self.market.name,
            offences=tuple(case.offences),
            n_cuts=len(case.spans),
            n_changed=case.n_changed,
            n_decisions=len(bars),
            n_decisions_checked=int(_cover(case.spans, len(self.market))[bars].sum()),
            window=None if case.overlong or case.warm_up is None else case.warm_up + WINDOW,
            note="; ".join(filter(None, (each(case) for each in _NOTES))),
            error=case.error,
            seconds=case.seconds,
            key=case.key,
            kind=RULE if case.is_rule else SIGNAL,
        )


class _Desk:
    """A clean process for each thread that works on one case."""

    def __init__(self, start: Callable[[], CleanProcess]) -> None:
        self._start = start
        self._own: dict[int, CleanProcess] = {}

    def find(self) -> CleanProcess:
        thread = threading.get_ident()
        if thread not in self._own:
            self._own[thread] = self._start()
        return self._own[thread]

    def close(self) -> None:
        for process in list(self._own.values()):
            process.close()


class _Count:
    """Tells a caller how many trials are done, from whatever thread."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._lock = threading.Lock()

    def add(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress("histories", self._done, self._total)


def count_processors() -> int:
    """Return how many processors this process may use."""
    known = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(2)
    return len(known)


def _name_it(case: Case, error: CheckError | str) -> str:
    text = str(error)
    named = text.startswith((case.name, type(case.subject).__name__))
    return text if named else f"{case.name}: {text}"


def _find_decisions(columns: Columns) -> npt.NDArray[np.int64]:
    events = [each.bars for each in columns.values() if each.events and each.bars is not None]
    return np.concatenate(events) if events else np.empty(0, np.int64)


def _cover(spans: list[ComparedSpan], n_bars: int) -> npt.NDArray[np.bool_]:
    covered = np.zeros(n_bars, dtype=bool)
    for span in spans:
        covered[span.first : span.stop] = True
    return covered


def _describe_memory(case: Case) -> str:
    overlong = case.overlong
    if overlong is None:
        return ""
    stated = f"{case.warm_up} bars" if case.warm_up else "0 bars (what a rule says by default)"
    return (
        f"looks back further than its warm_up of {stated}: '{overlong.field}' at bar "
        f"{overlong.bar} was {overlong.expected} and is {overlong.received} without older bars; it "
        "was decided from the first bar instead"
    )


def _describe_length(case: Case) -> str:
    first = case.of_length
    if first is None or case.offences:
        return ""
    return (
        "depends on how many bars there are, though on none of their prices: "
        f"'{first.field}' at bar {first.bar} was {first.expected}, and is {first.received} where "
        "the history ends earlier"
    )


def _describe_short(case: Case) -> str:
    if not case.n_short:
        return ""
    cuts = f"{count(case.n_short, 'cut')} {'was' if case.n_short == 1 else 'were'}"
    return f"{cuts} left out, where the history was too short to decide on: {case.short}"


_NOTES = (_describe_memory, _describe_length, _describe_short)
"""What a certificate mentions beside its verdict."""
