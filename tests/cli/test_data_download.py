"""`kanalo data download` and `update`: tables in the workspace, one line where it fails, no key."""

from __future__ import annotations

import json
import re
import shutil
import signal
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
def venues(home, monkeypatch):
    """Venues on this machine, and a workspace whose data know Bitcoin by the day."""
    now = int(pd.Timestamp("2026-05-20T12:34:56Z").timestamp() * 1000)
    server = Server(make_world(now))
    monkeypatch.setenv("KANALO_SOURCES_MIRROR", server.start())
    monkeypatch.setenv("KANALO_SOURCES_PAUSE", "0.001")
    manifest = json.loads((ROOT / "data" / "manifest.json").read_text())
    manifest |= {"tables": {}, "markets": {}, "documents": {}}
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))
    yield server
    server.stop()


@pytest.mark.slow
def test_many_symbols_and_kinds_come_in_one_command(venues, kanalo, home):
    (home / "list.txt").write_text("# two\nethusdt\nXMRUSDT  # Monero\n")
    outcome = kanalo(
        *("data", "download", "--list", "list.txt", "--what", "bars,funding"),
        *("--from", "2026-05-15", "--json", "-"),
    )
    assert (outcome.code, outcome.err) == (0, "")
    tables = json.loads(outcome.out)["tables"]
    assert [each["table"] for each in tables] == [
        *("ethusdt_1h", "ethusdt_funding", "xmrusdt_1h", "xmrusdt_funding"),
    ]
    check = json.loads(kanalo("data", "check", "--json", "-").out)
    assert [each["error"] for each in check["tables"]] == [None] * 4


