"""`Certificate`: what the search for look-ahead looked at, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kanalo.arguments import Named

TRUNCATED = "truncated"
CHANGED = "future changed"

CLEAN, LEAKS, FAILED, NOTHING = "clean", "leaks", "failed", "no decisions"
"""Verdicts: nothing differs, something does, the search was not finished, nothing was decided."""

RULE, SIGNAL = "rule", "signal"


@dataclass(frozen=True)
class Offence:
    """Something known at a bar that depends on what came later.

    Attributes
    ----------
    field : str
        What it is: ``"entries"``, ``"stop"``, ``"guard_long"``, ``"overlay channel lower"`` …
    bar : int
        The first bar at which it differs.
    time : str
        The OPEN time of that bar, UTC.
    cut : int
        Bars of the history that were known: those before bar ``cut``.
    expected : str
        What the whole history said.
    received : str
        What the bars before the cut say.
    test : str
        ``"truncated"`` if the history ended at the cut, ``"future changed"`` if it went on with
        other bars.
    """

    field: str
    bar: int
    time: str
    cut: int
    expected: str
    received: str
    test: str

    def __str__(self) -> str:
        """Say it in one sentence."""
        how = "without the bars" if self.test == TRUNCATED else "with other bars"
        return (
            f"'{self.field}' at bar {self.bar} ({self.time}) was {self.expected}, "
            f"but {how} from {self.cut} on it is {self.received}"
        )


@dataclass(frozen=True)
class Certificate(Named):
    """The outcome of `certify`.

    Attributes
    ----------
    name : str
        Of the strategy or signal.
    market : str
        Its name.
    offences : tuple of Offence
        The first of every field at every cut that showed one; empty if nothing leaks.
    n_cuts : int
        Cuts that were looked at: fewer than were asked for if the case was clear before.
    n_changed : int
        Those among them at which the future was changed, not cut off.
    n_decisions : int
        Entries and exits on the whole history.
    n_decisions_checked : int
        Those among them that were decided again at least once.
    window : int or None
        Bars of history given before each cut: the warm-up and 2,000 more; None if all of them.
    note : str
        What else was noticed, such as a memory longer than ``warm_up`` says; else empty.
    error : str
        Why the search could not be finished, such as a strategy that fails on less history; else
        empty.
    seconds : float
        Processor time of deciding and comparing.
    key : str
        sha256 of source, data, parameters and settings; ``""`` where the source is not known.
    kind : str
        ``"rule"``, which decides, or ``"signal"``, which only computes.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> certificate = kanalo.certify_signal(lambda market: market.close, market, cuts=2)
    >>> certificate.clean, certificate.offences
    (True, ())
    """

    name: str
    market: str
    offences: tuple[Offence, ...]
    n_cuts: int
    n_changed: int
    n_decisions: int
    n_decisions_checked: int
    window: int | None
    note: str
    error: str
    seconds: float
    key: str
    kind: str = RULE

    @property
    def verdict(self) -> str:
        """``"clean"``, ``"leaks"``, ``"failed"`` or, where no decision was checked, that."""
        if self.offences:
            return LEAKS
        if self.error:
            return FAILED
        return NOTHING if self.kind == RULE and not self.n_decisions_checked else CLEAN

    @property
    def clean(self) -> bool:
        """Whether the search was finished, had something to compare and found no look-ahead."""
        return self.verdict == CLEAN

    @property
    def faults(self) -> list[str]:
        """The error and the first offence of every field, a sentence each."""
        first = {each.field: each for each in reversed(self.offences)}
        offences = [str(each) for each in self.offences if first[each.field] is each]
        return [*offences, *([self.error] if self.error else [])]

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON holds it."""
        return {
            "clean": self.clean,
            "verdict": self.verdict,
            **asdict(self),
            "offences": [asdict(o) for o in self.offences],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Certificate:
        """Return the certificate that `to_dict` wrote.

        Raises
        ------
        KeyError, TypeError
            If it is not one of these.
        """
        fields = {name: values[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"offences": tuple(Offence(**each) for each in values["offences"])})
