"""The verdict says no more than its evidence: every condition can take the claim away."""

from dataclasses import replace

import pytest

from kanalo.judgement.bootstrap import Interval
from kanalo.judgement.deflated import DeflatedSharpe
from kanalo.judgement.evidence import (
    CLEAN,
    LEAKS,
    Evidence,
    IntrabarFinding,
    LookAhead,
    PlaceboFinding,
)
from kanalo.judgement.placebo_rank import RANDOM_ENTRIES, calc_rank
from kanalo.judgement.sharpe import Moments
from kanalo.judgement.verdict import FEW_TRADES, SIZE, to_verdict

NAN = float("nan")


def deflated(dsr, n_trials=16):
    moments = Moments(2.0, 0.0, 3.0, 2000)
    return DeflatedSharpe(moments, n_trials, 9.0, 0.5, 0.4, 0.9, 0.999, dsr, 0.98, 200.0)


def interval(estimate):
    return Interval(estimate, estimate - 0.2, estimate + 0.2, 0.95, 0.9)


@pytest.fixture
def strong():
    """Everything speaks for this one."""
    return Evidence(
        label="rule",
        market="xmr_1d",
        costs="standard",
        n_trades=120,
        n_days=2000,
        total_return=3.0,
        cagr=0.3,
        look_ahead=LookAhead(CLEAN, "40 cuts"),
        sharpe=deflated(0.97),
        superior=True,
        superiority_p=0.01,
        n_compared=8,
        placebo=PlaceboFinding(0.01, 1000),
        intervals={"cagr": interval(0.3)},
        differences={"matched_hold": {"cagr": interval(0.2)}},
    )


def test_all_conditions_met_is_the_only_way_to_green(strong):
    verdict = to_verdict(strong)
    assert (verdict.light, verdict.better_than_luck) == ("green", True)
    assert "after 16 trials" in verdict.sentence
    assert "+10.0 % to +50.0 %" in verdict.sentence


@pytest.mark.parametrize(
    ("change", "light", "words"),
    [
        ({"look_ahead": LookAhead(LEAKS, "stop at bar 7")}, "red", "uses future data"),
        ({"look_ahead": LookAhead()}, "amber", "not judged, as these were not run: look-ahead"),
        ({"n_trades": 12}, "amber", "too few trades (12; 30 required)"),
        ({"n_trades": 0}, "amber", "closed no trade"),
        ({"superior": False}, "amber", "indistinguishable from luck; failed: superior"),
        ({"superior": None}, "amber", "not judged, as these were not run: superior"),
        ({"sharpe": deflated(0.94)}, "amber", "failed: deflated Sharpe ratio"),
        ({"sharpe": deflated(NAN)}, "amber", "were not run: deflated Sharpe ratio"),
        ({"sharpe": None}, "amber", "were not run: deflated Sharpe ratio"),
        ({"placebo": PlaceboFinding(0.06, 1000)}, "amber", "failed: placebo"),
        ({"placebo": PlaceboFinding()}, "amber", "were not run: placebo"),
        ({"pbo": 0.4, "n_swept": 100}, "amber", "failed: overfitting"),
        ({"intrabar": IntrabarFinding(12, 0.1)}, "amber", "failed: order within bars"),
        ({"total_return": -0.1, "cagr": -0.02, "superior": False}, "red", "lost money"),
    ],
)
def test_one_condition_less_takes_the_claim_away(strong, change, light, words):
    verdict = to_verdict(replace(strong, **change))
    assert (verdict.light, verdict.better_than_luck) == (light, False)
    assert words in verdict.sentence


def test_optional_conditions_may_be_unknown_but_not_failed(strong):
    known = replace(strong, pbo=0.1, n_swept=50, intrabar=IntrabarFinding(2, 0.02, 2.9, 3.1))
    assert to_verdict(known).better_than_luck
    status = {each.name: each.status for each in to_verdict(strong).reasons}
    assert status["overfitting"] == status["order within bars"] == "not run"


def test_exits_that_finer_bars_put_in_order_are_told_apart(strong):
    found = IntrabarFinding(0, 0.0, 2.9, 3.1, resolved=6)
    (reason,) = (
        each
        for each in to_verdict(replace(strong, intrabar=found)).reasons
        if each.name == "order within bars"
    )
    assert reason.status == "met"
    assert "0.0 % of the exits" in reason.text
    assert "(6 more were resolved by finer bars)" in reason.text


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"sharpe": deflated(0.02)}, "DSR 0.02 < 0.95"),
        ({"sharpe": deflated(0.9496)}, "DSR 0.950 < 0.95"),
        ({"placebo": PlaceboFinding(0.052, 1000)}, "placebo p 0.052 > 0.05"),
        ({"superior": False, "superiority_p": 0.28}, "SPA p 0.28 > 0.05"),
        ({"superior": False, "superiority_p": 0.04}, "superior to its holding"),
        (
            {"sharpe": deflated(0.02), "superior": False, "superiority_p": 0.28},
            "DSR 0.02 < 0.95, SPA p 0.28 > 0.05",
        ),
    ],
)
def test_the_short_verdict_lists_what_is_missed_and_by_how_much(strong, change, missed):
    assert to_verdict(replace(strong, **change)).short == f"indistinguishable from luck: {missed}"


def test_less_than_its_own_holding_is_red(strong):
    behind = {"matched_hold": {"cagr": interval(-0.01)}}
    verdict = to_verdict(replace(strong, superior=False, differences=behind))
    assert (verdict.light, verdict.short) == ("red", "less than holding its exposure")
    decides = verdict.reasons[-1]
    assert (decides.name, decides.status) == ("against its exposure", "failed")
    assert decides.text == (
        "−1.0 % a year against holding its average exposure (95 % interval −21.0 % to +19.0 %); "
        "above zero required"
    )


def test_the_exposure_is_no_reason_where_something_else_decides(strong):
    behind = {"matched_hold": {"cagr": interval(-0.01)}}
    for change in ({"total_return": -0.1, "differences": behind}, {"superior": False}):
        names = [each.name for each in to_verdict(replace(strong, **change)).reasons]
        assert "against its exposure" not in names


def test_the_rank_is_the_one_that_tables_show(strong):
    rank = calc_rank(1.0, [0.0, 0.0, 0.0, 2.0])
    placebo = PlaceboFinding(rank.p_value, 4, kinds={RANDOM_ENTRIES: rank})
    texts = [each.text for each in to_verdict(replace(strong, placebo=placebo)).reasons]
    assert "better than 75.0 % of 4 random entries of its kind" in texts


def test_borders_are_on_the_stated_side(strong):
    border = replace(
        strong, n_trades=FEW_TRADES, sharpe=deflated(0.95), placebo=PlaceboFinding(SIZE, 1000)
    )
    assert to_verdict(border).better_than_luck
    assert not to_verdict(replace(border, n_trades=FEW_TRADES - 1)).better_than_luck


def test_a_leak_outweighs_everything_and_names_the_offence(strong):
    verdict = to_verdict(
        replace(strong, look_ahead=LookAhead(LEAKS, "'stop' at bar 7"), n_trades=3)
    )
    assert verdict.sentence == "rule uses future data: its figures are meaningless."
    assert verdict.reasons[0].text == "'stop' at bar 7"


def test_growth_that_is_not_defined_is_told_in_all(strong):
    assert "+300.0 % in all" in to_verdict(replace(strong, cagr=NAN)).sentence
