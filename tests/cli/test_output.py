"""Output goes where it is wanted, whole or not at all."""

import os
import sys
from pathlib import Path

import pytest

from kanalo.cli.output import check_writable, progress_bar, write_text
from kanalo.errors import WorkspaceError


def test_folder_that_can_be_made_is_writable_and_is_not_made(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_file_in_the_way_is_named(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(WorkspaceError) as caught:
        check_writable(tmp_path / "a" / "b")
    expected = f"Cannot write to {tmp_path / 'a' / 'b'}: {tmp_path / 'a'} is not a folder."
    assert str(caught.value) == expected


def test_folder_without_permission_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(WorkspaceError, match=f"no permission to write in {tmp_path}"):
        check_writable(tmp_path / "a")


def test_text_is_written_with_the_usual_permissions(tmp_path):
    write_text(tmp_path / "new" / "x.json", "{}\n")
    (tmp_path / "plain").touch()
    written = tmp_path / "new" / "x.json"
    assert written.read_text() == "{}\n"
    assert written.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_failed_write_keeps_the_old_file_and_leaves_no_other(tmp_path):
    (tmp_path / "x.json").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "x.json", "\ud800")
    assert [each.name for each in tmp_path.iterdir()] == ["x.json"]
    assert (tmp_path / "x.json").read_text() == "old"


def test_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_device_is_written_and_not_replaced():
    with pytest.raises(OSError, match="No space left"):
        write_text(Path("/dev/full"), "{}")
    assert Path("/dev/full").is_char_device()


def test_nobody_looking_means_no_progress_bar():
    with progress_bar(quiet=False) as progress:
        assert progress is None


def test_quiet_means_no_progress_bar(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar(quiet=True) as progress:
        assert progress is None


def test_progress_goes_to_stderr_in_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar(quiet=False) as progress:
        progress("sma_cross on xmr_1h", 3, 10)
    out, err = capsys.readouterr()
    assert out == ""
    assert "3/10" in err
    assert "sma_cross on xmr_1h" in err
