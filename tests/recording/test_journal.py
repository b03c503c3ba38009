"""A journal is appended to, cut by day, and read up to the last whole line."""

from __future__ import annotations

import os

import pytest

from kanalo.errors import WorkspaceError
from kanalo.recording import journal as module
from kanalo.recording.journal import Journal, read_journal


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def test_lines_come_back_in_order(tmp_path):
    clock = Clock(1_777_600_000.5)
    journal = Journal(tmp_path, clock)
    journal.write("connected", "XMRUSDT")
    journal.write("frame", '{"a": "ü"}')
    journal.close()
    lines = list(read_journal(tmp_path))
    assert [(line.kind, line.content) for line in lines] == [
        ("connected", "XMRUSDT"),
        ("frame", '{"a": "ü"}'),
    ]
    assert lines[0].time == 1_777_600_000_500


def test_each_day_has_its_file(tmp_path):
    clock = Clock(1_777_593_599.0)
    journal = Journal(tmp_path, clock)
    for _ in range(2):
        journal.write("heartbeat")
        clock.now += 2
    journal.close()
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "2026-04-30.jsonl",
        "2026-05-01.jsonl",
    ]


def test_a_line_that_was_cut_off_is_left_out_and_the_next_one_is_whole(tmp_path):
    journal = Journal(tmp_path, Clock(1_777_600_000))
    journal.write("connected", "XMRUSDT")
    journal.close()
    (path,) = tmp_path.iterdir()
    with path.open("a") as file:
        file.write('{"t": 17776000')
    journal = Journal(tmp_path, Clock(1_777_600_010))
    journal.write("connected", "XMRUSDT")
    journal.close()
    assert [line.time for line in read_journal(tmp_path)] == [1_777_600_000_000, 1_777_600_010_000]


def test_the_disk_has_every_line_after_a_second(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    clock = Clock(1_777_600_000)
    journal = Journal(tmp_path, clock)
    for _ in range(30):
        journal.write("frame")
        clock.now += 0.1
    assert len(synced) == 3
    journal.close()


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(28, "No space left on device")

    journal = Journal(tmp_path, Clock(1))
    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        journal.write("frame")
    monkeypatch.undo()
    journal.close()
