"""Clean processes have seen nothing, answer one caller and end with it."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kanalo.checks import clean
from kanalo.checks.clean import Interpreters, open_process
from kanalo.errors import CheckError, ParameterError

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(not clean.CAN_FORK, reason="processes are not forked here")


def has_ended(pid, seconds=5.0):
    """Wait for a process to end; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_what_is_called_runs_in_another_process():
    with open_process() as process, open_process() as other:
        pids = {os.getpid(), process.call(os.getpid), other.call(os.getpid)}
    assert len(pids) == 3


def test_one_process_answers_call_after_call_and_keeps_its_state():
    with open_process() as process, open_process() as other:
        process.call(os.putenv, "KANALO_TEST", "1")
        process.call(exec, "import sys; sys.kept = 7")
        assert process.call(eval, "__import__('sys').kept") == 7
        with pytest.raises(CheckError, match="AttributeError"):
            other.call(eval, "__import__('sys').kept")


def test_an_error_of_ours_arrives_as_it_was_and_any_other_as_a_sentence():
    with open_process() as process:
        with pytest.raises(ParameterError, match="odd"):
            process.call(exec, "from kanalo.errors import *; raise ParameterError('odd')")
        with pytest.raises(CheckError, match="ZeroDivisionError: division by zero"):
            process.call(eval, "1 / 0")
        with pytest.raises(CheckError, match="SystemExit"):
            process.call(sys.exit, 3)
        assert process.call(abs, -1) == 1


def test_a_process_that_dies_is_an_error_and_the_next_one_works():
    with open_process() as process, pytest.raises(CheckError, match="ended before it answered"):
        process.call(os._exit, 1)
    with open_process() as process:
        assert process.call(abs, -2) == 2


@linux
def test_no_history_was_ever_loaded_there():
    seen = "[m for m in __import__('gc').get_objects() if type(m).__name__ == 'Market']"
    with open_process() as process:
        assert process.call(eval, f"len({seen})") == 0
        assert process.call(eval, "'strategies' in __import__('sys').modules") is False


@linux
def test_a_closed_process_ends_whatever_it_is_doing():
    process = open_process()
    pid = process.call(os.getpid)
    pickle.dump((time.sleep, (60,)), process._writer)
    process._writer.flush()
    assert not has_ended(pid, 0.3)
    process.close()
    assert has_ended(pid)


@pytest.mark.slow
@linux
def test_a_server_that_was_killed_is_started_again():
    with open_process() as process:
        server = process.call(os.getppid)
    os.kill(server, signal.SIGKILL)
    assert has_ended(server)
    with open_process() as process:
        assert process.call(os.getppid) != server


SCRIPT = """
import os, sys, time
from kanalo.checks.clean import open_process, prepare
{prepare}
process = open_process()
print(process.call(os.getpid), process.call(os.getppid), flush=True)
process.call(time.sleep, 60)
"""


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param("", marks=pytest.mark.slow, id="interpreter"),
        pytest.param("prepare()", id="fork"),
    ],
)
def test_nothing_is_left_over_when_the_caller_ends(prepare, number):
    caller = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(prepare=prepare)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=ROOT,
    )
    with caller:
        pids = [int(each) for each in caller.stdout.readline().split()]
        os.killpg(caller.pid, number) if number == signal.SIGINT else caller.send_signal(number)
        _, errors = caller.communicate(timeout=20)
    assert all(has_ended(pid) for pid in pids)
    assert errors.count("Traceback") == (number == signal.SIGINT)  # the caller's own


@pytest.mark.slow
def test_where_nothing_can_be_forked_an_interpreter_is_started():
    server = Interpreters()
    with server.open() as process:
        assert process.call(eval, "__import__('builtins').print('aside') or 5") == 5
        pid = process.call(os.getpid)
        assert pid != os.getpid()
    server.close()
    if clean.CAN_FORK:
        assert has_ended(pid)
