"""The skeleton is a whole rule, written once and only where it may be."""

import importlib.util
import subprocess
import sys

import pytest

from kanalo.checks import check_strategy
from kanalo.errors import ParameterError, WorkspaceError
from kanalo.workspace import Workspace
from kanalo.workspace.skeleton import write_skeleton


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "__init__.py").touch()
    return Workspace(tmp_path)


def test_the_skeleton_passes_every_check(workspace, monkeypatch):
    path = write_skeleton(workspace, "my-rule")
    assert path.name == "my_rule.py"
    spec = importlib.util.spec_from_file_location("my_rule", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "my_rule", module)
    spec.loader.exec_module(module)
    assert check_strategy(module.MyRule).n_entries > 10


def test_the_skeleton_is_clean_python(workspace):
    path = write_skeleton(workspace, "my_rule")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        ["check", "--select", "E,F,I,D", "--ignore", "D203,D213"],
        ["format", "--check"],
    ):
        done = subprocess.run(
            [*ruff, *command, "--line-length", "100", path], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["My Rule", "1st", "class", "", "../x"])
def test_a_name_must_be_one_of_a_module(workspace, name):
    with pytest.raises(ParameterError, match="must be lower-case letters"):
        write_skeleton(workspace, name)


def test_what_exists_is_not_overwritten(workspace):
    path = write_skeleton(workspace, "my_rule")
    path.write_text("mine")
    with pytest.raises(WorkspaceError, match=r"my_rule\.py exists already"):
        write_skeleton(workspace, "my_rule")
    assert path.read_text() == "mine"
    assert [each.name for each in path.parent.glob("*.tmp")] == []


def test_the_starter_is_left_alone(workspace):
    with pytest.raises(WorkspaceError, match=r"read-only\. Make your own first: kanalo init DIR"):
        write_skeleton(Workspace(workspace.root, starter=True), "my_rule")
