"""What the fill rules decide cannot be set behind their back."""

import backtrader as bt
import pytest

from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.reference.refusals import METHODS, PARAMETERS


@pytest.mark.parametrize("name", METHODS)
def test_a_method_that_the_rules_overrule_is_refused(name):
    assert hasattr(bt.brokers.BackBroker, name)
    with pytest.raises(EngineError, match=rf"does not take {name}\(0.001, x=True\): \w+"):
        getattr(RuledBroker(), name)(0.001, x=True)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_the_rules_overrule_is_refused(name):
    default = getattr(bt.brokers.BackBroker.params, name)
    value = not default if isinstance(default, bool) else 0.01
    with pytest.raises(EngineError, match=f"does not take {name}="):
        RuledBroker(**{name: value})


def test_cash_can_be_set_and_added():
    broker = RuledBroker(costs=Costs(fee_bps=1))
    broker.setcash(500.0)
    broker.add_cash(100.0)
    assert broker.getcash() == 500.0


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("setcommission", {"commission": 0.001}, "fees and slippage come from costs=Costs("),
        ("set_slippage_perc", {"perc": 0.001}, "fees and slippage come from costs=Costs("),
        ("set_coc", {"coc": True}, "decisions fill at the next open (rule 1)"),
    ],
)
def test_costs_and_timing_of_backtrader_are_refused_by_name(name, values, reason):
    with pytest.raises(EngineError) as caught:
        getattr(RuledBroker(), name)(**values)
    assert str(caught.value).startswith(f"RuledBroker does not take {name}(")
    assert reason in str(caught.value)
