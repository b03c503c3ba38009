"""Bars, funding and positioning of a span: the archive first, REST for what it does not have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from kanalo.errors import SourceError
from kanalo.market.readers.reading import (
    BARS_KIND,
    FUNDING_KIND,
    POSITIONING_KIND,
    Reading,
    ReadOptions,
    make_positioning,
)
from kanalo.sources.archive import FIRST_METRICS, Found, Span, fetch_archive
from kanalo.sources.exchange import NO_FUNDING, Exchange, Row, to_page
from kanalo.sources.readings import (
    check_json,
    read_archive,
    read_archive_bars,
    read_candles,
    read_each,
    read_rows,
    round_funding,
)
from kanalo.sources.work import Work

MS = pd.Timedelta(milliseconds=1)
FIVE_MINUTES = pd.Timedelta(minutes=5)
HOUR = pd.Timedelta(hours=1)

REST_DAYS = pd.Timedelta(days=30) - HOUR
"""How far Binance's tables of positioning reach back."""

TABLES = {
    "openInterestHist": "binance-open-interest",
    "globalLongShortAccountRatio": "binance-long-short",
    "topLongShortAccountRatio": "binance-top-accounts",
    "topLongShortPositionRatio": "binance-top-positions",
    "takerlongshortRatio": "binance-taker-ratio",
}
"""Tables under ``/futures/data`` (developers.binance.com, undated) → the format of each."""

_POSITIONING = {
    "open_interest": (
        "fetchOpenInterestHistory",
        {"openInterestAmount": "open_interest", "openInterestValue": "open_interest_usd"},
    ),
    "ratios": ("fetchLongShortRatioHistory", {"longShortRatio": "long_short_ratio"}),
}
"""What other venues have through ccxt: the ability, and its fields → columns."""

_FIELDS = {what: fields for what, (_, fields) in _POSITIONING.items()} | {
    "funding": {"fundingRate": "funding_rate"}
}

Said = tuple[str, ...]


async def fetch_rows(work: Work, exchange: Exchange) -> tuple[Reading, Said]:
    """Fetch and read a span of bars, funding or positioning.

    Parameters
    ----------
    work : Work
        The span.
    exchange : Exchange
        The venue, with its contracts loaded.

    Returns
    -------
    Reading, tuple of str
        Rows in [start, end) of closed bars and past stamps; what a user should know.

    Raises
    ------
    SourceError
        If the venue does not trade the symbol and its archive has nothing either.
    """
    venue = work.request.venue
    if work.request.what == "funding" and venue in NO_FUNDING:
        raise SourceError(f"{venue} has no history of funding: {NO_FUNDING[venue]}.")
    market = exchange.find(work.request.symbol)
    found = Found((), (Span(work.start, work.end),))
    if work.request.venue == "binance":
        work = _begin_with_listing(work, market)
        found = await fetch_archive(work)
    elif market is None:
        raise exchange.refuse(work.request.symbol)
    if market is None and not found.paths:
        raise exchange.refuse(work.request.symbol)
    notes: Said = ()
    if market is None:
        notes = (f"{work.request.symbol} is not traded any more: the table ends with the archive.",)
    fetch = _FETCHES[work.request.what]
    frames = [_read_files(work, found.paths)]
    if market is not None:
        frames += [await fetch(work, exchange, market, span) for span in found.missing]
    frame = pd.concat([each for each in frames if len(each)] or frames[:1], ignore_index=True)
    return Reading(_KINDS[work.request.what], _cut(work, frame)), notes


def _begin_with_listing(work: Work, market: Row | None) -> Work:
    """Leave out the years before a contract was listed, where the venue says when that was."""
    created = (market or {}).get("created")
    if not created:
        return work
    listed = pd.Timestamp(int(created), unit="ms", tz="UTC").as_unit("ns").floor("D")
    return replace(work, start=min(max(work.start, listed), work.end))


def _read_files(work: Work, paths: tuple[Path, ...]) -> pd.DataFrame:
    if not paths:
        return pd.DataFrame()
    if work.request.what == "bars":
        return read_archive_bars(paths)
    if work.request.what == "funding":
        return read_archive("binance-vision-funding", paths, ReadOptions())
    options = ReadOptions(symbol=work.request.symbol, period=FIVE_MINUTES)
    return read_archive("binance-metrics", paths, options)


def _cut(work: Work, frame: pd.DataFrame) -> pd.DataFrame:
    """Keep rows in the span that are whole by the venue's clock, each time once."""
    if not len(frame):
        return frame
    now = work.fetcher.now
    inside = (frame["time"] >= work.start) & (frame["time"] < work.end)
    if work.request.what == "bars":
        inside &= frame["time"] + work.request.step <= now
    elif work.request.what == "positioning":
        inside &= frame["known_at"] <= now
    else:
        inside &= frame["time"] <= now
    kept = frame[inside].drop_duplicates("time", keep="last")
    return kept.sort_values("time", ignore_index=True)


