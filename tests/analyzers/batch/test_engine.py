"""Batches give the figures of `calc_statistics` without equity per bar."""

import os

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.analyzers import STATISTICS, calc_statistics, to_daily_returns, to_exit_reasons
from kanalo.analyzers.batch.engine import simulate_many
from kanalo.errors import EngineError, ParameterError
from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.costs import Costs
from kanalo.execution.funding import funding_coverage
from kanalo.execution.records import Reason
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.execution.trades import to_fill_table, to_trades
from kanalo.market import Market
from kanalo.periods import to_timedelta
from kanalo.strategy import Decisions
from kanalo.workspace import find_workspace

WORKSPACE = find_workspace(None)


def make_market(seed, n, *, interval="1h", venue="test-perp", benchmark=True):
    """A random walk with gaps in time, funding of which a part is unknown, and a benchmark."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    opening = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.004, n) * (rng.random(n) < 0.3))
    high = np.maximum(opening, close) * (1 + np.abs(rng.normal(0, 0.005, n)))
    low = np.minimum(opening, close) * (1 - np.abs(rng.normal(0, 0.005, n)))
    steps = pd.date_range("2021-01-01", periods=2 * n, freq=to_timedelta(interval), tz="UTC")
    index = steps[np.sort(rng.permutation(2 * n)[:n])] if seed % 2 else steps[:n]
    columns = {"open": opening, "high": high, "low": low, "close": close, "volume": 1.0}
    bars = pd.DataFrame(columns, index=index)
    rate = np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 0.001, n))
    other = bars.mask(np.repeat(rng.random((n, 1)) > 0.98, 5, axis=1)) if benchmark else None
    context = pd.DataFrame({"funding_rate": rate}, index=index)
    return Market.from_bars(bars, interval=interval, venue=venue, context=context, benchmark=other)


def make_decisions(market, seed):
    rng = np.random.default_rng(seed)
    n, close = len(market), market.close
    draw, rate, width = rng.random(n), rng.choice([0.01, 0.1, 0.4]), rng.choice([0.01, 0.1])
    side = np.where(draw < rate, 1, -1)
    return Decisions.from_arrays(
        n,
        long=draw < rate,
        short=draw > 1 - rate * 0.7,
        exit_long=rng.random(n) < 0.02,
        exit_short=rng.random(n) < 0.02,
        stop=close * (1 - side * width * (rng.random(n) + 0.1)),
        target=close * (1 + side * width * (rng.random(n) + 0.1)),
        trail=np.where(rng.random(n) < 0.7, np.nan, width),
        size=rng.choice([0.2, 1.0, 8.0]) * (rng.random(n) + 0.01),
        max_bars=rng.integers(0, 60, n) if seed % 3 else 0,
    )


def make_rules(seed):
    rng = np.random.default_rng(seed)
    costs = Costs(fee_bps=float(rng.choice([0, 5, 30])), slippage_bps=float(rng.choice([0, 5])))
    leverage = float(rng.choice([1, 1, 10]))
    return costs, Execution(max_leverage=leverage, both_touched=str(rng.choice(["stop", "target"])))


def to_result(market, decisions, costs, execution):
    records = simulate_nb(market, decisions, costs, execution)
    equity, position, funding = (
        pd.Series(each, index=market.index)
        for each in (records.equity, records.position, records.funding)
    )
    return Result(
        strategy="random",
        parameters={},
        market=market,
        costs=costs.to_dict(),
        execution=execution.to_dict(),
        fills=to_fill_table(records, market),
        trades=to_trades(records, market, decisions),
        equity=equity,
        position=position,
        funding=funding,
        decisions=decisions,
        ambiguous_bars=len(records.ambiguous),
        resolved_bars=records.resolved,
        funding_coverage=funding_coverage(market),
        provenance={},
    )


def assert_figures(batch, row, result):
    """Compare one row of a batch with the statistics of the same run."""
    expected = calc_statistics(result)
    for at, statistic in enumerate(STATISTICS):
        np.testing.assert_allclose(
            batch.values[row, at],
            expected[statistic.key],
            rtol=1e-9,
            atol=1e-11,
            err_msg=statistic.key,
        )
    daily = to_daily_returns(result.equity, result.cash)
    np.testing.assert_allclose(batch.daily[row], daily, rtol=1e-6, atol=1e-7)
    assert batch.days.equals(daily.index)
    reasons = to_exit_reasons(result.trades)
    counts = batch.exit_reasons().iloc[row]
    assert counts[counts > 0].to_dict() == reasons.to_dict()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_batch_has_the_figures_of_the_single_run(seed):
    interval = ("1h", "8h", "1d", "1w")[seed % 4]
    market = make_market(
        seed,
        400,
        interval=interval,
        benchmark=seed % 5 > 0,
        venue=("a-perp", "a-spot")[seed % 3 > 1],
    )
    sets = [make_decisions(market, 10 * seed + i) for i in range(3)]
    costs, execution = make_rules(seed)
    batch = simulate_many(market, sets, costs, execution)
    for row, decisions in enumerate(sets):
        assert_figures(batch, row, to_result(market, decisions, costs, execution))


def make_orders(market, seed):
    """A stop order above or a limit below most closes, with two targets and break-even."""
    rng = np.random.default_rng(seed)
    n, close = len(market), market.close
    price = close * (1 + rng.choice([-0.01, 0.01], n) * rng.random(n))
    is_stop, idle = price > close, rng.random(n) > rng.choice([0.05, 0.5])
    target = price * (1 + 0.02 * rng.random(n) + 1e-3)
    return Decisions.from_arrays(
        n,
        long_stop=np.where(is_stop & ~idle, price, np.nan),
        long_limit=np.where(is_stop | idle, np.nan, price),
        exit_long=rng.random(n) < 0.02,
        stop=price * (1 - 0.03 * rng.random(n) - 1e-3),
        target=target,
        target_2=np.where(rng.random(n) < 0.3, np.nan, target * 1.01),
        share=0.3,
        breakeven=True,
        valid=3,
        size=rng.choice([0.5, 8.0]),
        max_bars=rng.integers(0, 60, n) if seed % 3 else 0,
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_batch_has_the_figures_of_orders_beside_those_of_market_entries(seed):
    market = make_market(seed, 400, interval=("1h", "8h", "1d")[seed % 3])
    sets = [make_orders(market, seed), make_decisions(market, seed), make_orders(market, 99 + seed)]
    costs, execution = make_rules(seed)
    if seed % 4 == 0:
        execution = Execution(both_touched="path", limit_fills="through")
    batch = simulate_many(market, sets, costs, execution)
    for row, decisions in enumerate(sets):
        assert_figures(batch, row, to_result(market, decisions, costs, execution))


def test_batch_knows_runs_without_a_trade_and_runs_that_hold_to_the_end():
    market = make_market(2, 300)
    first = np.arange(300) == 3
    sets = [Decisions.from_arrays(300), Decisions.from_arrays(300, long=first, size=0.5)]
    batch = simulate_many(market, sets, Costs(), Execution())
    for row, decisions in enumerate(sets):
        assert_figures(batch, row, to_result(market, decisions, Costs(), Execution()))
    assert batch.statistics()["n_open_trades"].tolist() == [0, 1]


def test_batch_has_no_daily_return_behind_ruin():
    n = 96
    close = np.r_[np.full(30, 100.0), np.full(n - 30, 40.0)]
    columns = {"open": close, "high": close, "low": close, "close": close, "volume": 1.0}
    index = pd.date_range("2021-01-01", periods=n, freq="h", tz="UTC")
    market = Market.from_bars(pd.DataFrame(columns, index=index))
    decisions = Decisions.from_arrays(n, long=np.arange(n) == 2, size=5.0)
    rules = Costs(), Execution(max_leverage=5.0, margin="none")
    batch = simulate_many(market, [decisions], *rules)
    assert_figures(batch, 0, to_result(market, decisions, *rules))
    assert np.isnan(batch.daily[0]).tolist() == [False, False, True, True]
    assert batch.reasons[0, Reason.RUIN] == 1


def test_batch_does_not_depend_on_threads_and_takes_a_generator():
    market = make_market(4, 500)
    sets = [make_decisions(market, seed) for seed in range(20)]
    one = simulate_many(market, sets, Costs(), Execution(), threads=1)
    many = simulate_many(market, (each for each in sets), Costs(), Execution(), threads=3)
    np.testing.assert_array_equal(one.values, many.values)
    np.testing.assert_array_equal(one.daily, many.daily)
    assert len(many) == 20


def test_batch_of_nothing_has_no_rows_but_all_columns():
    batch = simulate_many(make_market(1, 50), [], Costs(), Execution())
    assert list(batch.statistics()) == [each.key for each in STATISTICS]
    assert len(batch.statistics()) == 0


def test_batch_leaves_daily_returns_out_where_nobody_asks():
    market = make_market(1, 50)
    batch = simulate_many(market, [make_decisions(market, 1)], Costs(), Execution(), daily=False)
    assert batch.daily.shape == (1, 0)


def test_batch_writes_daily_returns_where_they_are_wanted():
    market = make_market(6, 300)
    sets = [make_decisions(market, seed) for seed in range(40)]
    plain = simulate_many(market, sets, Costs(), Execution())
    kept = np.full((50, len(plain.days)), -9, dtype=np.float32)
    batch = simulate_many(market, sets, Costs(), Execution(), daily=kept)
    assert np.shares_memory(batch.daily, kept)
    assert (kept[40:] == -9).all()
    np.testing.assert_array_equal(batch.daily, plain.daily)
    np.testing.assert_array_equal(batch.values, plain.values)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: np.empty((2, n), dtype=np.float32),
        lambda n: np.empty((9, n - 1), dtype=np.float32),
        lambda n: np.empty((9, n), dtype=np.float64),
        lambda n: np.empty((18, n), dtype=np.float32)[::2],
    ],
    ids=["few rows", "few days", "other type", "strided"],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_batch_refuses_a_place_that_has_no_room(make, threads):
    market = make_market(6, 300)
    sets = [make_decisions(market, seed) for seed in range(3)]
    n_days = len(simulate_many(market, sets[:1], Costs(), Execution()).days)
    with pytest.raises(ParameterError, match="'daily'"):
        simulate_many(market, sets, Costs(), Execution(), daily=make(n_days), threads=threads)


def test_batch_takes_as_many_sets_as_there_are():
    market = make_market(7, 200)
    sets = [make_decisions(market, seed) for seed in range(33)]  # two groups and one set
    together = simulate_many(market, sets, Costs(), Execution()).values
    alone = [simulate_many(market, [each], Costs(), Execution()).values[0] for each in sets]
    np.testing.assert_array_equal(together, alone)


def test_batch_leaves_the_pinning_of_its_caller_alone():
    before = os.sched_getaffinity(0)
    market = make_market(1, 50)
    simulate_many(market, [make_decisions(market, 1)], Costs(), Execution(), threads=1)
    simulate_many(market, [make_decisions(market, 1)], Costs(), Execution(), threads=2)
    assert os.sched_getaffinity(0) == before


def test_batch_refuses_decisions_for_other_bars():
    market = make_market(1, 50)
    with pytest.raises(EngineError, match="look at 40 bars; the market has 50"):
        simulate_many(market, [Decisions.from_arrays(40)], Costs(), Execution())


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_batch_refuses_threads_that_cannot_be(threads):
    with pytest.raises(ParameterError, match="'threads' must be an int of at least 1"):
        simulate_many(make_market(1, 50), [], Costs(), Execution(), threads=threads)


@pytest.mark.slow
@pytest.mark.parametrize("market", ["xmr_1d", "xmr_1h"])
def test_batch_has_the_figures_of_every_bundled_strategy(market):
    market = kanalo.load_market(market)
    names = WORKSPACE.list_strategies()
    sets = [WORKSPACE.load_strategy(name)().decide(market) for name in names]
    batch = simulate_many(market, sets, Costs(), Execution())
    for row, decisions in enumerate(sets):
        assert_figures(batch, row, to_result(market, decisions, Costs(), Execution()))
