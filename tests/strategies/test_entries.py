"""Breakouts, rebounds and the article's plan, entered by orders and left at two targets."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.checks import check_strategy
from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.experiment.run_rule import run
from kanalo.market import load_market
from kanalo.signals.breakout import channel_of, pending_breakouts
from kanalo.signals.rebound import pivot_channel_of
from strategies.measured_move import MeasuredMove
from strategies.rising_channel_breakout import RisingChannelBreakout
from strategies.rising_channel_rebound import RisingChannelRebound

ROOT = Path(__file__).parents[2]
TWO = {
    RisingChannelBreakout: {"heights_2": 2.0, "breakeven": True, "share": 0.4},
    RisingChannelRebound: {"widths_2": 1.5, "breakeven": True, "share": 0.4},
}
ENTRIES = [
    (RisingChannelBreakout, "stop", 1),
    (RisingChannelBreakout, "retest", 2),
    (RisingChannelRebound, "stop", 1),
    (RisingChannelRebound, "limit", 2),
]


@pytest.fixture(scope="module")
def daily():
    return load_market(ROOT / "data", "xmr_1d")


@pytest.mark.parametrize(("cls", "entry", "kind"), ENTRIES)
def test_orders_fill_at_their_price_or_at_an_open_beyond_it(daily, cls, entry, kind):
    result = run(cls(entry=entry), daily, costs=Costs(slippage_bps=0, impact=0))
    assert len(result.trades) >= 10
    assert set(result.decisions.order) == {kind}
    by_bar = dict(zip(result.decisions.entries, result.decisions.price, strict=True))
    wait = result.decisions.valid[0]
    for trade in result.trades.itertuples():
        placed = max(bar for bar in by_bar if bar < trade.entry_bar)
        price, opened = by_bar[placed], daily.bars["open"].iloc[trade.entry_bar]
        assert trade.entry_bar - placed <= wait
        beyond = opened >= price if kind == 1 else opened <= price
        assert trade.entry_price == pytest.approx(opened if beyond else price)


@pytest.mark.slow
@pytest.mark.parametrize(("cls", "entry", "kind"), ENTRIES)
def test_every_entry_passes_the_check(daily, cls, entry, kind):
    decided = cls(entry=entry, **TWO[cls]).decide(daily)
    assert set(decided.order) == {kind}
    for end in (1_500, 2_600, 3_900):
        cut = cls(entry=entry, **TWO[cls]).decide(daily.rows(0, end))
        known = decided.entries < end
        np.testing.assert_array_equal(cut.entries, decided.entries[known])
        for name in ("price", "stop", "target", "target_2"):
            np.testing.assert_array_equal(getattr(cut, name), getattr(decided, name)[known])


@pytest.mark.slow
def test_the_check_of_a_rule_tries_every_choice():
    assert check_strategy(RisingChannelBreakout).n_entries > 0
    assert check_strategy(RisingChannelRebound).n_entries > 0


@pytest.mark.parametrize("cls", list(TWO))
def test_two_targets_are_given_with_their_share_and_break_even(daily, cls):
    plain, two = cls().decide(daily), cls(**TWO[cls]).decide(daily)
    np.testing.assert_array_equal(plain.entries, two.entries)
    np.testing.assert_array_equal(plain.target, two.target)
    assert not plain.is_extended
    assert (two.target_2 > two.target).all()
    assert set(two.share) == {0.4}
    assert two.breakeven.all()


@pytest.mark.parametrize("cls", list(TWO))
def test_share_and_break_even_say_nothing_without_a_second_target(daily, cls):
    assert not cls(share=0.3, breakeven=True).decide(daily).is_extended


def test_buy_stops_wait_above_the_close_inside_the_channel(daily):
    level, base = daily.cached(pending_breakouts, weeks=26)
    known, channel = ~np.isnan(level), channel_of(daily, 26)
    assert known.sum() > 100
    assert (level[known] > daily.close[known]).all()
    assert channel.holds[known].all()
    on_line = known & (level == channel.upper)
    np.testing.assert_array_equal(base[on_line], channel.lower[on_line])
    assert 0 < on_line.sum() < known.sum()


def test_rebound_limits_wait_at_the_lower_line(daily):
    decided = RisingChannelRebound(entry="limit").decide(daily)
    lower = pivot_channel_of(daily, 26).lower
    np.testing.assert_array_equal(decided.price, lower[decided.entries])
    assert (decided.price < daily.close[decided.entries]).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RisingChannelBreakout(entry="limit"),
            "The 'entry' parameter of RisingChannelBreakout must be one of close, stop, retest; "
            "received 'limit'.",
        ),
        (
            lambda: RisingChannelRebound(entry="retest"),
            "The 'entry' parameter of RisingChannelRebound must be one of close, stop, limit; "
            "received 'retest'.",
        ),
        (
            lambda: RisingChannelBreakout(heights=2.0, heights_2=2.0),
            "The 'heights_2' parameter of RisingChannelBreakout must be 0 or more than 2, beyond "
            "the first target; received 2.",
        ),
        (
            lambda: RisingChannelRebound(widths_2=0.5),
            "The 'widths_2' parameter of RisingChannelRebound must be 0 or more than 1, beyond the "
            "first target; received 0.5.",
        ),
        (
            lambda: MeasuredMove(heights=1.0),
            "The 'heights_2' parameter of MeasuredMove must be 0 or more than 1, beyond the first "
            "target; received 1.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


# -- the article's plan ----------------------------------------------------------------------------


@pytest.fixture
def plan(monkeypatch):
    """Let the range run from 450 to 500 on every bar, and the average range be 10."""
    module = importlib.import_module("strategies.measured_move")

    def zone(market, *, above):
        return np.tile([495.0, 500.0] if above else [450.0, 455.0], (len(market), 1))

    def average_range(market):
        return np.full(len(market), 10.0)

    monkeypatch.setattr(module, "nearest_zone", zone)
    monkeypatch.setattr(module, "atr", average_range)


def to_bars(rows):
    index = pd.date_range("2026-01-01", periods=len(rows), freq="1D", tz="UTC")
    bars = pd.DataFrame(rows, columns=["open", "high", "low", "close"], index=index, dtype=float)
    return bars.assign(volume=1e6)


FREE = Costs(fee_bps=0, slippage_bps=0, impact=0)


def test_the_plan_buys_500_and_sells_at_520_and_550(plan):
    rows = [(496, 497, 493, 496), (496, 510, 494, 505), (505, 525, 503, 521), (521, 552, 515, 540)]
    result = run(MeasuredMove(), to_bars([*rows, (540, 541, 530, 535)]), costs=FREE)
    trade = result.trades.iloc[0]
    assert (trade["entry_bar"], trade["entry_price"]) == (1, 500.0)
    assert result.fills["price"].tolist() == [500.0, 520.0, 550.0]
    quantity = result.fills["quantity"].abs().tolist()
    assert quantity[1] == quantity[2] == pytest.approx(quantity[0] / 2)
    assert trade["exit_price"] == pytest.approx(535.0)
    assert trade["partial"] == 1


def test_the_plan_leaves_the_rest_where_it_came_in_after_520(plan):
    rows = [(496, 497, 493, 496), (496, 510, 494, 505), (505, 525, 503, 521), (521, 522, 480, 485)]
    result = run(MeasuredMove(), to_bars([*rows, (485, 486, 484, 485)]), costs=FREE)
    assert result.fills["price"].tolist()[:3] == [500.0, 520.0, 500.0]
    assert result.trades.iloc[0]["exit_reason"] == "stop"


def test_a_range_lower_than_asked_for_is_not_traded(plan):
    rows = [(496, 497, 493, 496), (496, 510, 494, 505), (505, 525, 503, 521)]
    assert run(MeasuredMove(least=0.12), to_bars(rows), costs=FREE).trades.empty
    assert len(run(MeasuredMove(least=0.11), to_bars(rows), costs=FREE).trades) == 1
