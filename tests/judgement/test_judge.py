"""Rules are judged side by side: what is found depends neither on threads nor on their order."""

import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

import kanalo
from kanalo.judgement import judge as module
from kanalo.judgement.candidates import Candidate, Options
from kanalo.judgement.judge import judge
from kanalo.judgement.trials import Trials
from kanalo.strategy import Decisions, Strategy, param

OPTIONS = Options(n_resamples=50, n_placebos=30, shifts=(1,), cuts=3)


@dataclass(frozen=True)
class Every(Strategy):
    """Buy every so many bars and hold for two."""

    step: int = param(10, low=3, high=30)

    def decide(self, market):
        on = np.arange(len(market)) % self.step == 0
        return Decisions.from_arrays(len(market), long=on, max_bars=2)


@pytest.fixture
def candidates(make_walk):
    market = make_walk(2, 2000)
    found = []
    for step in (7, 10, 13):
        rule = Every(step)
        result = kanalo.run(rule, market)
        found.append(Candidate(f"every {step}", "walk", "standard", result, rule, market))
    return [*found, *(replace(each, costs_name="other") for each in found[:2])]


def to_text(evidence):
    """Write all that is known; NaN is the same as NaN in words only."""
    parts = {name: getattr(evidence, name) for name in evidence.__dataclass_fields__}
    return repr({**parts, "tornado": evidence.tornado.to_dict()})


def to_figures(judgement):
    return [
        (group.costs, label, to_text(each.evidence), each.verdict)
        for group in judgement.groups
        for label, each in group.strategies.items()
    ]


@pytest.mark.slow
def test_the_number_of_threads_changes_nothing(candidates, monkeypatch):
    found = []
    for n_processors in (1, 2, 5):
        monkeypatch.setattr(module, "count_processors", lambda n=n_processors: n)
        found.append(to_figures(judge(candidates, Trials({}), OPTIONS)))
    assert found[0] == found[1] == found[2]
    assert [each[:2] for each in found[0]] == [
        *(("standard", f"every {step}") for step in (7, 10, 13)),
        *(("other", f"every {step}") for step in (7, 10)),
    ]


def test_threads_switch_as_before_when_it_is_done(candidates):
    before = sys.getswitchinterval()
    judge(candidates[:1], Trials({}), replace(OPTIONS, cuts=0))
    assert sys.getswitchinterval() == before


@pytest.mark.slow
def test_what_fails_in_a_thread_fails_here(candidates, monkeypatch):
    def fail(*_):
        raise RuntimeError("no placebo today")

    monkeypatch.setattr(module.parts, "find_placebo", fail)
    before = sys.getswitchinterval()
    with pytest.raises(RuntimeError, match="no placebo today"):
        judge(candidates, Trials({}), OPTIONS)
    assert sys.getswitchinterval() == before


@pytest.mark.slow
def test_certificates_are_made_once_for_a_market(candidates, monkeypatch):
    asked = []
    find = module.parts.find_look_ahead
    monkeypatch.setattr(
        module.parts,
        "find_look_ahead",
        lambda group, options: asked.append(group[0].costs_name) or find(group, options),
    )
    found = judge(candidates, Trials({}), OPTIONS)
    assert asked == ["standard"]
    assert found.groups[1].strategies["every 7"].evidence.look_ahead.status == "clean"
