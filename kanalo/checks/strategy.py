"""`check_strategy`: what every rule must hold to before its results mean anything."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kanalo.checks.cuts import right_after
from kanalo.checks.differences import Columns, Span, find_differences, to_columns
from kanalo.checks.histories import cut_out, decide
from kanalo.errors import CheckError, ParameterError
from kanalo.market import Market
from kanalo.market.synthetic import planted_channel, random_walk_market
from kanalo.strategy import Decisions, Parameter, Strategy

N_CUTS = 6
"""Cuts right after an entry, as many after an exit, and as many spread evenly."""

_LEAST_WORDS = 8


@dataclass(frozen=True)
class StrategyCheck:
    """What was looked at.

    Attributes
    ----------
    strategy : str
        Name of the class.
    n_entries, n_exits : int
        Decisions on all markets together; without any the check of causality is hollow.
    n_cuts : int
        Prefixes whose decisions were compared with those of the whole.
    """

    strategy: str
    n_entries: int
    n_exits: int
    n_cuts: int


def check_strategy(cls: type[Strategy], market: Market | None = None) -> StrategyCheck:
    """Raise unless a strategy is causal, honest about its memory, repeatable and within bounds.

    - The docstring of the class says the rule.
    - Deciding twice on the same bars gives the same decisions and leaves the bars as they were.
    - On a prefix of the bars it decides as it did on all of them: entries, sides, tags and exits
      exactly; stops, targets, sizes, trails, guards and overlays to 1e-9. Half of the cuts lie
      right after a decision, where a look ahead shows.
    - Bars older than its ``warm_up`` make no difference; a ``warm_up`` of None claims nothing.
    - Every parameter's bounds can be instantiated and decide, and what lies beyond is refused.
    - It can be pickled, as workers need.

    Parameters
    ----------
    cls : type
        A subclass of `Strategy`, checked with its defaults.
    market : Market, optional
        Bars to check on; by default a random walk and a noisy rising channel of 1,000 days each and
        3,000 hours of a random walk.

    Returns
    -------
    StrategyCheck
        How much there was to compare.

    Raises
    ------
    CheckError
        Naming the field, the bar and the cut.

    Notes
    -----
    Cuts sample the history: passing is evidence, not proof. Run it on your own market too.
    """
    _check_docstring(cls)
    strategy = cls()
    _check_pickle(strategy)
    markets = [market] if market is not None else _default_markets()
    _check_bounds(cls, markets[0].rows(0, min(len(markets[0]), 500)))
    return _sum_up(cls, [_check_on(strategy, each) for each in markets])


@dataclass(frozen=True)
class _Whole:
    """What a strategy decides on all bars of a market, to hold parts against."""

    strategy: Strategy
    market: Market
    decisions: Decisions
    columns: Columns

    def hold_against(self, part: Decisions, span: Span, what: str) -> None:
        """Raise at the first difference between the whole history's decisions and the part's."""
        for each in find_differences(self.columns, to_columns(part), span):
            raise CheckError(
                f"{_name(self.strategy)} decides otherwise on {what}: '{each.field}' at bar "
                f"{each.bar} ({self.market.index[each.bar]}) was {each.expected} on the whole "
                f"history and is {each.received}."
            )


def _check_on(strategy: Strategy, market: Market) -> tuple[int, int, int]:
    """Check a strategy on one market; return the entries, exits and cuts."""
    decisions = decide(strategy, replace(market))
    whole = _Whole(strategy, market, decisions, to_columns(decisions))
    again = decide(strategy, replace(market))
    whole.hold_against(again, Span(0, 0, len(market)), "the same bars once more")
    cuts = _cuts(decisions)
    for cut in cuts:
        prefix = decide(strategy, cut_out(market, 0, cut))
        whole.hold_against(prefix, Span(0, 0, cut), f"bars 0 to {cut - 1} alone")
    _check_warm_up(whole)
    n_exits = len(decisions.exit_long) + len(decisions.exit_short)
    return len(decisions.entries), n_exits, len(cuts)


def _sum_up(cls: type[Strategy], counts: list[tuple[int, int, int]]) -> StrategyCheck:
    entries, exits, cuts = (sum(column) for column in zip(*counts, strict=True))
    return StrategyCheck(cls.__name__, entries, exits, cuts)


def _check_docstring(cls: type[Strategy]) -> None:
    text = vars(cls).get("__doc__") or ""
    written = not text.startswith(f"{cls.__name__}(")
    if not written or len(text.split()) < _LEAST_WORDS:
        raise CheckError(
            f"The docstring of {cls.__name__} must say the rule in words, {_LEAST_WORDS} at least."
        )


def _check_pickle(strategy: Strategy) -> None:
    try:
        copy = pickle.loads(pickle.dumps(strategy))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise CheckError(f"{_name(strategy)} cannot be pickled: {error}") from error
    if copy != strategy:
        raise CheckError(f"{_name(strategy)} is not the same after pickling: {copy!r}.")


def _check_warm_up(whole: _Whole) -> None:
    warm_up, n = to_warm_up(whole.strategy, whole.market), len(whole.market)
    if warm_up is None:
        return
    for start in sorted({n // 7, n // 4}):
        if start + warm_up < n:
            part = decide(whole.strategy, cut_out(whole.market, start, n))
            what = f"bars {start} to {n - 1} alone, after a warm-up of {warm_up}"
            whole.hold_against(part, Span(start, start + warm_up, n), what)


def to_warm_up(strategy: Strategy, market: Market) -> int | None:
    """Return a strategy's warm-up.

    Raises
    ------
    CheckError
        If it is neither a number of bars nor None.
    """
    warm_up = strategy.warm_up(market)
    if warm_up is None:
        return None
    if isinstance(warm_up, bool) or not isinstance(warm_up, int) or warm_up < 0:
        raise CheckError(
            f"{_name(strategy)}.warm_up must return a number of bars or None; received {warm_up!r}."
        )
    return warm_up


def _check_bounds(cls: type[Strategy], market: Market) -> None:
    for parameter in cls.declared():
        for value in _edges(parameter):
            decide(cls.with_parameters({parameter.name: value}), replace(market))
        for value in _beyond(parameter):
            _check_refused(cls, parameter, value)


def _edges(parameter: Parameter) -> list[Any]:
    if parameter.type is bool:
        return [False, True]
    bounds = [bound for bound in (parameter.low, parameter.high) if bound is not None]
    return [parameter.type(bound) for bound in bounds]


def _beyond(parameter: Parameter) -> list[Any]:
    below = [] if parameter.low is None else [parameter.type(parameter.low - 1)]
    above = [] if parameter.high is None else [parameter.type(parameter.high + 1)]
    return below + above


def _check_refused(cls: type[Strategy], parameter: Parameter, value: Any) -> None:
    try:
        cls.with_parameters({parameter.name: value})
    except ParameterError:
        return
    raise CheckError(
        f"{cls.__name__} accepts {parameter.name}={value!r}, which lies outside its bounds; "
        "call super().__post_init__() if you override it."
    )


def _cuts(whole: Decisions) -> list[int]:
    """Return prefix lengths: right after some decisions, and evenly spread ones."""
    even = np.linspace(0, whole.n_bars, N_CUTS + 2)[1:-1].astype(np.int64)
    cuts = np.union1d(right_after(whole, N_CUTS, N_CUTS), even)
    return [int(cut) for cut in cuts if 1 < cut < whole.n_bars]


def _name(strategy: Strategy) -> str:
    return type(strategy).__name__


def _default_markets() -> list[Market]:
    return [_with_context(market, seed) for seed, market in enumerate(_plain_markets())]


def _plain_markets() -> Iterator[Market]:
    yield random_walk_market(1_000, 1, "1d", volatility=0.04, venue="synthetic-perp")
    yield planted_channel(1_000, 2, slope=0.003, width=0.3, noise=0.1, period=56, interval="1d")[0]
    yield random_walk_market(3_000, 3, "1h", volatility=0.01, venue="synthetic-perp")


def _with_context(market: Market, seed: int) -> Market:
    """Add a benchmark and positioning that are partly unknown, so that filters have work."""
    rng = np.random.default_rng(seed)
    ratio = np.exp(rng.normal(0.0, 0.3, len(market)))
    ratio[rng.random(len(market)) < 0.3] = np.nan
    walk = 30_000 * np.exp(np.cumsum(rng.normal(0.0, 0.02, len(market))))
    columns = dict.fromkeys(("open", "high", "low", "close"), walk)
    benchmark = pd.DataFrame({**columns, "volume": 1.0}, index=market.index)
    benchmark.iloc[: len(market) // 10] = np.nan
    context = pd.DataFrame(
        {"long_short_ratio": ratio, "open_interest": 1e5 * ratio}, index=market.index
    )
    return replace(market, context=context, benchmark=benchmark)
