"""Pools of workers: processes of this machine, and a cluster behind a dask scheduler."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from kanalo.cluster.parcel import Parcel, run_chunk
from kanalo.errors import ClusterError, ParameterError

MOST_WORKERS = 256
MOST_LOSSES = 5
"""Losses of a worker, without a result between them, after which a run is given up."""


class Pool(Protocol):
    """Something that does chunks elsewhere."""

    @property
    def n_workers(self) -> int:
        """Chunks that run at the same time, now."""

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


class LocalPool:
    """Processes of this machine; one that dies is replaced, and its chunk is done again.

    Parameters
    ----------
    n_workers : int
        How many, from 1 to 256.
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._folder = tempfile.TemporaryDirectory(prefix="kanalo-")
        self._executor = self._start()

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
        path = Path(self._folder.name) / parcel.digest
        path.write_bytes(pickle.dumps(parcel))

        def submit(chunk: Any) -> Future[Any]:
            return self._submit(run_stored, function, str(path), parcel.digest, chunk)

        waiting: deque[tuple[Any, Future[Any]]] = deque()
        losses = 0
        while True:
            for chunk in itertools.islice(chunks, 2 * self.n_workers + 1 - len(waiting)):
                waiting.append((chunk, submit(chunk)))
            if not waiting:
                return
            try:
                result = waiting[0][1].result()
            except BrokenProcessPool as error:
                losses += 1
                self._replace(losses, error)
                waiting = deque((chunk, submit(chunk)) for chunk, _ in waiting)
                continue
            losses = 0
            waiting.popleft()
            yield result

    def close(self) -> None:
        """End the processes."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._folder.cleanup()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.n_workers, mp_context=get_context("spawn"))

    def _replace(self, losses: int, error: BrokenProcessPool) -> None:
        """Start anew after a loss, unless there were too many."""
        if losses > MOST_LOSSES:
            raise ClusterError(
                f"Workers died {losses} times without a result; is there enough memory for "
                f"{self.n_workers} of them?"
            ) from error
        self._restart()

    def _restart(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._start()

    def _submit(self, *work: Any) -> Future[Any]:
        try:
            return self._executor.submit(*work)
        except BrokenProcessPool:  # it died while nobody waited
            self._restart()
            return self._executor.submit(*work)


_parcels: dict[str, Parcel] = {}


def run_stored(function: Callable[[Any, Any], Any], path: str, digest: str, chunk: Any) -> Any:
    """Do one chunk in a local process, which reads what is shared from a file the first time.

    Parameters
    ----------
    function : callable
        Takes the shared object and the chunk.
    path : str
        File of the pickled parcel.
    digest : str
        Of the parcel.
    chunk : object
        What to do.

    Returns
    -------
    object
        What the function returns.
    """
    if digest not in _parcels:
        _parcels.clear()
        _parcels[digest] = pickle.loads(Path(path).read_bytes())
    return run_chunk(function, _parcels[digest], chunk)


@contextlib.contextmanager
def open_pool(
    workers: int | None = None, cluster: str | None = None, *, trust: bool = False
) -> Iterator[Pool | None]:
    """Open a pool of workers for as long as it is needed.

    Parameters
    ----------
    workers : int, optional
        Local processes, from 1 to 256.
    cluster : str, optional
        Address of a dask scheduler: ``"tls://host:port"``, or ``"tcp://host:port"`` with ``trust``.
    trust : bool
        Whether everyone who can reach the scheduler of a plain address is trusted: whoever reaches
        it runs code on all its machines, and on this one.

    Yields
    ------
    Pool or None
        None where neither was asked for.

    Raises
    ------
    ParameterError
        If both are given, or one is out of its bounds.
    ClusterError
        If the scheduler does not answer within 10 seconds, or workers run other versions.
    """
    if workers is not None and cluster is not None:
        raise ParameterError("Give either workers of this machine or a cluster, not both.")
    if cluster is not None:
        from kanalo.cluster.remote import open_cluster

        with open_cluster(cluster, trust=trust) as remote:
            yield remote
        return
    if workers is None:
        yield None
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or not 0 < workers <= MOST_WORKERS:
        raise ParameterError(
            f"'workers' must be a whole number from 1 to {MOST_WORKERS}; received {workers!r} "
            f"(this machine has {os.cpu_count()} cores)."
        )
    pool = LocalPool(workers)
    try:
        yield pool
    finally:
        pool.close()
