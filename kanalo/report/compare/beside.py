"""Figures of a comparison drawn in a second process while the first one writes the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from kanalo.checks.clean import open_process
from kanalo.checks.search import count_processors
from kanalo.errors import CheckError
from kanalo.report.compare.schema import ComparisonModel
from kanalo.report.compare.views import GroupView, to_views

MANY = 8
"""Results from which on a second process draws sooner than this one, which has matplotlib ready."""


@contextmanager
def draw_beside(model: ComparisonModel) -> Iterator[Callable[[], list[GroupView]] | None]:
    """Begin to draw the groups of a comparison in a process of their own.

    Parameters
    ----------
    model : mapping
        From `kanalo.report.to_model`.

    Yields
    ------
    callable or None
        Waits for what `to_views` returns, the same as drawn here; a process that was ended changes
        nothing but the time. None for a few results, or on one processor.
    """
    if len(model["results"]) < MANY or count_processors() < 2:
        yield None
        return
    with ThreadPoolExecutor(1) as thread, open_process() as process:
        drawn = thread.submit(process.call, to_views, model)

        def wait() -> list[GroupView]:
            try:
                views: list[GroupView] = drawn.result()
            except CheckError:
                return to_views(model)
            return views

        yield wait
