"""Reported liquidations of five sources, each fetched as its pages say and read by its own reader.

- Tardis (docs.tardis.dev/downloadable-csv-files, undated): the first day of each month is free.
- Bitfinex (docs.bitfinex.com/reference/rest-public-liquidations, undated): the whole history with
  entry prices, 500 rows an answer, 3 requests a minute.
- Coinalyze (api.coinalyze.net/v1/doc, undated): sums of some 2,000 intervals back; key in the
  header ``api_key``; 40 requests a minute, 429 with ``Retry-After``.
- Coinglass (docs.coinglass.com, v4 ``/api/futures/liquidation/history``, undated): sums; key in
  the header ``CG-API-KEY``.
- Hyperliquid (hyperliquid.gitbook.io, "Historical data", undated): fills by hour, from a folder
  of unpacked files that the user names, for the venue's own bucket wants an account.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pandas as pd

from kanalo.errors import DataError, SourceError, suggestion
from kanalo.market.liquidations import (
    EVENTS_KIND,
    SUMS,
    SUMS_KIND,
    Window,
    drop_repeats,
    find_instrument,
)
from kanalo.market.readers import bitfinex, coinalyze, coinglass, hyperliquid, tardis
from kanalo.market.readers.reading import Reading, ReadOptions
from kanalo.sources.addresses import find_key
from kanalo.sources.exchange import Exchange
from kanalo.sources.merge import merge_windows
from kanalo.sources.readings import check_json
from kanalo.sources.work import Work, run_all

DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)
MS = pd.Timedelta(milliseconds=1)

TARDIS_NAMES = {"binance": "binance-futures", "bybit": "bybit", "okx": "okex-swap"}
COINALYZE_INTERVALS = {
    **{"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "1hour", "2h": "2hour"},
    **{"4h": "4hour", "6h": "6hour", "12h": "12hour", "1d": "daily"},
}

ROWS = 500
"""Rows in an answer of Bitfinex."""

PAGE = 1_000
"""Intervals in an answer of Coinglass."""


async def fetch_liquidations(work: Work) -> Reading:
    """Fetch and read the reported liquidations of a span.

    Parameters
    ----------
    work : Work
        Its request names the source.

    Returns
    -------
    Reading
        Events or sums of the coin; of events with the spans that were covered.

    Raises
    ------
    SourceError
        If the source refuses, has no such symbol, or wants a key.
    """
    return await _FETCHES[work.request.source](work)


async def _fetch_tardis(work: Work) -> Reading:
    """Fetch the first day of each month of the span."""
    venue = work.request.venue
    if venue not in TARDIS_NAMES:
        raise SourceError(
            f"Tardis' files are fetched for {', '.join(TARDIS_NAMES)}; received {venue}."
        )
    first = work.start.normalize().replace(day=1)
    days = [
        day
        for day in pd.date_range(first, work.end, freq="MS", tz="UTC")
        if work.start <= day and day + DAY <= work.end
    ]
    paths = await run_all(_fetch_day(work, TARDIS_NAMES[venue], day) for day in days)
    found = [path for path in paths if path is not None]
    options = ReadOptions(
        symbol=work.request.symbol, contract_value=await _find_contract_value(work)
    )
    readings = [tardis.read_tardis(path, options) for path in found if _has_rows(path)]
    covered = tuple(
        Window(venue, day, day + DAY, work.request.symbol, tardis.is_censored(venue, day))
        for day, path in zip(days, paths, strict=True)
        if path
    )
    return _to_events(work, readings, covered)


async def _find_contract_value(work: Work) -> float | None:
    """Return the coins in a contract of OKX, which counts in contracts; None for other venues."""
    if work.request.venue != "okx":
        return None
    async with Exchange("okx", work.sources, work.fetcher, work.pause) as exchange:
        market = exchange.find(work.request.symbol)
        if market is None:
            raise exchange.refuse(work.request.symbol)
        return float(market["contractSize"])


async def _fetch_day(work: Work, exchange: str, day: pd.Timestamp) -> Path | None:
    symbol = work.request.symbol
    if exchange == "okex-swap":
        instrument = find_instrument(symbol)
        symbol = f"{instrument.base}-{instrument.quote}-SWAP" if instrument else symbol
    name = f"tardis-{exchange}-{day:%Y-%m-%d}-{symbol}.csv.gz"
    if not work.pages.has(name):
        base = work.sources.address("tardis")
        url = f"{base}/v1/{exchange}/liquidations/{day:%Y/%m/%d}/{symbol}.csv.gz"
        content = await work.fetcher.get(url)
        if content is None:
            return None
        work.pages.keep(name, content)
    work.report(work.count(day, day + DAY))
    return work.pages.path(name)


def _has_rows(path: Path) -> bool:
    content = path.read_bytes()
    if not content:
        return False
    try:
        return gzip.decompress(content).strip().count(b"\n") > 0
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: the archive is damaged ({error}).") from error


async def _fetch_bitfinex(work: Work) -> Reading:
    """Fetch page after page, oldest first; the next one begins in the last millisecond of one."""
    rows: list[object] = []
    start, end = _to_ms(work.start), _to_ms(work.end)
    while start < end:
        page = await _fetch_page(work, start, end)
        times = [each[0][2] for each in page]
        more = len(page) >= ROWS and times[-1] > start
        stop = times[-1] if more else end
        rows += page
        work.report(work.count(_from_ms(start), _from_ms(stop)))
        start = stop
    whole = work.pages.keep("bitfinex.json", json.dumps(rows).encode())
    reading = _read_or_none(bitfinex.read_liquidations, whole, ReadOptions())
    covered = (Window("bitfinex", work.start, work.end, work.request.symbol, censored=False),)
    return _to_events(work, [reading] if reading else [], covered)


async def _fetch_page(work: Work, start: int, end: int) -> list[list[list[int]]]:
    """Return a page; one that is full is kept, the last one grows until the span ends."""
    name = f"bitfinex-{start}.json"
    if work.pages.has(name):
        return list(json.loads(work.pages.path(name).read_bytes()))
    url = f"{work.sources.address('bitfinex_rest')}/v2/liquidations/hist"
    params = {"start": start, "end": end - 1, "limit": ROWS, "sort": 1}
    content = await work.fetcher.get(url, params) or b"[]"
    page: list[list[list[int]]] = check_json(content, "bitfinex")
    if len(page) >= ROWS:
        work.pages.keep(name, content)
        await work.pause(work.sources.bitfinex_pause)
    return page


async def _fetch_coinalyze(work: Work) -> Reading:
    key = find_key("coinalyze")
    headers = {"api_key": key}
    base = work.sources.address("coinalyze") + "/v1"
    symbol = await _find_coinalyze_symbol(work, base, headers)
    params = {
        "symbols": symbol,
        "interval": COINALYZE_INTERVALS[work.request.interval],
        "from": _to_ms(work.start) // 1000,
        "to": _to_ms(work.end) // 1000 - 1,
        "convert_to_usd": "true",
    }
    content = await work.fetcher.get(f"{base}/liquidation-history", params, headers) or b"[]"
    work.report(work.count(work.start, work.end))
    if not check_json(content, "coinalyze"):
        return Reading(SUMS_KIND, pd.DataFrame(columns=list(SUMS)))
    path = work.pages.keep("coinalyze.json", content)
    options = ReadOptions(
        exchange=work.request.venue, unit="usd", period=work.request.step, symbol=None
    )
    return _only(coinalyze.read_liquidations(path, options), work)


async def _find_coinalyze_symbol(work: Work, base: str, headers: dict[str, str]) -> str:
    """Return Coinalyze's name of a perpetual: its list says which letter stands for a venue."""
    exchanges = check_json(
        await work.fetcher.get(f"{base}/exchanges", headers=headers) or b"[]", "coinalyze"
    )
    codes = {str(each["name"]).lower(): each["code"] for each in exchanges}
    if work.request.venue not in codes:
        raise SourceError(f"Coinalyze does not list {work.request.venue}.")
    markets = check_json(
        await work.fetcher.get(f"{base}/future-markets", headers=headers) or b"[]", "coinalyze"
    )
    mine = {
        f"{each['base_asset']}{each['quote_asset']}": str(each["symbol"])
        for each in markets
        if each["exchange"] == codes[work.request.venue] and each.get("is_perpetual")
    }
    if work.request.symbol not in mine:
        near = suggestion(work.request.symbol, mine)
        hint = near if "Did you mean" in near else ""
        raise SourceError(f"Coinalyze has no {work.request.symbol} of {work.request.venue}.{hint}")
    return mine[work.request.symbol]


