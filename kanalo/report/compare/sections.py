"""Sections that a comparison adds to its groups: declared here once, shown by every face.

A section is one module that says how its part of the model is computed and how that part reads, and
one line in `SECTIONS`. JSON holds the part under ``sections``; the page, Markdown and the terminal
are drawn from the part alone, the page with the markets' own bars beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kanalo.execution.result import Result
from kanalo.experiment.yardsticks import is_yardstick
from kanalo.market import Market
from kanalo.report.compare import account, portfolio, traded
from kanalo.report.compare.schema import ComparisonModel
from kanalo.report.liquidations import levels
from kanalo.report.toolkit.page import Section
from kanalo.report.toolkit.plain import to_plain


class RunLike(Protocol):
    """What a section may use of one run."""

    @property
    def label(self) -> str:
        """Name in the report."""

    @property
    def market(self) -> str:
        """Name of its market."""

    @property
    def costs(self) -> str:
        """Name of its cost set."""

    @property
    def matches(self) -> str:
        """Label of the rule that a random yardstick matches; empty for all others."""

    @property
    def result(self) -> Result:
        """What it did."""


class Compared(Protocol):
    """What a section is computed from: a `kanalo.experiment.Comparison`."""

    @property
    def runs(self) -> Sequence[RunLike]:
        """All runs in the order of the spec."""


def say_nothing(part: Any) -> Sequence[str]:
    """Say nothing in the terminal: for sections that are tables and figures only."""
    del part
    return ()


@dataclass(frozen=True)
class SectionKind:
    """One kind of section.

    Attributes
    ----------
    key : str
        Its place in the model's ``sections``.
    build : callable
        From the comparison to plain values; what is empty or None has nothing to say and gets no
        section.
    show : callable
        From those values and the markets by name (none where only the model is at hand) to sections
        of the page and of Markdown. Figures need markets; Markdown leaves them out.
    tell : callable
        From those values to one line each in the terminal.
    """

    key: str
    build: Callable[[Compared], Any]
    show: Callable[[Any, Mapping[str, Market]], Sequence[Section]]
    tell: Callable[[Any], Sequence[str]] = say_nothing


def list_asked(comparison: Compared) -> list[tuple[str, str, str, Result]]:
    """Return label, market, cost set and result of every run that was asked for."""
    return [
        (run.label, run.market, run.costs, run.result) for run in comparison.runs if not run.matches
    ]


def list_rules(comparison: Compared) -> list[tuple[str, str, str, Result]]:
    """Return the same without yardsticks."""
    return [each for each in list_asked(comparison) if not is_yardstick(each[3])]


SECTIONS: tuple[SectionKind, ...] = (
    SectionKind(
        "portfolio",
        lambda comparison: portfolio.build(list_rules(comparison)),
        portfolio.show,
        portfolio.tell,
    ),
    SectionKind(
        "liquidation_levels",
        lambda comparison: levels.build(find_markets(comparison)),
        levels.show,
        levels.tell,
    ),
    SectionKind(
        "traded",
        lambda comparison: traded.build(list_asked(comparison)),
        traded.show,
        traded.tell,
    ),
    SectionKind(
        "account",
        lambda comparison: account.build(list_asked(comparison)),
        account.show,
        account.tell,
    ),
)
"""In the order in which every face shows them."""


def find_markets(comparison: Compared) -> dict[str, Market]:
    """Return the markets of a comparison by name."""
    return {run.market: run.result.market for run in comparison.runs}


def build_sections(comparison: Compared) -> dict[str, Any]:
    """Compute the model's ``sections``: plain values by key, those that have something to say."""
    parts = ((kind.key, kind.build(comparison)) for kind in SECTIONS)
    return {key: to_plain(part) for key, part in parts if part}


def show_sections(model: ComparisonModel, markets: Mapping[str, Market]) -> list[Section]:
    """Return the sections of a model for the page and Markdown.

    Parameters
    ----------
    model : ComparisonModel
        From `kanalo.report.to_model`.
    markets : mapping of str to Market
        By name; empty where figures are not wanted.

    Returns
    -------
    list of Section
        In the order of `SECTIONS`.
    """
    return [section for kind, part in _find_parts(model) for section in kind.show(part, markets)]


def tell_sections(model: ComparisonModel) -> list[str]:
    """Return the lines of a model's sections for the terminal."""
    return [line for kind, part in _find_parts(model) for line in kind.tell(part)]


def _find_parts(model: ComparisonModel) -> Iterator[tuple[SectionKind, Any]]:
    for kind in SECTIONS:
        if kind.key in model["sections"]:
            yield kind, model["sections"][kind.key]
