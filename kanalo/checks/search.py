"""The search: every rule or signal decides in clean processes, cut by cut."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np
import numpy.typing as npt

from kanalo.checks import worker
from kanalo.checks.case import WINDOW, Case
from kanalo.checks.certificate import CHANGED, RULE, SIGNAL, Certificate, Offence
from kanalo.checks.clean import CleanProcess, ProcessGroup
from kanalo.checks.differences import Columns, ComparedSpan, FieldDifference
from kanalo.checks.sender import Sender, to_bytes
from kanalo.checks.sharing import FEWEST, Sharing, split
from kanalo.checks.whole import NumberOfCuts, Whole
from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.text import count

Progress = Callable[[str, int, int], None]


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
        self._sharing, self._shared = Sharing(data, seed, self._group), list[Case]()
        self._alone: Callable[[Case], None] = _leave

    def decide_whole(self, numbers: NumberOfCuts, choose: Callable[[Case, Whole], None]) -> None:
        """Let every case decide on the whole history, in processes that end afterwards.

        Rules share them (`kanalo.checks.sharing`); what cannot share has a process of its own.

        Parameters
        ----------
        numbers : Numbers
            Of cuts.
        choose : callable
            Called with each case and what it gave, to choose its cuts.
        """

        def take(case: Case, whole: Whole | CheckError | None) -> None:
            if isinstance(whole, CheckError):
                case.error = _name_it(case, whole)
            elif whole is not None:
                case.whole, case.seconds = whole.columns, whole.seconds
                case.warm_up = whole.warm_up
                choose(case, whole)

        self._alone = lambda case: take(case, self._decide_one(case, numbers))
        able = [self.cases[place] for place in self._sharing.choose(self.cases)]
        groups = _to_groups(able, [1.0] * len(able))
        with self._threads() as pool:
            decide = partial(self._sharing.decide_whole, numbers=numbers)
            for group, wholes in zip(groups, pool.map(decide, groups), strict=True):
                for case, whole in zip(group, wholes, strict=True):
                    take(case, whole)
                    self._shared += [case] if whole is not None else []
            shared = {id(case) for case in self._shared}
            list(pool.map(self._alone, [each for each in self.cases if id(each) not in shared]))

    def run(self, progress: Progress | None = None) -> list[Certificate]:
        """Make every trial, side by side, and return a certificate for each case.

        Rules share processes while they are clean; what is not is searched again alone. Many cases
        are tried side by side, each in one process; the cuts of few are shared out. Outcomes of a
        case are taken in the order of its cuts, so they do not depend on which process was the
        quickest.
        """
        todo = [each for each in self.cases if not each.error]
        count = _Count(progress, sum(len(case.cuts) for case in todo))
        with self._threads() as pool:
            clean = self._try_shared(count, pool)
            todo = [each for each in todo if id(each) not in clean and not each.error]
            todo.sort(key=lambda each: -each.seconds)
            if len(todo) >= count_processors():
                list(pool.map(partial(self._try_alone, count), todo))
            else:
                for case in todo:
                    self._try_together(count, pool, case)
        return [self._certify(each) for each in self.cases]

    def _try_shared(self, count: _Count, pool: Executor) -> set[int]:
        """Make the trials of rules that share processes; return the ids of those that are clean."""
        shared = sorted(self._shared, key=_to_order)
        costs = [sum(span.stop - span.start for span, _ in case.trials) for case in shared]
        groups, clean, others = _to_groups(shared, costs), set[int](), []
        tried = pool.map(partial(self._sharing.try_cuts, add=count.add), groups)
        for group, outcomes in zip(groups, tried, strict=True):
            for case, outcome in zip(group, outcomes, strict=True):
                if outcome is None:
                    others.append(case)
                    continue
                clean.add(id(case))
                case.seconds += outcome.seconds
                case.spans = [span for span, _ in outcome.trials]
                case.n_changed = sum(test == CHANGED for _, test in outcome.trials)
        list(pool.map(self._alone, others))
        return clean

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

    def _decide_one(self, case: Case, numbers: NumberOfCuts) -> Whole | CheckError:
        try:
            with self._senders[id(case)].open(case.warm_up) as process:
                whole: Whole = process.call(worker.decide_whole, numbers)
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

    def add(self, n: int = 1) -> None:
        with self._lock:
            self._done += n
            if self._progress is not None:
                self._progress("histories", self._done, self._total)


def _leave(case: Case) -> None:
    """Leave a case as it is."""


def _to_order(case: Case) -> tuple[bool, int]:
    """Return what puts cases side by side that decide on the same histories."""
    return case.warm_up is not None, case.warm_up or 0


def _to_groups(cases: Sequence[Case], costs: Sequence[float]) -> list[list[Case]]:
    """Share cases out to processes: no more than there are processors, and none for a few."""
    n_parts = min(count_processors(), math.ceil(len(cases) / FEWEST))
    return [[cases[place] for place in part] for part in split(costs, n_parts)]


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
