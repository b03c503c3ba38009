"""The search: cut by cut, so that subjects share each shortened history and its signals."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kanalo.checks.certificate import CHANGED, TRUNCATED, Certificate, Offence
from kanalo.checks.differences import Columns, Difference, Span, find_differences
from kanalo.checks.histories import change_future, cut_out
from kanalo.errors import CheckError
from kanalo.market import Market

WINDOW = 2_000
"""Bars that are compared before each cut, after the warm-up."""

FUTURE = 500
"""Bars of another future."""

CHANGED_EVERY = 4
"""At every fourth cut the history does not end: it goes on with another future."""

ENOUGH = 3
"""Cuts with offences after which a case is clear."""

Progress = Callable[[str, int, int], None]


@dataclass
class Subject:
    """Something to certify, and what was found about it so far.

    Attributes
    ----------
    name : str
        Of the strategy or signal.
    compute : callable
        Gives the columns on any market.
    whole : mapping of str to Column
        The columns on the whole history.
    cuts : list of int
        Where to cut, the ``n_own`` right after its own decisions first.
    warm_up : int or None
        Bars that it says to look back; None for unbounded memory.
    key : str
        Under which the certificate is kept.
    """

    name: str
    compute: Callable[[Market], Columns]
    whole: Columns = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    warm_up: int | None = None
    n_own: int = 0
    key: str = ""
    offences: list[Offence] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    n_cuts: int = 0
    n_changed: int = 0
    overlong: Difference | None = None
    error: str = ""
    seconds: float = 0.0

    @property
    def clear(self) -> bool:
        """Whether enough was found to stop."""
        return bool(self.error) or len({each.cut for each in self.offences}) >= ENOUGH

    @property
    def trials(self) -> Iterator[tuple[str, int]]:
        """Every cut with its test; both kinds of cuts see some changed futures."""
        for cuts in (self.cuts[: self.n_own], self.cuts[self.n_own :]):
            for i, cut in enumerate(cuts):
                yield CHANGED if i % CHANGED_EVERY == CHANGED_EVERY - 1 else TRUNCATED, cut

    def to_span(self, cut: int) -> Span:
        """Return the part of the history before a cut that is looked at."""
        if self.warm_up is None or cut <= self.warm_up + WINDOW:
            return Span(0, 0, cut)
        return Span(cut - self.warm_up - WINDOW, cut - WINDOW, cut)


@dataclass
class Outcome:
    """What one trial of one subject showed."""

    subject: Subject
    span: Span
    test: str
    found: list[Difference] = field(default_factory=list)
    overlong: Difference | None = None
    error: str = ""
    seconds: float = 0.0


Tried = list[tuple[Subject, Span]]


@dataclass
class Search:
    """The search for look-ahead in subjects on one market."""

    market: Market
    subjects: Sequence[Subject]
    seed: int = 0

    def run(self, progress: Progress | None = None) -> list[Certificate]:
        """Make every trial, side by side, and return a certificate for each subject.

        Outcomes are taken in the order of the trials, so they do not depend on which thread was
        the quickest.
        """
        trials = sorted(self._plan().items())
        with ThreadPoolExecutor(count_processors()) as pool:
            try:
                for n_done, outcomes in enumerate(pool.map(self._make_trial, trials)):
                    if progress is not None:
                        progress("histories", n_done + 1, len(trials))
                    for outcome in outcomes:
                        self._take(outcome)
            finally:
                pool.shutdown(cancel_futures=True)
        return [self._certify(each) for each in self.subjects]

    def _plan(self) -> dict[tuple[int, int, str], Tried]:
        """Gather the subjects that share a history."""
        plan = defaultdict(list)
        for subject in self.subjects:
            for test, cut in subject.trials:
                span = subject.to_span(cut)
                plan[cut, span.start, test].append((subject, span))
        return plan

    def _make(self, start: int, cut: int, test: str) -> Market:
        if test == TRUNCATED:
            return cut_out(self.market, start, cut)
        history = cut_out(self.market, start, min(cut + FUTURE, len(self.market)))
        return change_future(history, cut - start, self.seed)

    def _make_trial(self, trial: tuple[tuple[int, int, str], Tried]) -> list[Outcome]:
        (cut, start, test), tried = trial
        pending = [(subject, span) for subject, span in tried if not subject.clear]
        if not pending:
            return []
        history = self._make(start, cut, test)
        return [self._try(subject, history, span, test) for subject, span in pending]

    def _try(self, subject: Subject, history: Market, span: Span, test: str) -> Outcome:
        began, outcome = time.thread_time(), Outcome(subject, span, test)
        try:
            self._look(outcome, history)
        except CheckError as error:
            outcome.error = str(error)
        outcome.seconds = time.thread_time() - began
        return outcome

    def _look(self, outcome: Outcome, history: Market) -> None:
        """Compare; what differs on a window is looked at from the first bar before it counts."""
        subject, span = outcome.subject, outcome.span
        outcome.found = self._differ(subject, history, span)
        if outcome.found and span.start:
            windowed, outcome.span = outcome.found[0], Span(0, 0, span.stop)
            prefix = self._make(0, span.stop, outcome.test)
            outcome.found = self._differ(subject, prefix, outcome.span)
            outcome.overlong = None if outcome.found else windowed

    def _take(self, outcome: Outcome) -> None:
        """Write an outcome down, unless the case was clear before."""
        subject, cut = outcome.subject, outcome.span.stop
        if subject.clear:
            return
        subject.seconds += outcome.seconds
        subject.error = outcome.error
        if outcome.error:
            return
        subject.offences += [self._to_offence(each, cut, outcome.test) for each in outcome.found]
        subject.overlong = subject.overlong or outcome.overlong
        subject.spans.append(outcome.span)
        subject.n_cuts += 1
        subject.n_changed += outcome.test == CHANGED

    def _differ(self, subject: Subject, history: Market, span: Span) -> list[Difference]:
        return list(find_differences(subject.whole, subject.compute(history), span))

    def _to_offence(self, found: Difference, cut: int, test: str) -> Offence:
        moment = self.market.index[found.bar].strftime("%Y-%m-%d %H:%M")
        said = str(found.expected), str(found.received)
        return Offence(found.field, found.bar, moment, cut, *said, test)

    def _certify(self, subject: Subject) -> Certificate:
        bars = _find_decisions(subject.whole)
        return Certificate(
            name=subject.name,
            market=self.market.name,
            offences=tuple(subject.offences),
            n_cuts=subject.n_cuts,
            n_changed=subject.n_changed,
            n_decisions=len(bars),
            n_decisions_checked=int(_cover(subject.spans, len(self.market))[bars].sum()),
            window=None if subject.overlong else _to_window(subject.warm_up),
            note=_describe_memory(subject),
            error=subject.error,
            seconds=subject.seconds,
            key=subject.key,
        )


def count_processors() -> int:
    """Return how many processors this process may use."""
    known = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(2)
    return len(known)


def _find_decisions(columns: Columns) -> npt.NDArray[np.int64]:
    events = [each.bars for each in columns.values() if each.events and each.bars is not None]
    return np.concatenate(events) if events else np.empty(0, np.int64)


def _cover(spans: list[Span], n_bars: int) -> npt.NDArray[np.bool_]:
    covered = np.zeros(n_bars, dtype=bool)
    for span in spans:
        covered[span.first : span.stop] = True
    return covered


def _to_window(warm_up: int | None) -> int | None:
    return None if warm_up is None else warm_up + WINDOW


def _describe_memory(subject: Subject) -> str:
    found = subject.overlong
    if found is None:
        return ""
    return (
        f"looks back further than its warm_up of {subject.warm_up} bars says: '{found.field}' at "
        f"bar {found.bar} was {found.expected} and is {found.received} without older bars; "
        "it was decided from the first bar instead"
    )
