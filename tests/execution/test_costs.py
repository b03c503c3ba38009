"""Costs and accounts that no venue has are refused."""

import pytest

from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fee_bps": -1}, r"'fee_bps' must be a number of basis points in \[0, 10000\)"),
        ({"slippage_bps": float("nan")}, "'slippage_bps' must be .* received nan"),
    ],
)
def test_impossible_costs_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Costs(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cash": 0}, "'cash' must be a number above 0 .*; received 0"),
        ({"max_leverage": float("inf")}, "'max_leverage' must be .* received inf"),
        ({"both_touched": "tagret"}, "'tagret'. Did you mean 'target'?"),
    ],
)
def test_impossible_accounts_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Execution(**values)


def test_makers_pay_like_takers_unless_told_otherwise():
    assert Costs(fee_bps=7).maker_fee == Costs(fee_bps=7).fee
    assert Costs(fee_bps=7, maker_fee_bps=1).maker_fee == 0.0001


def test_a_recorded_run_is_read_with_what_it_had_whatever_the_defaults_are():
    for older in ({"fee_bps": 3.0}, Costs(impact=2, liquidation_fee_bps=90).to_dict(), {}):
        read = Costs.of_record(older)
        assert read.to_dict() == {**Costs(impact=0).to_dict(), **older}
    account = Execution.of_record({"cash": 5_000.0})
    assert (account.margin, account.limit_fills, account.leverage) == ("none", "touch", 1)
    for each in (Execution(margin="exchange", leverage=3), Execution(limit_fills="through")):
        assert Execution.of_record(each.to_dict()) == each
