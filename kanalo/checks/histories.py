"""Histories that end early, or go on otherwise than they did."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kanalo.checks.cuts import RARE
from kanalo.errors import CheckError, DecisionError, StrategyError
from kanalo.market import Market
from kanalo.market.bars import COLUMNS
from kanalo.strategy import Decisions, Strategy
from kanalo.strategy.validation import check_decisions
from kanalo.text import count

PRICES = tuple(name for name in COLUMNS if name != "volume")

_STEP = 0.03
"""Standard deviation of each step, in log, by which an invented future leaves the real one."""

_TIME = "%Y-%m-%d %H:%M"

_BESIDE = frozenset({"finer", "context", "known", "benchmark"})
"""What a market has beside its bars."""

_PACKAGE = Path(__file__).parents[1]


class CannotDecideError(CheckError):
    """A rule raised an error of its own; on few bars that may only mean that it needs more."""


def decide(strategy: Strategy, market: Market) -> Decisions:
    """Ask a strategy for its decisions, and hold it to what every answer must be.

    Parameters
    ----------
    strategy : Strategy
        The rule with its parameters.
    market : Market
        Of at least one bar.

    Returns
    -------
    Decisions
        For every bar of the market.

    Raises
    ------
    CannotDecideError
        If it fails; file and line of the rule are named.
    CheckError
        If it changes the bars, or returns what `check_decisions` refuses.
    """
    name, before = type(strategy).__name__, market.bars.copy()
    try:
        decisions = strategy.decide(market)
    except (Exception, SystemExit) as error:
        raise CannotDecideError(describe_failure(name, market, error)) from error
    if not before.equals(market.bars):
        raise CheckError(f"{name} changes the bars that it looks at.")
    try:
        return check_decisions(decisions, market, name)
    except (StrategyError, DecisionError) as error:
        raise CheckError(str(error)) from error


def describe_failure(name: str, market: Market, error: BaseException) -> str:
    """Say on which bars code failed, with what error and at which of its lines.

    Parameters
    ----------
    name : str
        Of the code.
    market : Market
        What it was given.
    error : BaseException
        What it raised.

    Returns
    -------
    str
        A sentence without its full stop.
    """
    return (
        f"{name} cannot decide on the {count(len(market), 'bar')} from {market.index[0]:{_TIME}} "
        f"to {market.index[-1]:{_TIME}}: {_describe(error)}"
    )


def _describe(error: BaseException) -> str:
    """Say what was raised, and at which line of the rule."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if _is_foreign(each)]
    place = f" ({Path(frames[0].filename).name}, line {frames[0].lineno})" if frames else ""
    text = repr(error)
    return (text if len(text) <= 200 else f"{text[:199]}…") + place


def _is_foreign(frame: traceback.FrameSummary) -> bool:
    """Tell a line of a rule from one of kanalo, or of an installed package."""
    path = Path(frame.filename)
    return not path.is_relative_to(_PACKAGE) and "site-packages" not in path.parts


def to_warm_up(strategy: Strategy, market: Market) -> int | None:
    """Return a strategy's warm-up.

    Parameters
    ----------
    strategy : Strategy
        The rule with its parameters.
    market : Market
        What it is to decide on; its interval turns days into bars.

    Returns
    -------
    int or None
        Bars, at least 0; None for unbounded memory.

    Raises
    ------
    CheckError
        If it is neither a number of bars nor None.
    """
    warm_up: Any = strategy.warm_up(market)
    if warm_up is None:
        return None
    is_whole = isinstance(warm_up, (int, np.integer)) and not isinstance(warm_up, bool)
    if not is_whole or warm_up < 0:
        raise CheckError(
            f"{type(strategy).__name__}.warm_up must return a number of bars or None; "
            f"received {warm_up!r}."
        )
    return int(warm_up)


@dataclass(frozen=True, eq=False)
class WatchedMarket(Market):
    """A market that notes whether anything beside its bars was asked for; made by `watch`."""

    asked: list[str] = field(default_factory=list)
    _asked_for: dict[Any, list[str]] = field(default_factory=dict, init=False, repr=False)

    def cached(self, function: Callable[..., Any], *args: Any, **parameters: Any) -> Any:
        """Do as `Market.cached`, and note again what a signal asked for that is known already.

        Parameters
        ----------
        function, *args, **parameters
            As of `Market.cached`.

        Returns
        -------
        object
            What the function returned, the same object each time.
        """
        key, before = (function, args, tuple(sorted(parameters.items()))), len(self.asked)
        value = super().cached(function, *args, **parameters)
        if key in self._asked_for:
            self.asked.extend(self._asked_for[key])
        else:
            self._asked_for[key] = self.asked[before:]
        return value

    def __getattribute__(self, name: str) -> Any:
        if name in _BESIDE:
            object.__getattribute__(self, "asked").append(name)
        return object.__getattribute__(self, name)


