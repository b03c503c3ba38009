"""Costs, funding calendars and their refusals."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs, funding_rates
from kanalo.execution.rules import Execution
from kanalo.market import Market, funding_coverage, funding_due


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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fee_bps": -1}, r"The 'fee_bps' of the costs must be in \[0, 10000\) basis points"),
        ({"slippage_bps": float("nan")}, "'slippage_bps' of the costs .* received nan"),
    ],
)
def test_impossible_costs_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Costs(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cash": 0}, "The 'cash' of the account must be positive; received 0"),
        ({"max_leverage": float("inf")}, "The 'max_leverage' .* received inf"),
        ({"both_touched": "tagret"}, "'tagret'. Did you mean 'target'?"),
    ],
)
def test_impossible_accounts_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Execution(**values)


def test_makers_pay_like_takers_unless_told_otherwise():
    assert Costs(fee_bps=7).maker_fee == Costs(fee_bps=7).fee
    assert Costs(fee_bps=7, maker_fee_bps=1).maker_fee == 0.0001