def test_update_says_what_came(venues, kanalo):
    kanalo("data", "download", "--symbol", "ETHUSDT", "--from", "2026-05-18")
    venues.world.now += 2 * 3_600_000
    venues.world.revised["ETHUSDT", venues.world.now // 3_600_000 * 3_600_000 - 9 * 3_600_000] = 3.0
    outcome = kanalo("data", "update")
    assert outcome.code == 0
    assert "ethusdt_1h   62     2     1         0" in outcome.out
    assert "ethusdt_1h: the venue has revised 2026-05-20 05:00." in outcome.out
    outcome = kanalo("data", "update", "ethusdt_2h")
    assert (outcome.code, "Did you mean 'ethusdt_1h'?" in outcome.err) == (2, True)


def test_a_refusal_is_one_line(venues, kanalo):
    outcome = kanalo("data", "download", "--symbol", "ETCUSDT", "--from", "2026-05-18")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "binance does not trade ETCUSDT" in outcome.err


def test_one_refusal_among_many_leaves_the_others(venues, kanalo):
    symbols = ("--symbol", "ETCUSDT", "--symbol", "XMRUSDT")
    outcome = kanalo("data", "download", *symbols, "--from", "2026-05-18")
    assert outcome.code == 1
    assert "etcusdt_1h: binance does not trade ETCUSDT" in outcome.out
    assert "xmrusdt_1h   60" in outcome.out


@pytest.mark.slow
def test_the_articles_rules_run_on_a_downloaded_market_with_all_columns(venues, kanalo, home):
    shutil.copytree(ROOT / "strategies", home / "strategies", dirs_exist_ok=True)
    shutil.copy(ROOT / "backtests" / "article.toml", home / "backtests" / "article.toml")
    kinds = ("--what", "bars,funding,positioning,liquidations", "--from", "2026-03-25")
    assert kanalo("data", "download", "--symbol", "BTCUSDT", "--from", "2026-03-25").code == 0
    assert kanalo("data", "download", "--symbol", "ETHUSDT", *kinds).code == 0
    flags = ("--no-judge", "--no-cross-check", "--json", "-")
    outcome = kanalo("compare", "--market", "ethusdt_1h", *flags)
    assert outcome.code == 0, outcome.err
    model = json.loads(outcome.out)
    assert {each["market"] for each in model["results"]} == {"ethusdt_1h"}
    assert len({each["strategy"] for each in model["results"]}) >= 10
    (market,) = model["markets"]
    kept = ("ethusdt_1h", "ethusdt_funding", "ethusdt_positioning", "ethusdt_liquidations_tardis")
    files = " ".join(market["digests"])
    assert all(f"imported/{name}." in files for name in (*kept, "btcusdt_1h"))
    findings = {each["name"]: each["note"] for each in market["passport"]["findings"]}
    assert all(f"{name}: " in findings["vintage"] for name in kept)


@pytest.mark.parametrize("source", ["coinalyze", "coinglass"])
def test_a_key_is_sent_and_shows_nowhere(venues, kanalo, home, monkeypatch, source):
    command = ("data", "download", "--symbol", "XMRUSDT", "--what", "liquidations")
    command = (*command, "--liquidations", source, "--from", "2026-05-18")
    outcome = kanalo(*command)
    assert f"environment variable {source.upper()}_API_KEY" in outcome.err
    monkeypatch.setenv(f"{source.upper()}_API_KEY", "wrong-secret")
    outcome = kanalo(*command, "--debug")
    assert outcome.code == 1
    assert "key" in outcome.err
    assert "wrong-secret" not in outcome.err + outcome.out
    monkeypatch.setenv(f"{source.upper()}_API_KEY", "right-key")
    outcome = kanalo(*command)
    assert (outcome.code, outcome.err) == (0, "")
    assert any("right-key" in headers.values() for headers in venues.headers)
    texts = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(b"right-key" in text for text in texts)


def test_no_network_is_one_line(venues, kanalo, monkeypatch):
    monkeypatch.setenv("KANALO_SOURCES_MIRROR", "http://127.0.0.1:9")
    outcome = kanalo("data", "download", "--symbol", "ETHUSDT", "--from", "2026-05-18")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "127.0.0.1:9 cannot be reached (no connection): check the network" in outcome.err


@pytest.fixture
def stop_after_first_day(venues, kanalo, monkeypatch):
    """Download until the second day is written, stop it there, and do it again.

    Returns what the stopped one came to, and how often the first day was asked for in each.
    """
    from kanalo import files

    line = ("data", "download", "--symbol", "ETHUSDT", "--from", "2026-05-15")
    kept = []

    def count():
        return sum(n for path, n in venues.requests.items() if kept[0] in path)

    def run(stop):
        def reach(step):
            days = re.findall(r"ETHUSDT-1h-2026-05-\d\d\.zip", step)
            if days and not kept:
                kept.extend(days)
            elif days and days != kept:
                stop()

        with monkeypatch.context() as patch:
            patch.setattr(files, "reach", reach)
            outcome = kanalo(*line)
        before = count()
        assert kanalo(*line).code == 0
        return outcome, before, count() - before

    return run


def test_no_space_is_one_line_and_what_came_stays(stop_after_first_day):
    def fill():
        raise OSError(28, "No space left on device")

    outcome, asked, asked_again = stop_after_first_day(fill)
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    message = r"ETHUSDT-1h-2026-05-\d\d\.zip cannot be written \(No space left on device\)"
    assert re.search(message, outcome.err)
    assert asked > 0
    assert asked_again == 0


def test_what_came_before_an_interruption_stays(stop_after_first_day):
    pressed = []

    def press():
        if not pressed:  # one Ctrl-C, not one for each day that is still under way
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    outcome, asked, asked_again = stop_after_first_day(press)
    assert outcome.code == 130
    assert "interrupted" in outcome.err
    assert asked > 0
    assert asked_again == 0


def test_a_delisted_symbol_is_one_line(venues, kanalo):
    venues.fail("/data/futures/", "404", times=99)
    outcome = kanalo("data", "download", "--symbol", "FTTUSDT", "--from", "2026-05-15")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "binance does not trade FTTUSDT (or no longer)" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--symbol", "ETHBTC"), "must be a coin and USD or the like"),
        (("--symbol", "ETHUSDT", "--venue", "binanse"), "Did you mean 'binance'?"),
        (("--symbol", "ETHUSDT", "--what", "bar"), "Did you mean 'bars'?"),
        (("--symbol", "ETHUSDT", "--interval", "7m"), "interval must be one of"),
        (("--symbol", "ETHUSDT", "--liquidations", "tardis"), "goes with --what liquidations"),
        (("--symbol", "ETHUSDT", "--symbol", "XMRUSDT", "--name", "x"), "--name goes with one"),
        ((), "name a symbol with --symbol or --list"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_asked(venues, kanalo, arguments, message):
    outcome = kanalo("data", "download", *arguments, "--from", "2026-05-18")
    assert (outcome.code, venues.requests) == (2, {})
    assert message in " ".join(outcome.err.split())


def test_nothing_to_update_is_said(venues, kanalo):
    assert "no table has a source" in kanalo("data", "update").err


def test_the_starter_is_read_only(venues, kanalo, home, monkeypatch, tmp_path):
    from kanalo.workspace import workspace

    shutil.move(home, tmp_path / "starter")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workspace, "_bundled_starter", lambda: tmp_path / "starter")
    outcome = kanalo(
        *("--workspace", tmp_path / "starter", "data", "download"),
        *("--symbol", "ETHUSDT", "--from", "2026-05-18"),
    )
    assert (outcome.code, "read-only" in outcome.err) == (1, True)


@pytest.mark.parametrize("verb", ["download", "record"])
def test_missing_packages_are_named_with_the_command_that_installs_them(
    venues, kanalo, monkeypatch, verb
):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ccxt" else find(name)
    )
    more = ("--from", "2026-05-18") if verb == "download" else ()
    outcome = kanalo("data", verb, "--symbol", "ETHUSDT", *more)
    assert outcome.code == 1
    assert "python -m pip install 'kanalo[data]'" in outcome.err
