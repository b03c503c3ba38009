"""Make a table, or complete it: fetch what is missing, check it, and replace the file at once.

What is there stays until the new file is whole. Rows that came are joined to those that were there;
revised ones are replaced and listed; gaps stay gaps. A bar that has not closed by the venue's own
clock is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from kanalo.errors import DataError, SourceError
from kanalo.market.catalog import load_table
from kanalo.market.holdout import unsealed
from kanalo.market.liquidations import EVENTS_KIND, Window
from kanalo.market.manifest import TableEntry, read_manifest
from kanalo.market.readers.reading import Reading
from kanalo.market.store import Target, store_reading
from kanalo.sources import rows
from kanalo.sources.addresses import Sources
from kanalo.sources.exchange import Exchange
from kanalo.sources.http import Fetcher, Pause, UnreachableError
from kanalo.sources.liquidations import fetch_liquidations
from kanalo.sources.merge import Merged, count_missing, merge, merge_windows
from kanalo.sources.pages import Pages
from kanalo.sources.request import Request
from kanalo.sources.terms import find_terms
from kanalo.sources.work import Work

Progress = Callable[[str, int, int], None]

OVERLAP = {
    "bars": 24,
    "funding": 3,
    "positioning": 24,
    "liquidations": 24,
}
"""Steps before the end of a table that are fetched again, for venues revise their last rows."""

CLOCK_ERROR = 60.0
"""Seconds by which a machine's clock may differ from the venue's before a note says so."""


@dataclass(frozen=True)
class Outcome:
    """What a download did to one table.

    Attributes
    ----------
    request : Request
        What was asked for.
    rows, added : int
        Rows of the table, and how many of them are new.
    revised : tuple of Timestamp
        Times of rows that the venue has changed.
    missing : int
        Steps between the first and the last row that the venue does not have; of liquidations 0.
    start, end : str
        First and last time of the table; empty where there is none.
    notes : tuple of str
        What a user should know.
    error : str
        Why there is no table; empty where there is one.
    """

    request: Request
    rows: int = 0
    added: int = 0
    revised: tuple[pd.Timestamp, ...] = ()
    missing: int = 0
    start: str = ""
    end: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain values."""
        return {
            "table": self.request.table,
            "venue": self.request.venue,
            "symbol": self.request.symbol,
            "what": self.request.what,
            "rows": self.rows,
            "added": self.added,
            "revised": [time.isoformat().replace("+00:00", "Z") for time in self.revised],
            "missing": self.missing,
            "start": self.start,
            "end": self.end,
            "notes": list(self.notes),
            "error": self.error or None,
        }


def download(
    data_dir: Path,
    requests: list[Request],
    sources: Sources,
    *,
    progress: Progress | None = None,
    pause: Pause = asyncio.sleep,
) -> list[Outcome]:
    """Fetch tables one after the other.

    Parameters
    ----------
    data_dir : Path
        Data folder of a workspace.
    requests : list of Request
        One for each table.
    sources : Sources
        Addresses and patience.
    progress : callable, optional
        Told the table, the rows that came and those that are expected.
    pause : callable
        Waits some seconds.

    Returns
    -------
    list of Outcome
        In the order of the requests. What a venue refuses is the error of its outcome; the others
        go on.

    Raises
    ------
    SourceError
        If nothing answers at all.
    WorkspaceError
        If a file cannot be written, or another process fetches the same table.
    """
    return asyncio.run(_download(data_dir, requests, sources, progress, pause))


async def _download(
    data_dir: Path,
    requests: list[Request],
    sources: Sources,
    progress: Progress | None,
    pause: Pause,
) -> list[Outcome]:
    outcomes = []
    async with Fetcher(sources, pause) as fetcher:
        for request in requests:
            pages = Pages(data_dir, request.table)
            with pages.claim():
                job = _Job(data_dir, request, sources, fetcher, pages, progress, pause)
                try:
                    outcomes.append(await job.run())
                except UnreachableError:
                    raise
                except (SourceError, DataError) as error:
                    outcomes.append(Outcome(request, error=str(error)))
    return outcomes


