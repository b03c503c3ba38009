"""A rule or signal with its market, and what it gives on the whole history."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kanalo.checks.adapted import Adapted
from kanalo.checks.certificate import TRUNCATED
from kanalo.checks.cuts import right_after, spread
from kanalo.checks.differences import Columns, find_different_bars, to_columns
from kanalo.checks.histories import (
    WatchedMarket,
    change_future,
    cut_out,
    decide,
    hide_rare,
    to_warm_up,
)
from kanalo.checks.signals import to_signal_columns
from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.strategy import Strategy
from kanalo.typing import IntArray

FUTURE = 500
"""Bars of another future."""


@dataclass(frozen=True)
class NumberOfCuts:
    """How many cuts a rule gets.

    Attributes
    ----------
    bounded, unbounded : int
        Where it says how far it looks back, and where it does not: there each cut costs more.
    """

    bounded: int
    unbounded: int

    def of(self, warm_up: int | None) -> int:
        """Return the number for a ``warm_up`` in bars, or None."""
        return self.unbounded if warm_up is None else self.bounded


@dataclass(frozen=True, eq=False)
class Whole:
    """What the whole history gives.

    Attributes
    ----------
    columns : mapping of str to Column
        Everything that is known at each bar.
    warm_up : int or None
        Bars that it says to look back; None for unbounded memory.
    after : int64 array
        Cuts right after its own entries and exits.
    asks : bool
        Whether it asked for anything beside its bars: finer bars, context or benchmark.
    rare : int64 array
        Cuts right after bars at which data that few bars have make a difference.
    seconds : float
        Processor time.
    """

    columns: Columns
    warm_up: int | None
    after: IntArray
    asks: bool
    rare: IntArray
    seconds: float


@dataclass
class Subject:
    """A rule or signal in a clean process, with the market that it is to be decided on.

    Attributes
    ----------
    subject : Strategy, Adapted or callable
        What decides or computes.
    market : Market
        The whole history.
    seed : int
        Of other futures.
    warm_up : int or None
        Bars that it says to look back.
    whole : mapping of str to Column
        What the whole history gave, in another process.
    """

    subject: Strategy | Adapted | Callable[[Market], Any]
    market: Market
    seed: int
    warm_up: int | None = None
    whole: Columns = field(default_factory=dict)

    def compute(self, market: Market) -> Columns:
        """Return what is known at the bars of a market."""
        if isinstance(self.subject, Strategy):
            return to_columns(decide(self.subject, market))
        if isinstance(self.subject, Adapted):
            return self.subject.compute(market)
        return to_signal_columns(self.subject, market)

    def make(self, start: int, cut: int, test: str) -> Market:
        """Return the history from ``start`` that ends at a cut, or goes on otherwise there.

        Parameters
        ----------
        start, cut : int
            First bar, and the bar after the last one that is known.
        test : str
            Which of the two.

        Returns
        -------
        Market
            Its first ``cut - start`` bars are those of the market.
        """
        if test == TRUNCATED:
            return cut_out(self.market, start, cut)
        history = cut_out(self.market, start, min(cut + FUTURE, len(self.market)))
        return change_future(history, cut - start, self.seed)


def decide_rule(
    case: Subject, rule: Strategy, numbers: NumberOfCuts, market: WatchedMarket
) -> Whole:
    """Let a rule decide on the whole history; see `decide_whole`.

    Parameters
    ----------
    case : Subject
        Of the rule.
    rule : Strategy
        What decides.
    numbers : NumberOfCuts
        Of cuts.
    market : WatchedMarket
        The market of the case, by `watch`.

    Returns
    -------
    Whole
        What is known at each bar, and where to cut.

    Raises
    ------
    CheckError
        If the rule fails, or does not return what it must.
    """
    began = time.process_time()
    market.asked.clear()
    decisions = decide(rule, market)
    asks = bool(market.asked)
    columns = to_columns(decisions)
    warm_up = to_warm_up(rule, case.market)
    n_cuts = numbers.of(warm_up)
    rare = _find_rare_cuts(case, columns, n_cuts // 8) if asks else np.empty(0, np.int64)
    after = right_after(decisions, n_cuts * 3 // 8, n_cuts // 8)
    seconds = time.process_time() - began
    return Whole(columns, warm_up, within(after, case), asks, within(rare, case), seconds)


def within(cuts: IntArray, case: Subject) -> IntArray:
    """Leave out what is no cut of a case's market: less than two bars, or all of them.

    Parameters
    ----------
    cuts : int64 array
        Numbers of bars.
    case : Subject
        Gives the market.

    Returns
    -------
    int64 array
        Those that are cuts.
    """
    return cuts[(cuts > 1) & (cuts < len(case.market))]


def _find_rare_cuts(case: Subject, columns: Columns, n_rare: int) -> IntArray:
    hidden = case.market.cached(hide_rare)
    if hidden is None:
        return np.empty(0, np.int64)
    try:
        without = case.compute(hidden)
    except CheckError:
        return np.empty(0, np.int64)  # a rule that cannot do without is cut where they begin
    return spread(find_different_bars(columns, without), n_rare) + 1