def watch(market: Market) -> WatchedMarket:
    """Return the same market with an empty cache and a list of what will be asked of it.

    Returns
    -------
    WatchedMarket
        Its ``asked`` will hold ``"finer"``, ``"context"``, ``"known"`` or ``"benchmark"``, each
        time that it is read.
    """
    fields = {name: getattr(market, name) for name in Market.__dataclass_fields__}
    del fields["_cache"]
    watched = WatchedMarket(**fields)
    watched.asked.clear()
    return watched


def hide_rare(market: Market) -> Market | None:
    """Return the market without finer bars and without columns that most bars do not know.

    Returns
    -------
    Market or None
        None where it has neither.
    """
    known = market.context.notna().mean()
    rare = list(known.index[(known > 0) & (known < RARE)])
    if market.finer is None and not rare:
        return None
    context = market.context.copy()
    context[rare] = np.nan
    return replace(market, context=context, finer=None)


def cut_out(market: Market, start: int, stop: int) -> Market:
    """Return the bars [start, stop) with what was known by the close of the last one.

    Unlike `Market.rows` it cuts the finer bars too, or a rule could read the future from them. The
    cache is empty.

    Parameters
    ----------
    market : Market
        The whole history.
    start, stop : int
        First bar, and the bar after the last.

    Returns
    -------
    Market
        Of ``stop - start`` bars.
    """
    if market.finer is None:
        return market.rows(start, stop)
    begins = market.index[start].as_unit("ns").value
    ends = (market.index[stop - 1] + market.length - market.finer.length).as_unit("ns").value
    times = market.finer.index.as_unit("ns").asi8
    first, last = times.searchsorted(begins), times.searchsorted(ends, side="right")
    if first >= last:
        return market.cached(_without_finer).rows(start, stop)
    return replace(market.rows(start, stop), finer=cut_out(market.finer, int(first), int(last)))


def _without_finer(market: Market) -> Market:
    return replace(market, finer=None)


def change_future(market: Market, cut: int, seed: int) -> Market:
    """Return the market with other bars from ``cut`` on, and the same ones before.

    Bars are put into another order and their prices carried along a random walk that leaves the
    real one at once; volumes, every context column and the benchmark are put into orders of their
    own, so what is unknown moves too. The result is a valid market that never was.

    Parameters
    ----------
    market : Market
        At least one bar longer than ``cut``.
    cut : int
        First bar that changes, at least 1.
    seed : int
        Another seed, another future.

    Returns
    -------
    Market
        Of the same bars and length.
    """
    rng, benchmark = np.random.default_rng([seed, cut]), market.benchmark
    return replace(
        market,
        bars=_change_bars(market.bars, cut, rng),
        context=_shuffle(market.context, cut, rng),
        benchmark=None if benchmark is None else _change_bars(benchmark, cut, rng),
        finer=_change_finer(market, cut, seed),
    )


def _change_finer(market: Market, cut: int, seed: int) -> Market | None:
    """Change the finer bars that close after bar ``cut - 1`` does; drop them if none closed yet."""
    finer = market.finer
    if finer is None:
        return None
    end = market.closes_at[cut - 1].as_unit("ns").value
    n_known = int(finer.closes_at.as_unit("ns").asi8.searchsorted(end, side="right"))
    if n_known == len(finer):
        return finer
    return change_future(finer, n_known, seed) if n_known else None


def _change_bars(bars: pd.DataFrame, cut: int, rng: np.random.Generator) -> pd.DataFrame:
    n = len(bars) - cut
    order = cut + rng.permutation(n)
    # The first step is far, so that whoever looks one bar ahead sees another bar for certain.
    walk = rng.choice([-1.0, 1.0]) * 5 * _STEP + np.cumsum(rng.normal(0.0, _STEP, n))
    columns = {name: bars[name].to_numpy(np.float64, copy=True) for name in bars.columns}
    for name in PRICES:
        columns[name][cut:] = columns[name][order] * np.exp(walk)
    columns["volume"][cut:] = rng.permutation(columns["volume"][cut:]) * rng.lognormal(size=n)
    return pd.DataFrame(columns, index=bars.index)


def _shuffle(frame: pd.DataFrame, cut: int, rng: np.random.Generator) -> pd.DataFrame:
    columns = {name: frame[name].to_numpy(copy=True) for name in frame.columns}
    for values in columns.values():
        values[cut:] = rng.permutation(values[cut:])
    return pd.DataFrame(columns, index=frame.index)