async def _fetch_bars(work: Work, exchange: Exchange, market: Row, span: Span) -> pd.DataFrame:
    contents = await _gather(work, exchange, market, "bars", span)
    return read_candles(contents)


async def _fetch_funding(work: Work, exchange: Exchange, market: Row, span: Span) -> pd.DataFrame:
    contents = await _gather(work, exchange, market, "funding", span)
    return round_funding(read_rows(contents, {"fundingRate": "funding_rate"}))


async def _fetch_positioning(
    work: Work, exchange: Exchange, market: Row, span: Span
) -> pd.DataFrame:
    if work.request.venue == "binance":
        start = max(span.start, work.fetcher.now - REST_DAYS, FIRST_METRICS)
        return await _fetch_binance_tables(work, Span(start, span.end))
    parts = []
    for what, (ability, fields) in _POSITIONING.items():
        if exchange.has(ability):
            contents = await _gather(work, exchange, market, what, span)
            part = read_rows(contents, fields).dropna(axis=1, how="all")
            if work.request.venue == "okx" and "open_interest" in part:  # it counts contracts
                part["open_interest"] *= float(market["contractSize"])
            parts.append(part)
    return _lay_out(parts, HOUR)


async def _fetch_binance_tables(work: Work, span: Span) -> pd.DataFrame:
    """Fetch the five tables of positioning, 500 rows an answer."""
    parts = []
    for table, name in TABLES.items():
        paths = []
        start, step = span.start.floor(FIVE_MINUTES), 500 * FIVE_MINUTES
        while start < span.end:
            stop = min(start + step, span.end)
            paths.append(await _fetch_table(work, table, start, stop))
            start = stop
        options = ReadOptions(symbol=work.request.symbol, period=FIVE_MINUTES)
        if table == "takerlongshortRatio":
            options = ReadOptions(period=FIVE_MINUTES)
        readings = read_each(name, [path for path in paths if path], options)
        frames = [each.frame.drop(columns="known_at") for each in readings]
        if frames:
            parts.append(pd.concat(frames, ignore_index=True).drop_duplicates("time"))
    work.report(work.count(span.start, span.end))
    return _lay_out(parts, FIVE_MINUTES)


async def _fetch_table(
    work: Work, table: str, start: pd.Timestamp, stop: pd.Timestamp
) -> Path | None:
    url = f"{work.sources.address('binance_rest')}/futures/data/{table}"
    first, last = _to_ms(Span(start, stop))
    name = f"{table}-{first}-{last}.json"
    if work.pages.has(name):
        return work.pages.path(name)
    params = {
        **{"symbol": work.request.symbol, "period": "5m", "limit": 500},
        **{"startTime": first, "endTime": last - 1},
    }
    content = await work.fetcher.get(url, params) or b"[]"
    if not check_json(content, "binance"):
        return None
    return work.pages.keep(name, content)


def _lay_out(parts: list[pd.DataFrame], period: pd.Timedelta) -> pd.DataFrame:
    """Join columns of positioning by their time."""
    full = [each.set_index("time") for each in parts if len(each)]
    if not full:
        return pd.DataFrame()
    joined = pd.concat([each[~each.index.duplicated(keep="last")] for each in full], axis=1)
    joined = joined.sort_index()
    columns = {str(name): joined[name].to_numpy() for name in joined.columns}
    return make_positioning(pd.DatetimeIndex(joined.index), columns, period)


async def _gather(
    work: Work, exchange: Exchange, market: Row, what: str, span: Span
) -> list[bytes]:
    """Collect the pages of a span; those that are there are not asked for again."""
    contents = []
    start, end = _to_ms(span)
    length = exchange.page_span(what, work.request.interval)
    fields = tuple(_FIELDS.get(what, {}))
    for since in range(start, end, length):
        stop = min(since + length, end)
        name = f"{what}-{since}-{stop}.json"
        if not work.pages.has(name):
            rows = await exchange.fetch_page(what, market, work.request.interval, since, stop)
            work.pages.keep(name, to_page(rows, fields))
        contents.append(work.pages.path(name).read_bytes())
        work.report(work.count(_from_ms(since), _from_ms(stop)))
    return contents


def _to_ms(span: Span) -> tuple[int, int]:
    return int(span.start.value // 1_000_000), int(span.end.value // 1_000_000)


def _from_ms(stamp: int) -> pd.Timestamp:
    return pd.Timestamp(stamp, unit="ms", tz="UTC").as_unit("ns")


_KINDS = {"bars": BARS_KIND, "funding": FUNDING_KIND, "positioning": POSITIONING_KIND}
_FETCHES = {"bars": _fetch_bars, "funding": _fetch_funding, "positioning": _fetch_positioning}
