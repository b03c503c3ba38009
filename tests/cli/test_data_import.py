"""`kanalo data import` puts files of a venue into the workspace, or says why not."""

import json
import shutil
from pathlib import Path

import pytest

BUNDLED = Path(__file__).parents[2] / "data"
ENTRY = {"T": 1739502302929, "s": "BTCUSDT", "S": "Buy", "v": "2", "p": "50000"}
MESSAGE = {"topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": 1739502303204}
MESSAGE |= {"data": [ENTRY, {**ENTRY, "S": "Sell", "v": "3"}]}


@pytest.fixture
def log(home, tmp_path):
    """Give the workspace the daily table of BTC, and write a log of Bybit with a repetition."""
    manifest = json.loads((BUNDLED / "manifest.json").read_text())
    manifest["tables"] = {"btc_1d": manifest["tables"]["btc_1d"]}
    manifest["markets"] = {"btc_1d": manifest["markets"]["btc_1d"]}
    manifest["documents"] = {}
    (home / "data" / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(BUNDLED / "btc_1d.parquet", home / "data")
    path = tmp_path / "bybit.jsonl"
    path.write_text("".join(json.dumps(MESSAGE) + "\n" for _ in range(2)))
    return path


def test_an_import_says_what_it_found(log, kanalo, home):
    outcome = kanalo("data", "import", "bybit-liquidations", log)
    assert (outcome.code, outcome.err) == (0, "")
    assert "btc_bybit_liquidations: 2 rows of liquidation events, reported" in outcome.out
    assert "2 exact duplicates dropped, 0 rows left out" in outcome.out
    assert "bybit      1                  100,000   1                   150,000" in outcome.out
    assert "lower bounds" not in outcome.out
    assert list((home / "data" / "imported").glob("btc_bybit_liquidations.*.parquet"))
    assert "btc_bybit_liquidations" in kanalo("data", "list").out


def test_an_import_joins_a_market(log, kanalo):
    span = ("--from", "2025-02-14", "--to", "2025-02-15")
    outcome = kanalo(
        *("data", "import", "bybit-liquidations", log, "--market", "btc_1d", "--name", "bybit"),
        *span,
    )
    assert outcome.code == 0
    assert "Joined to the market btc_1d" in outcome.out
    passport = json.loads(kanalo("data", "check", "btc_1d", "--json", "-").out)
    found = {each["name"]: each["note"] for each in passport["findings"]}
    assert found["reported liquidations"].startswith("0.02 % of the bars, 2025-02-14")
    assert any(name.startswith("imported/bybit.") for name in passport["digests"])


def test_liquidations_of_another_coin_are_refused_before_anything_is_written(log, kanalo, home):
    log.write_text(log.read_text().replace("BTCUSDT", "ETHUSDT"))
    before = sorted(home.joinpath("data").rglob("*"))
    outcome = kanalo("data", "import", "bybit-liquidations", log, "--market", "btc_1d")
    assert outcome.code == 1
    assert "ETH" in outcome.err
    assert "btc_1d" in outcome.err
    tables = [each for each in sorted(home.joinpath("data").rglob("*")) if each.suffix != ".lock"]
    assert [each for each in tables if each.is_file()] == [
        each for each in before if each.is_file()
    ]
    assert kanalo("data", "check", "btc_1d").code == 0


def test_json_of_an_import(log, kanalo):
    model = json.loads(kanalo("data", "import", "bybit-liquidations", log, "--json", "-").out)
    assert model["schema"] == "kanalo.data-import/1"
    assert (model["rows"], model["duplicates"], model["origin"]) == (2, 2, "reported")
    assert model["exchanges"]["bybit"]["long"] == {"events": 1, "usd": 100000.0}
    assert list(model["sources"]) == ["bybit.jsonl"]


def test_throttled_feeds_are_lower_bounds(log, kanalo, tmp_path):
    dump = tmp_path / "dump.csv"
    dump.write_text("time,symbol,side,quantity,price\n1739502302929,BTCUSDT,SELL,2,50000\n")
    outcome = kanalo("data", "import", "binance-force-orders", dump)
    assert "100 % of the rows from throttled feeds: sums are lower bounds" in outcome.out


def test_a_wrong_format_is_refused_with_a_suggestion(log, kanalo):
    outcome = kanalo("data", "import", "bybit-liquidation", log)
    assert outcome.code == 2
    assert "no format 'bybit-liquidation'. Did you mean 'bybit-liquidations'?" in outcome.err


def test_a_wrong_row_is_refused_and_nothing_is_written(log, kanalo, home):
    log.write_text(json.dumps({**MESSAGE, "data": [{**ENTRY, "S": "long"}]}) + "\n")
    before = sorted(path.name for path in (home / "data").iterdir())
    outcome = kanalo("data", "import", "bybit-liquidations", log)
    assert outcome.code == 1
    assert "bybit.jsonl, row 1, column 'S': expected Buy or Sell" in outcome.err
    assert sorted(path.name for path in (home / "data").iterdir()) == before


def test_what_kanalo_brings_along_is_read_only(log, kanalo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = (BUNDLED / "manifest.json").read_bytes()
    outcome = kanalo("data", "import", "bybit-liquidations", log)
    assert outcome.code == 1
    assert "are read-only: `kanalo init DIR` makes a workspace of your own" in outcome.err
    assert (BUNDLED / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--from", "noon", "--from must be a time such as 2026-01-31"),
        ("--period", "soon", "soon"),
        ("--contract-value", "0", "The 'contract_value' must be positive; received 0"),
        ("--market", "btc_1w", "no market 'btc_1w'. Did you mean 'btc_1d'?"),
        ("--name", "My table", "must be lower-case letters, digits and underscores"),
    ],
)
def test_a_wrong_option_is_refused(log, kanalo, option, value, expected):
    outcome = kanalo("data", "import", "bybit-liquidations", log, option, value)
    assert outcome.code == 2
    assert expected in outcome.err


def test_replace_overwrites_an_import(log, kanalo):
    assert kanalo("data", "import", "bybit-liquidations", log).code == 0
    again = kanalo("data", "import", "bybit-liquidations", log)
    assert again.code == 1
    assert "exists already: --replace overwrites it" in again.err
    assert kanalo("data", "import", "bybit-liquidations", log, "--replace").code == 0


def test_formats_are_listed_within_eighty_columns(kanalo):
    lines = kanalo("data", "formats").out.splitlines()
    assert any(line.startswith("okx-liquidations ") for line in lines)
    assert max(map(len, lines)) <= 80
    model = json.loads(kanalo("data", "formats", "--json", "-").out)
    assert len(model["formats"]) == len(lines)


def write_bars(path, n_rows=5):
    rows = (f"{1_735_689_600_000 + i * 3_600_000},10,12,9,11,5\n" for i in range(n_rows))
    path.write_text("time,open,high,low,close,volume\n" + "".join(rows))
    return path


def test_bars_become_a_market(log, kanalo, tmp_path):
    file = write_bars(tmp_path / "mine.csv")
    outcome = kanalo("data", "import", "bars", file, "--symbol", "ETHUSDT")
    assert (outcome.code, outcome.err) == (0, "")
    assert "ethusdt_1h: 5 rows of bars" in outcome.out
    markets = json.loads(kanalo("data", "list", "--json", "-").out)["markets"]
    assert {each["name"]: each["symbol"] for each in markets}["ethusdt_1h"] == "ETHUSDT"


def test_bars_need_a_symbol_and_take_no_market(log, kanalo, tmp_path):
    file = write_bars(tmp_path / "mine.csv")
    outcome = kanalo("data", "import", "bars", file)
    assert (outcome.code, "bars need --symbol" in outcome.err) == (2, True)
    outcome = kanalo("data", "import", "bars", file, "--symbol", "ETHUSDT", "--market", "btc_1d")
    assert (outcome.code, "--market does not go with bars" in outcome.err) == (2, True)
