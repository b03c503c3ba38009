"""Histories that end early, or go on otherwise than they did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.market.bars import COLUMNS
from kanalo.strategy import Decisions, Strategy

PRICES = tuple(name for name in COLUMNS if name != "volume")

_STEP = 0.03
"""Standard deviation of each step, in log, by which an invented future leaves the real one."""


def decide(strategy: Strategy, market: Market) -> Decisions:
    """Ask a strategy for its decisions, and hold it to what every answer must be.

    Raises
    ------
    CheckError
        If it changes the bars, does not return `Decisions`, those of another number of bars, or
        fails.
    """
    name, before = type(strategy).__name__, market.bars.copy()
    try:
        decisions = strategy.decide(market)
    except Exception as error:
        raise CheckError(
            f"{name} cannot decide on the {len(market)} bars from {market.index[0]} on: {error!r}"
        ) from error
    if not before.equals(market.bars):
        raise CheckError(f"{name} changes the bars that it looks at.")
    if not isinstance(decisions, Decisions):
        raise CheckError(
            f"{name}.decide must return Decisions; received {type(decisions).__name__}."
        )
    if decisions.n_bars != len(market):
        raise CheckError(f"{name} decided on {decisions.n_bars} bars of a market of {len(market)}.")
    return decisions


def cut_out(market: Market, start: int, stop: int) -> Market:
    """Return the bars [start, stop) with what was known by the close of the last one.

    Unlike `Market.rows` it cuts the finer bars too, or a rule could read the future from them. The
    cache is empty.
    """
    part = market.rows(start, stop)
    if market.finer is None:
        return part
    begins, ends = (time.as_unit("ns").value for time in (part.index[0], part.closes_at[-1]))
    first = market.finer.index.as_unit("ns").asi8.searchsorted(begins)
    last = market.finer.closes_at.as_unit("ns").asi8.searchsorted(ends, side="right")
    finer = cut_out(market.finer, int(first), int(last)) if first < last else None
    return replace(part, finer=finer)


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
    columns = {name: frame[name].to_numpy(np.float64, copy=True) for name in frame.columns}
    for values in columns.values():
        values[cut:] = rng.permutation(values[cut:])
    return pd.DataFrame(columns, index=frame.index)
