"""Lay out a market for the kernels of statistics; what they need is computed once and kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers import relative
from kanalo.analyzers._arrays import to_values
from kanalo.analyzers.batch import _sum_layout as layout
from kanalo.analyzers.batch._block_kernels import lay_moments, lay_share_sums
from kanalo.analyzers.batch._sum_layout import Benchmark, Marks
from kanalo.execution.compiled.simulate import find_extremes, to_tape
from kanalo.execution.costs import Costs
from kanalo.market import Market
from kanalo.typing import FloatArray, IntArray

_DAY_NS = 86_400_000_000_000
NO_BENCHMARK = Benchmark(np.empty(0), np.empty(0), 0.0, 0.0, 0.0, 1.0)


def find_day_ends(market: Market) -> IntArray:
    """Return the last bar of each UTC day that has bars, shape (n_days,)."""
    days = market.index.as_unit("ns").asi8 // _DAY_NS
    return np.flatnonzero(np.diff(days, append=np.iinfo(np.int64).max))


def to_days(market: Market) -> pd.DatetimeIndex:
    """Return the midnights of the UTC days that have bars."""
    return market.index[market.cached(find_day_ends)].as_unit("ns").floor("D")


def to_marks(market: Market, *, funding: bool, funding_missing: float) -> Marks:
    """Lay out what statistics need of a market and the funding that its positions pay.

    Parameters
    ----------
    market : Market
        Its traded bars of shape (n_bars,).
    funding : bool
        Whether positions pay funding.
    funding_missing : float
        Rate charged where a stamp has none, a fraction of the position's value.

    Returns
    -------
    Marks
        Prices net of funding, the number of whole UTC days before each bar, and running sums of
        both for statistics of a stretch of bars.
    """
    tape = to_tape(market, Costs(funding=funding, funding_missing=funding_missing, impact=0))
    net = tape.close  # the same array where nothing is paid: half as much to read
    if len(tape.paid_bar):
        paid = np.zeros(len(market))
        paid[tape.paid_bar] = tape.close[tape.paid_bar] * tape.paid_rate
        net = tape.close - np.cumsum(paid)
    ends = market.cached(find_day_ends)
    ended = np.zeros(len(net) + 1, dtype=np.int64)
    ended[ends + 1] = 1
    return Marks(
        times=np.array(market.index.as_unit("ns").asi8),
        net=net,
        days_before=np.cumsum(ended),
        day_net=net[ends],
        **_lay_sums(tape.close, net),
    )


def _lay_sums(close: FloatArray, net: FloatArray) -> dict[str, FloatArray]:
    middle = np.empty(-(-len(net) // layout.MOMENT_BLOCK))
    moments = np.empty((len(net), 2))
    lay_moments(net, layout.MOMENT_BLOCK, middle, moments)
    lows = find_extremes(net, layout.STRETCH, np.minimum)
    highs = find_extremes(net, layout.STRETCH, np.maximum)
    sums = np.zeros((len(lows), layout.SHARE_TERMS))
    lay_share_sums(close, net, layout.STRETCH, lows, highs, sums)
    return {
        "middle": middle,
        "moments": moments,
        "lows": lows,
        "highs": highs,
        "share_sums": sums,
    }


def to_benchmarks(market: Market) -> tuple[Benchmark, Benchmark]:
    """Return the daily returns of holding the market, and of BTC where the market has it."""
    ends = market.cached(find_day_ends)
    closes = np.concatenate((market.open[:1], market.close[ends]))
    hold, btc = _to_benchmark(closes[1:] / closes[:-1] - 1), NO_BENCHMARK
    if market.benchmark is not None:
        btc = _to_benchmark(to_values(relative.to_benchmark_returns(market.benchmark)))
    return hold, btc


def _to_benchmark(returns: FloatArray) -> Benchmark:
    known = returns[~np.isnan(returns)]
    if not len(known):
        return NO_BENCHMARK
    mean = float(known.mean())
    return Benchmark(
        returns=np.nan_to_num(returns, nan=0.0),
        known=(~np.isnan(returns)).astype(np.float64),
        days=float(len(known)),
        mean=mean,
        squares=float(((known - mean) ** 2).sum()),
        growth=float(np.prod(1 + known)),
    )
