"""`kanalo study --panel` studies an event on a folder of coins of anyone's own."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_walks():
    path = ROOT / "tests" / "panel" / "conftest.py"
    spec = importlib.util.spec_from_file_location("panel_walks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    """Coins of random names, each a random walk of its own."""
    rng = np.random.default_rng(15)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz0123456789"))
    names = {"btc", *("".join(rng.choice(letters, 6)) for _ in range(5))}
    folder = tmp_path_factory.mktemp("panel") / "renamed"
    folder.mkdir()
    walks = load_walks()
    for seed, name in enumerate(sorted(names)):
        market = walks.make_market(name, seed, n=2_500)
        market.bars.reset_index().to_parquet(folder / f"{name}_1h.parquet")
    return folder


def test_an_event_is_studied_on_any_folder_of_coins(kanalo, coins, tmp_path):
    out = tmp_path / "out"
    options = ("--horizons", "6h,1d", "--draws", "199", "-o", str(out), "-q")
    outcome = kanalo("study", "--panel", str(coins), "--event", "return_24h > 0.05", *options)
    assert (outcome.code, outcome.err) == (0, "")
    assert "on a panel of 5 coins" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    model = json.loads((out / "study-panel.json").read_text())
    assert [each["horizon"] for each in model["effects"]["return"]] == ["6h", "1d"]
    assert model["panel"]["name"] == "renamed"
    assert model["effects"]["return"][0]["n"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--market", "xmr_1h"), "--market does not go with --panel"),
        (("--spacing", "1d"), "--spacing does not go with --panel"),
        (("--within", "1d"), "--within does not go with --panel"),
    ],
)
def test_options_that_mean_nothing_on_a_panel_are_refused(kanalo, coins, options, message):
    outcome = kanalo("study", "--panel", str(coins), "--event", "rsi > 70", *options)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
