"""The funding rate that is charged at each close."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.costs import Costs
from kanalo.execution.funding import funding_rates
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.rules import Execution
from kanalo.execution.twin import simulate_py
from kanalo.market import Market, funding_coverage, funding_due, load_market
from kanalo.market.funding import join_funding
from kanalo.market.readers import read_files
from kanalo.strategy import Decisions


def make_market(freq, n, venue="test-perp", rate=None):
    index = pd.date_range("2021-01-01", periods=n, freq=freq, tz="UTC")
    columns = dict.fromkeys(["open", "high", "low", "close", "volume"], 100.0)
    context = pd.DataFrame(index=index)
    if rate is not None:
        context["funding_rate"] = rate
    interval = {"h": "1h", "D": "1d", "8h": "8h"}[freq]
    return Market.from_bars(
        pd.DataFrame(columns, index=index), interval=interval, venue=venue, context=context
    )


def test_an_hour_is_due_when_it_closes_at_a_stamp():
    assert np.flatnonzero(funding_due(make_market("h", 25))).tolist() == [7, 15, 23]


def test_a_day_holds_three_stamps():
    assert funding_due(make_market("D", 3)).tolist() == [3, 3, 3]


def test_spot_bars_are_never_due():
    assert not funding_due(make_market("h", 25, venue="test-spot")).any()


def test_uncovered_stamps_charge_the_assumed_rate_for_each_of_them():
    market = make_market("D", 2, rate=[np.nan, 0.003])
    rates = funding_rates(market, Costs(funding_missing=0.001))
    np.testing.assert_allclose(rates, [0.003, 0.003])
    assert funding_coverage(market) == 0.5


def test_funding_off_is_zero_everywhere():
    market = make_market("8h", 3, rate=[0.1, 0.1, 0.1])
    assert not funding_rates(market, Costs(funding=False)).any()


def test_coverage_is_unknown_where_nothing_is_due():
    assert np.isnan(funding_coverage(make_market("h", 3)))


def test_a_bar_charges_its_known_stamps_and_the_assumed_ones():
    index = pd.date_range("2021-01-01", periods=2, freq="D", tz="UTC")
    market = make_market("D", 2, rate=[0.003, np.nan])
    context = pd.DataFrame(
        {"funding_rate": [0.003, np.nan], "funding_stamps": [6, 6], "funding_assumed": [2, 6]},
        index=index,
    )
    market = Market.from_bars(
        market.bars, interval="1d", venue="test-perp", context=context.astype(float)
    )
    assert funding_due(market).tolist() == [6, 6]
    rates = funding_rates(market, Costs(funding_missing=0.001))
    np.testing.assert_allclose(rates, [0.005, 0.006])
    assert funding_coverage(market) == 4 / 12


@pytest.mark.parametrize(("name", "paid"), [("xmr_1h", 573.03), ("xmr_1d", 485.41)])
def test_funding_every_four_hours_is_paid_every_four_hours(tmp_path, name, paid):
    """Sixty stamps of 0.0001: an hourly holding pays at each, a daily one at the day's close."""
    rows = [f"{1748822400000 + i * 14_400_000},4,0.0001" for i in range(60)]
    file = tmp_path / "funding.csv"
    file.write_text("calc_time,funding_interval_hours,last_funding_rate\n" + "\n".join(rows))
    table = read_files("binance-vision-funding", [file]).frame.set_index("time")
    market = load_market(Path(__file__).parents[2] / "data", name)
    context = market.context.drop(columns=["funding_rate", "funding_stamps", "funding_assumed"])
    market = replace(market, context=context.join(join_funding(market, table)))
    window = market.between("2025-06-02", "2025-06-12").traded
    hold = Decisions.from_arrays(len(window), long=np.arange(len(window)) == 0)
    for simulate in (simulate_py, simulate_nb, simulate_bt):
        funding = simulate(
            window, hold, Costs(fee_bps=0, slippage_bps=0, impact=0), Execution()
        ).funding
        assert round(-funding.sum(), 2) == paid
