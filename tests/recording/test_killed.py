"""Killed with -9 while recording and while making the table: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import shutil
import time

import pandas as pd
import pytest

from kanalo.market import load_table
from kanalo.market.manifest import read_manifest
from kanalo.recording.journal import CONNECTED, FRAME, read_journal
from kanalo.recording.recorder import Patience, Recorder
from kanalo.recording.tables import store_recordings
from kanalo.sources.addresses import read_sources
from tests.sources.killing import run_killed, run_killed_after

PATIENCE = Patience(heartbeat=0.05, silence=1.0, pause=0.02)
TIMES = 10


def split(lines):
    """Return the frames of each connection."""
    frames = []
    for line in lines:
        if line.kind == CONNECTED:
            frames.append([])
        elif line.kind == FRAME:
            frames[-1].append(line.content)
    return frames


@pytest.mark.slow
def test_recording_killed_again_and_again(folder, venues, tmp_path):
    sources = read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": venues.address})
    recordings = folder / "recordings"

    def record():
        recorder = Recorder(recordings, ["XMRUSDT"], ("bybit",), sources, PATIENCE)
        asyncio.run(recorder.run(asyncio.Event()))

    def wait():
        before = venues.streams.events.get("bybit", 0)
        for _ in range(2_000):
            if venues.streams.events.get("bybit", 0) >= before + 4:
                return
            time.sleep(0.01)
        raise AssertionError("nothing was sent")

    assert sum(run_killed_after(record, wait) for _ in range(TIMES)) == TIMES
    sent = [each for each in venues.streams.sent["bybit"] if each]
    heard = split(read_journal(recordings / "bybit"))
    assert len(heard) == len(sent) == TIMES
    for mine, theirs in zip(heard, sent, strict=True):
        assert mine == theirs[: len(mine)]
        assert mine  # what was on its way when the process was killed is lost

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    store_recordings(other, "XMRUSDT")
    for kind in ("parquet", r"manifest\.json"):
        for verb in ("write", "rename"):
            step = run_killed(
                lambda: store_recordings(folder, "XMRUSDT"),
                f"{verb} .*{kind}",
                nth=1,
                folder=folder,
            )
            assert step.startswith(verb)
    stored = store_recordings(folder, "XMRUSDT")
    assert stored.rows == sum(map(len, heard))
    pd.testing.assert_frame_equal(load_table(folder, stored.table), load_table(other, stored.table))
    windows = read_manifest(folder).table(stored.table).windows
    assert windows == read_manifest(other).table(stored.table).windows
    assert len(windows) == TIMES
    assert not list(folder.rglob("*.draft"))
