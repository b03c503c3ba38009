"""A cross-check is made once for each input, and a difference stops the comparison every time."""

import pytest

import kanalo
from kanalo.checks.findings import Findings
from kanalo.errors import EngineError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.experiment import cross_check as module
from kanalo.experiment.cross_check import cross_check
from kanalo.workspace import find_workspace

MARKET = find_workspace().load_market("xmr_1d").between("2025-01-01")
RULE = find_workspace().load_strategy("sma_cross")()
RESULT = kanalo.run(RULE, MARKET)
INPUTS = (RESULT, RULE, MARKET, Costs(**RESULT.costs), Execution(**RESULT.execution))


def test_the_result_names_both_engines_and_is_otherwise_the_same():
    checked = cross_check(*INPUTS)
    assert "cross-checked with reference" in checked.provenance["engine"]
    assert checked.equity is RESULT.equity
    assert checked.provenance == kanalo.run(RULE, MARKET, cross_check=True).provenance


def test_it_is_made_once(tmp_path, monkeypatch):
    engines = []

    def watch(engine, *rest):
        engines.append(engine)
        return simulate(engine, *rest)

    simulate = module.simulate
    monkeypatch.setattr(module, "simulate", watch)
    first = cross_check(*INPUTS, findings=Findings(tmp_path))
    again = cross_check(*INPUTS, findings=Findings(tmp_path))
    assert engines == ["compiled", "reference"]
    assert first.provenance == again.provenance


def test_engines_that_differ_are_never_kept(tmp_path, monkeypatch):
    def differ(*_):
        raise EngineError("bar 3, price: 1.0 and 2.0")

    monkeypatch.setattr(module, "check_agreement", differ)
    for _ in range(2):
        with pytest.raises(EngineError, match="bar 3"):
            cross_check(*INPUTS, findings=Findings(tmp_path))


def test_a_rule_written_for_backtrader_is_left_as_it_is():
    from dataclasses import replace

    result = replace(RESULT, decisions=None)
    assert cross_check(result, *INPUTS[1:]) is result
