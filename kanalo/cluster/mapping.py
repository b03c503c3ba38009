"""`map_chunks`: one function over many chunks, here or on a pool, with the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from kanalo.cluster.parcel import pack
from kanalo.cluster.pools import Pool

Shared = TypeVar("Shared")
Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def map_chunks(
    function: Callable[[Shared, Chunk], Result],
    shared: Shared,
    chunks: Iterable[Chunk],
    pool: Pool | None = None,
) -> Iterator[Result]:
    """Yield ``function(shared, chunk)`` for each chunk, in the order of the chunks.

    Parameters
    ----------
    function : callable
        Of a module of kanalo; its results must not depend on where or in which order it runs.
    shared : object
        What all chunks need, such as a market and a rule. A worker gets it once: it is kept there
        under its sha256.
    chunks : iterable
        One small object each; they are taken as workers get free.
    pool : Pool, optional
        Of `open_pool`; this process by default.

    Yields
    ------
    object
        Results, as soon as those before them are there.

    Raises
    ------
    ClusterError
        If workers are lost again and again, cannot be reached, or run other versions.

    Examples
    --------
    >>> import operator
    >>> list(map_chunks(operator.add, 10, [1, 2, 3]))
    [11, 12, 13]
    """
    if pool is None:
        for chunk in chunks:
            yield function(shared, chunk)
        return
    results: Iterator[Any] = pool.run(function, pack(shared), iter(chunks))
    yield from results
