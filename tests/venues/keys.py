"""Where the application keeps its world and its server."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.venues.world import World

WORLD = web.AppKey("world", World)
SERVER: web.AppKey[Any] = web.AppKey("server")
