"""`kanalo now` says what is held; `--watch` updates first and says it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from tests.venues.server import Server  # noqa: E402
from tests.venues.world import make_world  # noqa: E402


@pytest.fixture
def venues(home, monkeypatch, kanalo):
    now = int(pd.Timestamp("2026-05-20T12:34:56Z").timestamp() * 1000)
    server = Server(make_world(now))
    monkeypatch.setenv("KANALO_SOURCES_MIRROR", server.start())
    manifest = json.loads((ROOT / "data" / "manifest.json").read_text())
    manifest |= {"tables": {}, "markets": {}, "documents": {}}
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))
    assert kanalo("data", "download", "--symbol", "ETHUSDT", "--from", "2026-05-18").code == 0
    yield server
    server.stop()


def test_the_state_is_said_and_the_data_are_old(venues, kanalo):
    outcome = kanalo("now", "hold", "--market", "ethusdt_1h")
    assert (outcome.code, outcome.err) == (0, "")
    text = " ".join(outcome.out.split())
    assert "ethusdt_1h: last closed bar 2026-05-20T11:00," in text
    assert "`kanalo data update` brings it up to date" in text
    model = json.loads(kanalo("now", "hold", "--market", "ethusdt_1h", "--json", "-").out)
    (state,) = model["states"]
    assert (state["side"], state["next"], state["bar"]) == (
        *("long", "hold"),
        "2026-05-20T11:00:00Z",
    )


def test_watch_updates_and_says_it_again(venues, kanalo, monkeypatch):
    from kanalo.cli import now

    waits = []

    def pause(seconds):
        waits.append(seconds)
        venues.world.now += 3_600_000
        if len(waits) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(now, "pause", pause)
    outcome = kanalo("now", "hold", "--market", "ethusdt_1h", "--watch")
    assert outcome.code == 130
    assert "2026-05-20T11:00" in outcome.out
    assert "2026-05-20T12:00" in outcome.out
    assert all(now.PUBLISHED < wait <= 3_600 + now.PUBLISHED for wait in waits)


def test_wrong_usage_is_said(venues, kanalo, home):
    assert "There is no strategy 'hald'" in kanalo("now", "hald", "--market", "ethusdt_1h").err
    (home / "spec.toml").write_text(
        'title = "A"\n[[markets]]\nname = "ethusdt_1h"\n[[strategies]]\nname = "hold"\n'
    )
    assert kanalo("now", "spec.toml").code == 0
    outcome = kanalo("now", "spec.toml", "--market", "ethusdt_1d")
    assert (outcome.code, "There is no market 'ethusdt_1d'" in outcome.err) == (2, True)


def test_costs_and_market_come_from_the_settings(venues, kanalo, home):
    (home / "kanalo.toml").write_text('[defaults]\nmarket = "ethusdt_1h"\n[costs]\nfee_bps = 999\n')
    dear = json.loads(kanalo("now", "hold", "--json", "-").out)["states"][0]
    (home / "kanalo.toml").write_text('[defaults]\nmarket = "ethusdt_1h"\n')
    cheap = json.loads(kanalo("now", "hold", "--json", "-").out)["states"][0]
    assert cheap["profit"] is not None
    assert abs(dear["position"]) < abs(cheap["position"])
