"""Venues on this machine, a data folder to fill, and pauses that take no time."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from kanalo.sources.addresses import read_sources
from kanalo.sources.download import download
from kanalo.sources.request import Request

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:  # the venues are also a program: python -m tests.venues
    sys.path.append(str(ROOT))

from tests.venues.server import Server  # noqa: E402
from tests.venues.world import make_world  # noqa: E402

NOW = "2026-05-20T12:34:56Z"
START = "2026-05-14"


def to_ms(time: str) -> int:
    return int(pd.Timestamp(time).timestamp() * 1000)


@pytest.fixture
def venues():
    """Serve sixty days of made-up markets; the venues' clock stands at NOW."""
    server = Server(make_world(to_ms(NOW)))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data folder with the daily table of BTC alone."""
    data = tmp_path / "data"
    data.mkdir()
    manifest = json.loads((ROOT / "data/manifest.json").read_text())
    manifest["tables"] = {"btc_1d": manifest["tables"]["btc_1d"]}
    manifest["markets"] = {"btc_1d": manifest["markets"]["btc_1d"]}
    manifest["documents"] = {}
    (data / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(ROOT / "data/btc_1d.parquet", data)
    return data


@pytest.fixture
def pauses():
    """Collect the seconds that were waited for."""
    return []


@pytest.fixture
def sources(venues, tmp_path):
    return read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": venues.address})


@pytest.fixture
def fetch(folder, sources, pauses):
    """Return a function that downloads one table without waiting."""

    async def pause(seconds):
        pauses.append(seconds)

    def run(symbol="ETHUSDT", what="bars", venue="binance", start=START, **fields):
        begin = pd.Timestamp(start, tz="UTC").as_unit("ns")
        if what == "liquidations":
            fields.setdefault("source", "tardis")
        request = Request(venue, symbol, what, begin, **fields)
        return download(folder, [request], sources, pause=pause)[0]

    return run