async def _fetch_coinglass(work: Work) -> Reading:
    headers = {"CG-API-KEY": find_key("coinglass")}
    url = f"{work.sources.address('coinglass')}/api/futures/liquidation/history"
    step = work.request.step
    readings, start = [], work.start.floor(step)
    while start < work.end:
        stop = min(start + PAGE * step, work.end)
        params = {
            "exchange": work.request.venue.title() if work.request.venue != "okx" else "OKX",
            "symbol": work.request.symbol,
            "interval": work.request.interval,
            "limit": PAGE,
            "start_time": _to_ms(start),
            "end_time": _to_ms(stop) - 1,
        }
        content = await work.fetcher.get(url, params, headers) or b"{}"
        answer = check_json(content, "coinglass")
        if str(answer.get("code")) != "0":
            raise SourceError(f"coinglass refuses: {str(answer.get('msg'))[:80]}.")
        path = work.pages.keep(f"coinglass-{_to_ms(start)}.json", content)
        options = ReadOptions(exchange=work.request.venue, symbol=work.request.symbol, period=step)
        if answer.get("data"):
            readings.append(coinglass.read_pair_history(path, options))
        work.report(work.count(start, stop))
        start = stop
    frames = [each.frame for each in readings]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(SUMS))
    return _only(Reading(SUMS_KIND, frame), work)


