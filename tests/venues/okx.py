"""OKX v5: contracts, candles, funding, open interest and the account ratio.

Layouts: www.okx.com/docs-v5 (undated), "Get instruments", "Get candlesticks history" (newest first,
``confirm`` 0 for a candle that is open), "Get funding rate history", "Get contracts open interest
history" (contracts, coins, USD) and "Get contract long/short ratio", newest first in (begin, end).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.venues.keys import WORLD
from tests.venues.world import HOUR, INTERVALS, World

_BARS = {"1m": "1m", "5m": "5m", "15m": "15m", "1H": "1h", "4H": "4h", "1Dutc": "1d", "1D": "1d"}


def add_routes(app: web.Application) -> None:
    """Serve REST under /okx_rest."""
    base = "/okx_rest/api/v5"
    app.router.add_get(base + "/public/time", send_time)
    app.router.add_get(base + "/public/instruments", send_instruments)
    app.router.add_get(base + "/market/candles", send_candles)
    app.router.add_get(base + "/market/history-candles", send_candles)
    app.router.add_get(base + "/public/funding-rate-history", send_funding)
    statistics = base + "/rubik/stat/contracts"
    app.router.add_get(statistics + "/open-interest-history", send_open_interest)
    app.router.add_get(statistics + "/long-short-account-ratio-contract", send_ratio)


def _answer(data: list[Any]) -> web.Response:
    return web.json_response({"code": "0", "msg": "", "data": data})


def _symbol(request: web.Request) -> str:
    return request.query["instId"].removesuffix("-SWAP").replace("-", "")


async def send_time(request: web.Request) -> web.Response:
    """Send the clock."""
    return _answer([{"ts": str(request.app[WORLD].now)}])


async def send_instruments(request: web.Request) -> web.Response:
    """Send the swaps that are traded now."""
    world: World = request.app[WORLD]
    rows = []
    for each in world.listings.values():
        base = each.symbol.removesuffix("USDT")
        if each.end is not None or request.query.get("instType") != "SWAP":
            continue
        rows.append(
            {
                **{"instType": "SWAP", "instId": f"{base}-USDT-SWAP", "uly": f"{base}-USDT"},
                **{
                    "instFamily": f"{base}-USDT",
                    "baseCcy": "",
                    "quoteCcy": "",
                    "settleCcy": "USDT",
                },
                **{"ctVal": "0.1", "ctMult": "1", "ctValCcy": base, "ctType": "linear"},
                **{"listTime": str(each.start), "expTime": "", "lever": "50", "tickSz": "0.01"},
                **{"lotSz": "1", "minSz": "1", "state": "live", "stk": "", "optType": ""},
            }
        )
    return _answer(rows)


async def send_candles(request: web.Request) -> web.Response:
    """Send candles in (before, after), newest first."""
    world: World = request.app[WORLD]
    interval = _BARS[request.query["bar"]]
    step, limit = INTERVALS[interval], int(request.query.get("limit", 100))
    before = int(request.query.get("before", world.now - limit * step))
    after = int(request.query.get("after", before + (limit + 1) * step))
    rows = world.bars(_symbol(request), interval, before + 1, after)[:limit]
    cells = [
        [
            *(str(int(r[0])), *map(str, r[1:5]), str(r[5] * 10), str(r[5]), str(r[5] * r[4])),
            "0" if r[0] + step > world.now else "1",
        ]
        for r in reversed(rows)
    ]
    return _answer(cells)


async def send_funding(request: web.Request) -> web.Response:
    """Send funding rates, newest first."""
    world: World = request.app[WORLD]
    start = int(request.query.get("before", 0))
    rows = world.funding(_symbol(request), start + 1, world.now)[
        : int(request.query.get("limit", 100))
    ]
    return _answer(
        [
            {
                **{"instType": "SWAP", "instId": request.query["instId"], "method": "current"},
                **{"fundingRate": str(rate), "realizedRate": str(rate)},
                "fundingTime": str(t // HOUR * HOUR),
            }
            for t, rate in reversed(rows)
        ]
    )


async def send_open_interest(request: web.Request) -> web.Response:
    """Send open interest in contracts, coins and USD; ten contracts are a coin."""
    rows = _positioning(request)
    return _answer([[str(int(r[0])), str(r[1] * 10), str(r[1]), str(r[2])] for r in rows])


async def send_ratio(request: web.Request) -> web.Response:
    """Send accounts that are long for each that is short."""
    return _answer([[str(int(r[0])), str(r[5])] for r in _positioning(request)])


def _positioning(request: web.Request) -> list[list[float]]:
    world: World = request.app[WORLD]
    begin = int(request.query["begin"])
    end = int(request.query.get("end", world.now))
    rows = world.positioning(_symbol(request), begin + 1, end)
    hourly = [r for r in rows if not r[0] % HOUR]
    return hourly[::-1][: int(request.query.get("limit", 100))]
