"""The help comes at once and names every verb; global options may stand anywhere."""

import subprocess
import sys
from importlib import metadata

import pytest

from kanalo.cli.app import hoist

HEAVY = (
    "numpy",
    "pandas",
    "numba",
    "matplotlib",
    "backtrader",
    "scipy",
    "pyarrow",
    "bokeh",
    "rich",
    "jinja2",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["--help"], ["compare", "--help"], ["run", "--help"], ["init", "--help"]]
)
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import sys
from kanalo.cli import main
code = main({arguments})
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert done.stdout.startswith("Usage: kanalo")


def test_help_names_every_verb_and_global_option(kanalo):
    outcome = kanalo("--help")
    for word in ("compare", "run", "strategies", "init", "--workspace", "--quiet", "--debug"):
        assert word in outcome.out
    assert "--install-completion" in outcome.out


def test_help_fits_eighty_columns(kanalo):
    assert max(len(line) for line in kanalo("--help").out.splitlines()) <= 80


def test_empty_command_line_shows_the_help(kanalo):
    assert kanalo() == kanalo("--help")


def test_version_is_printed(kanalo):
    assert kanalo("--version").out == f"kanalo {metadata.version('kanalo')}\n"


def test_mistyped_verb_gets_a_suggestion(kanalo):
    outcome = kanalo("compar")
    assert outcome.code == 2
    assert outcome.err == (
        "error: No such command 'compar'. Did you mean 'compare'?\nTry 'kanalo --help'.\n"
    )


def test_global_options_move_to_the_front():
    line = ["run", "x", "--debug", "--workspace", "home", "--weeks", "3", "-q", "--workspace=a"]
    assert hoist(line) == [
        *("--debug", "--workspace", "home", "-q", "--workspace=a"),
        *("run", "x", "--weeks", "3"),
    ]


def test_nothing_moves_from_behind_two_dashes():
    assert hoist(["compare", "--", "--debug"]) == ["compare", "--", "--debug"]


def test_workspace_option_without_a_value_is_a_usage_error(kanalo):
    outcome = kanalo("compare", "--workspace")
    assert outcome.code == 2
    assert "Option '--workspace' requires an argument." in outcome.err


def test_named_folder_that_is_no_workspace_is_refused(kanalo, tmp_path):
    outcome = kanalo("strategies", "--workspace", tmp_path)
    assert outcome.code == 1
    assert "is not a workspace: it has no strategies/__init__.py" in outcome.err


def test_environment_names_the_workspace(kanalo, home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KANALO_WORKSPACE", str(home))
    assert "hold" in kanalo("run").out
