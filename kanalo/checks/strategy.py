"""`check_strategy`: what every rule must hold to before its results mean anything."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from kanalo.arguments import show
from kanalo.checks import worker
from kanalo.checks.accepted import check_market
from kanalo.checks.clean import CleanProcess
from kanalo.checks.cuts import to_cuts
from kanalo.checks.differences import Columns, ComparedSpan, find_differences
from kanalo.checks.histories import decide, to_warm_up
from kanalo.checks.sender import Sender, to_bytes
from kanalo.errors import CheckError, ParameterError, StrategyError
from kanalo.market import Market
from kanalo.market.synthetic import planted_channel, random_walk_market
from kanalo.strategy import Parameter, Strategy
from kanalo.typing import IntArray

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
    - On a prefix of the bars, in a process that has seen no others, it decides as it did on all of
      them: entries, sides, tags and exits exactly; stops, targets, sizes, trails, guards and
      overlays to 1e-9. Half of the cuts lie right after a decision, where a look ahead shows.
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
    StrategyError
        If it is given something else than a class of a strategy.
    ParameterError
        If the market is none, or has fewer than three bars.

    Notes
    -----
    Cuts sample the history: passing is evidence, not proof. Run it on your own market too.

    Examples
    --------
    >>> import kanalo
    >>> rule = kanalo.find_workspace().load_strategy("donchian_breakout")
    >>> from kanalo.market.synthetic import random_walk_market
    >>> market = random_walk_market(300, seed=1, interval="1d")
    >>> kanalo.check_strategy(rule, market).strategy
    'DonchianBreakout'
    """
    _check_class(cls)
    if market is not None:
        check_market("check_strategy", market)
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
    columns: Columns

    def hold_against(self, part: Columns, span: ComparedSpan, what: str) -> None:
        """Raise at the first difference between the whole history's decisions and the part's."""
        for each in find_differences(self.columns, part, span):
            raise CheckError(
                f"{_name(self.strategy)} decides otherwise on {what}: '{each.field}' at bar "
                f"{each.bar} ({self.market.index[each.bar]}) was {each.expected} on the whole "
                f"history and is {each.received}."
            )

    def count(self, *names: str) -> int:
        """Return how many events of some fields there are."""
        return sum(len(self.columns[name].values) for name in names)


def _check_on(strategy: Strategy, market: Market) -> tuple[int, int, int]:
    """Check a strategy on one market; return the entries, exits and cuts.

    All bars are seen by one process, and their prefixes, the shorter ones first, by another.
    """
    sender, n_bars = Sender(strategy, to_bytes(market)), len(market)
    with sender.open() as process:
        whole = _Whole(strategy, market, process.call(worker.decide_part, 0, n_bars))
        again = process.call(worker.decide_part, 0, n_bars)
        whole.hold_against(again, ComparedSpan(0, 0, n_bars), "the same bars once more")
    cuts = _cuts(whole)
    with sender.open() as process:
        for cut in cuts:
            prefix = process.call(worker.decide_part, 0, cut)
            whole.hold_against(prefix, ComparedSpan(0, 0, cut), f"bars 0 to {cut - 1} alone")
        _check_warm_up(whole, process)
    return whole.count("entries"), whole.count("exit_long", "exit_short"), len(cuts)


def _sum_up(cls: type[Strategy], counts: list[tuple[int, int, int]]) -> StrategyCheck:
    entries, exits, cuts = (sum(column) for column in zip(*counts, strict=True))
    return StrategyCheck(cls.__name__, entries, exits, cuts)


def _check_class(cls: object) -> None:
    if isinstance(cls, type) and issubclass(cls, Strategy):
        return
    hint = f" Did you mean {type(cls).__name__}?" if isinstance(cls, Strategy) else ""
    raise StrategyError(
        "check_strategy(): 'cls' must be a subclass of kanalo.Strategy; "
        f"received {show(cls)}.{hint}"
    )


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


def _check_warm_up(whole: _Whole, process: CleanProcess) -> None:
    warm_up, n = to_warm_up(whole.strategy, whole.market), len(whole.market)
    if warm_up is None:
        return
    for start in sorted({n // 7, n // 4}):
        if start + warm_up < n:
            part = process.call(worker.decide_part, start, n)
            what = f"bars {start} to {n - 1} alone, after a warm-up of {warm_up}"
            whole.hold_against(part, ComparedSpan(start, start + warm_up, n), what)


def _check_bounds(cls: type[Strategy], market: Market) -> None:
    for parameter in cls.declared():
        for value in _edges(parameter):
            decide(_put_at_edge(cls, parameter, value), replace(market))
        for value in _beyond(parameter):
            _check_refused(cls, parameter, value)


def _put_at_edge(cls: type[Strategy], parameter: Parameter, value: Any) -> Strategy:
    """Make a rule with a parameter at a bound; where two do not go together, the others move."""
    others = [each for each in cls.declared() if each is not parameter and each.type is not bool]
    sets: list[dict[str, Any]] = [{}]
    for bound in ("high", "low"):
        known = {each: getattr(each, bound) for each in others}
        sets.append({each.name: each.type(at) for each, at in known.items() if at is not None})
    for values in sets:
        try:
            return cls.with_parameters({**values, parameter.name: value})
        except ParameterError:
            if values is sets[-1]:
                raise
    raise AssertionError  # the last set returned or raised


def _edges(parameter: Parameter) -> list[Any]:
    if parameter.type is bool:
        return [False, True]
    if parameter.choices:
        return list(parameter.choices)
    bounds = [bound for bound in (parameter.low, parameter.high) if bound is not None]
    return [parameter.type(bound) for bound in bounds]


def _beyond(parameter: Parameter) -> list[Any]:
    if parameter.choices:
        return ["".join(parameter.choices)]
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


def _cuts(whole: _Whole) -> list[int]:
    """Return prefix lengths: right after some decisions, and evenly spread ones."""
    n_bars = len(whole.market)
    even = np.linspace(0, n_bars, N_CUTS + 2)[1:-1].astype(np.int64)
    entries, *exits = (
        cast(IntArray, whole.columns[name].bars) for name in ("entries", "exit_long", "exit_short")
    )
    after = to_cuts(entries, np.union1d(*exits), N_CUTS, N_CUTS)
    return [int(cut) for cut in np.union1d(after, even) if 1 < cut < n_bars]


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
