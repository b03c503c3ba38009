"""A ledger of schema 1 is brought to schema 2, and a trial recorded before is not counted again.

``schema_1.sqlite`` was written by kanalo 0.1.0: eight outcomes of seven trials, of which 3 and 3.0,
and a fee of 5 and 5.0, are the same by value; one is of a rule whose file is gone.
"""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kanalo.ledger import Ledger
from kanalo.ledger.migrate import find_renewed_digests
from kanalo.ledger.records import Outcome
from kanalo.strategy.digest import digest_text

HERE = Path(__file__).parent
RULE = (HERE / "schema_1_rule.py").read_text()
COMMENTED = RULE.replace("# its", "# a remark: its")


@pytest.fixture
def old(tmp_path):
    """Return the path of a schema-1 ledger inside a workspace that still has its rule."""
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "hold_on.py").write_text(RULE)
    path = tmp_path / "backtests" / "results" / "ledger.sqlite"
    path.parent.mkdir(parents=True)
    shutil.copy(HERE / "schema_1.sqlite", path)
    return path


def read_version(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_equal_trials_become_one_and_no_outcome_is_lost(old):
    with Ledger(old) as ledger:
        entries = ledger.trials()
        assert [each.outcome.trial.parameters["stop_atr"] for each in entries] == [3, 2.5, 3, 1, 2]
        assert [each.outcome.trial.strategy for each in entries][2] == "gone"
        assert ledger.position() == 8
    assert read_version(old) == 2


def test_source_is_renewed_where_the_file_still_has_those_bytes(old):
    with Ledger(old) as ledger:
        sources = {
            each.outcome.trial.strategy: each.outcome.trial.source for each in ledger.trials()
        }
    assert sources == {"hold_on": digest_text(RULE), "gone": "0" * 64}


def test_trial_recorded_before_and_after_counts_once(old):
    with Ledger(old) as ledger:
        count = ledger.count_trials()
        known = ledger.trials()[0].outcome.trial
        again = replace(known, parameters={"stop_atr": 3.0, "shorts": True})
        with ledger.run("run") as run:
            ledger.record(Outcome(again, 0.5, 300), run=run)
        assert ledger.count_trials() == count
        with ledger.run("run") as run:
            ledger.record(Outcome(replace(again, parameters={"stop_atr": 4}), 0.5, 300), run=run)
        assert ledger.count_trials() == count + 1


def test_file_changed_since_keeps_its_old_digest(old):
    (old.parents[2] / "strategies" / "hold_on.py").write_text(COMMENTED)
    with Ledger(old) as ledger:
        sources = {each.outcome.trial.source for each in ledger.trials()}
    assert digest_text(COMMENTED) == digest_text(RULE)  # a remark is no other rule
    assert digest_text(RULE) not in sources


def test_file_that_is_not_python_is_passed_over(old):
    (old.parents[2] / "strategies" / "broken.py").write_text("def (:\n")
    assert list(find_renewed_digests(old).values()).count(digest_text(RULE)) == 1


def test_reading_does_not_migrate(old):
    with Ledger(old, read_only=True) as ledger:
        assert ledger.count_trials() == 7
    assert read_version(old) == 1


def test_interrupted_migration_leaves_the_old_ledger(old, monkeypatch):
    def fail(connection, renewed):
        connection.execute("DELETE FROM outcomes")
        raise KeyboardInterrupt

    monkeypatch.setattr("kanalo.ledger.schema.migrate", fail)
    with pytest.raises(KeyboardInterrupt):
        Ledger(old)
    with Ledger(old, read_only=True) as ledger:
        assert ledger.position() == 8
