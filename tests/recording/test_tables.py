"""Recordings become a table of all venues, whose sides agree, with what was listened to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market import load_table
from kanalo.market.manifest import read_manifest
from kanalo.recording.journal import Journal, read_journal
from kanalo.recording.streams import STREAMS
from kanalo.recording.tables import find_symbols, store_recordings


def heard(n):
    """Return a condition: so many frames came from each venue that is listened to."""
    return lambda recorder: all(recorder.frames.get(venue, 0) >= n for venue in recorder.venues)


def listened(folder):
    """Whether the journal of Bybit says that the stream was connected."""
    lines = read_journal(folder / "recordings" / "bybit")
    return any(line.kind == "connected" for line in lines)


def test_all_venues_tell_of_the_same_positions(record, folder, venues):
    for venue in STREAMS:
        venues.streams.lines[venue] = [[0.05, "event", "event", "event", 10]]
    record(heard(3), *STREAMS)
    assert find_symbols(folder) == ("XMRUSDT",)
    stored = store_recordings(folder, "XMRUSDT")
    assert (stored.rows, stored.problems) == (12, ())
    frame = load_table(folder, stored.table)
    by_venue = dict(list(frame.groupby("exchange")))
    assert set(by_venue) == set(STREAMS)
    for name, rows in by_venue.items():
        assert rows["side"].tolist() == by_venue["bybit"]["side"].tolist(), name
        assert rows["quantity"].tolist() == pytest.approx(by_venue["bybit"]["quantity"].tolist())
        assert rows["censored"].all() == STREAMS[name].censored
    entry = read_manifest(folder).table(stored.table)
    assert {window["exchange"] for window in entry.windows} == set(STREAMS)
    assert entry.symbol == "XMRUSDT"
    assert "Terms of Service" in entry.terms


def test_recording_goes_on_in_the_same_table(record, folder, venues):
    venues.streams.lines["bybit"] = [[0.05, "event", 10]]
    record(heard(1), "bybit")
    assert store_recordings(folder, "XMRUSDT").rows == 1
    record(heard(1), "bybit")
    stored = store_recordings(folder, "XMRUSDT")
    assert stored.rows == 2
    assert len(read_manifest(folder).table(stored.table).windows) == 2


def test_frames_that_cannot_be_read_are_named_and_not_covered(record, folder, venues):
    for venue in ("bybit", "binance"):
        venues.streams.lines[venue] = [[0.05, "event", 10]]
    record(heard(1), "bybit", "binance")
    journal = Journal(folder / "recordings" / "binance", time.time)
    journal.write("frame", '{"e": "forceOrder", "E": 1, "o": {"s": "XMRUSDT", "S": "?"}}')
    journal.close()
    stored = store_recordings(folder, "XMRUSDT")
    assert stored.problems[0].startswith("binance: recorded frames, row 2")
    assert set(stored.hours) == {"bybit"}


def test_nothing_heard_is_no_table(record, folder, venues):
    with pytest.raises(DataError, match="Nothing of XMRUSDT was recorded yet"):
        store_recordings(folder, "XMRUSDT")
    venues.streams.lines["bybit"] = [[10]]
    record(lambda _: listened(folder), "bybit")
    with pytest.raises(DataError, match="No liquidation of XMRUSDT was heard yet in 0.0 hours"):
        store_recordings(folder, "XMRUSDT")


PROGRAM = """
import asyncio, sys
from pathlib import Path
from kanalo.recording.recorder import Patience, Recorder
from kanalo.sources.addresses import read_sources

folder, address = sys.argv[1:]
sources = read_sources(Path(folder), {"KANALO_SOURCES_MIRROR": address})
patience = Patience(heartbeat=0.03, silence=0.2, pause=0.02)
recorder = Recorder(Path(folder, "recordings"), ["XMRUSDT"], ("bybit",), sources, patience)
asyncio.run(recorder.run(asyncio.Event()))
"""


@pytest.mark.slow
def test_killed_while_recording_the_gap_is_known_as_a_gap(folder, venues):
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), venues.address])
        wait_for_frames(folder, venues)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.1)
    stored = store_recordings(folder, "XMRUSDT")
    first, second = (
        [pd.Timestamp(window[key]) for key in ("start", "end")]
        for window in read_manifest(folder).table(stored.table).windows
    )
    assert second[0] - first[1] >= pd.Timedelta(milliseconds=100)
    sent = venues.streams.events["bybit"]
    assert sent - 6 <= stored.rows <= sent


def wait_for_frames(folder, venues):
    before = venues.streams.events.get("bybit", 0)
    for _ in range(500):
        if venues.streams.events.get("bybit", 0) > before + 8:
            return
        time.sleep(0.02)
    raise AssertionError("nothing was recorded")
