"""Bybit v5: contracts, klines, funding, open interest and the account ratio.

Layouts: bybit-exchange.github.io/docs/v5 (undated), "Get Instruments Info", "Get Kline" (newest
first), "Get Funding Rate History", "Get Open Interest", "Get Long Short Ratio".
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import HOUR, INTERVALS, World

_INTERVALS = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "240": "4h", "D": "1d"}


def add_routes(app: web.Application) -> None:
    """Serve REST under /bybit_rest."""
    base = "/bybit_rest/v5/market"
    app.router.add_get(base + "/time", send_time)
    app.router.add_get(base + "/instruments-info", send_instruments)
    app.router.add_get(base + "/kline", send_klines)
    app.router.add_get(base + "/funding/history", send_funding)
    app.router.add_get(base + "/open-interest", send_open_interest)
    app.router.add_get(base + "/account-ratio", send_ratio)


def _answer(world: World, result: dict[str, Any]) -> web.Response:
    body = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": world.now}
    return web.json_response(body)


async def send_time(request: web.Request) -> web.Response:
    """Send the clock."""
    world: World = request.app[WORLD]
    return _answer(
        world, {"timeSecond": str(world.now // 1000), "timeNano": str(world.now * 10**6)}
    )


async def send_instruments(request: web.Request) -> web.Response:
    """Send linear contracts that are traded now."""
    world: World = request.app[WORLD]
    rows = [
        {
            "symbol": each.symbol,
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": each.symbol.removesuffix("USDT"),
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "launchTime": str(each.start),
            "deliveryTime": "0",
            "priceScale": "2",
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "50", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": "0.01", "maxPrice": "199999", "tickSize": "0.01"},
            "lotSizeFilter": {
                **{"maxOrderQty": "1000", "minOrderQty": "0.001", "qtyStep": "0.001"},
                **{"minNotionalValue": "5"},
            },
            "fundingInterval": 480,
        }
        for each in world.listings.values()
        if each.end is None
    ]
    linear = request.query.get("category") == "linear"
    return _answer(
        world, {"category": "linear", "list": rows if linear else [], "nextPageCursor": ""}
    )


async def send_klines(request: web.Request) -> web.Response:
    """Send klines, newest first."""
    world: World = request.app[WORLD]
    interval = _INTERVALS[request.query["interval"]]
    step, limit = INTERVALS[interval], int(request.query.get("limit", 200))
    start = int(request.query.get("start", world.now - limit * step))
    end = min(int(request.query.get("end", start + limit * step)), world.now)
    rows = world.bars(request.query["symbol"], interval, start, end + 1)[:limit]
    cells = [[str(cell) for cell in (int(r[0]), *r[1:], r[5] * r[4])] for r in reversed(rows)]
    result = {"category": "linear", "symbol": request.query["symbol"], "list": cells}
    return _answer(world, result)


async def send_funding(request: web.Request) -> web.Response:
    """Send funding rates, newest first."""
    world: World = request.app[WORLD]
    symbol, limit = request.query["symbol"], int(request.query.get("limit", 200))
    start = int(request.query.get("startTime", 0))
    end = int(request.query.get("endTime", world.now))
    rows = world.funding(symbol, start, end + 1)[-limit:]
    cells = [
        {"symbol": symbol, "fundingRate": str(rate), "fundingRateTimestamp": str(t // HOUR * HOUR)}
        for t, rate in reversed(rows)
    ]
    return _answer(world, {"category": "linear", "list": cells})


async def send_open_interest(request: web.Request) -> web.Response:
    """Send open interest, newest first."""
    world: World = request.app[WORLD]
    rows = _positioning(request)
    cells = [{"openInterest": str(r[1]), "timestamp": str(int(r[0]))} for r in reversed(rows)]
    result = {"symbol": request.query["symbol"], "category": "linear", "list": cells}
    return _answer(world, result | {"nextPageCursor": ""})


async def send_ratio(request: web.Request) -> web.Response:
    """Send the share of accounts that are long and short, newest first."""
    world: World = request.app[WORLD]
    cells = [
        {
            "symbol": request.query["symbol"],
            "buyRatio": str(round(r[5] / (1 + r[5]), 4)),
            "sellRatio": str(round(1 / (1 + r[5]), 4)),
            "timestamp": str(int(r[0])),
        }
        for r in reversed(_positioning(request))
    ]
    return _answer(world, {"list": cells, "nextPageCursor": ""})


def _positioning(request: web.Request) -> list[list[float]]:
    world: World = request.app[WORLD]
    limit = int(request.query.get("limit", 50))
    start = int(request.query.get("startTime", world.now - limit * HOUR))
    end = int(request.query.get("endTime", world.now))
    rows = [
        r for r in world.positioning(request.query["symbol"], start, end + 1) if not r[0] % HOUR
    ]
    return rows[:limit]
