"""Rules that share clean processes, as long as each of them is clean.

Most rules are, and then one process for many of them gives what a process for each would: they
decide on the same histories, in the order of their cuts. Nothing but that is believed: a rule that
fails or differs anywhere is searched again from nothing, in processes of its own, and what is found
there is what its certificate says; the others begin again without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kanalo.checks import together
from kanalo.checks.case import Case
from kanalo.checks.clean import CleanProcess, ProcessGroup, open_process
from kanalo.checks.differences import ComparedSpan
from kanalo.checks.parcel import Parcel, pack
from kanalo.checks.whole import NumberOfCuts, Whole
from kanalo.errors import CheckError
from kanalo.strategy import Strategy

FEWEST = 4
"""Rules for which a process is worth its start where there are more processors."""

MOST_TROUBLE = 2
"""Rules that are taken out of a group before all of it is searched one by one."""


@dataclass
class Outcome:
    """Clean cuts of a case.

    Attributes
    ----------
    trials : list of (ComparedSpan, str)
        What was tried.
    seconds : float
        Processor time.
    """

    trials: list[tuple[ComparedSpan, str]] = field(default_factory=list)
    seconds: float = 0.0


class Sharing:
    """Decides with several rules in one process.

    Parameters
    ----------
    market : bytes
        Of `kanalo.checks.sender.to_bytes`.
    seed : int
        Of other futures.
    group : ProcessGroup
        Takes in every process that is opened.
    """

    def __init__(self, market: bytes, seed: int, group: ProcessGroup) -> None:
        self._market, self._seed, self._group = market, seed, group
        self._parcels: dict[int, Parcel] = {}

    def choose(self, cases: Sequence[Case]) -> list[int]:
        """Return the places of the cases that can share: rules whose source is what runs."""
        able = []
        for place, case in enumerate(cases):
            if not isinstance(case.subject, Strategy):
                continue
            try:
                parcel = pack(case.subject)
            except CheckError:
                continue  # its own search says why
            if parcel.module:
                self._parcels[id(case)] = parcel
                able.append(place)
        return able if len(able) > 1 else []

    def decide_whole(self, cases: Sequence[Case], numbers: NumberOfCuts) -> list[Whole | None]:
        """Let cases decide on the whole history.

        Parameters
        ----------
        cases : sequence of Case
            Of those that `choose` named.
        numbers : NumberOfCuts
            Of cuts.

        Returns
        -------
        list of Whole or None
            In the order of the cases; None for each that was not decided.
        """
        found: dict[int, Whole] = {}
        rest = list(cases)
        while rest:
            rest = self._decide_until_trouble(rest, numbers, found)
        return [found.get(id(case)) for case in cases]

    def _decide_until_trouble(
        self, cases: Sequence[Case], numbers: NumberOfCuts, found: dict[int, Whole]
    ) -> list[Case]:
        """Decide up to the first case that fails, and return those after it."""
        decided: dict[int, Whole] = {}
        done = 0
        try:
            with self._open() as process:
                for done, case in enumerate(cases):
                    process.call(together.add, self._parcels[id(case)])
                    decided[id(case)] = process.call(together.decide_whole, done, numbers)
                done = len(cases)
                process.call(together.check_untouched)
        except CheckError:
            if done == len(cases):
                return []  # somebody changed the history: nobody knows what was decided on
        found.update(decided)
        return list(cases[done + 1 :])

    def try_cuts(self, cases: Sequence[Case], add: Callable[[int], None]) -> list[Outcome | None]:
        """Make all trials of cases in the order of their cuts; None for each that is not clean.

        Parameters
        ----------
        cases : sequence of Case
            Decided on the whole history.
        add : callable
            Called with 1 for each trial, and with a negative number for those to be made again.

        Returns
        -------
        list of Outcome or None
            In the order of the cases.
        """
        rest = list(range(len(cases)))
        for _ in range(MOST_TROUBLE + 1):
            outcomes = [Outcome() for _ in rest]
            trouble = self._try_all([cases[i] for i in rest], outcomes, add)
            if trouble is None:
                found = dict(zip(rest, outcomes, strict=True))
                return [found.get(i) for i in range(len(cases))]
            add(-sum(len(each.trials) for each in outcomes))
            if trouble < 0 or len(rest) == 1:
                break
            del rest[trouble]
        return [None] * len(cases)

    def _try_all(
        self, cases: Sequence[Case], outcomes: Sequence[Outcome], add: Callable[[int], None]
    ) -> int | None:
        """Try until one is not clean; return its place, -1 for no one's, None without trouble."""
        place = -1
        trials = [(*each, place) for place, case in enumerate(cases) for each in case.trials]
        try:
            with self._open() as process:
                for place, case in enumerate(cases):
                    process.call(together.add, self._parcels[id(case)])
                    process.call(together.hold_whole, place, case.whole, case.warm_up)
                for span, test, place in sorted(
                    trials, key=lambda each: (each[0].stop, each[1], each[0].start)
                ):
                    clean, seconds = process.call(together.is_clean_cut, place, span, test)
                    if not clean:
                        return place
                    outcomes[place].trials.append((span, test))
                    outcomes[place].seconds += seconds
                    add(1)
                place = -1
                process.call(together.check_untouched)
        except CheckError:
            return place
        return None

    def _open(self) -> CleanProcess:
        process = open_process()
        self._group.add(process)
        try:
            process.call(together.begin, self._market, self._seed)
        except BaseException:
            process.close()
            raise
        return process


def split(costs: Sequence[float], n_parts: int) -> list[list[int]]:
    """Split places into runs of about the same cost, so that neighbours stay together.

    Parameters
    ----------
    costs : sequence of float
        Of each place.
    n_parts : int
        Most runs.

    Returns
    -------
    list of list of int
        None of them empty.
    """
    parts: list[list[int]] = [[]]
    total, run = sum(costs), 0.0
    for place, cost in enumerate(costs):
        is_full = parts[-1] and run + cost / 2 > total * len(parts) / n_parts
        if is_full and len(parts) < n_parts:
            parts.append([])
        parts[-1].append(place)
        run += cost
    return [each for each in parts if each]
