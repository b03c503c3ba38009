"""Folders of large sweeps keep the daily returns of a sample and of the best sets."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ParameterError
from kanalo.experiment import verify
from kanalo.judgement import parts
from kanalo.ledger import Ledger
from kanalo.sweep import engine, keeping, rank, run_sweep
from kanalo.sweep.plateau import find_steps_away

GRID = {"wait": range(50), "share": [0.25, 0.5, 0.75, 1.0]}


@pytest.fixture
def few(monkeypatch):
    """Keep all of 20 sets, and of more a sample of 10."""
    monkeypatch.setattr(keeping, "MOST_KEPT", 20)
    monkeypatch.setattr(keeping, "SAMPLE", 10)
    monkeypatch.setattr(keeping, "BEST", 2)
    monkeypatch.setattr(engine, "CHUNK_SETS", 30)


def digest(folder):
    files = (each for each in sorted(folder.iterdir()) if each.is_file())
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def test_sample_and_best_are_those_of_a_sweep_that_keeps_all(rising, hold, few, tmp_path):
    some = run_sweep(hold, rising, GRID, folder=tmp_path / "some")
    every = run_sweep(hold, rising, GRID, folder=tmp_path / "all", keep_returns="all")
    pd.testing.assert_frame_equal(some.table, every.table)
    assert every.kept is None
    assert len(every.daily_returns) == 200
    assert len(set(some.kept)) == len(some.kept) == len(some.daily_returns) < 100
    assert some.kept[:10].tolist() == [0, 22, 44, 66, 88, 111, 133, 155, 177, 199]
    np.testing.assert_array_equal(some.daily_returns, every.daily_returns[some.kept])
    order = rank(some.table, "sharpe_ratio")
    wanted = [*order[:2], *find_steps_away(some, order)]
    assert len(wanted) > 3
    assert (some.find_kept(np.array(wanted)) >= 0).all()
    pd.testing.assert_series_equal(some.to_returns(wanted[0]), every.to_returns(wanted[0]))


def test_other_sets_say_how_to_keep_them(rising, hold, few, tmp_path):
    swept = run_sweep(hold, rising, GRID, folder=tmp_path)
    row = next(row for row in range(200) if row not in set(swept.kept.tolist()))
    with pytest.raises(ParameterError, match=rf"set {row} were not kept.*--keep-returns all"):
        swept.to_returns(row)


def test_interrupted_folder_ends_with_the_same_files(rising, hold, dying, few, tmp_path):
    run_sweep(hold, rising, GRID, folder=tmp_path / "whole", threads=1)
    for survived in (35, 70, 5):
        dying(survived)
        with pytest.raises(KeyboardInterrupt):
            run_sweep(hold, rising, GRID, folder=tmp_path / "cut", threads=1)
    dying(1000)
    again = run_sweep(hold, rising, GRID, folder=tmp_path / "cut", threads=1)
    assert digest(tmp_path / "cut") == digest(tmp_path / "whole")
    read = run_sweep(hold, rising, GRID, folder=tmp_path / "cut")
    assert read.kept.tolist() == again.kept.tolist()


def test_ledger_points_to_the_sample_and_counts_all(rising, hold, few, tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        swept = run_sweep(hold, rising, GRID, folder=tmp_path / "s", ledger=ledger)
        outcomes = [each.outcome for each in ledger.trials()]
    assert len(outcomes) == 200
    kept = [row for row, each in enumerate(outcomes) if str(each.returns_path)]
    assert kept == swept.kept[:10].tolist()
    stored = np.load(tmp_path / "s" / "daily_returns.npy")
    for place, row in enumerate(kept):
        assert outcomes[row].returns_row == place
        np.testing.assert_array_equal(stored[place], swept.to_returns(row).astype(np.float32))


def test_overfitting_reads_the_sample_and_is_about_all_sets(
    rising, hold, few, tmp_path, monkeypatch
):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        swept = run_sweep(hold, rising, GRID, folder=tmp_path / "s", ledger=ledger)
        one = ledger.trials()[3].outcome
        monkeypatch.setattr(parts, "to_outcome", lambda result: one)  # a run of one of the sets
        found = parts.find_sweep(ledger, None)
    assert found.n_sets == 200
    np.testing.assert_array_equal(found.returns, swept.daily_returns[:10].T)


def test_sample_is_that_of_the_judgement_and_of_verify():
    assert keeping.SAMPLE == parts.MOST_SETS == verify.MOST_SETS


@pytest.mark.parametrize("keep", ["best", "", None, 1])
def test_unknown_choice_is_refused(rising, hold, keep):
    with pytest.raises(ParameterError, match="'keep_returns' must be 'some' or 'all'"):
        run_sweep(hold, rising, GRID, keep_returns=keep)
