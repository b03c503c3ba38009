"""The plan of a panel changes what it names and nothing else."""

import hashlib

import pytest

from kanalo.errors import SpecError
from kanalo.panel.plan import Bias, find_match, find_thresholds, load_panel_plan


def test_a_claim_has_what_the_plan_changes_and_the_rest_of_the_base(plan):
    rise, level, silent = plan.claims
    assert (rise.caliper, rise.controls, rise.match) == (1.5, 10, ("volatility_7d",))
    assert (rise.plan.outcome.kind, rise.plan.minimal) == ("relative", 0.05)
    assert (level.caliper, level.controls, level.share) == (1.0, 3, True)
    assert silent.plan == plan.base.claims[2]
    assert plan.undecidable == {"other": "too rare"}


def test_thresholds_are_those_of_the_base(plan):
    assert plan.thresholds == {
        "rise": [(0.05, 0.05)],
        "level": [(0.05, 0.05), (0.01, 0.01)],
        "silent": [(1.0, 1.0)],
    }
    assert find_thresholds(plan.base.claims[3]) == [0.1]


def test_the_digest_is_that_of_both_files(plan, plan_file):
    raw = plan_file.read_bytes() + plan.base.digest.encode()
    assert plan.digest == hashlib.sha256(raw).hexdigest()


def test_a_comparison_moves_where_its_bias_is_large_and_not_chance():
    assert Bias(0.02, 0.005).moves(0.05)
    assert not Bias(0.01, 0.001).moves(0.05)
    assert not Bias(0.02, 0.015).moves(0.05)


def test_volatility_is_matched_in_logs(panel):
    values = find_match(panel.coins[2].market, "volatility_24h")
    assert -2 < values[1000] < 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[claims.rise]", "[claims.ries]", "makes no claim 'ries'. Did you mean 'rise'?"),
        ("share = true", 'share = "yes"', "'share' must be bool; received 'yes'"),
        ("volatility_7d", "volatility_7", "'match' names no column 'volatility_7'. Did you mean"),
        ("controls = 10", "controls = 10\nspot = true", "unknown key 'spot'"),
        ("schema = 1", "schema = 2", "'schema' must be 1; received 2"),
        ("[0.001, 0.01]", "[0.001]", "'level' must be [mean, error]; received [0.001]"),
        ("share = true", 'panel = "moon"', "'panel' must be perpetuals or spot; received 'moon'"),
    ],
)
def test_wrong_plans_are_refused_in_a_line(plan_file, tmp_path, old, new, message):
    (tmp_path / "claims.toml").write_text((plan_file.parent / "claims.toml").read_text())
    path = tmp_path / "claims_panel.toml"
    path.write_text(plan_file.read_text().replace(old, new, 1))
    with pytest.raises(SpecError) as caught:
        load_panel_plan(path)
    assert message in str(caught.value)


def test_the_bundled_plan_asks_seven_claims(data_dir):
    plan = load_panel_plan(data_dir.parent / "backtests" / "claims_panel.toml")
    assert [each.name for each in plan.claims] == [
        *("squeeze", "clusters", "downside", "channel", "breakout", "breakdown", "decoupled")
    ]
    assert [each.plan.minimal for each in plan.claims] == [
        each.minimal for each in plan.base.claims if each.name != "balanced"
    ]
