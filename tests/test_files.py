"""Files appear whole and at one moment, whatever happens in between."""

import errno
import os
import subprocess
import sys

import pytest

from kanalo import files
from kanalo.errors import WorkspaceError


class Killed(BaseException):
    """Ends a process as kill -9 does."""


def kill_at(monkeypatch, number):
    steps = []

    def reach(step):
        steps.append(step)
        if len(steps) == number:
            raise Killed

    monkeypatch.setattr(files, "reach", reach)
    return steps


@pytest.mark.parametrize("number", range(1, 5))
def test_every_file_is_old_or_new_whenever_the_process_ends(tmp_path, monkeypatch, number):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text("old")
    kill_at(monkeypatch, number)
    with pytest.raises(Killed):
        files.write_files(dict.fromkeys(paths, "new"))
    texts = [path.read_text() for path in paths]
    assert texts in (["old", "old"], ["new", "old"])
    assert (texts == ["old", "old"]) == (number <= 3)


def test_steps_are_named_in_their_order(tmp_path, monkeypatch):
    steps = kill_at(monkeypatch, 99)
    files.write_files({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert steps == ["write a", "write b", "rename a", "rename b"]


def test_a_full_disk_is_a_sentence_and_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")

    def fill(step):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "reach", fill)
    with pytest.raises(WorkspaceError, match=r"a cannot be written \(No space left on device\)"):
        files.write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(WorkspaceError, match="a folder has this name"):
        files.write_file(tmp_path / "a", "new")


def test_drafts_of_ended_processes_are_swept_and_others_kept(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old = tmp_path / f".a.{ended.pid}.draft"
    mine = tmp_path / f".a.{os.getpid()}.draft"
    other = tmp_path / ".a.txt.draft"
    for path in (old, mine, other):
        path.touch()
    assert files.sweep_drafts(tmp_path) == [old]
    assert mine.exists()
    assert other.exists()


def test_a_lock_that_another_process_holds_is_a_sentence(tmp_path):
    path = tmp_path / "a"
    script = "import sys, time; from pathlib import Path; from kanalo.files import lock\n"
    script += f"with lock(Path({str(path)!r})):\n print('held', flush=True); sys.stdin.read()\n"
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        words = "Another kanalo has been writing to .*a for 0"
        with pytest.raises(WorkspaceError, match=words), files.lock(path, patience=0.05):
            pass
    finally:
        holder.communicate("")
    with files.lock(path, patience=0.05):
        assert True
