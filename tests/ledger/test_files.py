"""The ledger's file: two writers, a killed one, a full disk, and files that are none."""

import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kanalo.errors import WorkspaceError
from kanalo.ledger import Ledger, Outcome, Trial

TRIAL = Trial("channel", "a" * 64, {"weeks": 20})


def note(ledger, outcome):
    """Record an outcome in a run of its own."""
    with ledger.run("run") as number:
        ledger.record(outcome, run=number)


WRITER = """
import sys
from kanalo.ledger import Ledger, Outcome, Trial
path, name, n_batches = sys.argv[1], sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
with Ledger(path) as ledger:
    run = ledger.begin("sweep")
    for batch in range(n_batches):
        shared = Trial("x", "unknown", {"batch": batch})
        own = Trial(name, "unknown", {"batch": batch})
        ledger.record_many([Outcome(shared, 1.0), Outcome(own, 2.0)], run=run)
        print(batch, flush=True)
"""


def start_writer(path, name, n_batches):
    command = [sys.executable, "-c", WRITER, str(path), name, str(n_batches)]
    pipe = subprocess.PIPE
    writer = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert writer.stdout.readline() == "ready\n"
    return writer


def test_two_processes_write_a_new_ledger_at_once(tmp_path):
    path = tmp_path / "ledger.sqlite"
    writers = [start_writer(path, name, 50) for name in ("first", "second")]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    errors = [writer.communicate()[1] for writer in writers]
    assert [(writer.returncode, error) for writer, error in zip(writers, errors, strict=True)] == [
        (0, "")
    ] * 2
    with Ledger(path) as ledger:
        assert ledger.count_trials(strategy="x") == 50
        assert ledger.count_trials() == 150
        assert ledger.position() == 200


def test_killed_process_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "ledger.sqlite"
    writer = start_writer(path, "victim", 1_000_000)
    writer.stdin.write("go\n")
    writer.stdin.flush()
    acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
    writer.kill()
    acknowledged += [int(line) for line in writer.communicate()[0].splitlines()]
    with Ledger(path) as ledger:
        kept = {each.outcome.trial.parameters["batch"] for each in ledger.trials()}
        assert set(acknowledged) <= kept
        assert ledger.count_trials(strategy="x") == ledger.count_trials(strategy="victim")
        assert [each.status for each in ledger.runs()] == ["started"]
        assert ledger._connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_reader_sees_what_a_writer_commits(ledger):
    with Ledger(ledger.path, read_only=True) as reader:
        note(ledger, Outcome(TRIAL, 1.0))
        assert reader.count_trials() == 1


def test_reader_cannot_write(ledger):
    with (
        Ledger(ledger.path, read_only=True) as reader,
        pytest.raises(
            WorkspaceError, match=r"sqlite cannot be written: attempt to write a readonly"
        ),
    ):
        reader.begin("run")


def test_missing_ledger_cannot_be_read(tmp_path):
    with pytest.raises(WorkspaceError, match=r"There is no ledger at .*; the first run or sweep"):
        Ledger(tmp_path / "ledger.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(WorkspaceError, match=r"^The ledger .* cannot be opened: .*exists.*\.$"):
        Ledger(tmp_path / "results" / "ledger.sqlite")


def test_ledger_that_is_a_folder_cannot_be_opened(tmp_path):
    with pytest.raises(WorkspaceError, match="cannot be opened: unable to open database file"):
        Ledger(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_folder_without_permission_can_be_read_but_not_written(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        note(ledger, Outcome(TRIAL))
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(WorkspaceError, match="cannot be opened"):
            Ledger(path)
        with Ledger(path, read_only=True) as reader:
            assert reader.count_trials() == 1
    finally:
        tmp_path.chmod(0o755)


def test_ledger_on_a_read_only_disk_can_be_read(tmp_path, monkeypatch):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        note(ledger, Outcome(TRIAL))
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with Ledger(path, read_only=True) as reader:
        assert reader.count_trials() == 1
        names = {each.name for each in tmp_path.iterdir()}
        assert names == {"ledger.sqlite", ".ledger.sqlite.lock"}


def fill_up(path):
    """Record until the file may not grow, in a process that may not write more than 200 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    with Ledger(path) as ledger:
        run = ledger.begin("sweep")
        for batch in range(1000):
            outcomes = [Outcome(Trial("x", "unknown", {"set": batch, "n": n})) for n in range(100)]
            try:
                ledger.record_many(outcomes, run=run)
            except WorkspaceError as error:
                print(batch, error)  # noqa: T201
                return


def test_full_disk_is_told_in_one_line_and_loses_nothing(tmp_path):
    path = tmp_path / "ledger.sqlite"
    code = "import runpy, sys; runpy.run_path(sys.argv[1])['fill_up'](sys.argv[2])"
    command = [sys.executable, "-c", code, __file__, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    batches, _, message = line.partition(" ")
    assert message.startswith(f"The ledger {path} cannot be written: ")
    with Ledger(path) as ledger:
        assert ledger.count_trials() == int(batches) * 100
        assert ledger.count_trials() > 0


def test_ledger_of_another_version_is_refused(ledger):
    ledger._connection.execute("PRAGMA user_version = 99")
    for read_only in (False, True):
        with pytest.raises(
            WorkspaceError, match="schema version 99; this kanalo knows versions 1 to 2"
        ):
            Ledger(ledger.path, read_only=read_only)


def test_other_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match="is a database, but not a kanalo ledger"):
        Ledger(path)
    assert path.read_bytes() == before


def test_empty_file_cannot_be_read(tmp_path):
    path = Path(tmp_path, "ledger.sqlite")
    path.touch()
    with pytest.raises(WorkspaceError, match="is empty; nothing has been recorded"):
        Ledger(path, read_only=True)


def test_ledger_imports_nothing_heavy():
    code = "import sys, kanalo.ledger; print('numpy' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
