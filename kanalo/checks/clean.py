"""Clean processes: they have imported kanalo, seen no history and decided nothing.

A rule that remembers bars between calls would know the future of every shorter history that the
same process decides later. So what is checked never runs in the process that checks it. A server,
which does nothing else, is forked into a new process whenever one is asked for. The server itself
is a new interpreter, or a fork of this process where `prepare` was called before any history was
loaded. Where a process cannot be forked safely, each clean process is an interpreter of its own.

A clean process ends when its caller closes it or dies, however that happens: a thread of it waits
for the end of the connection.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, Protocol, cast

from kanalo.errors import CheckError, KanaloError

CAN_FORK = sys.platform.startswith("linux")
"""Whether servers are forked; elsewhere system libraries make a fork unsafe or impossible."""

_START = "import sys; sys.path[:] = {path!r}; from kanalo.checks import clean; clean.{what}"

_MODULES = ("kanalo.checks.worker", "kanalo.signals.zones")
"""What a server imports before it is forked: the search, and numba with it."""

_PATIENCE = 1.0
"""Seconds that a server waits for its forks at its end."""


class CleanProcess:
    """A process that runs what is sent to it, one call after another."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO, close: Callable[[], None]) -> None:
        self._reader, self._writer, self._close = reader, writer, close

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function there and return what it returns.

        Parameters
        ----------
        function : callable
            A function of a module of kanalo.
        *args
            What can be pickled.

        Returns
        -------
        object
            What the function returned.

        Raises
        ------
        KanaloError
            As the function raised it.
        CheckError
            If it raised anything else, or the process ended.
        """
        try:
            pickle.dump((function, args), self._writer, protocol=pickle.HIGHEST_PROTOCOL)
            self._writer.flush()
            error, value = pickle.load(self._reader)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as broken:
            raise CheckError("the process that decided ended before it answered") from broken
        if error is not None:
            raise error
        return value

    def close(self) -> None:
        """End the process, whatever it is doing; a call that waits for it raises `CheckError`."""
        self._close()
        for stream in (self._writer, self._reader):
            with contextlib.suppress(OSError):
                stream.close()

    def __enter__(self) -> CleanProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ProcessGroup:
    """Processes that are opened side by side and closed together."""

    def __init__(self) -> None:
        self._processes: list[CleanProcess] = []
        self._lock, self._closed = threading.Lock(), False

    def add(self, process: CleanProcess) -> None:
        """Take in a process; one that comes too late is closed at once."""
        with self._lock:
            self._processes.append(process)
            if self._closed:
                process.close()

    def close(self) -> None:
        """Close every process, so that threads that wait for one go on."""
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.close()


class Server(Protocol):
    """What makes clean processes."""

    def open(self) -> CleanProcess:
        """Return a new one."""

    def close(self) -> None:
        """End; clean processes that are open go on."""


class ForkServer:
    """A process of one thread that is forked into every clean process.

    Parameters
    ----------
    control : socket
        To the server.
    wait : callable
        Waits until the server has ended.
    """

    def __init__(self, control: socket.socket, wait: Callable[[], Any]) -> None:
        self._control, self._wait = control, wait
        self._lock = threading.Lock()

    def open(self) -> CleanProcess:
        """Ask the server for a fork of it."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
                if self._control.recv(1) != b"+":
                    raise CheckError("The server of clean processes has ended.")
        except (OSError, CheckError):
            ours.close()
            raise
        return CleanProcess(ours.makefile("rb"), ours.makefile("wb"), partial(_hang_up, ours))

    def close(self) -> None:
        """Let the server see the end of its connection, and wait for it."""
        self._control.close()
        self._wait()


