"""Trials: told apart as the ledger tells them apart, each counted once, a rule not its own peer."""

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest

from kanalo import Decisions, Strategy, param, run
from kanalo.execution.costs import Costs
from kanalo.judgement.trials import add_trials, gather_trials, read_trials, to_key
from kanalo.ledger import Ledger, Recorder, to_outcome


@dataclass(frozen=True)
class Spells(Strategy):
    """Hold for a while, then not."""

    length: int = param(20, low=2, high=100, help="Bars of one spell and one pause.")
    share: float = param(0.5, low=0.0, high=1.0, help="Share of them that is held.")

    def decide(self, market):
        """Enter and leave in turn."""
        on = np.arange(len(market)) % self.length < self.length * self.share
        return Decisions.from_arrays(len(market), long=on, exit_long=~on)


@pytest.fixture
def results(make_walk):
    """Three distinct trials on one market."""
    market = make_walk(n_bars=24 * 40)
    return [run(Spells(length), market) for length in (20, 30, 50)]


@pytest.fixture
def ledger(tmp_path, results):
    """A ledger that holds them, the first one twice."""
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        number = opened.begin("compare")
        opened.record_many([to_outcome(each) for each in [*results, results[0]]], run=number)
        yield opened


def to_sharpes(results):
    return [to_outcome(each).sharpe_ratio for each in results]


def test_trials_of_the_ledger_are_as_many_as_it_counts(ledger, results):
    found = read_trials(ledger)
    assert found.count == ledger.count_trials() == 3
    assert list(found.sharpes.values()) == ledger.sharpes() == to_sharpes(results)
    assert found.recorded


def test_others_are_all_trials_but_that_of_the_result(ledger, results):
    found, sharpes = read_trials(ledger), to_sharpes(results)
    for own, result in enumerate(results):
        assert found.others(result) == tuple(np.delete(sharpes, own))


def test_a_whole_number_is_the_same_value_in_the_ledger(tmp_path, make_walk):
    """The ledger keeps 1.0 as 1: the trial is the result's own all the same."""
    market = make_walk(n_bars=24 * 40)
    whole, other = run(Spells(20, 1.0), market), run(Spells(20, 0.5), market)
    with Ledger(tmp_path / "whole.sqlite") as opened:
        number = opened.begin("compare")
        opened.record_many([to_outcome(each) for each in (whole, other)], run=number)
        found = read_trials(opened)
    assert found.others(whole) == (to_outcome(other).sharpe_ratio,)
    assert found.others(other) == (to_outcome(whole).sharpe_ratio,)


def test_trial_that_was_never_recorded_has_all_others(ledger, results, make_walk):
    stranger = run(Spells(share=0.25), results[0].market)
    assert read_trials(ledger).others(stranger) == tuple(to_sharpes(results))


def test_equal_sharpe_ratios_do_not_make_one_trial(results):
    """The same returns under other costs that were never due are another trial."""
    market = results[0].market
    idle = [run(Spells(share=0.0), market, costs=Costs(fee_bps=fee)) for fee in (0, 5)]
    found = gather_trials(None, [*results, *idle])
    assert found.count == 5
    assert found.others(idle[0]) == pytest.approx((*to_sharpes(results), np.nan), nan_ok=True)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "else"},
        {"parameters": {"length": 20, "share": 0.4}},
        {"data": {"bars.parquet": "else"}},
        {"interval": "1d"},
        {"start": "2021-01-02T00:00:00+00:00"},
        {"end": "2021-01-02T00:00:00+00:00"},
        {"costs": {"fee_bps": 1.0}},
        {"execution": {"delay": 1}},
    ],
)
def test_key_differs_with_whatever_makes_a_trial_distinct(results, change):
    trial = to_outcome(results[0]).trial
    assert to_key(replace(trial, **change)) != to_key(trial)


def test_key_is_not_that_of_names(results):
    trial = replace(to_outcome(results[0]).trial, source="abc", data={"bars.parquet": "def"})
    assert to_key(replace(trial, strategy="else", market="else")) == to_key(trial)
    same = replace(trial, parameters=MappingProxyType({"share": 0.5, "length": np.int64(20)}))
    assert to_key(same) == to_key(trial)


def test_what_cannot_be_recorded_is_counted_once_on_top(ledger, results):
    stranger = run(Spells(share=0.25), results[0].market)
    found = add_trials(read_trials(ledger), [results[1], stranger])
    assert (found.count, found.recorded) == (4, False)
    assert found.others(stranger) == tuple(to_sharpes(results))
    assert np.isnan(found.n_effective)


def test_comparison_without_a_ledger_stands_alone(results):
    found = gather_trials(None, [*results, results[0]])
    assert (found.count, found.position, found.recorded) == (3, 0, False)
    assert found.n_effective == pytest.approx(gather_trials(None, results).n_effective)
    assert gather_trials(None, []).count == 0


def test_ledger_that_is_read_as_it_stood_knows_nothing_later(tmp_path, ledger, results):
    stood = ledger.position()
    later = run(Spells(share=0.25), results[0].market)
    ledger.record(to_outcome(later), run=1)
    recorder = Recorder(tmp_path, "verify", {}, {}, ledger=ledger, position=stood)
    assert gather_trials(recorder, results).count == 3
    assert gather_trials(replace(recorder, position=None, run=1), results).count == 4
