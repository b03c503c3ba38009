"""Random entries keep what the trades were, stay in their strata, and never overlap."""

import numpy as np
import pytest

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement._placebo_kernels import (
    DROPPED,
    HOME,
    MOVED,
    Calendar,
    Prices,
    UnplacedTrades,
    place,
)
from kanalo.judgement.random_entries import (
    THIRDS,
    calc_volatility,
    each_draw,
    find_strata,
    make_template,
    place_entries,
)
from kanalo.strategy import Decisions

RULES = (Costs(), Execution())


def every(n_bars, step, *, start=10):
    mask = np.zeros(n_bars, dtype=bool)
    mask[start::step] = True
    return mask


def make_rule(market, step=50, **levels):
    return Decisions.from_arrays(len(market), long=every(len(market), step), **levels)


@pytest.fixture
def market(make_walk):
    return make_walk(3, 6000)


@pytest.fixture
def template(market):
    return make_template(market, make_rule(market, max_bars=20, stop=0.5, target=1e6), *RULES)


def test_a_trade_keeps_its_distances_side_and_size(market):
    rule = make_rule(
        market, stop=0.5 * market.close, target=2 * market.close, size=0.25, max_bars=20
    )
    made = make_template(market, rule, *RULES)
    moved = made.at(made.bars + 7, market.close)
    np.testing.assert_array_equal(moved.entries, rule.entries + 7)
    np.testing.assert_allclose(moved.stop / market.close[moved.entries], 0.5)
    np.testing.assert_allclose(moved.target / market.close[moved.entries], 2.0)
    assert set(moved.size) == {0.25}
    assert set(moved.side) == {1}


def test_a_random_entry_at_the_real_bar_is_the_real_entry(market):
    rule = make_rule(market, stop=0.97 * market.close, max_bars=20)
    made = make_template(market, rule, *RULES)
    same = made.at(made.bars, market.close)
    np.testing.assert_array_equal(same.entries, rule.entries)
    np.testing.assert_allclose(same.stop, rule.stop)
    np.testing.assert_array_equal(same.max_bars, rule.max_bars)


def test_an_exit_by_signal_becomes_a_holding_time(market):
    rule = Decisions.from_arrays(
        len(market), long=every(len(market), 100), exit_long=every(len(market), 100, start=40)
    )
    made = make_template(market, rule, *RULES)
    # decided at 10, filled at 11, left by the signal of 40 at the open of 41
    assert made.held[0] == made.max_bars[0] == 30


def test_a_trade_that_a_stop_ended_may_last_until_the_signal(market):
    rule = Decisions.from_arrays(
        len(market),
        long=every(len(market), 100),
        exit_long=every(len(market), 100, start=40),
        stop=0.9999 * market.close,
    )
    made = make_template(market, rule, *RULES)
    assert made.held.min() == 1
    assert set(made.max_bars[:-1]) == {30}


def test_a_trade_that_a_guard_ended_may_last_no_longer(market):
    rule = make_rule(market, step=200, guard_long=0.99 * market.close, max_bars=100)
    made = make_template(market, rule, *RULES)
    ended = made.held < 100
    assert ended.any()
    np.testing.assert_array_equal(made.max_bars[ended], made.held[ended])


def test_a_trade_that_nothing_bounds_may_last_as_long_as_the_longest(market):
    rule = make_rule(market, stop=0.95 * market.close, target=1.05 * market.close)
    made = make_template(market, rule, *RULES)
    assert set(made.max_bars[:-1]) == {made.held.max()}


def test_strata_are_thirds_of_volatility_in_each_half_year(market):
    values = np.arange(len(market), dtype=float) % 90
    strata = find_strata(market, values)
    halves = market.index.year * 2 + (market.index.month > 6)
    assert len(strata.season_start) - 1 == len(halves.unique())
    for season, (start, stop) in enumerate(
        zip(strata.season_start[:-1], strata.season_start[1:], strict=True)
    ):
        assert len(halves[start:stop].unique()) == 1
        mine = strata.of_bar[start:stop] - THIRDS * season
        assert np.ptp(np.bincount(mine, minlength=THIRDS)) <= 1
        ordered = [values[start:stop][mine == third] for third in range(THIRDS)]
        assert ordered[0].max() <= ordered[1].min()
        assert ordered[1].max() <= ordered[2].min()


def test_volatility_knows_nothing_of_later_bars(make_walk):
    whole, part = make_walk(1, 500), make_walk(1, 500).rows(0, 300)
    np.testing.assert_allclose(calc_volatility(whole)[:300], calc_volatility(part), rtol=1e-9)


