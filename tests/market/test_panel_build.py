"""The panel's tables are built from a folder of source tables, the same bytes every time."""

import importlib.util
import json

import numpy as np
import pandas as pd
import pytest

from kanalo.market import load_market
from kanalo.market.manifest import read_manifest


@pytest.fixture(scope="module")
def script(data_dir):
    spec = importlib.util.spec_from_file_location("panel_build", data_dir / "panel" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path):
    """Two coins, the funding of one, and tiers."""
    folder = tmp_path / "source"
    (folder / "panel").mkdir(parents=True)
    (folder / "panel_funding").mkdir()
    times = pd.date_range("2024-01-01", periods=30, freq="h", tz="UTC")
    close = np.round(np.linspace(10, 12, 30), 2)
    columns = {"open": close, "high": close + 0.25, "low": close - 0.25, "close": close}
    frame = pd.DataFrame({"time": times, **columns, "volume": 3.0})
    for coin in ("btc", "1000abc"):
        frame.to_parquet(folder / "panel" / f"{coin}_1h.parquet")
    (folder / "panel_funding" / "1000abc_funding.csv").write_text(
        "time,funding_rate\n2024-01-01T08:00:00Z,0.0001\n2024-01-01T16:00:00Z,-0.0002\n"
    )
    (folder / "leverage_tiers.csv").write_text(
        "symbol,seen_from,previous_version,last_seen,in_upstream,commit,tier,max_leverage\n"
        "BTCUSDT,2023-01-01,,2023-02-01,1,abc,1,125.0\nOTHER,2023-01-01,,2023-02-01,1,a,1,5.0\n"
    )
    return folder


def build(script, source, folder):
    panel = folder / "panel"
    panel.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"version": 1, "tables": {}, "markets": {}}')
    script.main([str(source), "--output", str(panel)])
    return {path.name: path.read_bytes() for path in sorted(panel.iterdir())}


def test_building_twice_gives_the_same_bytes(script, source, tmp_path):
    once = build(script, source, tmp_path / "once")
    assert once == build(script, source, tmp_path / "twice")
    assert set(once) == {
        *("abc_1h.parquet", "btc_perp_1h.parquet", "abc_funding.parquet"),
        *("leverage_tiers.parquet", "manifest.json"),
    }


def test_a_coin_knows_its_funding_and_the_perpetual_of_bitcoin(script, source, tmp_path):
    build(script, source, tmp_path / "data")
    market = load_market(tmp_path / "data", "abc_1h")
    assert market.symbol == "1000ABCUSDT"
    assert market.close[-1] == 12.0
    assert np.nansum(market.known("funding_rate")) == pytest.approx(-0.0001)
    assert market.benchmark["close"].tolist() == market.close.tolist()


def test_every_bundled_coin_has_the_perpetual_as_its_benchmark(data_dir):
    manifest = read_manifest(data_dir)
    own = json.loads((data_dir / "panel" / "manifest.json").read_text())["markets"]
    assert len(own) == 23
    for name in own:
        expected = None if name == "btc_perp_1h" else "btc_perp_1h"
        assert manifest.market(name).benchmark == expected
