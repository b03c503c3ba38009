"""Each stream is heard; pings, losses, silence, garbage and refusals leave their trace."""

from __future__ import annotations

import pytest

from kanalo.recording.coverage import find_windows
from kanalo.recording.journal import read_journal
from kanalo.recording.streams import STREAMS


def kinds(folder, venue):
    return [line.kind for line in read_journal(folder / "recordings" / venue)]


def spans(folder, venue):
    lines = list(read_journal(folder / "recordings" / venue))
    return find_windows(lines, venue, "XMRUSDT", censored=False)


def noted(folder, venue, **counts):
    """Return a condition: the journal of a venue holds at least so many lines of each kind."""
    return lambda _: all(kinds(folder, venue).count(kind) >= n for kind, n in counts.items())


def test_all_streams_are_heard(record, folder):
    recorder = record(lambda it: all(it.frames.get(venue, 0) >= 5 for venue in STREAMS), *STREAMS)
    assert all(recorder.frames[venue] >= 5 for venue in STREAMS)
    for venue in STREAMS:
        found = kinds(folder, venue)
        assert found.count("connected") == 1
        assert found[-1] == "lost"
        assert len(spans(folder, venue)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("venue", sorted(STREAMS))
def test_a_quiet_stream_lives_by_its_pongs(record, folder, venues, venue):
    venues.streams.lines[venue] = [["event", 10]]
    record(noted(folder, venue, frame=1, heartbeat=5), venue)
    found = kinds(folder, venue)
    assert (found.count("frame"), found.count("connected")) == (1, 1)
    assert found.count("heartbeat") >= 5


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["bybit", "okx", "bitfinex"])
def test_a_silent_stream_is_connected_again_and_the_silence_is_unknown(
    record, folder, venues, venue
):
    venues.streams.lines[venue] = [[0.05, "event", "silence", 10], []]
    recorder = record(lambda _: len(spans(folder, venue)) == 2, venue)
    found = kinds(folder, venue)
    assert found.count("connected") == 2
    first, second = spans(folder, venue)
    assert (second.start - first.end).total_seconds() >= recorder.patience.silence


def test_a_lost_connection_is_taken_up_again(record, folder, venues):
    venues.streams.lines["binance"] = [["event", "close"], ["event", "close"], []]
    record(noted(folder, "binance", connected=3), "binance")
    assert kinds(folder, "binance").count("connected") == 3
    assert kinds(folder, "binance").count("lost") == 3


def test_garbage_is_kept_apart(record, folder, venues):
    venues.streams.lines["bybit"] = [["event", "garbage", "event", 10]]
    record(noted(folder, "bybit", garbage=1, frame=2), "bybit")
    found = kinds(folder, "bybit")
    assert (found.count("garbage"), found.count("frame")) == (1, 2)


@pytest.mark.parametrize("venue", ["bybit", "okx", "bitfinex"])
def test_a_refused_subscription_was_not_listened_to(record, folder, venues, venue):
    venues.streams.lines[venue] = [["refuse"]]
    record(noted(folder, venue, lost=2), venue)
    assert "connected" not in kinds(folder, venue)
    assert spans(folder, venue) == ()


def test_pings_of_the_venue_are_answered(record, folder, venues):
    venues.streams.lines["binance"] = [["ping", 0.05, "ping", "event", 10]]
    record(noted(folder, "binance", frame=1), "binance")
    assert kinds(folder, "binance").count("connected") == 1


def test_no_network_is_one_line(folder, tmp_path):
    import asyncio

    from kanalo.errors import SourceError
    from kanalo.recording.recorder import Patience, Recorder
    from kanalo.sources.addresses import read_sources

    sources = read_sources(tmp_path, {"KANALO_SOURCES_MIRROR": "http://127.0.0.1:9"})
    patience = Patience(pause=0.02, first=0.2)
    recorder = Recorder(folder / "recordings", ["XMRUSDT"], ("binance",), sources, patience)

    async def main():
        await recorder.run(asyncio.Event())

    with pytest.raises(SourceError, match="No stream can be reached: check the network"):
        asyncio.run(main())
    assert Patience().first < 15
