"""Streams on this machine, and a recorder that is quick to lose its patience."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from kanalo.recording.recorder import Patience, Recorder
from kanalo.sources.addresses import read_sources

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from tests.venues.server import Server  # noqa: E402
from tests.venues.world import make_world  # noqa: E402

QUICK = Patience(heartbeat=0.05, silence=0.6, pause=0.02, first=30.0)
LONGEST = 30.0
"""Seconds after which a recording that still waits for something ends anyway."""


@pytest.fixture
def venues():
    """Serve streams of XMRUSDT whose clock is this machine's."""
    server = Server(make_world(days=3))
    server.streams.pause = 0.02
    server.start()
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data folder without tables."""
    data = tmp_path / "data"
    data.mkdir()
    manifest = json.loads((ROOT / "data/manifest.json").read_text())
    (data / "manifest.json").write_text(
        json.dumps(manifest | {"tables": {}, "markets": {}, "documents": {}})
    )
    return data


@pytest.fixture
def record(folder, venues, tmp_path):
    """Return a function that records until a condition holds, asked again and again."""
    sources = read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": venues.address})

    def run(condition, *names, symbols=("XMRUSDT",)):
        recorder = Recorder(folder / "recordings", list(symbols), names, sources, QUICK)

        async def wait(stop):
            end = asyncio.get_running_loop().time() + LONGEST
            while not condition(recorder) and asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0.05)
            stop.set()

        async def main():
            stop = asyncio.Event()
            await asyncio.gather(recorder.run(stop), wait(stop))

        asyncio.run(main())
        return recorder

    return run


@pytest.fixture
def hours():
    """Return what makes lines of a journal: kind and minute after midnight."""

    def to_ms(minute):
        return int(pd.Timestamp("2026-05-01T00:00Z").timestamp() * 1000 + minute * 60_000)

    return to_ms
