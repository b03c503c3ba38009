"""`kanalo data` lists the tables, verifies them and shows the passport of a market or a file."""

import json
import shutil
from pathlib import Path

import pytest

BUNDLED = Path(__file__).parents[2] / "data"


@pytest.fixture
def stocked(home):
    """Give the small workspace the daily tables of BTC and the funding."""
    manifest = json.loads((BUNDLED / "manifest.json").read_text())
    kept = ("btc_1d", "xmr_funding_8h")
    manifest["tables"] = {name: manifest["tables"][name] for name in kept}
    manifest["markets"] = {"btc_1d": manifest["markets"]["btc_1d"]}
    manifest["documents"] = {}
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))
    for name in kept:
        shutil.copy(BUNDLED / f"{name}.parquet", home / "data")
    return home


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def test_list_names_tables_and_markets(stocked, kanalo):
    outcome = kanalo("data", "list")
    assert (outcome.code, outcome.err) == (0, "")
    assert "btc_1d                            4,378  2014-05-21  2026-05-15" in outcome.out
    assert "Funding rate of the XMRUSDT perpetual" in outcome.out
    assert "BTCUSD" in outcome.out.split("Market")[1]


@pytest.mark.slow
def test_list_fits_eighty_columns(kanalo):
    for command in ("list", "check"):
        lines = kanalo("data", command).out.splitlines()
        assert len(lines) > 15
        assert max(map(len, lines)) <= 80


def test_check_verifies_every_table_and_market(stocked, kanalo):
    outcome = kanalo("data", "check")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.count("intact") == 2
    assert "btc_1d   amber   largest jump, venue splices, sources differ > 2 %" in outcome.out


@pytest.mark.slow
def test_check_of_the_bundled_data_is_green_or_amber(kanalo):
    outcome = kanalo("data", "check", "--json", "-")
    model = json.loads(outcome.out)
    assert outcome.code == 0
    assert model["schema"] == "kanalo.data-check/1"
    assert [each["error"] for each in model["tables"]] == [None] * 53
    assert {each["market"]: each["light"] for each in model["markets"]}["xmr_1h"] == "amber"
    red = [each for each in model["markets"] if each["light"] == "red"]
    assert {f["name"] for each in red for f in each["findings"] if f["light"] == "red"} == {
        "funding covered"
    }
    assert not {"xmr_1h", "btc_perp_1h", "eth_1h"} & {each["market"] for each in red}


def test_check_fails_where_a_checksum_differs_and_goes_on(stocked, kanalo):
    damage(stocked / "data" / "btc_1d.parquet")
    outcome = kanalo("data", "check")
    assert outcome.code == 1
    assert "the file differs from the manifest" in " ".join(outcome.out.split())
    assert "xmr_funding_8h   intact" in outcome.out
    model = json.loads(kanalo("data", "check", "--json", "-").out)
    assert model["light"] == "red"
    assert model["markets"][0]["error"].count("btc_1d.parquet: the file differs") == 1


def test_check_of_a_damaged_market_is_one_line(stocked, kanalo):
    damage(stocked / "data" / "btc_1d.parquet")
    outcome = kanalo("data", "check", "btc_1d")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error: ")
    assert "btc_1d.parquet: the file differs from the manifest" in outcome.err
    assert outcome.err.count("\n") == 1


def test_check_of_a_market_prints_its_passport(stocked, kanalo):
    outcome = kanalo("data", "check", "btc_1d")
    assert outcome.code == 0
    assert outcome.out.startswith("btc_1d: BTCUSD, 4,378 bars of 1d\n")
    assert "venue splices" in outcome.out
    assert outcome.out.endswith("Overall: amber\n")


def test_check_of_a_window_looks_at_its_bars_alone(stocked, kanalo):
    outcome = kanalo("data", "check", "btc_1d", "--from", "2024-01-01", "--to", "2024-01-11")
    assert outcome.out.startswith("btc_1d: BTCUSD, 10 bars of 1d\n")
    assert outcome.out.endswith("Overall: green\n")


def test_check_of_a_table_verifies_it(stocked, kanalo):
    outcome = kanalo("data", "check", "xmr_funding_8h")
    assert outcome.code == 0
    assert "xmr_funding_8h   intact" in outcome.out
    assert "btc_1d" not in outcome.out


def test_check_of_an_unknown_name_suggests_one(stocked, kanalo):
    outcome = kanalo("data", "check", "btc_1h")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: There is no market 'btc_1h'. Did you mean 'btc_1d'?\n"


def test_check_of_a_file(home, kanalo):
    lines = (home / "backtests" / "bars.csv").read_text().splitlines()
    (home / "january.csv").write_text("\n".join(lines[:29]) + "\n")
    outcome = kanalo("data", "check", "--data", "january.csv")
    assert outcome.code == 0
    assert outcome.out.startswith("january: january, 28 bars of 1d\n")
    assert outcome.out.endswith("Overall: green\n")


def test_check_of_a_file_with_a_gap_of_half_its_bars_is_red(home, kanalo):
    lines = (home / "backtests" / "bars.csv").read_text().splitlines()
    (home / "holes.csv").write_text("\n".join(lines[:10] + lines[-10:]) + "\n")
    outcome = kanalo("data", "check", "--data", "holes.csv")
    assert outcome.code == 1
    assert "Overall: red" in outcome.out


def test_check_of_a_file_takes_a_timezone(home, kanalo):
    rows = "".join(f"2026-01-31 {hour:02d}:00,1,1,1,1,1\n" for hour in range(3))
    (home / "local.csv").write_text("time,open,high,low,close,volume\n" + rows)
    refused = kanalo("data", "check", "--data", "local.csv")
    assert (refused.code, refused.out) == (1, "")
    assert "local.csv, row 2, column 'time': expected a time zone" in refused.err
    assert "--timezone" in refused.err
    taken = kanalo("data", "check", "--data", "local.csv", "--timezone", "Europe/Berlin")
    assert "2026-01-30 23:00 to 2026-01-31 02:00" in taken.out


def test_a_name_and_a_file_together_are_a_usage_error(home, kanalo):
    outcome = kanalo("data", "check", "xmr_1h", "--data", "backtests/bars.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert "name a market or --data, not both" in outcome.err


def test_names_from_a_file_are_not_read_as_markup(home, kanalo):
    path = home / "[red]bars[_red].csv"
    shutil.copy(home / "backtests" / "bars.csv", path)
    assert kanalo("data", "check", "--data", path).out.startswith("[red]bars[_red]: ")


def test_json_goes_to_a_file_beside_the_table(stocked, kanalo):
    outcome = kanalo("data", "check", "btc_1d", "--json", "out/passport.json")
    passport = json.loads((stocked / "out" / "passport.json").read_text())
    assert passport["schema"] == "kanalo.passport/1"
    assert passport["light"] == "amber"
    assert list(passport["digests"]) == ["btc_1d.parquet"]
    assert "Overall: amber" in outcome.out


def test_list_as_json(stocked, kanalo):
    model = json.loads(kanalo("data", "list", "--json", "-").out)
    assert [each["name"] for each in model["tables"]] == ["btc_1d", "xmr_funding_8h"]
    assert model["markets"][0]["benchmark"] is None


def test_a_workspace_without_data_says_so(home, kanalo):
    outcome = kanalo("data", "list")
    assert (outcome.code, outcome.out) == (1, "")
    assert "manifest.json: the manifest cannot be read (No such file" in outcome.err
