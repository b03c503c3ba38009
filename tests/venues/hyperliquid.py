"""Hyperliquid's perpetuals: contracts, candles and hourly funding, all by POST to one address.

Layouts: hyperliquid.gitbook.io, "Info endpoint" and "Perpetuals" (undated): ``metaAndAssetCtxs``,
``candleSnapshot`` (oldest first, the last 5,000), ``fundingHistory``. A wrong request is answered
with 422.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import HOUR, INTERVALS, World

MOST, MOST_RATES = 5_000, 500


def add_routes(app: web.Application) -> None:
    """Serve REST under /hyperliquid_rest."""
    app.router.add_post("/hyperliquid_rest/info", send_info)


async def send_info(request: web.Request) -> web.Response:
    """Answer by the type that the body names."""
    world: World = request.app[WORLD]
    body = await request.json()
    answers = {
        "metaAndAssetCtxs": _list_contracts,
        "candleSnapshot": _list_candles,
        "fundingHistory": _list_funding,
    }
    if body.get("type") not in answers:
        raise web.HTTPUnprocessableEntity(text="Failed to deserialize the JSON body")
    return web.json_response(answers[body["type"]](world, body))


def _list_contracts(world: World, body: dict[str, Any]) -> list[Any]:
    del body  # all contracts are sent, those that are not traded any more as well
    names = [
        {"name": each.symbol.removesuffix("USDT"), "szDecimals": 3, "maxLeverage": 25}
        | ({} if each.end is None else {"isDelisted": True})
        for each in world.listings.values()
    ]
    prices = [
        {"markPx": str(each.price), "funding": "0.00001", "openInterest": "1000.0"}
        for each in world.listings.values()
    ]
    return [{"universe": names, "marginTables": [], "collateralToken": 0}, prices]


def _list_candles(world: World, body: dict[str, Any]) -> list[Any]:
    asked = body["req"]
    symbol, step = f"{asked['coin']}USDT", INTERVALS[asked["interval"]]
    rows = world.bars(symbol, asked["interval"], asked["startTime"], asked["endTime"] + 1)
    return [
        {
            **{"t": int(r[0]), "T": int(r[0]) + step - 1, "s": asked["coin"]},
            **{"i": asked["interval"], "o": str(r[1]), "h": str(r[2]), "l": str(r[3])},
            **{"c": str(r[4]), "v": str(r[5]), "n": 9},
        }
        for r in rows[-MOST:]
    ]


def _list_funding(world: World, body: dict[str, Any]) -> list[Any]:
    first = -(-body["startTime"] // HOUR) * HOUR
    stamps = range(first, min(body.get("endTime", world.now), world.now) + 1, HOUR)
    return [
        {
            **{"coin": body["coin"], "premium": "0.0", "time": time + time // HOUR % 90},
            "fundingRate": f"{(time // HOUR % 11 - 4) * 1e-6:.7f}",
        }
        for time in stamps
    ][:MOST_RATES]
