"""A cluster of dask.distributed as a pool: the only module that knows dask."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import re
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from kanalo.cluster.parcel import Parcel, check_versions, find_versions, run_chunk
from kanalo.errors import ClusterError, ParameterError, shorten

SECONDS = 10
"""How long an address may take to answer."""

RETRIES = 5
"""How often a chunk is done again after a lost worker or an error of the network."""

_NO_ANSWER = "No scheduler answers at {} within {} s."
_ADDRESS = re.compile(r"(tls|tcp)://(\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):([0-9]{1,5})")


class RemotePool:
    """Workers behind a dask scheduler; they may come and go while it is at work.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def n_workers(self) -> int:
        """Threads of all workers, now; at least 1."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    def run(
        self, function: Callable[[Any, Any], Any], parcel: Parcel, chunks: Iterator[Any]
    ) -> Iterator[Any]:
        """Yield the results of chunks in their order.

        Parameters
        ----------
        function : callable
            Takes the shared object and a chunk.
        parcel : Parcel
            Of the shared object.
        chunks : iterator
            Taken as workers get free.

        Returns
        -------
        iterator of object
            Results in the order of the chunks.

        Raises
        ------
        ClusterError
            If workers are lost again and again, or run other versions.
        """
        with _few_words():
            # A task and no scattered value: what a lost worker held is made again elsewhere.
            shared = self._client.submit(
                _keep, parcel, key=f"kanalo-{parcel.digest}", retries=RETRIES
            )
        waiting: deque[Any] = deque()
        while True:
            for chunk in itertools.islice(chunks, max(0, 2 * self.n_workers + 2 - len(waiting))):
                waiting.append(
                    self._client.submit(
                        run_chunk, function, shared, chunk, pure=False, retries=RETRIES
                    )
                )
            if not waiting:
                return
            yield _wait(waiting.popleft())


def _wait(future: Any) -> Any:
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise ClusterError(f"Workers die of one chunk: {shorten(error)}.") from error
    except (OSError, TimeoutError) as error:
        if isinstance(error, ClusterError):
            raise
        raise ClusterError(f"The cluster was lost: {shorten(error)}.") from error


def _keep(parcel: Parcel) -> Parcel:
    return parcel


@contextlib.contextmanager
def open_cluster(address: str, *, trust: bool = False) -> Iterator[RemotePool]:
    """Connect to a dask scheduler and look at the versions of its workers.

    Parameters
    ----------
    address : str
        ``tls://host:port``; certificates are those of dask's own configuration
        (``distributed.comm.tls``).
    trust : bool
        Whether a plain ``tcp://`` address is accepted.

    Yields
    ------
    RemotePool
        Connected.

    Raises
    ------
    ParameterError
        If it is no such address, or a plain one that is not trusted.
    ClusterError
        If dask.distributed is not installed, nothing answers within 10 seconds, no certificates
        are configured, or a worker runs other versions.
    """
    check_address(address, trust=trust)
    client = _connect(address)
    try:
        _check_workers(client)
        yield RemotePool(client)
    finally:
        with _few_words():
            client.close()


def check_address(address: str, *, trust: bool) -> None:
    """Refuse what is no address of a scheduler, and a plain one that nobody vouches for.

    Parameters
    ----------
    address : str
        ``tls://host:port`` or ``tcp://host:port``.
    trust : bool
        Whether a plain address is accepted.

    Raises
    ------
    ParameterError
        Saying what is accepted.
    """
    parts = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if parts is None or not 0 < int(parts[3]) < 65_536:
        raise ParameterError(
            f"A cluster's address must be tls://host:port; received {shorten(address)}."
        )
    if parts[1] == "tcp" and not trust:
        raise ParameterError(
            f"{address} is not encrypted, and whoever reaches its scheduler runs code on all its "
            "machines. Use tls://, or --trust-cluster in a network of your own."
        )


def _connect(address: str) -> Any:
    try:
        from distributed import Client  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ClusterError(
            "A cluster needs dask.distributed: pip install 'kanalo[cluster]'."
        ) from error
    with _few_words():
        _knock(address, _find_certificates(address))
        try:
            connect: Any = Client
            return connect(address, timeout=SECONDS, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise ClusterError(_NO_ANSWER.format(address, SECONDS)) from error
        except (TypeError, ValueError, RuntimeError) as error:
            raise ClusterError(f"Cannot connect to {address}: {shorten(error)}.") from error


def _knock(address: str, arguments: dict[str, Any]) -> None:
    """See that a scheduler answers: a client that failed half-made says more when Python ends.

    In a thread of its own, which is not waited for where something takes the connection and stays
    silent; what answers may be anything, so any error is no answer.
    """
    from distributed import comm as comms

    knock: Any = getattr(comms, "connect")  # noqa: B009 - which the package does not export
    found: list[Exception | None] = []

    async def look() -> None:
        comm = await knock(address, timeout=SECONDS, **arguments)
        comm.abort()

    def run() -> None:
        try:
            asyncio.run(look())
            found.append(None)
        except Exception as error:  # noqa: BLE001 - a web server's words are a MemoryError here
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if found != [None]:
        raise ClusterError(_NO_ANSWER.format(address, SECONDS)) from (found or [None])[0]


def _find_certificates(address: str) -> dict[str, Any]:
    """Return what dask connects with; refuse an encrypted address without readable certificates."""
    from distributed.security import Security  # type: ignore[import-untyped,unused-ignore]

    security: Any = Security
    problem, found = "", dict[str, Any]()
    try:
        found = security().get_connection_args("client")
        if address.startswith("tls://") and not found.get("ssl_context"):
            problem = "no certificates are configured"
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        problem = f"the certificates cannot be read ({shorten(error)})"
    if problem:
        raise ClusterError(
            f"Cannot connect to {address}: {problem}. They are set in dask's configuration: "
            "distributed.comm.tls.ca-file, client.cert and client.key."
        )
    return found


def _check_workers(client: Any) -> None:
    """Look at the workers that are there; those that come later are looked at as they begin."""
    for worker, versions in client.run(find_versions, on_error="return").items():
        if isinstance(versions, BaseException):
            raise ClusterError(
                f"The worker {worker} cannot run kanalo: {shorten(versions)}. Install the same "
                "version on all machines."
            )
        check_versions(find_versions(), versions, worker)


@contextlib.contextmanager
def _few_words() -> Iterator[None]:
    """Keep dask from telling what is told here in one line."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            yield
    finally:
        logger.setLevel(level)
