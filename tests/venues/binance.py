"""Binance: the archive of files, and USD-M futures over REST.

From README of binance/binance-public-data (undated: spot files in microseconds since 2025-01-01,
checksums beside each zip); developers.binance.com, "USDⓈ-M Futures, Market Data" (undated): klines,
exchangeInfo, fundingRate, openInterestHist and the ratios. Older futures klines have no header.
"""

from __future__ import annotations

import calendar
import datetime
import hashlib
import io
import zipfile

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import DAY, INTERVALS, World

KLINES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore\n"
)
METRICS = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,"
    "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,"
    "sum_taker_long_short_vol_ratio\n"
)
FUNDING = "calc_time,funding_interval_hours,last_funding_rate\n"
RATIOS = {
    "globalLongShortAccountRatio": ("longShortRatio", 5),
    "topLongShortAccountRatio": ("longShortRatio", 3),
    "topLongShortPositionRatio": ("longShortRatio", 4),
    "takerlongshortRatio": ("buySellRatio", 6),
}


def add_routes(app: web.Application) -> None:
    """Serve the archive under /binance_archive and REST under /binance_rest."""
    archive = "/binance_archive/data/futures/um"
    app.router.add_get(archive + "/{span}/klines/{symbol}/{interval}/{file}", send_klines)
    app.router.add_get(archive + "/{span}/fundingRate/{symbol}/{file}", send_funding_file)
    app.router.add_get(archive + "/{span}/metrics/{symbol}/{file}", send_metrics)
    rest = "/binance_rest"
    app.router.add_get(rest + "/fapi/v1/exchangeInfo", send_info)
    app.router.add_get(rest + "/fapi/v1/time", send_time)
    app.router.add_get(rest + "/fapi/v1/klines", send_candles)
    app.router.add_get(rest + "/fapi/v1/fundingRate", send_funding)
    app.router.add_get(rest + "/futures/data/{kind}", send_positioning)


def _world(request: web.Request) -> World:
    world: World = request.app[WORLD]
    return world


def _span(request: web.Request) -> tuple[int, int] | None:
    """Return the span of a file by its name, or None where it is not there (yet)."""
    date = request.match_info["file"].split(".")[0][-10:]
    monthly = request.match_info["span"] == "monthly"
    parts = [int(each) for each in (date[-7:] if monthly else date).split("-")]
    year, month, day = (*parts, 1)[:3]
    start = int(datetime.datetime(year, month, day, tzinfo=datetime.UTC).timestamp() * 1000)
    length = calendar.monthrange(year, month)[1] if monthly else 1
    end = start + length * DAY
    world = _world(request)
    symbol = request.match_info["symbol"]
    is_there = symbol in world.listings and end <= world.now // DAY * DAY
    return (start, end) if is_there else None


def _send_zip(request: web.Request, text: str | None) -> web.Response:
    if not text:
        raise web.HTTPNotFound
    name = request.match_info["file"].removesuffix(".CHECKSUM")
    content = pack(name.replace(".zip", ".csv"), text)
    if request.match_info["file"].endswith(".CHECKSUM"):
        return web.Response(text=f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    return web.Response(body=content, content_type="application/zip")


def pack(name: str, text: str) -> bytes:
    """Zip a file; the same text gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


def _kline(row: list[float], step: int) -> list[object]:
    time, *prices, volume = row
    quote = round(volume * prices[3], 4)
    return [int(time), *prices, volume, int(time) + step - 1, quote, 9, volume / 2, quote / 2, 0]


async def send_klines(request: web.Request) -> web.Response:
    """Send klines of a month or a day; files before 2022 have no header."""
    span = _span(request)
    if span is None:
        raise web.HTTPNotFound
    interval = request.match_info["interval"]
    rows = _world(request).bars(request.match_info["symbol"], interval, *span)
    lines = [",".join(map(str, _kline(row, INTERVALS[interval]))) for row in rows]
    header = KLINES if span[0] >= 1_640_995_200_000 else ""
    return _send_zip(request, header + "\n".join(lines) + "\n" if lines else None)


async def send_funding_file(request: web.Request) -> web.Response:
    """Send the funding rates of a month."""
    span = _span(request)
    if span is None:
        raise web.HTTPNotFound
    rows = _world(request).funding(request.match_info["symbol"], *span)
    lines = [f"{time},8,{rate:.8f}" for time, rate in rows]
    return _send_zip(request, FUNDING + "\n".join(lines) + "\n" if lines else None)


async def send_metrics(request: web.Request) -> web.Response:
    """Send open interest and ratios of a day, unsorted as the venue has them."""
    span = _span(request)
    if span is None:
        raise web.HTTPNotFound
    symbol = request.match_info["symbol"]
    rows = _world(request).positioning(symbol, *span)
    lines = []
    for row in rows[1::2] + rows[::2]:
        time = datetime.datetime.fromtimestamp(row[0] / 1000, datetime.UTC)
        cells = (row[1], row[2], row[3], row[4], row[5], row[6])
        lines.append(f"{time:%Y-%m-%d %H:%M:%S},{symbol},{','.join(map(str, cells))}")
    return _send_zip(request, METRICS + "\n".join(lines) + "\n" if lines else None)


async def send_time(request: web.Request) -> web.Response:
    """Send the venue's clock."""
    return web.json_response({"serverTime": _world(request).now})


async def send_info(request: web.Request) -> web.Response:
    """Send the contracts that are traded now; delisted ones are not among them."""
    world = _world(request)
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1e6", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1e6", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
    ]
    symbols = [
        {
            "symbol": each.symbol,
            "pair": each.symbol,
            "contractType": "PERPETUAL",
            "deliveryDate": 4_133_404_800_000,
            "onboardDate": each.start,
            "status": "TRADING",
            "baseAsset": each.symbol.removesuffix("USDT"),
            "quoteAsset": "USDT",
            "marginAsset": "USDT",
            "pricePrecision": 2,
            "quantityPrecision": 3,
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "underlyingType": "COIN",
            "filters": filters,
            "orderTypes": ["LIMIT", "MARKET"],
            "timeInForce": ["GTC"],
        }
        for each in world.listings.values()
        if each.end is None and each.start <= world.now
    ]
    body = {"timezone": "UTC", "serverTime": world.now, "rateLimits": [], "assets": []}
    return web.json_response(body | {"exchangeFilters": [], "symbols": symbols})


