"""`check_strategy`: what every rule must hold to before its results mean anything."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import CheckError, ParameterError
from kanalo.market import Market
from kanalo.market.synthetic import planted_channel, random_walk_market
from kanalo.strategy import Decisions, Parameter, Strategy

TOLERANCE = 1e-9
"""Relative difference below which two prices are the same."""

N_CUTS = 6
"""Cuts right after a decision, and as many spread evenly."""

_PER_ENTRY = ("side", "stop", "target", "trail", "size", "max_bars", "tag")
_EXITS = ("exit_long", "exit_short")
_GUARDS = ("guard_long", "guard_short")
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


def _check_on(strategy: Strategy, market: Market) -> tuple[int, int, int]:
    """Check a strategy on one market; return the entries, exits and cuts."""
    whole = _decide(strategy, market)
    if whole.n_bars != len(market):
        raise CheckError(
            f"{_name(strategy)} decided on {whole.n_bars} bars of a market of {len(market)}."
        )
    _check_determinism(strategy, market, whole)
    cuts = _cuts(whole)
    for cut in cuts:
        prefix = _decide(strategy, market.rows(0, cut))
        _compare(_Window(strategy, market, whole, prefix, 0, cut, f"bars 0 to {cut - 1} alone"))
    _check_warm_up(strategy, market, whole)
    n_exits = len(whole.exit_long) + len(whole.exit_short)
    return len(whole.entries), n_exits, len(cuts)


def _sum_up(cls: type[Strategy], counts: list[tuple[int, int, int]]) -> StrategyCheck:
    entries, exits, cuts = (sum(column) for column in zip(*counts, strict=True))
    return StrategyCheck(cls.__name__, entries, exits, cuts)


def _decide(strategy: Strategy, market: Market) -> Decisions:
    """Decide on a copy with an empty cache, or a cheat could remember the whole history."""
    before = market.bars.copy()
    decisions = strategy.decide(replace(market))
    if not before.equals(market.bars):
        raise CheckError(f"{_name(strategy)} changes the bars that it looks at.")
    if not isinstance(decisions, Decisions):
        raise CheckError(
            f"{_name(strategy)}.decide must return Decisions; received {type(decisions).__name__}."
        )
    return decisions


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


def _check_determinism(strategy: Strategy, market: Market, whole: Decisions) -> None:
    again = _decide(strategy, market)
    _compare(_Window(strategy, market, whole, again, 0, len(market), "the same bars once more"))


def _check_warm_up(strategy: Strategy, market: Market, whole: Decisions) -> None:
    warm_up = strategy.warm_up(market)
    if warm_up is None:
        return
    if isinstance(warm_up, bool) or not isinstance(warm_up, int) or warm_up < 0:
        raise CheckError(
            f"{_name(strategy)}.warm_up must return a number of bars or None; received {warm_up!r}."
        )
    n = len(market)
    for start in sorted({n // 7, n // 4}):
        if start + warm_up < n:
            part = _decide(strategy, market.rows(start, n))
            what = f"bars {start} to {n - 1} alone, after a warm-up of {warm_up}"
            _compare(_Window(strategy, market, whole, part, start, n, what, warm_up))


def _check_bounds(cls: type[Strategy], market: Market) -> None:
    for parameter in cls.declared():
        for value in _edges(parameter):
            _decide(cls.with_parameters({parameter.name: value}), market)
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
    decided = np.unique(np.concatenate([whole.entries, whole.exit_long, whole.exit_short]))
    some = decided[_spread(len(decided), N_CUTS)] + 1
    entries = whole.entries[_spread(len(whole.entries), N_CUTS)] + 1
    even = np.linspace(0, whole.n_bars, N_CUTS + 2)[1:-1].astype(np.int64)
    cuts = np.unique(np.concatenate([some, entries, even]))
    return [int(cut) for cut in cuts if 1 < cut < whole.n_bars]


def _spread(n: int, k: int) -> npt.NDArray[np.int64]:
    """Return up to k positions of n, evenly spread, the ends included."""
    return np.unique(np.linspace(0, n - 1, min(n, k)).astype(np.int64)) if n else np.empty(0, int)


@dataclass(frozen=True)
class _Window:
    """Two sets of decisions on the bars [start + skip, stop) of a market."""

    strategy: Strategy
    market: Market
    whole: Decisions
    part: Decisions
    start: int
    stop: int
    what: str
    skip: int = 0

    @property
    def first(self) -> int:
        return self.start + self.skip

    def fail(self, field: str, bar: int, whole: Any, part: Any) -> CheckError:
        return CheckError(
            f"{_name(self.strategy)} decides otherwise on {self.what}: '{field}' at bar {bar} "
            f"({self.market.index[bar]}) was {whole} on the whole history and is {part}."
        )


def _compare(window: _Window) -> None:
    """Raise at the first difference between the whole history's decisions and the part's."""
    kept_whole = _within(window.whole.entries, window)
    kept_part = _within(window.part.entries + window.start, window)
    _compare_indices(
        window,
        "entries",
        window.whole.entries[kept_whole],
        window.part.entries[kept_part] + window.start,
    )
    for name in _EXITS:
        whole, part = getattr(window.whole, name), getattr(window.part, name) + window.start
        _compare_indices(window, name, whole[_within(whole, window)], part[_within(part, window)])
    bars = window.whole.entries[kept_whole]
    for name in _PER_ENTRY:
        whole, part = (np.asarray(getattr(d, name)) for d in (window.whole, window.part))
        _compare_values(window, name, bars, whole[kept_whole], part[kept_part])
    _compare_lines(window)


def _within(bars: npt.NDArray[np.int64], window: _Window) -> npt.NDArray[np.bool_]:
    return (bars >= window.first) & (bars < window.stop)


def _compare_indices(
    window: _Window, name: str, whole: npt.NDArray[np.int64], part: npt.NDArray[np.int64]
) -> None:
    different = np.setxor1d(whole, part)
    if different.size:
        bar = int(different[0])
        said = ("decided", "not decided")
        whole_said, part_said = said if bar in whole else said[::-1]
        raise window.fail(name, bar, whole_said, part_said)


def _compare_values(
    window: _Window,
    name: str,
    bars: npt.NDArray[np.int64],
    whole: npt.NDArray[Any],
    part: npt.NDArray[Any],
) -> None:
    if whole.dtype.kind == "f":
        same = np.isclose(part, whole, rtol=TOLERANCE, atol=0, equal_nan=True)
    else:
        same = whole == part
    same = same if same.ndim == 1 else same.all(axis=tuple(range(1, same.ndim)))
    if not same.all():
        at = int(np.argmin(same))
        raise window.fail(name, int(bars[at]), whole[at], part[at])


def _compare_lines(window: _Window) -> None:
    bars = np.arange(window.first, window.stop)
    whole, part = _lines(window.whole), _lines(window.part)
    if whole.keys() != part.keys():
        name = sorted(whole.keys() ^ part.keys())[0]
        said = ("drawn", "missing")
        whole_said, part_said = said if name in whole else said[::-1]
        raise window.fail(name, window.first, whole_said, part_said)
    for name, line in whole.items():
        other = part[name][window.skip : window.stop - window.start]
        _compare_values(window, name, bars, line[window.first : window.stop], other)


def _lines(decisions: Decisions) -> Mapping[str, npt.NDArray[np.float64]]:
    guards = {name: getattr(decisions, name) for name in _GUARDS}
    return {n: v for n, v in guards.items() if v is not None} | {
        f"overlay {name}": np.asarray(line, np.float64) for name, line in decisions.overlays.items()
    }


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
