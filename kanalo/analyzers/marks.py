"""Lay out a market for the kernels of statistics; what they need is computed once and kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers import _layout as layout
from kanalo.analyzers import relative
from kanalo.analyzers._layout import Benchmark, FloatArray, Marks
from kanalo.analyzers.returns import to_daily_equity
from kanalo.execution.compiled import to_blocks, to_tape
from kanalo.execution.costs import Costs
from kanalo.market import Market

_DAY_NS = 86_400_000_000_000


def to_days(market: Market) -> pd.DatetimeIndex:
    """Return the midnights of the UTC days that have bars."""
    return pd.DatetimeIndex(to_daily_equity(market.bars["close"]).index)


def to_marks(market: Market, *, funding: bool, funding_missing: float) -> Marks:
    """Lay out what statistics need of a market and the funding that its positions pay."""
    tape = to_tape(market, Costs(funding=funding, funding_missing=funding_missing))
    net = tape.close  # the same array where nothing is paid: half as much to read
    if len(tape.paid_bar):
        paid = np.zeros(len(market))
        paid[tape.paid_bar] = tape.close[tape.paid_bar] * tape.paid_rate
        net = tape.close - np.cumsum(paid)
    middle, moments = _to_moments(net)
    share_middle, share_reach, share_sums = _to_share_sums(tape.close, net)
    stretches = to_blocks(net, layout.STRETCH)
    times = np.array(market.index.as_unit("ns").asi8)
    ends = np.diff(times // _DAY_NS, append=np.iinfo(np.int64).max) != 0
    return Marks(
        times=times,
        net=net,
        middle=middle,
        moments=moments,
        share_middle=share_middle,
        share_reach=share_reach,
        share_sums=share_sums,
        lows=stretches.min(axis=1),
        highs=stretches.max(axis=1),
        days_before=np.concatenate(([0], np.cumsum(ends))).astype(np.int64),
        day_net=net[ends],
    )


def _to_moments(net: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first value of each block, and running sums of the distances from it."""
    size, n = layout.MOMENT_BLOCK, len(net)
    blocks = -(-n // size)
    table = np.concatenate((net, np.full(blocks * size - n, net[-1]))).reshape(blocks, size)
    distance = table - table[:, :1]
    moments = np.stack([np.cumsum(each, axis=1) for each in (distance, distance**2)], axis=-1)
    return table[:, 0].copy(), moments.reshape(-1, 2)[:n].copy()


def _to_share_sums(close: FloatArray, net: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the middle and the reach of each block, and what shares of equity are summed by."""
    blocks = to_blocks(net, layout.SHARE_BLOCK)
    low, high = blocks.min(axis=1), blocks.max(axis=1)
    middle = (low + high) / 2
    distance = blocks - middle[:, None]
    weights = to_blocks(close, layout.SHARE_BLOCK).copy()
    sums = np.empty((len(blocks), layout.SHARE_TERMS))
    for power in range(layout.SHARE_TERMS):
        sums[:, power] = weights.sum(axis=1)
        weights *= distance
    return middle, (high - low) / 2, sums


def to_benchmarks(market: Market) -> tuple[Benchmark, Benchmark]:
    """Return the daily returns of holding the market, and of BTC where the market has it."""
    unknown = pd.DataFrame({"close": np.nan}, index=market.index)
    btc = unknown if market.benchmark is None else market.benchmark
    return _to_benchmark(market.bars), _to_benchmark(btc)


def _to_benchmark(bars: pd.DataFrame) -> Benchmark:
    returns: Any = relative.to_benchmark_returns(bars).to_numpy(np.float64)
    known = returns[~np.isnan(returns)]
    if not len(known):
        return Benchmark(np.empty(0), np.empty(0), 0.0, 0.0, 0.0, 1.0)
    mean = float(known.mean())
    return Benchmark(
        returns=np.nan_to_num(returns, nan=0.0),
        known=(~np.isnan(returns)).astype(np.float64),
        days=float(len(known)),
        mean=mean,
        squares=float(((known - mean) ** 2).sum()),
        growth=float(np.prod(1 + known)),
    )
