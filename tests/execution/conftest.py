"""Random markets, decisions and rules that reach every corner of the fill rules."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import BothTouched, Execution, LimitFills
from kanalo.strategy import Decisions

from .markets import COLUMNS, START, date_index, make_unchecked


@pytest.fixture(scope="session")
def make_case():
    """Return a function of (seed, n_bars) to (market, decisions, costs, execution)."""
    return build_case


def build_case(seed, n):
    rng = np.random.default_rng(seed)
    market = make_market(rng, n)
    return market, make_decisions(rng, market), *make_rules(rng)


def draw_bars(rng, n, tick):
    """Bars with gaps; a coarse tick makes ties, dojis and levels that are met exactly."""
    close = 100 * np.exp(np.cumsum(rng.normal(0, rng.choice([0.005, 0.03]), n)))
    gap = np.exp(rng.normal(0, 0.02, n) * (rng.random(n) < 0.3))
    opening = np.r_[100.0, close[:-1]] * gap
    reach = rng.choice([0.003, 0.03])
    high = np.maximum(opening, close) * (1 + np.abs(rng.normal(0, reach, n)))
    low = np.minimum(opening, close) * (1 - np.abs(rng.normal(0, reach, n)))
    prices = np.column_stack([opening, high, low, close, np.ones(n)])
    if tick:
        prices[:, :4] = np.maximum(np.round(prices[:, :4] / tick), 1) * tick
    return prices


def coarsen(finer, bars_inside):
    parts = finer.reshape(-1, bars_inside, 5)
    return np.column_stack(
        [
            parts[:, 0, 0],
            parts[:, :, 1].max(1),
            parts[:, :, 2].min(1),
            parts[:, -1, 3],
            parts[:, :, 4].sum(1),
        ]
    )


def make_market(rng, n):
    tick = rng.choice([0.0, 0.5, 2.0])
    finer = draw_bars(rng, n * 4, tick)
    index, bars = date_index(n, 8), coarsen(finer, 4)
    covered = int(len(finer) * rng.random())  # may end inside a bar, or be absent
    rate = np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 0.003, n))
    inner = None
    if covered > 1:
        table = pd.DataFrame(finer[:covered], date_index(n * 4, 2)[:covered], COLUMNS)
        inner = make_unchecked(interval="2h", bars=table, venue=np.full(covered, "unknown"))
    return make_unchecked(
        bars=pd.DataFrame(bars, index, COLUMNS),
        venue=np.full(n, rng.choice(["test-perp", "test-spot"], p=[0.8, 0.2])),
        context=pd.DataFrame({"funding_rate": rate}, index),
        finer=inner,
    )


def make_decisions(rng, market):
    n, close = len(market), market.close
    rate = rng.choice([0.02, 0.1, 0.4])
    draw = rng.random(n)
    long, short = draw < rate, draw > 1 - rate
    side = np.where(long, 1, -1)
    width = rng.choice([0.01, 0.05])
    stop = close * (1 - side * width * rng.random(n))
    target = close * (1 + side * width * rng.random(n))
    if rng.random() < 0.5:
        stop, target = np.maximum(np.round(stop), 1), np.maximum(np.round(target), 1)
    stop[rng.random(n) < 0.3] = np.nan
    target[rng.random(n) < 0.3] = np.nan
    sane = ~(side * (target - stop) <= 0)
    return Decisions.from_arrays(
        n,
        long=long & sane,
        short=short & sane,
        exit_long=rng.random(n) < 0.1,
        exit_short=rng.random(n) < 0.1,
        stop=stop,
        target=target,
        trail=np.where(rng.random(n) < 0.5, np.nan, width * rng.random(n) + 1e-4),
        size=rng.choice([0.3, 1.0, 30.0]) * (rng.random(n) + 0.01),
        max_bars=rng.integers(0, 6, n),
        guard_long=make_guard(rng, close, 1),
        guard_short=make_guard(rng, close, -1),
    )


@pytest.fixture(scope="session")
def make_order_case():
    """Return a function of (seed, n_bars) to a case with entry orders and two targets."""
    return build_order_case


def build_order_case(seed, n):
    rng = np.random.default_rng(seed)
    market = make_market(rng, n)
    costs, execution = make_rules(rng)
    fills = str(rng.choice(list(LimitFills), p=[0.7, 0.3]))
    return market, make_orders(rng, market), costs, replace(execution, limit_fills=fills)


@pytest.fixture(scope="session")
def make_account_case():
    """Return a function of (seed, n_bars) to a case with margin, impact and limited entries."""
    return build_account_case


def build_account_case(seed, n):
    rng = np.random.default_rng(seed)
    whole = make_market(rng, n + 24)
    volume = 10 ** rng.uniform(2, 6) * rng.random(len(whole)) * (rng.random(len(whole)) > 0.05)
    tiers = make_tiers(rng, whole) if rng.random() < 0.8 else None
    whole = replace(whole, bars=whole.bars.assign(volume=volume), tiers=tiers)
    market = whole.rows(int(rng.integers(0, 24)), len(whole))
    decisions = make_orders(rng, market) if rng.random() < 0.6 else make_decisions(rng, market)
    costs, execution = make_rules(rng)
    costs = replace(
        costs,
        impact=float(rng.choice([0, 1, 3])),
        liquidation_fee_bps=float(rng.choice([0, 150, 2000])),
        borrow_bps_per_day=float(rng.choice([2.74, 300])),
    )
    fills = {"limit_fills": str(rng.choice(list(LimitFills), p=[0.8, 0.2]))}
    if rng.random() < 0.3:
        fills |= {"leverage": float(rng.choice([0.5, 3.0])), "max_leverage": 1.0}
    share = float(rng.choice([np.inf, 0.1, 0.001], p=[0.6, 0.2, 0.2]))
    margin = str(rng.choice(["exchange", "none"], p=[0.85, 0.15]))
    return market, decisions, costs, replace(execution, margin=margin, max_share=share, **fills)


def make_tiers(rng, market):
    """Two tables of tiers, the second one in force within the market or soon before it."""
    tables = []
    for time in (START - pd.Timedelta(days=9), market.index[int(rng.integers(len(market)))]):
        n = int(rng.integers(1, 4))
        caps = np.cumsum(10 ** rng.uniform(4, 6.5, n))
        rates = np.cumsum(rng.uniform(0.004, 0.12, n))
        columns = {
            "time": time.normalize(),
            "tier": np.arange(1, n + 1),
            "min_notional": np.r_[0, caps[:-1]],
            "max_notional": caps,
            "maint_margin_rate": rates,
            "max_leverage": np.sort(rng.choice([2.0, 5.0, 20.0, 75.0], n))[::-1],
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables).drop_duplicates(["time", "tier"], keep="last")


def make_orders(rng, market):
    """Entries of every kind, with protection that is sane beside their prices."""
    n, width = len(market), rng.choice([0.01, 0.03])
    lines, market_bars = make_lines(rng, market.close, width, ticked=rng.random() < 0.5)
    long, short = (np.fmax(lines[f"{s}_stop"], lines[f"{s}_limit"]) for s in ("long", "short"))
    at = np.column_stack([long, short])
    at = np.where(np.isnan(at), market.close[:, None], at)
    sides, unit = np.array([1, -1]), rng.random((3, n, 2))
    stop = at * (1 - sides * (width * unit[0] + 1e-3))
    target = at * (1 + sides * (width * unit[1] + 1e-3))
    second = target * (1 + sides * (width * unit[2] + 1e-4))
    stop[rng.random(n) < 0.2] = np.nan
    none = rng.random(n) < 0.2
    target[none], second[none | (rng.random(n) < 0.4)] = np.nan, np.nan
    buys = rng.random(n) < 0.5
    return Decisions.from_arrays(
        n,
        long=market_bars & buys,
        short=market_bars & ~buys,
        **lines,
        exit_long=rng.random(n) < 0.1,
        exit_short=rng.random(n) < 0.1,
        stop=stop,
        target=target,
        target_2=second,
        share=0.1 + 0.8 * rng.random(n),
        breakeven=rng.random(n) < 0.5,
        valid=rng.integers(0, 4, n),
        trail=np.where(rng.random(n) < 0.6, np.nan, width * rng.random(n) + 1e-4),
        size=rng.choice([0.3, 1.0, 30.0]) * (rng.random(n) + 0.01),
        max_bars=rng.integers(0, 6, n),
        guard_long=make_guard(rng, market.close, 1),
        guard_short=make_guard(rng, market.close, -1),
    )


def make_lines(rng, close, width, ticked):
    """Lines of order prices, at most one a side and bar, and the bars of market entries instead."""
    n, rate = len(close), rng.choice([0.1, 0.4, 0.8])
    market_bars = rng.random(n) < rng.choice([0, 0.1])
    lines = {}
    for side, sign in (("long", 1), ("short", -1)):
        is_stop = rng.random(n) < 0.5
        idle = market_bars | (rng.random(n) > rate)
        for kind, away, wanted in (("stop", sign, is_stop), ("limit", -sign, ~is_stop)):
            line = close * (1 + away * width * rng.random(n))
            line = np.maximum(np.round(line), 1) if ticked else line
            lines[f"{side}_{kind}"] = np.where(wanted & ~idle, line, np.nan)
    return lines, market_bars


def make_guard(rng, close, side):
    if rng.random() < 0.5:
        return None
    line = close * (1 - side * 0.05 * rng.random(len(close)))
    return np.where(rng.random(len(close)) < 0.3, np.nan, line)


def make_rules(rng):
    costs = Costs(
        fee_bps=float(rng.choice([0, 5, 50])),
        maker_fee_bps=rng.choice([None, 1.0]),
        slippage_bps=float(rng.choice([0, 2, 30])),
        funding=bool(rng.random() < 0.9),
        funding_missing=0.0001,
        impact=0,
    )
    execution = Execution(
        margin="none",
        max_leverage=float(rng.choice([1, 5, 60])),
        both_touched=str(rng.choice(list(BothTouched))),
        entry_bar_exits=bool(rng.random() < 0.7),
    )
    return costs, execution