@dataclass(frozen=True, eq=False)
class _Job:
    """One table on its way."""

    data_dir: Path
    request: Request
    sources: Sources
    fetcher: Fetcher
    pages: Pages
    progress: Progress | None
    pause: Pause

    async def run(self) -> Outcome:
        entry = read_manifest(self.data_dir).tables.get(self.request.table)
        self._check_own(entry)
        await self.fetcher.reach(self.sources.address(_find_host(self.request)))
        with unsealed():  # what is stored stays whole
            old = None if entry is None else load_table(self.data_dir, entry.name).reset_index()
        readings: list[Reading] = []
        notes: list[str] = []
        for start, end in self._find_spans(entry):
            reading, said = await self._fetch(start, end)
            readings.append(reading)
            notes += said
        return self._keep(entry, old, readings, tuple(dict.fromkeys((*notes, *self._note_clock()))))

    def _check_own(self, entry: TableEntry | None) -> None:
        """Refuse to write into a table that came from elsewhere."""
        asked = None if entry is None else entry.request
        mine = self.request.to_dict()
        keys = ("venue", "symbol", "what", "interval", "source")
        if entry is None or (asked and all(asked.get(k) == mine.get(k) for k in keys)):
            return
        raise DataError(
            f"The table '{entry.name}' exists and was not made by this download: --name gives this "
            "one another name."
        )

    def _find_spans(self, entry: TableEntry | None) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Return what is wanted and not there: before the table, and after it with some overlap."""
        now = self.fetcher.now
        end = min(self.request.end or now, now)
        if entry is None:
            return [(self.request.start, end)] if self.request.start < end else []
        asked = pd.Timestamp((entry.request or {}).get("start", entry.start))
        until = pd.Timestamp((entry.request or {}).get("until", entry.end)).as_unit("ns")
        spans = []
        if self.request.start < asked:
            spans.append((self.request.start, asked.as_unit("ns")))
        again = until - OVERLAP[self.request.what] * self.request.step
        if end > until or self.request.end is None:
            spans.append((max(min(again, end), min(self.request.start, asked)), end))
        return [span for span in spans if span[0] < span[1]]

    async def _fetch(
        self, start: pd.Timestamp, end: pd.Timestamp
    ) -> tuple[Reading, tuple[str, ...]]:
        done = 0
        work = Work(self.request, start, end, self.pages, self.fetcher, self.sources, self.pause)
        total = work.count(start, end)

        def report(n_rows: int) -> None:
            nonlocal done
            done = min(done + n_rows, total)
            if self.progress is not None:
                self.progress(self.request.table, done, total)

        work = replace(work, report=report)
        if self.request.what == "liquidations":
            return await fetch_liquidations(work), ()
        async with Exchange(self.request.venue, self.sources, self.fetcher, self.pause) as exchange:
            return await rows.fetch_rows(work, exchange)

    def _note_clock(self) -> tuple[str, ...]:
        error = self.fetcher.clock_error
        if abs(error) < CLOCK_ERROR:
            return ()
        side = "ahead of" if error > 0 else "behind"
        return (
            f"This machine's clock is {abs(error) / 60:,.0f} minutes {side} the venue's; the "
            "venue's counts.",
        )

    def _keep(
        self,
        entry: TableEntry | None,
        old: pd.DataFrame | None,
        readings: list[Reading],
        notes: tuple[str, ...],
    ) -> Outcome:
        """Write the table where anything changed, and forget the pages."""
        frames = [each.frame for each in readings if len(each.frame)]
        kind = readings[0].kind if readings else (entry.kind if entry else "")
        windows = self._join_windows(entry, readings)
        new = pd.concat(frames, ignore_index=True) if frames else None
        merged = Merged(old, 0) if new is None and old is not None else None
        if new is not None:
            merged = merge(str(kind), old, new)
        if merged is None:
            self.pages.clear()
            raise SourceError(
                f"{self.request.venue} has no {self.request.what} of {self.request.symbol} in this "
                "span."
            )
        grown = entry is not None and windows != tuple(map(Window.from_dict, entry.windows))
        if entry is None or merged.added or merged.revised or grown:
            self._store(str(kind), merged.frame, windows, entry)
        self.pages.clear()
        return self._describe(merged, notes)

    def _join_windows(
        self, entry: TableEntry | None, readings: list[Reading]
    ) -> tuple[Window, ...]:
        own = tuple(map(Window.from_dict, entry.windows)) if entry else ()
        return merge_windows((*own, *(w for each in readings for w in each.windows)))

    def _store(
        self, kind: str, frame: pd.DataFrame, windows: tuple[Window, ...], entry: TableEntry | None
    ) -> None:
        request = self.request
        start = request.start
        if entry is not None and entry.request:
            start = min(start, pd.Timestamp(entry.request["start"]).as_unit("ns"))
        asked = replace(request, start=start).to_dict()
        if kind == EVENTS_KIND and windows:
            until = max(window.end for window in windows)
            asked["until"] = until.isoformat().replace("+00:00", "Z")
        source = request.source or request.venue
        notes = {
            "terms": find_terms(source),
            "fetched": f"{pd.Timestamp.now('UTC'):%Y-%m-%dT%H:%M:%SZ}",
            "request": asked,
        }
        target = Target(
            request.table,
            _describe_table(request),
            f"Downloaded from {source}" + (f" ({request.venue})" if request.source else ""),
            replace=True,
            symbol=request.symbol,
            venue=_name_venue(request.venue),
            notes=notes,
        )
        store_reading(self.data_dir, Reading(kind, frame, windows=windows), target)

    def _describe(self, merged: Merged, notes: tuple[str, ...]) -> Outcome:
        times = pd.DatetimeIndex(merged.frame["time"])
        missing = 0
        if self.request.what in ("bars", "positioning"):
            missing = count_missing(times, self.request.step)
        return Outcome(
            self.request,
            rows=len(merged.frame),
            added=merged.added,
            revised=merged.revised,
            missing=missing,
            start=times[0].isoformat().replace("+00:00", "Z"),
            end=times[-1].isoformat().replace("+00:00", "Z"),
            notes=notes,
        )


def _find_host(request: Request) -> str:
    """Return the source that is asked first, to learn at once whether there is a network."""
    hosts = {"bitfinex": "bitfinex_rest", "hyperliquid": "hyperliquid_archive"}
    if request.what == "liquidations":
        return hosts.get(request.source, request.source)
    return "binance_archive" if request.venue == "binance" else f"{request.venue}_rest"


def _name_venue(venue: str) -> str:
    """Return the venue of bars: one that ends with -perp pays funding."""
    return {"binance": "binance-usdm-perp", "kraken": "kraken-spot"}.get(venue, f"{venue}-perp")


def _describe_table(request: Request) -> str:
    what = f"{request.interval} bars" if request.what == "bars" else request.what
    return f"Downloaded: {what} of {request.symbol}"
