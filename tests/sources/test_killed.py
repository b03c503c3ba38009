"""Killed with -9 at every step of writing, the tables end like those of an uninterrupted run."""

from __future__ import annotations

import shutil
import time
from functools import partial

import pandas as pd
import pytest

from kanalo.market import load_market, load_table
from kanalo.market.manifest import IMPORTED, read_manifest
from kanalo.sources.download import download
from kanalo.sources.pages import FOLDER
from kanalo.sources.request import Request
from tests.sources.killing import run_killed, run_killed_after

KINDS = ("bars", "funding", "positioning", "liquidations")
SYMBOLS = ("XMRUSDT", "ETHUSDT")
START = pd.Timestamp("2026-04-29", tz="UTC").as_unit("ns")
HOUR = 3_600_000

PAGES = r"\.(zip|json|gz)$"
TABLE, MANIFEST = r"\.parquet$", r"manifest\.json$"
AT = [
    *((f"{verb} .*{PAGES}", nth) for nth in (2, 7, 19) for verb in ("write", "rename")),
    *((f"{verb} .*{kind}", 1) for kind in (TABLE, MANIFEST) for verb in ("write", "rename")),
]
"""Where a process is killed: at the nth step of that name since it began."""


def ask_all():
    return [
        Request("binance", symbol, what, START, source="tardis" if what == "liquidations" else "")
        for symbol in SYMBOLS
        for what in KINDS
    ]


def kill_again_and_again(action, folder, times):
    """Kill it at one step after the other; return what was stopped, and how often."""
    steps = []
    for number in range(times):
        pattern, nth = AT[number % len(AT)]
        steps.append(run_killed(action, pattern, nth=nth, folder=folder))
        for name in read_manifest(folder).tables:
            load_table(folder, name)  # whole, or not there at all
    return [step for step in steps if step]


def assert_same(folder, other):
    """Every table holds the same rows, windows and market; nothing is left lying about."""
    mine, others = read_manifest(folder), read_manifest(other)
    assert list(mine.tables)
    assert set(mine.tables) == set(others.tables)
    for name, entry in mine.tables.items():
        pd.testing.assert_frame_equal(load_table(folder, name), load_table(other, name))
        assert entry.windows == others.tables[name].windows
        assert entry.sha256 == others.tables[name].sha256
    for symbol in SYMBOLS:
        name = f"{symbol.lower()}_1h"
        context = load_market(folder, name).context
        pd.testing.assert_frame_equal(context, load_market(other, name).context)
    names = {each.name for each in (folder / IMPORTED).rglob("*") if each.is_file()}
    assert not {each for each in names if each.endswith(".draft")}
    parquet = {each for each in names if each.endswith(".parquet")}
    assert parquet == {entry.file.rpartition("/")[2] for entry in mine.tables.values()} - {
        "btc_1d.parquet"
    }


def count_fetched(venues):
    return sum(n for path, n in venues.requests.items() if path.endswith((".zip", ".gz")))


@pytest.mark.slow
def test_all_kinds_of_two_symbols_killed_again_and_again(folder, sources, venues, tmp_path):
    """Twenty kills while downloading, ten while updating; pages that were there stay there."""
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    whole = download(other, ask_all(), sources)
    assert [each.error for each in whole] == [""] * 8
    fetched = count_fetched(venues)

    def fetch():
        return download(folder, ask_all(), sources)

    stopped = kill_again_and_again(fetch, folder, 2 * len(AT))
    pauses = [partial(time.sleep, 0.2 + 0.1 * each) for each in range(3)]
    assert sum(run_killed_after(fetch, pause) for pause in pauses) >= 1
    assert len(stopped) >= 15
    assert {step.partition(" ")[0] for step in stopped} == {"write", "rename"}
    assert {step.rpartition(".")[2] for step in stopped} >= {"zip", "parquet", "json"}
    assert not any(each.error for each in fetch())
    assert_same(folder, other)
    assert not any((folder / IMPORTED / FOLDER).glob("*/*.zip"))
    assert count_fetched(venues) - fetched < 3 * fetched

    venues.world.now += 30 * HOUR
    venues.world.revised["ETHUSDT", venues.world.now // HOUR * HOUR - 40 * HOUR] = 2.0
    assert not any(each.error for each in download(other, ask_all(), sources))
    kill_again_and_again(fetch, folder, len(AT))
    assert not any(each.error for each in fetch())
    assert_same(folder, other)
