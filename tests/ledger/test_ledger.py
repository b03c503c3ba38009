"""The ledger: what counts once, how it is narrowed, and how it is read as it stood."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers import calc_statistics
from kanalo.errors import ParameterError, UnknownNameError
from kanalo.experiment.run_rule import run
from kanalo.ledger import Ledger, Outcome, Trial, to_outcome
from kanalo.ledger.records import to_identity, to_set_identity
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy

TRIAL = Trial(
    strategy="channel",
    source="a" * 64,
    parameters={"weeks": 20, "stop_atr": 1.5},
    market="xmr_1h",
    interval="1h",
    data={"xmr_1h.parquet": "b" * 64},
    start="2020-01-01T00:00:00+00:00",
    end="2021-01-01T00:00:00+00:00",
    costs={"fee_bps": 5.0},
    execution={"cash": 100_000.0},
)


def change(**fields):
    return dataclasses.replace(TRIAL, **fields)


def make_sweep(n_sets, **fields):
    return [Outcome(change(parameters={"weeks": each}), float(each), **fields) for each in n_sets]


def note(ledger, *outcomes, kind="run"):
    """Record outcomes in a run of their own and return its number."""
    with ledger.run(kind) as number:
        ledger.record_many(outcomes, run=number)
    return number


def test_new_ledger_is_empty(ledger):
    assert (ledger.count_trials(), ledger.trials(), ledger.sharpes(), ledger.runs()) == (
        0,
        [],
        [],
        [],
    )
    assert ledger.position() == 0


def test_outcome_comes_back_as_it_went_in(ledger):
    outcome = Outcome(TRIAL, 1.25, 365, returns_path=ledger.path.parent / "r.npy", returns_row=7)
    with ledger.run("sweep", versions={"kanalo": "0.1"}, details={"grid": [1, 2]}) as number:
        ledger.record(outcome, run=number)
    [entry] = ledger.trials()
    assert entry.outcome == outcome
    assert (entry.kind, entry.run, entry.versions) == ("sweep", number, {"kanalo": "0.1"})
    assert entry.created == entry.updated
    [listed] = ledger.runs()
    assert (listed.kind, listed.status, listed.n_trials) == ("sweep", "finished", 1)
    assert listed.details == {"grid": [1, 2]}
    assert listed.created <= listed.ended


def test_same_trial_counts_once_whatever_tried_it(ledger):
    note(ledger, Outcome(TRIAL, 1.0))
    note(ledger, Outcome(TRIAL, 1.0), Outcome(TRIAL, 1.0), kind="sweep")
    assert ledger.count_trials() == 1
    assert ledger.position() == 3


def test_order_and_kind_of_numbers_do_not_make_another_trial(ledger):
    same = change(parameters={"stop_atr": np.float64(1.5), "weeks": np.int64(20)})
    note(ledger, Outcome(TRIAL), Outcome(same))
    assert ledger.count_trials() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "c" * 64},
        {"parameters": {"weeks": 21, "stop_atr": 1.5}},
        {"data": {"xmr_1h.parquet": "d" * 64}},
        {"interval": "4h"},
        {"start": "2020-02-01T00:00:00+00:00"},
        {"end": "2020-12-01T00:00:00+00:00"},
        {"costs": {"fee_bps": 10.0}},
        {"execution": {"cash": 1000.0}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_whatever_changes_the_result_makes_another_trial(ledger, fields):
    note(ledger, Outcome(TRIAL), Outcome(change(**fields)))
    assert ledger.count_trials() == 2


def test_names_tell_apart_only_what_has_no_digest(ledger):
    note(ledger, Outcome(TRIAL), Outcome(change(strategy="renamed", market="other name")))
    assert ledger.count_trials() == 1
    blank = {"source": "unknown", "data": {}}
    note(ledger, Outcome(change(**blank)), Outcome(change(**blank, strategy="another")))
    note(ledger, Outcome(change(**blank, market="synthetic")))
    assert ledger.count_trials() == 4


def test_checks_are_logged_but_are_no_trials(ledger):
    note(ledger, Outcome(TRIAL))
    for kind in ("audit", "placebo", "tornado", "verify"):
        note(ledger, Outcome(change(source=kind)), kind=kind)
    assert ledger.count_trials() == 1
    assert ledger.count_trials(kinds=("placebo",)) == 1
    assert [each.kind for each in ledger.runs()] == ["run", "audit", "placebo", "tornado", "verify"]


def test_trials_can_be_narrowed(ledger):
    first = note(ledger, Outcome(TRIAL, 1.0), Outcome(change(market="xmr_1d", interval="1d"), 2.0))
    second = note(ledger, Outcome(change(source="e" * 64, strategy="other"), status="started"))
    assert ledger.count_trials(market="xmr_1h") == 2
    assert ledger.count_trials(market="xmr_1h", strategy="channel") == 1
    assert ledger.count_trials(source="e" * 64) == 1
    assert ledger.count_trials(run=first) == 2
    assert ledger.count_trials(run=second, status="finished") == 0
    assert ledger.count_trials(since="2999-01-01") == 0
    assert ledger.sharpes(market="xmr_1d") == [2.0]
    assert [each.outcome.trial.strategy for each in ledger.trials(status="started")] == ["other"]


def test_unknown_filter_is_named(ledger):
    with pytest.raises(ParameterError, match=r"filtered by 'markt'\. Did you mean 'market'"):
        ledger.count_trials(markt="xmr_1h")


def test_finished_outcome_outlives_a_later_start(ledger):
    note(ledger, Outcome(TRIAL, status="started"))
    assert ledger.trials()[0].outcome.status == "started"
    assert math.isnan(ledger.sharpes()[0])
    note(ledger, Outcome(TRIAL, 1.5))
    note(ledger, Outcome(TRIAL, status="started"))
    [entry] = ledger.trials()
    assert (entry.outcome.status, entry.outcome.sharpe_ratio) == ("finished", 1.5)


def test_ledger_can_be_read_as_it_stood(ledger):
    note(ledger, *make_sweep([1, 2, 3]))
    stood = ledger.position()
    note(ledger, *make_sweep([4, 5]), Outcome(change(parameters={"weeks": 1}), 9.0))
    assert ledger.count_trials(position=stood) == 3
    assert ledger.sharpes(position=stood) == [1.0, 2.0, 3.0]
    assert ledger.sharpes() == [9.0, 2.0, 3.0, 4.0, 5.0]


def test_sharpe_ratios_are_as_many_as_the_trials(ledger):
    note(ledger, Outcome(TRIAL, 1.0), Outcome(change(parameters={}), math.nan))
    sharpes = ledger.sharpes()
    assert len(sharpes) == ledger.count_trials() == 2
    assert sharpes[0] == 1.0
    assert math.isnan(sharpes[1])


def test_run_that_fails_is_aborted_and_what_it_recorded_stays(ledger):
    def interrupt():
        with ledger.run("sweep") as number:
            ledger.record(Outcome(TRIAL), run=number)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert [each.status for each in ledger.runs()] == ["aborted"]
    assert ledger.count_trials() == 1


def test_runs_can_be_narrowed(ledger):
    note(ledger)
    ledger.begin("audit")
    assert [each.kind for each in ledger.runs(status="started")] == ["audit"]
    assert [each.kind for each in ledger.runs(kind="run")] == ["run"]
    assert ledger.runs(kind="run")[0].n_trials == 0


def test_all_or_none_is_recorded(ledger):
    unwritable = Outcome(TRIAL, returns_row=2**70)
    number = ledger.begin("sweep")
    with pytest.raises(OverflowError):
        ledger.record_many([*make_sweep([1, 2]), unwritable], run=number)
    assert ledger.count_trials() == 0
    assert ledger.record_many(make_sweep([1, 2]), run=number) == 2


def test_workspace_can_be_moved(tmp_path):
    for each in ("inside", "outside"):
        (tmp_path / each).mkdir()
    files = tmp_path / "inside" / "runs" / "a.npy", tmp_path / "outside" / "b.npy"
    with Ledger(tmp_path / "inside" / "ledger.sqlite") as ledger:
        note(ledger, *(Outcome(change(end=str(each)), returns_path=each) for each in files))
    (tmp_path / "inside").rename(tmp_path / "moved")
    with Ledger(tmp_path / "moved" / "ledger.sqlite") as ledger:
        found = [each.outcome.returns_path for each in ledger.trials()]
    assert found == [tmp_path / "moved" / "runs" / "a.npy", files[1]]


def test_unknown_runs_kinds_and_statuses_are_refused(ledger):
    with pytest.raises(UnknownNameError, match="has no run 7"):
        ledger.record(Outcome(TRIAL), run=7)
    with pytest.raises(UnknownNameError, match="has no run 7"):
        ledger.finish(7)
    with pytest.raises(ParameterError, match=r"cannot be 'sweeep'\. Did you mean 'sweep'"):
        ledger.begin("sweeep")
    with pytest.raises(ParameterError, match=r"cannot be 'done'\."):
        ledger.record(Outcome(TRIAL, status="done"), run=ledger.begin("run"))


def test_writes_go_to_a_log_and_are_synced(ledger):
    assert ledger._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert ledger._connection.execute("PRAGMA synchronous").fetchone()[0] == 2


class EarlyLong(Strategy):
    """Long from the first bar."""

    warm_up = 0

    def decide(self, market):
        return Decisions.from_arrays(len(market), long=np.arange(len(market)) == 0)


def test_outcome_of_a_run_has_its_digests_window_and_sharpe_ratio(ledger):
    index = pd.date_range("2020-01-01", periods=50, freq="h", tz="UTC")
    close = 100 + np.sin(np.arange(50.0))
    table = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0}
    market = Market.from_bars(pd.DataFrame(table, index=index), name="waves")
    result = run(EarlyLong(), market)
    outcome = to_outcome(result, returns_row=3)
    assert outcome.sharpe_ratio == calc_statistics(result)["sharpe_ratio"]
    assert (outcome.n_days, outcome.returns_row, outcome.status) == (3, 3, "finished")
    trial = outcome.trial
    assert (trial.market, trial.interval, len(trial.source)) == ("waves", "1h", 64)
    assert (trial.start, trial.end) == ("2020-01-01T00:00:00+00:00", "2020-01-03T02:00:00+00:00")
    note(ledger, outcome)
    assert ledger.trials()[0].outcome.trial.costs == result.costs


@pytest.mark.parametrize(
    "parameters",
    [
        {"slow": 3.0, "fast": 3, "shorts": True, "entry": 'a "word"'},
        {"shorts": 1, "fast": True, "stop": 1.5},
        {"fast": np.int64(3), "slow": np.float64(4.0)},
        {"zero": -0.0, "large": 1e300},
        {},
    ],
)
def test_a_set_is_named_as_any_other_values(parameters):
    assert to_set_identity(parameters) == to_identity(parameters)