def test_draws_stay_in_their_strata_and_never_overlap(market, template):
    strata = find_strata(market)
    placed = place_entries(market, template, strata, n_draws=50, seed=1)
    assert placed.moved == placed.dropped == 0
    homes = np.broadcast_to(strata.of_bar[template.bars], placed.bars.shape)
    np.testing.assert_array_equal(strata.of_bar[placed.bars], homes)
    for bars in placed.bars:
        order = np.argsort(bars)
        ends = bars[order] + template.held[order]
        assert (bars[order][1:] > ends[:-1]).all()
        assert ends[-1] < len(market)


def test_the_seed_decides_the_draws(market, template):
    strata = find_strata(market)
    one, same, other = (
        place_entries(market, template, strata, n_draws=5, seed=k).bars for k in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_every_draw_trades_as_often_and_as_long(market, template):
    placed = place_entries(market, template, find_strata(market), n_draws=5)
    for decisions in each_draw(template, placed, market.close):
        again = make_template(market, decisions, *RULES)
        assert sorted(again.held) == sorted(template.held)


def test_a_rule_that_fills_the_history_leaves_its_strata_and_drops_what_has_no_room(make_walk):
    market = make_walk(2, 300)
    rule = make_rule(market, step=21, max_bars=20)
    made = make_template(market, rule, *RULES)
    placed = place_entries(market, made, find_strata(market), n_draws=20)
    assert placed.moved + placed.dropped > 0
    assert placed.dropped == pytest.approx((placed.bars < 0).mean())
    kept = next(each_draw(made, placed, market.close))
    assert len(kept.entries) == (placed.bars[0] >= 0).sum()


def test_the_only_place_for_a_trade_of_the_whole_history_is_its_own(make_walk):
    market = make_walk(2, 100)
    made = make_template(market, make_rule(market, step=1000, max_bars=89), *RULES)
    placed = place_entries(market, made, find_strata(market), n_draws=30)
    assert set(placed.bars.ravel()) <= set(range(11))
    assert placed.dropped == 0


def test_the_kernel_places_as_plain_python_does(market):
    side = np.where(np.arange(len(market)) % 2, 1, -1)
    rule = Decisions.from_arrays(
        len(market),
        long=every(len(market), 40) & (side > 0),
        short=every(len(market), 30) & (side < 0),
        stop=market.close * (1 - 0.03 * side),
        target=market.close * (1 + 0.05 * side),
        trail=np.where(np.arange(len(market)) % 3, 0.04, np.nan),
        max_bars=60,
    )
    made, strata = make_template(market, rule, *RULES), find_strata(market)
    pool = np.argsort(strata.of_bar, kind="stable")
    starts = np.searchsorted(strata.of_bar[pool], np.arange(strata.of_bar.max() + 2))
    calendar = Calendar(pool, starts, strata.of_bar, strata.season_start)
    prices = Prices(*(np.array(getattr(market, name)) for name in Prices._fields))
    # the same trades again and again until there is no room
    trades = UnplacedTrades(*(np.tile(column, 3) for column in made.to_trades(strata)))
    n_trades = len(trades.side)
    uniforms = np.random.default_rng(0).random((n_trades, 2))
    outcomes = []
    for function in (place, place.py_func):
        taken = np.empty(len(market), dtype=bool)
        bars, states = np.empty(n_trades, np.int64), np.empty(n_trades, np.int8)
        function(prices, trades, calendar, np.arange(n_trades), uniforms, 0, taken, bars, states)
        outcomes.append((bars, states, taken))
    for ours, theirs in zip(*outcomes, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert set(outcomes[0][1]) == {HOME, MOVED, DROPPED}  # all branches were taken


@pytest.mark.parametrize("entry_bar_exits", [True, False])
def test_the_engine_makes_every_trade_that_was_placed(market, entry_bar_exits):
    side = np.where(np.arange(len(market)) % 2, 1, -1)
    rule = Decisions.from_arrays(
        len(market),
        long=every(len(market), 40) & (side > 0),
        short=every(len(market), 30) & (side < 0),
        stop=market.close * (1 - 0.02 * side),
        target=market.close * (1 + 0.04 * side),
        trail=np.where(np.arange(len(market)) % 3, 0.03, np.nan),
    )
    rules = (Costs(slippage_bps=0, impact=0), Execution(entry_bar_exits=entry_bar_exits))
    made = make_template(market, rule, *rules)
    placed = place_entries(
        market, made, find_strata(market), n_draws=20, entry_bar_exits=entry_bar_exits
    )
    for bars, decisions in zip(placed.bars, each_draw(made, placed, market.close), strict=True):
        again = make_template(market, decisions, *rules)
        np.testing.assert_array_equal(again.bars, np.sort(bars[bars >= 0]))
