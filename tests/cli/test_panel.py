"""`kanalo claims --panel` asks a folder of coins, and refuses what it cannot use in a line."""

import importlib.util
import json
from pathlib import Path

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
    """A folder of six short walks, and a plan beside it."""
    walks = load_walks()
    folder = tmp_path_factory.mktemp("panel")
    (folder / "coins").mkdir()
    for seed, name in enumerate(walks.NAMES[:6]):
        market = walks.make_market(name, seed, n=2_500)
        market.bars.reset_index().to_parquet(folder / "coins" / f"{name}_1h.parquet")
    (folder / "claims.toml").write_text(walks.PLAN)
    (folder / "plan.toml").write_text(walks.PANEL_PLAN)
    (folder / "facts.toml").write_text('[claims]\nrise = "It rises."\nlevel = "It gets there."\n')
    return folder


def ask(kanalo, coins, *more):
    options = ("--panel", str(coins / "coins"), "--spec", str(coins / "plan.toml"))
    return kanalo("claims", str(coins / "facts.toml"), *options, *more)


def test_a_folder_of_coins_is_judged(kanalo, coins, tmp_path):
    outcome = ask(kanalo, coins, "--json", "-", "--output", str(tmp_path / "out"), "-q")
    assert (outcome.code, outcome.err) == (0, "")
    model = json.loads(outcome.out)
    assert [each["name"] for each in model["claims"]] == ["rise", "level", "silent"]
    assert model["panels"][0]["n_coins"] == 4
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".html", ".md", ".json"}


def test_a_folder_that_is_none_is_one_line(kanalo, coins):
    outcome = kanalo(
        "claims", "--panel", str(coins / "nothing"), "--spec", str(coins / "plan.toml")
    )
    assert outcome.code == 1
    assert "a panel must be a folder of tables" in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("option", "value"),
    [("--spot", "coins"), ("--workers", "2"), ("--cluster", "tls://localhost:8786")],
)
def test_what_goes_with_a_panel_is_refused_alone(kanalo, option, value):
    outcome = kanalo("claims", option, value)
    assert outcome.code == 2
    assert f"{option} needs --panel" in outcome.err
