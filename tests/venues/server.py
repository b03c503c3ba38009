"""The server: all venues in one application, with faults that may be switched on."""

from __future__ import annotations

import asyncio
import email.utils
import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.venues import (
    aggregators,
    binance,
    bitfinex,
    bybit,
    hyperliquid,
    kraken,
    okx,
    streams,
)
from tests.venues.keys import SERVER, WORLD
from tests.venues.world import World, make_world


@dataclass
class Fault:
    """What goes wrong with the next requests whose path matches.

    ``what``: a status such as ``"429"``, or ``truncate``, ``drop``, ``checksum``, ``garbage``.
    """

    path: str
    what: str
    times: int = 1
    retry_after: str | None = None


class Server:
    """The application with its world, its faults and a count of the requests it had."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or make_world()
        self.faults: list[Fault] = []
        self.requests: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.streams = streams.Script()
        self.address = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def make_app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._serve])
        app[WORLD] = self.world
        app[SERVER] = self
        rest = (binance, bybit, okx, bitfinex, kraken, hyperliquid)
        for each in (*rest, aggregators, streams):
            each.add_routes(app)
        app.router.add_post("/control/fault", self._add_fault)
        app.router.add_get("/control/requests", self._send_requests)
        return app

    def fail(self, path: str, what: str, times: int = 1, retry_after: str | None = None) -> None:
        """Let the next requests whose path matches fail."""
        self.faults.append(Fault(path, what, times, retry_after))

    async def _add_fault(self, request: web.Request) -> web.Response:
        self.fail(**await request.json())
        return web.json_response({})

    async def _send_requests(self, request: web.Request) -> web.Response:
        return web.json_response(self.requests)

    @web.middleware
    async def _serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests[request.path] += 1
        self.headers.append(dict(request.headers))
        date = email.utils.formatdate(self.world.now / 1000, usegmt=True)
        fault = next((f for f in self.faults if f.times and re.search(f.path, request.path)), None)
        try:
            if fault is not None:
                fault.times -= 1
                return await self._fail(request, handler, fault, date)
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as error:
            error.headers["Date"] = date
            raise
        if not response.prepared:
            response.headers["Date"] = date
        return response

    async def _fail(
        self, request: web.Request, handler: Any, fault: Fault, date: str
    ) -> web.StreamResponse:
        headers = {"Date": date}
        if fault.retry_after is not None:
            headers["Retry-After"] = fault.retry_after
        if fault.what.isdigit():
            return web.Response(status=int(fault.what), headers=headers, text="{}")
        if fault.what == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        response: web.Response = await handler(request)
        body = bytes(response.body or b"")  # type: ignore[arg-type]
        if fault.what == "checksum":
            return web.Response(text="0" * 64 + "  file.zip\n", headers=headers)
        if fault.what == "garbage":
            return web.Response(body=b"<html>maintenance</html>", headers=headers)
        cut = web.StreamResponse(headers={**headers, "Content-Length": str(len(body))})
        await cut.prepare(request)
        await cut.write(body[: len(body) // 2])
        assert request.transport is not None
        request.transport.close()
        return cut

    # -- in a thread of its own, for tests -----------------------------------------------------

    def start(self, port: int = 0) -> str:
        """Serve in a thread, and return the address."""
        ready = threading.Event()
        thread = threading.Thread(target=self._run, args=(port, ready), daemon=True)
        thread.start()
        if not ready.wait(10):
            raise RuntimeError("the venues did not start")
        self._thread = thread
        return self.address

    def stop(self) -> None:
        """End the thread."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def _run(self, port: int, ready: threading.Event) -> None:
        asyncio.run(self.serve(port, ready.set))

    async def serve(self, port: int, ready: Any) -> None:
        """Serve until `stop` is called."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self.make_app(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready()
        await self._stop.wait()
        await runner.cleanup()