def _symbol(request: web.Request) -> str:
    symbol = request.query.get("symbol", "")
    listing = _world(request).listings.get(symbol)
    if listing is None or listing.end is not None:
        raise web.HTTPBadRequest(
            text='{"code":-1121,"msg":"Invalid symbol."}', content_type="application/json"
        )
    return symbol


def _window(request: web.Request, step: int, most: int) -> tuple[int, int, int]:
    world = _world(request)
    limit = min(int(request.query.get("limit", 500)), most)
    end = int(request.query.get("endTime", world.now)) + 1
    start = int(request.query.get("startTime", end - limit * step))
    return start, end, limit


async def send_candles(request: web.Request) -> web.Response:
    """Send klines from a time on; the last one may be open."""
    interval = request.query["interval"]
    step = INTERVALS[interval]
    start, end, limit = _window(request, step, 1_500)
    rows = _world(request).bars(_symbol(request), interval, start, end)[:limit]
    return web.json_response(
        [
            [str(c) if i in (1, 2, 3, 4, 5, 7) else c for i, c in enumerate(_kline(row, step))]
            for row in rows
        ]
    )


async def send_funding(request: web.Request) -> web.Response:
    """Send funding rates from a time on."""
    symbol = _symbol(request)
    start, end, limit = _window(request, 8 * 3_600_000, 1_000)
    rows = _world(request).funding(symbol, start, end)[:limit]
    return web.json_response(
        [
            {"symbol": symbol, "fundingTime": t, "fundingRate": f"{rate:.8f}", "markPrice": "1.0"}
            for t, rate in rows
        ]
    )


async def send_positioning(request: web.Request) -> web.Response:
    """Send one of the five tables of ``/futures/data``; they reach back thirty days."""
    kind, symbol = request.match_info["kind"], _symbol(request)
    world = _world(request)
    start, end, limit = _window(request, INTERVALS["5m"], 500)
    if start < world.now - 30 * DAY - 60_000:
        raise web.HTTPBadRequest(
            text='{"code":-1130,"msg":"startTime is invalid."}', content_type="application/json"
        )
    rows = world.positioning(symbol, start, end)[:limit]
    if kind == "openInterestHist":
        body = [
            {
                "symbol": symbol,
                "sumOpenInterest": str(row[1]),
                "sumOpenInterestValue": str(row[2]),
                "timestamp": row[0],
            }
            for row in rows
        ]
        return web.json_response(body)
    if kind not in RATIOS:
        raise web.HTTPNotFound
    name, column = RATIOS[kind]
    others = {"longAccount": "0.5", "shortAccount": "0.5", "symbol": symbol}
    if kind == "takerlongshortRatio":
        others = {"buyVol": "1", "sellVol": "1"}
    return web.json_response(
        [{name: str(row[column]), "timestamp": row[0], **others} for row in rows]
    )
