"""`kanalo liquidations map` and `flow`: a figure, a table beside it, and which is estimated."""

import json
import shutil
from pathlib import Path

import pytest

BUNDLED = Path(__file__).parents[2] / "data"
MAP = ("liquidations", "map", "--market", "xmr_1h")
FLOW = ("liquidations", "flow", "--market", "xmr_1h")


@pytest.fixture
def hours(home):
    """Give the workspace the hourly perpetual with its reported liquidations, and nothing else."""
    manifest = json.loads((BUNDLED / "manifest.json").read_text())
    names = ("xmr_1h", "xmr_liquidation_orders")
    manifest["tables"] = {name: manifest["tables"][name] for name in names}
    entry = manifest["markets"]["xmr_1h"]
    kept = {key: entry[key] for key in ("bars", "symbol", "venue", "interval", "liquidations")}
    manifest["markets"] = {"xmr_1h": kept}
    manifest["documents"] = {}
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))
    for name in names:
        shutil.copy(BUNDLED / f"{name}.parquet", home / "data")
    return home


@pytest.mark.slow
def test_the_map_of_the_surge_shows_where_short_clusters_stood(hours, kanalo):
    """The midnight before the surge that made the news: shorts at 467 and above."""
    outcome = kanalo(*MAP, "--at", "2026-01-30T23:00", "-o", "map.png")
    assert (outcome.code, outcome.err) == (0, "Figure: map.png\n")
    assert (hours / "map.png").read_bytes().startswith(b"\x89PNG")
    first, *rows = outcome.out.splitlines()
    assert first == "Estimated liquidation map of XMRUSDT, known 2026-01-31 00:00 UTC, price 461.72"
    assert rows[0].startswith("Bar 2026-01-30 23:00, known at 2026-01-31 00:00 UTC, price 461.72")
    assert max(map(len, rows)) <= 80
    (nearest, *_) = [row.split() for row in rows if row.startswith("short (estimated)")]
    assert 462 < float(nearest[2]) < 470
    assert float(nearest[4]) < 482


def test_json_says_what_is_estimated_and_draws_nothing(hours, kanalo, files_below):
    before = files_below(hours)
    model = json.loads(kanalo(*MAP, "--at", "2026-01-31T12:00", "--json", "-").out)
    assert model["schema"] == "kanalo.liquidation-map/1"
    assert (model["origin"], model["figure"]) == ("estimated", None)
    assert (model["bar"], model["close"]) == ("2026-01-31T12:00:00Z", 485.63)
    assert model["known_at"] == "2026-01-31T13:00:00Z"
    assert [each["side"] for each in model["clusters"]] == ["short"]
    shares = [each["share"] for side in model["levels"].values() for each in side]
    assert sum(shares) == pytest.approx(1.0)
    assert files_below(hours) == before


@pytest.mark.slow
def test_a_span_gives_a_heatmap_in_the_results(hours, kanalo):
    outcome = kanalo(*MAP, "--from", "2026-01-30", "--to", "2026-02-01", "--quiet")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Estimated liquidation levels of XMRUSDT, 2026-01-30 00:00 to")
    (figure,) = (hours / "backtests" / "results" / "liquidations").iterdir()
    assert figure.name == "heat_xmr_1h_20260130T0000.png"


def test_flow_tells_reported_dollars_from_estimates(hours, kanalo):
    span = ("--from", "2023-12-11T02:00", "--to", "2023-12-11T03:00")
    outcome = kanalo(*FLOW, *span, "-o", "flow.svg", "--json", "flow.json")
    assert outcome.code == 0
    assert (hours / "flow.svg").read_text().startswith("<svg ")
    assert "binance (reported)" in outcome.out
    assert "whole market (estimated)" in outcome.out
    model = json.loads((hours / "flow.json").read_text())
    reported, estimated = model["sums"]
    assert reported["long_usd"] == pytest.approx(140_000, rel=0.02)
    assert (reported["origin"], reported["censored_bars"]) == ("reported", 1)
    assert (estimated["origin"], "long_usd" in estimated) == ("estimated", False)


def test_hours_without_a_feed_are_unknown(hours, kanalo):
    span = ("--from", "2026-01-30", "--to", "2026-02-01")
    outcome = kanalo(*FLOW, *span, "-o", "flow.png", "--json", "flow.json")
    assert "(estimated; none reported)" in " ".join(outcome.out.split())
    (row,) = [line for line in outcome.out.splitlines() if line.startswith("binance")]
    assert row.split()[2:] == ["–", "–", "–", "–", "0"]
    model = json.loads((hours / "flow.json").read_text())
    assert {bar["reported"]["binance"]["long_usd"] for bar in model["bars"]} == {None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--at", "2026-01-31", "--from", "2026-01-30"), "either --at, or --from and --to"),
        (("--at", "noon"), "must be a time such as 2026-01-31"),
        (("--half-life", "0"), "half-life"),
        (("--output", "map.pdf"), r".png or .svg; received '.pdf'"),
    ],
)
def test_wrong_usage_is_explained(hours, kanalo, arguments, message):
    outcome = kanalo(*MAP, *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_time_beyond_the_bars_fails(hours, kanalo):
    outcome = kanalo(*MAP, "--at", "2030-01-01")
    assert outcome.code == 1
    assert "no bar opens at 2030-01-01T00:00 UTC" in " ".join(outcome.err.split())
