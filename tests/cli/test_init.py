"""`kanalo init` makes a workspace, once."""

import pytest


@pytest.mark.slow
def test_new_workspace_can_be_worked_in(tmp_path, kanalo, monkeypatch):
    outcome = kanalo("init", tmp_path / "mine")
    assert outcome.code == 0
    assert outcome.err.startswith(f"Made a workspace in {tmp_path / 'mine'}:")
    monkeypatch.chdir(tmp_path / "mine")
    assert "hold_perpetual" in kanalo("run").out


def test_folder_with_content_is_refused(tmp_path, kanalo):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    outcome = kanalo("init", tmp_path / "mine")
    assert outcome.code == 1
    assert outcome.err == (
        f"error: {tmp_path / 'mine'} already exists and is not an empty folder; "
        "name a new one for the workspace.\n"
    )


def test_directory_must_be_given(kanalo):
    outcome = kanalo("init")
    assert outcome.code == 2
    assert "'DIR'" in outcome.err
