"""Processes that are killed with -9 at a chosen moment, while what they do goes on in others."""

from __future__ import annotations

import os
import re
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

from kanalo import files

HALF = b"a half-written file"


def run_killed(action: Callable[[], object], pattern: str, *, nth: int, folder: Path) -> str:
    """Run an action in a process of its own, killed at the nth step whose name matches.

    A process that is killed while it writes leaves a draft that is half-written. Returns the step
    at which it was killed; empty where the action came to its end.
    """
    reading, writing = os.pipe()
    pid = _fork()
    if not pid:
        os.close(reading)
        files.reach = _kill_at(pattern, nth, writing, folder)
        try:
            action()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        step = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) == bool(step)
    return step


def run_killed_after(action: Callable[[], object], wait: Callable[[], object]) -> bool:
    """Run an action in a process of its own, killed from outside after a wait.

    Returns whether it was killed before it came to its end.
    """
    pid = _fork()
    if not pid:
        try:
            action()
        finally:
            os._exit(0)
    wait()
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def _kill_at(pattern: str, nth: int, writing: int, folder: Path) -> Callable[[str], None]:
    left = [nth]

    def reach(step: str) -> None:
        if not re.search(pattern, step):
            return
        left[0] -= 1
        if left[0]:
            return
        name = step.partition(" ")[2]
        for draft in folder.rglob(f".{name}.{os.getpid()}.draft"):
            if step.startswith("write "):
                draft.write_bytes(HALF)
        os.write(writing, step.encode())
        os.kill(os.getpid(), signal.SIGKILL)

    return reach


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads are no matter here
        return os.fork()
