"""Serve the venues until interrupted; ``python -m tests.venues --help`` has the options."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime

from tests.venues.server import Server
from tests.venues.world import make_world


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.venues")
    parser.add_argument("--port", type=int, default=0, help="0 takes one that is free")
    parser.add_argument("--days", type=int, default=60, help="days of history")
    parser.add_argument("--now", help="the venues' clock, ISO 8601; this machine's by default")
    options = parser.parse_args()
    now = None
    if options.now:
        moment = datetime.datetime.fromisoformat(options.now).replace(tzinfo=datetime.UTC)
        now = int(moment.timestamp() * 1000)
    server = Server(make_world(now, options.days))

    def say() -> None:
        print(server.address, flush=True)  # noqa: T201 - who starts it reads the address

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(options.port, say))


main()