class Interpreters:
    """Start a new interpreter for every clean process, where none can be forked."""

    def open(self) -> CleanProcess:
        """Start one."""
        command = _START.format(path=sys.path, what="work_on_pipes()")
        child = subprocess.Popen(
            [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        reader, writer = cast(BinaryIO, child.stdout), cast(BinaryIO, child.stdin)
        return CleanProcess(reader, writer, partial(_end, child))

    def close(self) -> None:
        """Do nothing: each interpreter ends by itself."""


_server: Server | None = None
_owner = 0
_starting = threading.Lock()


def open_process() -> CleanProcess:
    """Return a clean process, and start the server if there is none yet."""
    global _server, _owner
    with _starting:
        if _server is None or _owner != os.getpid():
            _server, _owner = _start(), os.getpid()
            atexit.register(_stop)
        server = _server
    try:
        return server.open()
    except (OSError, CheckError):
        _stop()  # somebody ended it: the next one is as clean
        return _start_again().open()


def prepare() -> None:
    """Fork the server from this process as it is, which saves the start of an interpreter.

    To be called before any history is loaded and any rule imported, by a program that has no
    threads of its own. Does nothing where a server is there or processes cannot be forked.
    """
    global _server, _owner
    with _starting:
        if CAN_FORK and (_server is None or _owner != os.getpid()):
            _server, _owner = _fork_here(), os.getpid()
            atexit.register(_stop)


def _start_again() -> Server:
    global _server, _owner
    with _starting:
        _server, _owner = _start(), os.getpid()
        return _server


def _stop() -> None:
    global _server
    with _starting:
        server, _server = _server, None
        if server is not None and _owner == os.getpid():
            server.close()


def _start() -> Server:
    return _start_interpreter() if CAN_FORK else Interpreters()


def _start_interpreter() -> ForkServer:
    ours, theirs = socket.socketpair()
    with theirs:
        what = f"serve_on({theirs.fileno()})"
        child = subprocess.Popen(
            [sys.executable, "-c", _START.format(path=sys.path, what=what)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal is for the caller, who ends us
        )
    return ForkServer(ours, child.wait)


def _fork_here() -> ForkServer:
    _import_modules()
    ours, theirs = socket.socketpair()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # idle threads of numpy's libraries
        child = os.fork()
    if child == 0:
        os.setsid()  # Ctrl-C in a terminal is for the caller, who ends us
        ours.close()
        _run_and_exit(partial(_serve, theirs))
    theirs.close()
    return ForkServer(ours, partial(os.waitpid, child, 0))


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)  # whoever waits for an answer is woken
    connection.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


# -- in the server and in clean processes ----------------------------------------------------------


def serve_on(descriptor: int) -> None:
    """Serve on a socket that was handed down: all that the server's interpreter does."""
    _import_modules()
    _serve(socket.socket(fileno=descriptor))


def work_on_pipes() -> None:
    """Be a clean process on standard input and output; what rules print goes to the errors."""
    writer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _work(sys.stdin.buffer, writer)


def _import_modules() -> None:
    """Import what every clean process needs, and let numba set itself up: once for all of them."""
    for name in _MODULES:
        __import__(name)
    import numpy as np

    from kanalo.signals.volatility import average_true_range

    prices = np.ones(8)
    average_true_range(prices, prices, prices, 2)


def _serve(control: socket.socket) -> None:
    """Fork for every descriptor that is received, until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")  # what a rule warns of is seen where it runs
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        _reap()
        if not message:
            _wait_for_forks()
            return
        if os.fork() == 0:
            control.close()
            _run_and_exit(partial(_work_on_socket, descriptors[0]))
        os.close(descriptors[0])
        control.sendall(b"+")


def _reap() -> None:
    """Take note of the forks that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _wait_for_forks() -> None:
    """Give forks whose connections have ended as well a moment to end before their server."""
    deadline = time.monotonic() + _PATIENCE
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.005)


def _work_on_socket(descriptor: int) -> None:
    os.dup2(2, 1)
    channel = socket.socket(fileno=descriptor)
    _work(channel.makefile("rb"), channel.makefile("wb"))


def _run_and_exit(function: Callable[[], None]) -> None:
    """Run and end without the exit handlers of the process that was forked."""
    try:
        function()
    finally:
        os._exit(0)


def _work(reader: BinaryIO, writer: BinaryIO) -> None:
    """Answer calls; a thread reads them, so the end of the connection ends the process at once."""
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(reader, calls), daemon=True).start()
    while True:
        pickle.dump(_answer(calls.get()), writer, protocol=pickle.HIGHEST_PROTOCOL)
        writer.flush()


def _read(reader: BinaryIO, calls: queue.SimpleQueue[bytes]) -> None:
    try:
        while True:
            calls.put(pickle.load(reader))
    finally:
        os._exit(0)


def _answer(call: Any) -> tuple[KanaloError | None, Any]:
    function, args = call
    try:
        return None, function(*args)
    except KanaloError as error:
        return error, None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - passed on to the caller
        return CheckError(f"{type(error).__name__}: {error}"[:300]), None
