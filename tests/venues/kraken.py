"""Kraken's spot markets: pairs and candles.

Layouts: docs.kraken.com/api, "Get Tradable Asset Pairs" and "Get OHLC Data" (undated): rows of
``time (s), open, high, low, close, vwap, volume, count``, oldest first, the last 720 at most, of
which the last one is still open. Errors stand in ``error``, with status 200.
"""

from __future__ import annotations

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import World

MOST = 720


def add_routes(app: web.Application) -> None:
    """Serve REST under /kraken_rest."""
    app.router.add_get("/kraken_rest/0/public/AssetPairs", send_pairs)
    app.router.add_get("/kraken_rest/0/public/OHLC", send_candles)


async def send_pairs(request: web.Request) -> web.Response:
    """Send the pairs with USD that are traded now."""
    world: World = request.app[WORLD]
    pairs = {}
    for each in world.listings.values():
        base = each.symbol.removesuffix("USDT")
        if each.end is None:
            pairs[f"{base}USD"] = {
                **{"altname": f"{base}USD", "wsname": f"{base}/USD", "base": base, "quote": "USD"},
                **{"pair_decimals": 2, "lot_decimals": 8, "status": "online", "ordermin": "0.01"},
                **{"fees": [[0, 0.4]], "fees_maker": [[0, 0.25]], "leverage_buy": [2, 3]},
            }
    return web.json_response({"error": [], "result": pairs})


async def send_candles(request: web.Request) -> web.Response:
    """Send candles after ``since``, of the last 720."""
    world: World = request.app[WORLD]
    pair, minutes = request.query["pair"], int(request.query["interval"])
    symbol = f"{pair.removesuffix('USD')}USDT"
    if symbol not in world.listings:
        return web.json_response({"error": ["EQuery:Unknown asset pair"]})
    names = {1: "1m", 5: "5m", 15: "15m", 60: "1h", 240: "4h", 1440: "1d"}
    step = minutes * 60_000
    first = max(world.now - MOST * step, int(request.query.get("since", 0)) * 1000 + 1)
    rows = world.bars(symbol, names[minutes], first, world.now)
    cells = [
        [int(r[0]) // 1000, *(str(price) for price in r[1:5]), str(r[4]), str(r[5]), 9]
        for r in rows
    ]
    return web.json_response({"error": [], "result": {pair: cells, "last": world.now // 1000}})
