"""Random cases with every field on: orders, two targets, break-even, margin, impact, limits.

They are made to be cheap, so that tens of thousands of them can be compared, and to be rough:
leverage near the tiers' limits, first targets near the entry and stops far from it.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pandas as pd

from kanalo.execution.costs import Costs
from kanalo.execution.rules import BothTouched, Execution, LimitFills
from kanalo.strategy import Decisions

from .markets import COLUMNS, START, date_index, make_unchecked

INSIDE, WARM_UP = 4, 24
ACCOUNTS = 4
"""How many cases, each with decisions and settings of its own, trade one market."""

SIDES = np.array([1, -1])


def draw_prices(rng, n):
    """Finer bars (4 to a bar) and the bars that they make; a coarse tick makes ties."""
    m, tick = n * INSIDE, rng.choice([0.0, 0.5, 2.0])
    close = 100 * np.exp(np.cumsum(rng.normal(0, rng.choice([0.005, 0.02]), m)))
    opens = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.02, m) * (rng.random(m) < 0.2))
    reach = 1 + rng.choice([0.003, 0.02]) * np.abs(rng.normal(size=(2, m)))
    high, low = np.maximum(opens, close) * reach[0], np.minimum(opens, close) / reach[1]
    finer = np.column_stack([opens, high, low, close, np.ones(m)])
    if tick:
        finer[:, :4] = np.maximum(np.round(finer[:, :4] / tick), 1) * tick
    parts = finer.reshape(n, INSIDE, 5)
    volume = 10 ** rng.uniform(2, 6) * rng.random(n) * (rng.random(n) > 0.05)
    bars = np.column_stack(
        [parts[:, 0, 0], parts[:, :, 1].max(1), parts[:, :, 2].min(1), parts[:, -1, 3], volume]
    )
    return bars, finer


def draw_market(rng, n):
    """A market of 8-hour bars: some change their venue, some have no finer bars or only a part."""
    whole, finer = draw_prices(rng, n + WARM_UP)
    venue = np.full(n + WARM_UP, "test-perp" if rng.random() < 0.8 else "test-spot")
    if rng.random() < 0.15:
        venue[int(rng.integers(n + WARM_UP)) :] = "new-perp"
    first = int(rng.integers(0, WARM_UP + 1))
    index = date_index(n + WARM_UP, 8)
    start = index[first]
    earlier = pd.DataFrame({"close": whole[:first, 3], "volume": whole[:first, 4]}, index[:first])
    earlier["venue"] = venue[:first]
    bars, finer = whole[first : first + n], finer[first * INSIDE : (first + n) * INSIDE]
    covered = int(len(finer) * min(1.0, 2 * rng.random()))
    rate = np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 0.003, n))
    index = index[first : first + n]
    inner = None
    if covered > 1:
        index_2h = date_index(len(finer), 2, start)[:covered]
        inner = make_unchecked(
            interval="2h",
            bars=pd.DataFrame(finer[:covered], index_2h, COLUMNS),
            venue=np.full(covered, "unknown"),
        )
    return make_unchecked(
        bars=pd.DataFrame(bars, index, COLUMNS),
        venue=venue[first : first + n],
        context=pd.DataFrame({"funding_rate": rate}, index),
        finer=inner,
        tiers=draw_tiers(int(rng.integers(64))) if rng.random() < 0.7 else None,
        earlier=earlier if first else None,
    )


@cache
def draw_tiers(number):
    """Two tables of tiers, the second one in force within most of the markets."""
    rng, tables = np.random.default_rng(number), []
    for time in (START - pd.Timedelta(days=9), START + pd.Timedelta(days=number % 16)):
        n = int(rng.integers(1, 4))
        caps = np.cumsum(10 ** rng.uniform(4, 6.5, n))
        columns = {
            "time": time,
            "tier": np.arange(1, n + 1),
            "min_notional": np.r_[0, caps[:-1]],
            "max_notional": caps,
            "maint_margin_rate": np.cumsum(rng.uniform(0.004, 0.12, n)),
            "max_leverage": np.sort(rng.choice([2.0, 5.0, 20.0, 75.0], n))[::-1],
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables)


def draw_orders(rng, n, close, width):
    """Market entries, stop and limit orders: bars, sides, kinds and prices of all of them."""
    is_market, rate = rng.random(n) < 0.1, rng.choice([0.2, 0.5, 0.9])
    placed = (rng.random((n, 2)) < rate) & ~is_market[:, None]
    kind = np.where(rng.random((n, 2)) < 0.5, 1, 2)
    price = close[:, None] * (1 + SIDES * np.where(kind == 1, 1, -1) * width * rng.random((n, 2)))
    if rng.random() < 0.5:
        price = np.maximum(np.round(price), 1)
    buys = rng.random(n) < 0.5
    placed[is_market] = np.column_stack([buys, ~buys])[is_market]
    kind[is_market], price[is_market] = 0, np.nan
    bars, column = np.nonzero(placed)
    return bars, SIDES[column].astype(np.int8), kind[placed].astype(np.int8), price[placed]


def draw_decisions(rng, market):
    n, close, width = len(market), market.close, rng.choice([0.01, 0.03, 0.1])
    bars, side, kind, price = draw_orders(rng, n, close, min(width, 0.03))
    at, k = np.where(np.isnan(price), close[bars], price), len(bars)
    unit = rng.random((9, k))
    stop = at * (1 - side * (width * unit[0] + 1e-3))
    target = at * (1 + side * (width * rng.choice([0.2, 1.0]) * unit[1] + 1e-3))
    second = target * (1 + side * (width * unit[2] + 1e-4))
    stop[unit[3] < 0.3] = np.nan
    target[unit[4] < 0.15] = np.nan
    second[(unit[4] < 0.15) | (unit[5] < 0.3)] = np.nan
    trail = np.where(unit[6] < rng.choice([0.6, 1.0]), np.nan, width * unit[7] + 1e-4)
    lines = close * (1 - SIDES[:, None] * 0.05 * rng.random((2, n)))
    lines[rng.random((2, n)) < rng.choice([0.3, 1.0])] = np.nan
    exits = rng.random((2, n)) < 0.07
    return Decisions(
        n,
        bars,
        side,
        stop=stop,
        target=target,
        trail=trail,
        size=rng.choice([0.3, 1.0, 30.0]) * (rng.random(k) + 0.01),
        max_bars=rng.integers(0, 6, k) * (rng.random(k) < 0.5),
        order=kind,
        price=price,
        valid=rng.integers(0, 4, k),
        target_2=second,
        share=0.1 + 0.8 * unit[8],
        breakeven=rng.random(k) < 0.7,
        exit_long=np.flatnonzero(exits[0]),
        exit_short=np.flatnonzero(exits[1]),
        guard_long=lines[0],
        guard_short=lines[1],
    )


def draw_settings(rng):
    costs = Costs(
        fee_bps=float(rng.choice([0, 5, 50])),
        maker_fee_bps=rng.choice([None, 1.0]),
        slippage_bps=float(rng.choice([0, 2, 30])),
        funding=bool(rng.random() < 0.9),
        funding_missing=0.0001,
        impact=float(rng.choice([0, 1, 3])),
        liquidation_fee_bps=float(rng.choice([0, 150, 2000])),
        borrow_bps_per_day=float(rng.choice([2.74, 300])),
    )
    leverage = float(rng.choice([1, 5, 20, 60]))
    both = rng.random() < 0.5
    execution = Execution(
        max_leverage=leverage,
        leverage=leverage if both else 1.0,
        both_touched=str(rng.choice(list(BothTouched))),
        entry_bar_exits=bool(rng.random() < 0.85),
        limit_fills=str(rng.choice(list(LimitFills), p=[0.8, 0.2])),
        margin=str(rng.choice(["exchange", "none"], p=[0.9, 0.1])),
        max_share=float(rng.choice([np.inf, 0.1, 0.001], p=[0.6, 0.2, 0.2])),
    )
    return costs, execution


@lru_cache(1)
def draw_shared_market(number, n):
    """The market of `ACCOUNTS` cases: what it keeps for the first must serve the others too."""
    return draw_market(np.random.default_rng([ACCOUNTS, number]), n)


def build_full_case(seed, n=20):
    """Return market, decisions, costs and account of one random case."""
    market, rng = draw_shared_market(seed // ACCOUNTS, n), np.random.default_rng(seed)
    return market, draw_decisions(rng, market), *draw_settings(rng)