async def _fetch_hyperliquid(work: Work) -> Reading:
    hours = list(
        pd.date_range(work.start.ceil("h"), work.end.floor("h"), freq="h", inclusive="left")
    )
    paths = await run_all(_fetch_hour(work, hour) for hour in hours)
    covered = tuple(
        Window("hyperliquid", hour, hour + HOUR, work.request.symbol, censored=False)
        for hour, path in zip(hours, paths, strict=True)
        if path
    )
    found = [path for path in paths if path]
    readings = [_read_or_none(hyperliquid.read_fills, path, ReadOptions()) for path in found]
    return _to_events(work, [each for each in readings if each], covered)


async def _fetch_hour(work: Work, hour: pd.Timestamp) -> Path | None:
    name = f"hyperliquid-{hour:%Y%m%d-%H}.jsonl"
    if not work.pages.has(name):
        base = work.sources.address("hyperliquid_archive")
        content = await work.fetcher.get(f"{base}/{hour:%Y%m%d}/{hour.hour}")
        if content is None:
            return None
        work.pages.keep(name, content)
    work.report(work.count(hour, hour + HOUR))
    return work.pages.path(name)


def _read_or_none(
    read: Callable[[Path, ReadOptions], Reading], path: Path, options: ReadOptions
) -> Reading | None:
    """Read a page, or return None where it has no liquidations; it was covered all the same."""
    try:
        return read(path, options)
    except DataError as error:
        if "has no liquidations" in str(error):
            return None
        raise


def _to_events(work: Work, readings: list[Reading], covered: tuple[Window, ...]) -> Reading:
    """Join readings of events of the coin, inside the span."""
    frames = [_of_coin(each.frame, work) for each in readings]
    full = [each for each in frames if len(each)]
    frame = drop_repeats(pd.concat(full, ignore_index=True))[0] if full else pd.DataFrame()
    return Reading(EVENTS_KIND, frame, windows=merge_windows(covered))


def _of_coin(frame: pd.DataFrame, work: Work) -> pd.DataFrame:
    wanted = find_instrument(work.request.symbol)
    symbols = {name: find_instrument(str(name)) for name in frame["symbol"].unique()}
    mine = [name for name, each in symbols.items() if each and wanted and each.base == wanted.base]
    inside = (frame["time"] >= work.start) & (frame["time"] < work.end)
    return frame[frame["symbol"].isin(mine) & inside]


def _only(reading: Reading, work: Work) -> Reading:
    """Keep sums whose interval lies in the span: the last one may still be growing."""
    frame = reading.frame
    inside = (frame["time"] >= work.start.floor(work.request.step)) & (frame["end"] <= work.end)
    return Reading(SUMS_KIND, frame[inside].reset_index(drop=True))


def _to_ms(time: pd.Timestamp) -> int:
    return int(time.value // 1_000_000)


def _from_ms(stamp: int) -> pd.Timestamp:
    return pd.Timestamp(stamp, unit="ms", tz="UTC").as_unit("ns")


_FETCHES: dict[str, Callable[[Work], Awaitable[Reading]]] = {
    "tardis": _fetch_tardis,
    "bitfinex": _fetch_bitfinex,
    "coinalyze": _fetch_coinalyze,
    "coinglass": _fetch_coinglass,
    "hyperliquid": _fetch_hyperliquid,
}
