"""Tardis, Coinalyze, Coinglass, and Hyperliquid's fills by hour.

Layouts: docs.tardis.dev/downloadable-csv-files (undated; the first day of each month needs no key,
times in microseconds, ``side`` buy: a short); api.coinalyze.net/v1/doc (undated; key in the
header ``api_key``, 40 requests a minute, 429 with Retry-After); docs.coinglass.com v4
``/api/futures/liquidation/history`` (undated; header ``CG-API-KEY``); Hyperliquid
``node_fills_by_block`` (undated): a line for each block with fills, of which some carry
``liquidation``.
"""

from __future__ import annotations

import datetime
import gzip
import json

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import HOUR, World

KEY = "right-key"
_STEPS = {"1min": 60_000, "5min": 300_000, "1hour": HOUR, "4hour": 4 * HOUR, "daily": 24 * HOUR}
_GLASS = {"5m": 300_000, "1h": HOUR, "4h": 4 * HOUR, "1d": 24 * HOUR}


def add_routes(app: web.Application) -> None:
    """Serve each under its own name."""
    day = "/{year}/{month}/{day}"
    app.router.add_get("/tardis/v1/{venue}/liquidations" + day + "/{file}", send_tardis)
    app.router.add_get("/coinalyze/v1/liquidation-history", send_coinalyze)
    app.router.add_get("/coinalyze/v1/exchanges", send_exchanges)
    app.router.add_get("/coinalyze/v1/future-markets", send_markets)
    app.router.add_get("/coinglass/api/futures/liquidation/history", send_coinglass)
    app.router.add_get("/hyperliquid_archive/{day}/{hour}", send_hyperliquid)


async def send_tardis(request: web.Request) -> web.Response:
    """Send a day of liquidations; any but the first of a month wants a key."""
    world: World = request.app[WORLD]
    parts = [int(request.match_info[name]) for name in ("year", "month", "day")]
    if parts[2] != 1:
        raise web.HTTPUnauthorized(text="missing API key")
    start = int(datetime.datetime(*parts, tzinfo=datetime.UTC).timestamp() * 1000)  # type: ignore[misc]
    symbol = request.match_info["file"].removesuffix(".csv.gz")
    if symbol not in world.listings:
        raise web.HTTPNotFound
    lines = ["exchange,symbol,timestamp,local_timestamp,id,side,price,amount"]
    for e in world.liquidations(symbol, start, start + 24 * HOUR):
        side = "sell" if e["side"] == "long" else "buy"
        stamp = int(e["time"]) * 1000
        lines.append(
            f"{request.match_info['venue']},{symbol},{stamp},{stamp + 5},,{side},{e['price']},"
            f"{e['quantity']}"
        )
    body = gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)
    return web.Response(body=body, content_type="application/gzip")


def _sums(world: World, symbol: str, step: int, start: int, end: int) -> list[list[float]]:
    totals: dict[int, list[float]] = {}
    for event in world.liquidations(symbol, start, end):
        row = totals.setdefault(int(event["time"]) // step * step, [0.0, 0.0])
        row[0 if event["side"] == "long" else 1] += float(event["quantity"]) * float(event["price"])
    return [[time, *(round(amount, 4) for amount in row)] for time, row in sorted(totals.items())]


async def send_coinalyze(request: web.Request) -> web.Response:
    """Send sums of each interval, in USD."""
    if request.headers.get("api_key") != KEY:
        raise web.HTTPUnauthorized(text='{"message":"Invalid/Missing API key"}')
    world: World = request.app[WORLD]
    start, end = (int(request.query[name]) * 1000 for name in ("from", "to"))
    symbol = request.query["symbols"]
    step = _STEPS[request.query["interval"]]
    plain = symbol.partition("_")[0]
    rows = _sums(world, plain, step, start, end) if plain in world.listings else []
    history = [{"t": int(t) // 1000, "l": long, "s": short} for t, long, short in rows]
    return web.json_response([{"symbol": symbol, "history": history}] if rows else [])


async def send_exchanges(request: web.Request) -> web.Response:
    """Send the venues and the letters that stand for them."""
    return web.json_response([{"name": "Binance", "code": "A"}, {"name": "Bybit", "code": "6"}])


async def send_markets(request: web.Request) -> web.Response:
    """Send the perpetuals of all venues."""
    world: World = request.app[WORLD]
    rows = [
        {
            **{"symbol": f"{each.symbol}_PERP.{code}", "exchange": code},
            **{"symbol_on_exchange": each.symbol, "base_asset": each.symbol.removesuffix("USDT")},
            **{"quote_asset": "USDT", "is_perpetual": True, "margined": "STABLE"},
        }
        for each in world.listings.values()
        for code in "A6"
    ]
    return web.json_response(rows)


async def send_coinglass(request: web.Request) -> web.Response:
    """Send sums of each interval of one venue, in USD as text."""
    if request.headers.get("CG-API-KEY") != KEY:
        return web.json_response({"code": "401", "msg": "API key invalid"})
    world: World = request.app[WORLD]
    start, end = (int(request.query[name]) for name in ("start_time", "end_time"))
    step = _GLASS[request.query["interval"]]
    rows = _sums(world, request.query["symbol"], step, start, end)[: int(request.query["limit"])]
    data = [
        {"time": int(t), "long_liquidation_usd": str(long), "short_liquidation_usd": str(short)}
        for t, long, short in rows
    ]
    return web.json_response({"code": "0", "msg": "success", "data": data})


async def send_hyperliquid(request: web.Request) -> web.Response:
    """Send an hour of fills; a fill that closes a position by force says whose."""
    world: World = request.app[WORLD]
    moment = datetime.datetime.strptime(request.match_info["day"], "%Y%m%d").replace(
        tzinfo=datetime.UTC
    )
    start = int(moment.timestamp() * 1000) + int(request.match_info["hour"]) * HOUR
    lines = []
    for e in world.liquidations("XMRUSDT", start, start + HOUR):
        closed = {
            **{"coin": "XMR", "px": str(e["price"]), "sz": str(e["quantity"]), "time": e["time"]},
            "side": "A" if e["side"] == "long" else "B",
            "dir": f"Close {str(e['side']).title()}",
            "tid": e["id"],
            "liquidation": {"liquidatedUser": "0xa", "markPx": str(e["price"]), "method": "market"},
        }
        other = {**closed, "side": "B" if closed["side"] == "A" else "A", "dir": "Open Long"}
        lines.append(json.dumps({"events": [["0xa", closed], ["0xb", other]]}))
    if not lines:
        raise web.HTTPNotFound
    return web.Response(text="\n".join(lines) + "\n")
