"""Run command lines in forks of one process that has imported kanalo, whole or disturbed.

Starting Python for each of thousands of commands would take most of the time. Standard input has a
line of JSON for each round: a list of commands to run side by side, each with ``arguments``, the
``folder`` to work in and perhaps what happens to it: ``kill_step`` or ``full_step``, the number of
the write or rename at which the process ends or from which on the disk is full; ``kill_after`` in
seconds; ``file_bytes``, the size that no file may exceed. Standard output answers with a list of
``code`` (negative: the signal), ``out``, ``err`` and ``steps``.
"""

import contextlib
import errno
import io
import json
import os
import resource
import select
import signal
import sys
import threading
import time
from dataclasses import dataclass, field

LONGEST = 180.0
"""Seconds after which a command counts as hanging."""


@dataclass
class Child:
    """A command that runs: its process, and pipes for what it prints and its steps."""

    process: int
    pipes: dict[str, int]
    end: float
    code: int | None = None
    texts: dict[str, bytes] = field(default_factory=dict)

    def read(self):
        """Read what is there; whoever else holds a pipe open is not waited for."""
        for name, pipe in self.pipes.items():
            while select.select([pipe], [], [], 0)[0] and (data := os.read(pipe, 1 << 16)):
                self.texts[name] = self.texts.get(name, b"") + data

    def look(self):
        """Read, end the process when its time is over, and note its code when it has ended."""
        if self.code is None:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > self.end:
                os.kill(self.process, signal.SIGKILL)
        self.read()


def start(command):
    """Fork a process for a command."""
    pipes = {name: os.pipe() for name in ("out", "err", "steps")}
    process = os.fork()
    if not process:
        work(command, {name: ends[1] for name, ends in pipes.items()})
    for _, writing in pipes.values():
        os.close(writing)
    seconds = command.get("kill_after", LONGEST)
    reading = {name: ends[0] for name, ends in pipes.items()}
    return Child(process, reading, time.monotonic() + seconds)


def work(command, pipes):
    """Run a command in this fork, and end it."""
    from kanalo.cli import main

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(pipes["out"], 1)
    os.dup2(pipes["err"], 2)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    os.chdir(command["folder"])
    disturb(command, pipes["steps"])
    if "file_bytes" in command:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command["file_bytes"],) * 2)
    code = main(command["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def disturb(command, pipe):
    """Put what is to happen into the place that all writes and renames pass."""
    from kanalo import files

    count = 0

    def reach(step):
        nonlocal count
        count += 1
        os.write(pipe, f"{step}\n".encode())
        if count == command.get("kill_step"):
            os.kill(os.getpid(), signal.SIGKILL)
        if count >= command.get("full_step", count + 1):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    original = files.reach
    for module in list(sys.modules.values()):
        if getattr(module, "reach", None) is original:
            module.reach = reach


def warm_up(folder, lines):
    """Import and compile what commands need; forget the rules, so that forks read their own."""
    from kanalo.cli import main

    os.chdir(folder)
    path = list(sys.path)
    for line in lines:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = main(line)
        assert code == 0, line
    sys.path[:] = path
    for name in [each for each in sys.modules if each.split(".")[0] == "strategies"]:
        del sys.modules[name]
    assert threading.active_count() == 1, threading.enumerate()


def answer(children):
    """Wait for all commands of a round."""
    while any(child.code is None for child in children):
        for child in children:
            child.look()
        time.sleep(0.002)
    answers = []
    for child in children:
        child.read()
        texts = {name: child.texts.get(name, b"").decode() for name in child.pipes}
        answers.append({**texts, "code": child.code, "steps": texts["steps"].splitlines()})
        for pipe in child.pipes.values():
            os.close(pipe)
    return answers


def say(line):
    """Write a line to whoever gives the commands."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    warm_up(sys.argv[1], json.loads(sys.argv[2]))
    say("ready")
    for text in sys.stdin:
        say(json.dumps(answer([start(each) for each in json.loads(text)])))
