"""What each fetch is given: the request, its span, where pages go, and who is asked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kanalo.sources.addresses import Sources
from kanalo.sources.http import Fetcher, Pause
from kanalo.sources.pages import Pages
from kanalo.sources.request import Request

Report = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Work:
    """A span of a request that is to be fetched.

    Attributes
    ----------
    request : Request
        What is asked for.
    start, end : Timestamp
        Rows in [start, end) are missing; ``end`` is at most the venue's now.
    pages : Pages
        Where answers are kept.
    fetcher : Fetcher
        Asks.
    sources : Sources
        Addresses.
    pause : callable
        Waits some seconds.
    report : callable
        Told the number of rows that a page stands for.
    """

    request: Request
    start: pd.Timestamp
    end: pd.Timestamp
    pages: Pages
    fetcher: Fetcher
    sources: Sources
    pause: Pause = asyncio.sleep
    report: Report = lambda _: None

    def count(self, start: pd.Timestamp, end: pd.Timestamp) -> int:
        """Return about how many rows of the request lie in a span.

        Parameters
        ----------
        start, end : Timestamp
            The span; the part outside of the work's own does not count.

        Returns
        -------
        int
            At least 0.
        """
        inside = min(end, self.end) - max(start, self.start)
        return max(0, math.ceil(inside / self.request.step))


async def run_all(tasks: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Run coroutines at once; the first error ends all of them and is raised.

    Parameters
    ----------
    tasks : iterable of coroutine
        How many of them ask at the same time is up to the fetcher.
    """
    running = [asyncio.ensure_future(each) for each in tasks]
    try:
        return list(await asyncio.gather(*running))
    except BaseException:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
