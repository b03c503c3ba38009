"""`kanalo compare --panel` runs rules on a folder of coins of anyone's own."""

import json

import pytest

from .test_panel_study import coins as coins
from .test_panel_study import load_walks as load_walks


def test_rules_are_compared_on_any_folder_of_coins(kanalo, coins, tmp_path):
    out = tmp_path / "out"
    outcome = kanalo("compare", "donchian_breakout", "--panel", str(coins), "-o", str(out), "-q")
    assert (outcome.code, outcome.err) == (0, "")
    model = json.loads((out / "compare-panel.json").read_text())
    assert [each["label"] for each in model["rules"]] == ["donchian_breakout"]
    assert model["rules"][0]["n_coins"] == 5
    assert model["rules"][0]["monero"] is None
    assert "on a panel of 5 coins" in outcome.out.lower()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--market", "xmr_1h"), "--market does not go with --panel"),
        (("--judge",), "--judge does not go with --panel"),
        (("--from", "2040-01-01"), "No coin of the panel has a bar"),
    ],
)
def test_what_means_nothing_on_a_panel_is_refused(kanalo, coins, options, message):
    outcome = kanalo("compare", "hold_perpetual", "--panel", str(coins), *options)
    assert outcome.code in (1, 2)
    assert message in " ".join(outcome.err.split())


def test_a_spec_may_name_the_panel_as_its_market():
    from kanalo.cli.panel_compare import is_panel
    from kanalo.experiment.spec_reader import parse_spec

    content = {"strategies": [{"name": "hold_perpetual"}], "markets": [{"name": "panel"}]}
    assert is_panel(parse_spec(content, source="a spec"))
    content["markets"] = [{"name": "xmr_1h"}]
    assert not is_panel(parse_spec(content, source="a spec"))
