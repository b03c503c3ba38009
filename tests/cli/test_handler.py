"""Every error becomes one line on stderr and an exit code; tracebacks only with --debug."""

import errno
import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

from kanalo import errors
from kanalo.cli import handler
from kanalo.ledger import Ledger


@pytest.fixture
def fail(monkeypatch, kanalo):
    """Return a function that runs a command line whose verb raises."""

    def run(error, *arguments):
        def invoke(_arguments):
            raise error

        monkeypatch.setattr(handler, "_invoke", invoke)
        return kanalo(*arguments)

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.DataError("bars.csv, row 3: the close is NaN."), 1),
        (errors.WorkspaceError("there are two."), 1),
        (errors.ParameterError("must be an int."), 2),
        (errors.SpecError("a.toml: unknown key."), 2),
        (errors.UnknownNameError("There is no market 'x'."), 2),
    ],
    ids=lambda each: type(each).__name__,
)
def test_own_error_is_its_message_and_its_exit_code(fail, error, code):
    outcome = fail(error)
    assert (outcome.code, outcome.out, outcome.err) == (code, "", f"error: {error}\n")


def test_unexpected_error_is_one_line_with_advice(fail):
    outcome = fail(ZeroDivisionError("division by zero"))
    assert outcome.code == 1
    assert outcome.err == (
        "error: unexpected ZeroDivisionError: division by zero. "
        "Run the command again with --debug to see where.\n"
    )


def test_full_disk_names_the_path(fail):
    outcome = fail(OSError(errno.ENOSPC, "No space left on device", "/mnt/report.html"))
    assert outcome.err == "error: /mnt/report.html: No space left on device\n"
    assert outcome.code == 1


def test_debug_shows_the_traceback_before_the_line(fail):
    outcome = fail(errors.DataError("no bars."), "--debug")
    assert outcome.err.startswith("Traceback (most recent call last):")
    assert outcome.err.endswith("error: no bars.\n")
    assert outcome.code == 1


def test_interrupt_is_one_line_and_130(fail):
    outcome = fail(KeyboardInterrupt())
    assert (outcome.code, outcome.err) == (130, "interrupted\n")


def test_interrupt_that_a_library_wrapped_is_an_interrupt(fail):
    wrapped = RuntimeError("Error calling __set_name__")  # what Python 3.11 makes of it
    wrapped.__cause__ = KeyboardInterrupt()
    outcome = fail(wrapped)
    assert (outcome.code, outcome.err) == (130, "interrupted\n")


def test_label_is_red_in_a_terminal_only(fail, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert fail(errors.DataError("no bars.")).err == "\033[31merror:\033[0m no bars.\n"


def test_no_color_is_obeyed(fail, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert fail(errors.DataError("no bars.")).err == "error: no bars.\n"


def test_own_warning_is_one_line(monkeypatch, kanalo):
    def invoke(_arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("42 hours are missing.", errors.DataWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(handler, "_invoke", invoke)
    assert kanalo().err == "warning: 42 hours are missing.\n"


def test_closed_pipe_ends_quietly(home, start_kanalo):
    process = start_kanalo("strategies")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1


def test_full_disk_under_stdout_is_noticed(start_kanalo):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        process = start_kanalo("--help", stdout=full)
        assert process.communicate(timeout=60)[1] == "error: No space left on device\n"
    assert process.returncode == 1


def test_poor_encoding_gets_question_marks(home, start_kanalo):
    text = (home / "strategies" / "hold.py").read_text().replace("and hold.", "at −1 %.")
    (home / "strategies" / "hold.py").write_text(text, encoding="utf-8")
    process = start_kanalo("run", env=os.environ | {"PYTHONIOENCODING": "latin-1"})
    out, err = process.communicate(timeout=60)
    assert "at ?1 %." in out
    assert (process.returncode, err) == (0, "")


@pytest.mark.slow
def test_interrupted_run_leaves_nothing_half_written(home, start_kanalo, files_below):
    before = files_below(home)
    process = start_kanalo("run", "wait", "--data", "backtests/bars.csv")
    deadline = time.monotonic() + 60
    while not (home / "deciding").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    left = [each for each in files_below(home) if "backtests/results/" not in each]
    assert left == sorted([*before, "deciding"])
    with Ledger(home / "backtests" / "results" / "ledger.sqlite", read_only=True) as ledger:
        assert [each.status for each in ledger.runs(kind="run")] == ["aborted"]


def test_module_and_script_have_the_same_entry_point(home):
    done = subprocess.run(
        [sys.executable, "-m", "kanalo", "nothing"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: No such command 'nothing'.\nTry 'kanalo --help'.\n"
