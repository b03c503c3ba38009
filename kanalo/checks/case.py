"""A rule or signal to certify: where it is cut, and what was found about it so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kanalo.checks.adapted import Adapted
from kanalo.checks.certificate import CHANGED, TRUNCATED, Offence
from kanalo.checks.differences import Columns, ComparedSpan, FieldDifference
from kanalo.market import Market
from kanalo.strategy import Strategy

WINDOW = 2_000
"""Bars that are compared before each cut, after the warm-up."""

CHANGED_EVERY = 4
"""At every fourth cut the history does not end: it goes on with another future."""

ENOUGH = 3
"""Cuts with offences after which a case is clear."""

SHORT = 0.1
"""Share of the history below which a rule may fail without fault: few are made for two bars."""


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
