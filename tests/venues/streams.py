"""The four public streams of liquidations, with pings, losses, silence and garbage.

Frames: developers.binance.com "Liquidation Order Streams" (undated; combined streams under
``/stream?streams=``, a ping frame every 3 minutes); bybit-exchange.github.io/docs/v5
"All Liquidation" and "Connect" (undated; ``{"op":"ping"}`` is answered with ``ret_msg`` pong);
www.okx.com/docs-v5 "Liquidation orders channel" (undated; text ``ping`` is answered with ``pong``);
docs.bitfinex.com/reference/ws-public-status (undated; ``liq:global``, heartbeat ``[id,"hb"]`` every
15 seconds).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.venues.bitfinex import to_row
from tests.venues.keys import SERVER
from tests.venues.world import World


@dataclass
class Script:
    """What the streams do: connection k of a venue follows its k-th line, the last one again.

    ``sent`` keeps the frames with an event, one list for each connection of a venue.

    A line is a list of steps: ``"event"``, ``"ping"``, ``"garbage"``, ``"refuse"``, ``"close"``,
    ``"silence"`` (hold the connection, say nothing and answer nothing), or a number of seconds.
    """

    lines: dict[str, list[list[Any]]] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    sent: dict[str, list[list[str]]] = field(default_factory=dict)
    pause: float = 0.5

    def next(self, venue: str) -> list[Any]:
        """Return the line for the next connection; events without an end by default."""
        lines = self.lines.get(venue, [[]])
        number = self.connections.get(venue, 0)
        self.connections[venue] = number + 1
        self.sent.setdefault(venue, []).append([])
        return lines[min(number, len(lines) - 1)]


def add_routes(app: web.Application) -> None:
    """Serve each venue's stream under its own name."""
    app.router.add_get("/binance_stream/stream", serve_binance)
    app.router.add_get("/bybit_stream/v5/public/linear", serve_bybit)
    app.router.add_get("/okx_stream/ws/v5/public", serve_okx)
    app.router.add_get("/bitfinex_stream/ws/2", serve_bitfinex)


def _events(world: World, count: int) -> Iterator[dict[str, Any]]:
    """Yield the liquidations of XMRUSDT of this moment, each with a time of its own."""
    base = world.liquidations("XMRUSDT", world.now - 86_400_000, world.now)
    for number in range(count, count + 10_000):
        yield {**base[number % len(base)], "time": world.now + number, "id": number}


def binance_frame(event: dict[str, Any]) -> str:
    """Lay out an order: SELL closes a long."""
    order = {
        **{"s": "XMRUSDT", "S": "SELL" if event["side"] == "long" else "BUY", "o": "LIMIT"},
        **{"f": "IOC", "q": str(event["quantity"]), "p": str(event["price"])},
        **{"ap": str(event["price"]), "X": "FILLED", "l": "1", "z": "1", "T": event["time"]},
    }
    data = {"e": "forceOrder", "E": event["time"], "o": order}
    return json.dumps({"stream": "xmrusdt@forceOrder", "data": data})


def bybit_frame(event: dict[str, Any]) -> str:
    """Lay out a position: Buy is a long."""
    entry = {
        **{"T": event["time"], "s": "XMRUSDT", "S": "Buy" if event["side"] == "long" else "Sell"},
        **{"v": str(event["quantity"]), "p": str(event["price"])},
    }
    topic = {"topic": "allLiquidation.XMRUSDT", "type": "snapshot", "ts": event["time"]}
    return json.dumps(topic | {"data": [entry]})


def okx_frame(event: dict[str, Any]) -> str:
    """Lay out a detail of a contract; other contracts come in the same channel."""
    detail = {
        **{"side": "sell" if event["side"] == "long" else "buy", "posSide": event["side"]},
        **{"bkPx": str(event["price"]), "sz": str(event["quantity"] * 10), "bkLoss": "0"},
        **{"ccy": "", "ts": str(event["time"])},
    }
    outer = {"instType": "SWAP", "instFamily": "XMR-USDT", "uly": "XMR-USDT"}
    row = {"instId": "XMR-USDT-SWAP", **outer, "details": [detail]}
    return json.dumps({"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": [row]})


def bitfinex_frame(event: dict[str, Any]) -> str:
    """Lay out a position; the amount of a short is negative."""
    return json.dumps([91684, [to_row(event, "tXMRF0:USTF0", is_match=1)]])


async def serve_binance(request: web.Request) -> web.StreamResponse:
    """Stream at once: the address names the streams."""
    return await _serve(request, "binance", binance_frame, None)


async def serve_bybit(request: web.Request) -> web.StreamResponse:
    """Stream after a subscription."""
    return await _serve(
        request, "bybit", bybit_frame, {"success": True, "ret_msg": "", "op": "subscribe"}
    )


async def serve_okx(request: web.Request) -> web.StreamResponse:
    """Stream after a subscription."""
    arg = {"channel": "liquidation-orders", "instType": "SWAP"}
    return await _serve(request, "okx", okx_frame, {"event": "subscribe", "arg": arg})


async def serve_bitfinex(request: web.Request) -> web.StreamResponse:
    """Stream after a subscription."""
    told = {"event": "subscribed", "channel": "status", "chanId": 91684, "key": "liq:global"}
    return await _serve(request, "bitfinex", bitfinex_frame, told)


_REFUSALS = {
    "bybit": {"success": False, "ret_msg": "error:handler not found", "op": "subscribe"},
    "okx": {"event": "error", "code": "60018", "msg": "Wrong URL or channel"},
    "bitfinex": {"event": "error", "msg": "key: invalid", "code": 10300},
}


async def _serve(
    request: web.Request, venue: str, frame: Any, told: dict[str, Any] | None
) -> web.StreamResponse:
    server = request.app[SERVER]
    script: Script = server.streams
    line = script.next(venue)
    socket = web.WebSocketResponse(autoping=True)
    await socket.prepare(request)
    if told is not None:
        await socket.receive()
        await socket.send_json(_REFUSALS[venue] if "refuse" in line else told)
    answering = asyncio.create_task(_answer(socket, venue, silent="silence" in line))
    try:
        await _follow(socket, venue, line, frame, server)
    except (ConnectionError, RuntimeError):
        pass  # the listener has gone
    finally:
        answering.cancel()
    return socket


async def _follow(
    socket: web.WebSocketResponse, venue: str, line: list[Any], frame: Any, server: Any
) -> None:
    script, world = server.streams, server.world
    events = _events(world, script.events.get(venue, 0))

    frames = script.sent[venue][-1]

    async def send_event() -> None:
        text = frame(next(events))
        frames.append(text)
        await socket.send_str(text)
        script.events[venue] = script.events.get(venue, 0) + 1

    for step in line:
        if step == "event":
            await send_event()
        elif step == "ping":
            await socket.ping()
        elif step == "garbage":
            await socket.send_str("{not json")
        elif step == "close":
            await socket.close()
            return
        elif isinstance(step, (int, float)):
            await asyncio.sleep(step)
    while not socket.closed:
        await asyncio.sleep(script.pause)
        if not line:
            await send_event()


async def _answer(socket: web.WebSocketResponse, venue: str, *, silent: bool) -> None:
    """Answer pings that are messages of their own."""
    async for message in socket:
        if message.type != WSMsgType.TEXT or silent:
            continue
        if message.data == "ping":
            await socket.send_str("pong")
        elif '"ping"' in message.data:
            pong = (
                {"event": "pong"} if venue == "bitfinex" else {"success": True, "ret_msg": "pong"}
            )
            await socket.send_json(pong | ({} if venue == "bitfinex" else {"op": "ping"}))
