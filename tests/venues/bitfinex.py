"""Bitfinex: contracts, candles and the history of liquidations.

Layouts: docs.bitfinex.com/reference/rest-public-conf and rest-public-candles (undated): a list for
each configuration that is asked for; candles are ``MTS, OPEN, CLOSE, HIGH, LOW, VOLUME``, intervals
without a trade are absent.

Layout: docs.bitfinex.com/reference/rest-public-liquidations (undated): rows of ``pos, POS_ID, MTS,
null, SYMBOL, AMOUNT, BASE_PRICE, null, IS_MATCH, IS_MARKET_SOLD, null, PRICE_ACQUIRED``, each in a
list of its own; newest first unless ``sort=1``; 3 requests a minute.
"""

from __future__ import annotations

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import INTERVALS, World


def add_routes(app: web.Application) -> None:
    """Serve REST under /bitfinex_rest."""
    app.router.add_get("/bitfinex_rest/v2/liquidations/hist", send_liquidations)
    app.router.add_get("/bitfinex_rest/v2/conf/{config}", send_contracts)
    app.router.add_get("/bitfinex_rest/v2/candles/{key}/hist", send_candles)


def to_row(event: dict[str, object], pair: str, *, is_match: int) -> list[object]:
    """Lay out a liquidation as the venue does; the amount of a short is negative."""
    sign = 1 if event["side"] == "long" else -1
    amount = sign * float(str(event["quantity"]))
    acquired = event["price"] if is_match else None
    return [
        *("pos", event["id"], event["time"], None, pair, amount, event["entry"], None),
        *(is_match, 1, None, acquired),
    ]


async def send_liquidations(request: web.Request) -> web.Response:
    """Send liquidations of all pairs: a trigger and an execution of each."""
    world: World = request.app[WORLD]
    start = int(request.query.get("start", 0))
    end = int(request.query.get("end", world.now))
    limit = int(request.query.get("limit", 500))
    rows = []
    for symbol in ("XMRUSDT", "ETHUSDT"):
        pair = f"t{symbol.removesuffix('USDT')}F0:USTF0"
        for event in world.liquidations(symbol, start, end + 1):
            rows.append(to_row(event, pair, is_match=0))
            rows.append(to_row(event, pair, is_match=1))
    rows.sort(key=lambda row: (row[2], row[1], row[8]))
    if request.query.get("sort") != "1":
        rows.reverse()
    return web.json_response([[row] for row in rows[:limit]])


async def send_contracts(request: web.Request) -> web.Response:
    """Send what ccxt asks for at once: pairs, futures, securities and pairs with margin."""
    world: World = request.app[WORLD]
    limits = [None, None, None, "0.01", "1000.0", None, None, None, 0.01, 0.005]
    futures = [
        [f"{each.symbol.removesuffix('USDT')}F0:USTF0", limits]
        for each in world.listings.values()
        if each.end is None
    ]
    asked = request.match_info["config"].split(",")
    return web.json_response([futures if "futures" in name else [] for name in asked])


async def send_candles(request: web.Request) -> web.Response:
    """Send candles of a key such as ``trade:1h:tXMRF0:USTF0``, oldest first with ``sort=1``."""
    world: World = request.app[WORLD]
    _, interval, pair = request.match_info["key"].split(":", 2)
    interval = {"1D": "1d"}.get(interval, interval)
    symbol = f"{pair[1:].partition('F0')[0]}USDT"
    limit, step = int(request.query.get("limit", 100)), INTERVALS[interval]
    start = int(request.query.get("start", world.now - limit * step))
    end = int(request.query.get("end", world.now))
    rows = world.bars(symbol, interval, start, end + 1)
    cells = [[int(r[0]), r[1], r[4], r[2], r[3], r[5]] for r in rows]
    cells = cells if request.query.get("sort") == "1" else cells[::-1]
    return web.json_response(cells[:limit])
