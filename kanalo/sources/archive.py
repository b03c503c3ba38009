"""Binance's archive of files: klines, funding and metrics, by month and by day, checksums verified.

README of binance/binance-public-data (undated): a zip for each symbol, interval and month or
day under ``data/futures/um/{monthly,daily}``; daily files come the next day, monthly ones in the
first week of the next month; ``.CHECKSUM`` beside each holds its sha256. ``metrics`` are daily only
and begin in December 2021, ``fundingRate`` monthly only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kanalo.errors import SourceError
from kanalo.sources.work import Work, run_all

DAY = pd.Timedelta(days=1)
FIRST_METRICS = pd.Timestamp("2021-12-01", tz="UTC")

FEW_DAYS = 4
"""Days of a month that are fetched one by one rather than with the whole month."""

_KINDS = {"bars": "klines", "funding": "fundingRate", "positioning": "metrics"}


@dataclass(frozen=True)
class Span:
    """Rows in [start, end) that the archive does not have."""

    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True)
class Found:
    """What the archive gave: pages in order of time, and the spans that it lacks."""

    paths: tuple[Path, ...]
    missing: tuple[Span, ...]


async def fetch_archive(work: Work) -> Found:
    """Fetch all files of a span that the archive has.

    Parameters
    ----------
    work : Work
        Of bars, funding or positioning.

    Raises
    ------
    SourceError
        If a file differs from its checksum twice, or the archive gives no answer.
    """
    last = min(work.end, work.fetcher.now).normalize()
    first = work.start
    if work.request.what == "positioning":
        first = max(first, FIRST_METRICS)
    months = list(_months(first, min(work.end, last)))
    parts = await run_all(_fetch_month(work, month, first, last) for month in months)
    paths = tuple(path for found in parts for path in found.paths)
    missing = [span for found in parts for span in found.missing]
    if work.end > last:
        missing.append(Span(max(last, work.start), work.end))
    return Found(paths, tuple(_join(missing)))


def _months(start: pd.Timestamp, end: pd.Timestamp) -> Iterator[pd.Timestamp]:
    month = start.normalize().replace(day=1)
    while month < end:
        yield month
        month = _next_month(month)


def _next_month(month: pd.Timestamp) -> pd.Timestamp:
    return (month + pd.Timedelta(days=32)).replace(day=1)


async def _fetch_month(
    work: Work, month: pd.Timestamp, first: pd.Timestamp, last: pd.Timestamp
) -> Found:
    """Fetch a month whole, or day by day where it is not whole or not there."""
    start, end = max(month, first), min(_next_month(month), work.end)
    has_days = work.request.what != "funding"
    days = list(pd.date_range(start.normalize(), min(end, last), freq="D", inclusive="left"))
    by_day = has_days and (len(days) < FEW_DAYS or work.request.what == "positioning")
    if _next_month(month) <= last and not by_day:
        path = await _fetch_file(work, "monthly", f"{month:%Y-%m}", start, end)
        if path is not None:
            return Found((path,), ())
    if not has_days:
        return Found((), (Span(start, end),))
    paths = await run_all(
        _fetch_file(work, "daily", f"{day:%Y-%m-%d}", day, day + DAY) for day in days
    )
    missing = [
        Span(max(day, start), min(day + DAY, end))
        for day, path in zip(days, paths, strict=True)
        if path is None
    ]
    return Found(tuple(path for path in paths if path is not None), tuple(_join(missing)))


async def _fetch_file(
    work: Work, span: str, date: str, start: pd.Timestamp, end: pd.Timestamp
) -> Path | None:
    """Fetch a file with its checksum, unless it is there; None where the archive lacks it."""
    request = work.request
    kind = _KINDS[request.what]
    middle = request.interval if request.what == "bars" else kind
    name = f"{request.symbol}-{middle}-{date}.zip"
    folder = f"{kind}/{request.symbol}" + (f"/{middle}" if request.what == "bars" else "")
    url = f"{work.sources.address('binance_archive')}/data/futures/um/{span}/{folder}/{name}"
    if not work.pages.has(name):
        content = await _fetch_verified(work, url, name)
        if content is None:
            return None
        work.pages.keep(name, content)
    work.report(work.count(start, end))
    return work.pages.path(name)


async def _fetch_verified(work: Work, url: str, name: str) -> bytes | None:
    received = expected = ""
    for _ in range(2):
        content = await work.fetcher.get(url)
        if content is None:
            return None
        checksum = await work.fetcher.get(url + ".CHECKSUM")
        if checksum is None:
            raise SourceError(f"{name}: the archive has no checksum of the file; it is not used.")
        expected = checksum.decode("ascii", "replace").split(" ")[0].strip().lower()
        received = hashlib.sha256(content).hexdigest()
        if received == expected:
            return content
    raise SourceError(
        f"{name}: the file differs from its checksum, twice: expected sha256 {expected[:12]}…; "
        f"received {received[:12]}…."
    )


def _join(spans: list[Span]) -> list[Span]:
    """Join spans that touch, so that what follows asks seldom."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        elif span.start < span.end:
            joined.append(span)
    return joined
