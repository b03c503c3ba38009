"""`kanalo data record` listens until it is stopped; `update` makes the table."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from tests.venues.server import Server  # noqa: E402
from tests.venues.world import make_world  # noqa: E402


@pytest.fixture
def venues(home, monkeypatch):
    server = Server(make_world(days=3))
    server.streams.pause = 0.05
    monkeypatch.setenv("KANALO_SOURCES_MIRROR", server.start())
    manifest = json.loads((ROOT / "data" / "manifest.json").read_text())
    manifest |= {"tables": {}, "markets": {}, "documents": {}}
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))
    yield server
    server.stop()


@pytest.mark.slow
def test_a_recording_ends_with_control_c_and_becomes_a_table(venues, start_kanalo, kanalo, home):
    process = start_kanalo("data", "record", "--symbol", "xmrusdt", "--venues", "binance,bybit")
    for _ in range(300):
        if all(venues.streams.events.get(name, 0) > 3 for name in ("binance", "bybit")):
            break
        time.sleep(0.05)
    outcome = kanalo("data", "record", "--symbol", "XMRUSDT")
    assert (outcome.code, "Another kanalo records into" in outcome.err) == (1, True)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "Recording XMRUSDT of binance, bybit; Ctrl-C ends." in err
    assert "Frames: binance " in err
    log = (home / "data/recordings/record.log").read_text()
    assert "INFO bybit: listening to XMRUSDT" in log
    outcome = kanalo("data", "update")
    assert (outcome.code, outcome.err) == (0, "")
    assert "xmrusdt_liquidations_recorded: " in outcome.out
    assert "heard: binance 0.0 h, bybit 0.0 h." in " ".join(outcome.out.split())
    assert kanalo("data", "check", "xmrusdt_liquidations_recorded").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a symbol with --symbol"),
        (("--symbol", "XMRUSD"), "must be a coin and USDT, such as XMRUSDT; received 'XMRUSD'"),
        (("--symbol", "XMRUSDT", "--venues", "bybot"), "Did you mean 'bybit'?"),
        (("--symbol", "XMRUSDT", "--for", "soon"), "--for: An interval is a whole number"),
    ],
)
def test_wrong_usage_is_said(venues, kanalo, arguments, message):
    outcome = kanalo("data", "record", *arguments)
    assert (outcome.code, message in " ".join(outcome.err.split())) == (2, True)


def test_a_recording_may_end_by_itself(venues, kanalo, monkeypatch):
    from kanalo.cli import data_record

    monkeypatch.setattr(data_record, "_to_seconds", lambda _: 0.3)
    outcome = kanalo("data", "record", "--symbol", "XMRUSDT", "--venues", "bybit", "--for", "1m")
    assert outcome.code == 0
