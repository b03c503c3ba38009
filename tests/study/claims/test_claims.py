"""Planted effects are found, null ones are not, and a wrong plan is refused by name."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import ParameterError, SpecError
from kanalo.market import Market
from kanalo.report.claims.page import to_claims_model, to_claims_page
from kanalo.report.toolkit.json_ import to_json
from kanalo.report.toolkit.page import page_to_html, page_to_markdown
from kanalo.study.claims.claims import calc_power, find_levels, find_verdict, try_claims
from kanalo.study.claims.outcomes import Measure
from kanalo.study.claims.plan import ClaimOutcome, load_plan, parse_plan, read_claims
from kanalo.study.claims.sample import draw_sample, find_allowed
from kanalo.study.inference import Difference

ROOT = Path(__file__).parents[3]
RISES = {
    "event": "long_short_ratio > 1.5",
    "horizon": "12h",
    "outcome": {"kind": "return"},
    "against": "controls",
    "claimed": "more",
    "minimal": 0.01,
    "definition": "Marked hours; log return of the next 12.",
    "refuted_if": "The interval lies below 1 %.",
}
REACHES = {**RISES, "outcome": {"kind": "reaches", "side": "above", "distance": 0.02}}


def make_plan(claims, **settings):
    return parse_plan({"market": "x", "draws": 999, "claims": claims, **settings})


def make_market(seed, drift=0.0, n=9_000):
    """Draw hours with fat tails; a quarter of the mornings are marked and drift for 12 hours."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2022-01-01", periods=n, freq="h", tz="UTC")
    marked = (index.hour == 7) & (rng.random(n) < 0.25)
    after = np.convolve(marked, np.r_[0, np.ones(12)])[:n]
    close = 100 * np.exp(np.cumsum(rng.standard_t(5, n) * 0.006 + after * drift / 12))
    opening = np.r_[100.0, close[:-1]]
    wicks = np.exp(np.abs(rng.normal(0, 0.002, (2, n))))
    bars = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) * wicks[0],
            "low": np.minimum(opening, close) / wicks[1],
            "close": close,
            "volume": 100 * np.exp(rng.normal(0, 0.4, n)),
        },
        index=index,
    )
    ratio = pd.DataFrame({"long_short_ratio": np.where(marked, 2.0, 1.0)}, index=index)
    return Market.from_bars(bars, context=ratio)


def try_one(market, values, **settings):
    trial = try_claims(market, {"it": "It rises."}, make_plan({"it": values}, **settings))
    return trial.claims[0]


@pytest.mark.parametrize("values", [RISES, REACHES], ids=["return", "reaches"])
def test_planted_effect_is_supported(values):
    assert try_one(make_market(1, drift=0.04), values).verdict == "supported"


def test_planted_effect_has_its_size():
    effect = try_one(make_market(1, drift=0.04), RISES).effect
    assert effect.low < 0.04 < effect.high


@pytest.mark.parametrize("values", [RISES, REACHES], ids=["return", "reaches"])
def test_null_effect_is_not_supported(values):
    found = try_one(make_market(2), values)
    assert found.verdict != "supported"
    assert found.effect.low < 0 < found.effect.high


@pytest.mark.parametrize("values", [RISES, REACHES], ids=["return", "reaches"])
def test_planted_opposite_effect_is_refuted(values):
    assert try_one(make_market(3, drift=-0.04), values).verdict == "refuted"


def test_planted_fall_supports_a_claim_of_less():
    found = try_one(make_market(3, drift=-0.04), {**RISES, "claimed": "less"})
    assert found.verdict == "supported"


def test_effect_below_the_minimal_one_is_refuted_although_it_is_not_nothing():
    found = try_one(make_market(4, drift=0.04), {**RISES, "minimal": 0.2})
    assert found.effect.low > 0
    assert found.verdict == "refuted"


def test_few_events_decide_nothing_but_have_a_power():
    found = try_one(make_market(5, drift=0.04, n=1_000), RISES)
    assert found.verdict == "not decidable"
    assert 0 <= found.power < 0.8
    assert found.detectable > 0.01


@pytest.mark.slow
def test_null_effects_are_rarely_supported():
    plan = make_plan({"it": {**RISES, "minimal": 1e-6}}, draws=499)
    trials = [try_claims(make_market(100 + i, n=6_000), {"it": "."}, plan) for i in range(200)]
    wrong = [each.claims[0].effect.p_value < 0.05 for each in trials]
    supported = np.mean([each.count("supported") for each in trials])
    assert np.mean(wrong) < 0.10  # 5 % is wanted; three standard errors of 200 are 4.6 %
    assert supported < 0.06  # one side of it


def test_value_is_compared_with_a_number():
    values = {**RISES, "outcome": {"kind": "value", "of": "weekday"}, "against": 1, "minimal": 0.5}
    found = try_one(make_market(1), values)
    assert found.effect.value == pytest.approx(2.0, abs=0.7)
    assert found.verdict == "supported"


def test_value_that_never_varies_decides_nothing():
    values = {**RISES, "outcome": {"kind": "value", "of": "hour"}, "against": 6, "minimal": 0.5}
    found = try_one(make_market(1), values)
    assert found.effect.value == pytest.approx(1.0)
    assert found.verdict == "not decidable"


def test_left_out_span_holds_no_window():
    plan = make_plan(
        {"it": RISES},
        leave_out={"from": pd.Timestamp("2022-03-01"), "to": pd.Timestamp("2022-04-01")},
    )
    market = make_market(1)
    bars = draw_sample(market, plan, plan.claims[0]).bars
    closes = market.closes_at
    assert len(bars)
    before = closes[bars + 12] < pd.Timestamp("2022-03-01", tz="UTC")
    after = closes[bars] >= pd.Timestamp("2022-04-01", tz="UTC")
    assert (before | after).all()
    allowed = find_allowed(market, plan.claims[0].sample, plan.leave_out, 12)
    assert (~allowed).sum() == 31 * 24 + 12


def test_sample_bounds_events():
    values = {
        **RISES,
        "sample": {"from": pd.Timestamp("2022-06-01"), "to": pd.Timestamp("2022-07-01")},
    }
    plan, market = make_plan({"it": values}), make_market(1)
    bars = draw_sample(market, plan, plan.claims[0]).bars
    assert set(market.index[bars].month) == {6}


def tell(prices, outcome, n_bars, ways=None):
    """Trace the first bar of a tape of (high, low, close)."""
    high, low, close = np.array(prices, dtype=float).T
    index = pd.date_range("2022-01-01", periods=len(close), freq="h", tz="UTC")
    bars = pd.DataFrame(
        {"open": close, "high": high, "low": low, "close": close, "volume": 1.0}, index=index
    )
    measure = Measure(Market.from_bars(bars), outcome, n_bars)
    first = np.array([0])
    return measure.trace(first, ways or measure.ways(first))[0].tolist()


TAPE = [(120, 90, 100), (104, 99, 102), (106, 98, 101), (103, 94, 95)]


def test_level_is_reached_by_a_later_high_and_stays_reached():
    assert tell(TAPE, ClaimOutcome("reaches", side=1, distance=0.05), 3) == [0, 0, 1, 1]


def test_level_below_is_reached_by_a_low():
    assert tell(TAPE, ClaimOutcome("reaches", side=-1, distance=0.05), 3) == [0, 0, 0, 1]


def test_corridor_that_is_left_stays_left():
    ways = {name: np.array([value]) for name, value in
            (("below", 0.015), ("above", 0.015), ("drift", 0.0))}  # fmt: skip
    outcome = ClaimOutcome("stays", below="b", above="a", drift="d")
    assert tell(TAPE, outcome, 3, ways) == [1, 0, 0, 0]


def test_corridor_drifts():
    ways = {name: np.array([value]) for name, value in
            (("below", 0.015), ("above", 0.015), ("drift", 0.01))}  # fmt: skip
    outcome = ClaimOutcome("stays", below="b", above="a", drift="d")
    assert tell(TAPE, outcome, 2, ways) == [1, 1, 1]


def test_window_beyond_the_data_is_unknown():
    assert np.isnan(tell(TAPE, ClaimOutcome("return"), 4)).all()


def test_holm_keeps_the_level_where_a_step_fails():
    assert find_levels([0.01, 0.03, 0.04], 0.95) == pytest.approx([1 - 0.05 / 3, 0.975, 0.975])


def test_missing_p_value_never_rejects():
    assert find_levels([np.nan, 0.001], 0.95) == pytest.approx([0.95, 0.975])


@pytest.mark.parametrize(
    ("value", "low", "high", "side", "verdict"),
    [
        (0.03, 0.01, 0.05, 1, "supported"),
        (0.03, -0.01, 0.07, 1, "not decidable"),
        (0.015, 0.005, 0.025, 1, "not decidable"),
        (0.005, -0.005, 0.015, 1, "refuted"),
        (0.03, 0.01, 0.05, -1, "refuted"),
        (-0.03, -0.05, -0.01, -1, "supported"),
        (0.03, np.nan, np.nan, 1, "not decidable"),
    ],
)
def test_verdict_follows_the_interval(value, low, high, side, verdict):
    effect = Difference(0, 0, value, low, high, 0.01, 0.01, 50, 50)
    assert find_verdict(effect, side, 0.02) == verdict


def test_power_grows_with_the_effect_and_is_alpha_of_nothing():
    effect = Difference(0, 0, 0.0, -1, 1, 1.0, 0.01, 50, 50)
    assert calc_power(effect, 0.0, 0.05) == pytest.approx(0.025, abs=1e-6)
    assert calc_power(effect, 0.05, 0.05) > 0.99


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizn": "1d"}, "claims.it: unknown key 'horizn'. Did you mean 'horizon'?"),
        ({"claimed": "up"}, "'claimed' must be one of more, less; received 'up'."),
        ({"minimal": 0}, "'minimal' must be a number above 0; received 0."),
        ({"against": "bars"}, "'against' must be \"controls\" or a number; received 'bars'."),
        ({"outcome": {"kind": "retrun"}}, "Did you mean 'return'?"),
        ({"outcome": {"kind": "value", "of": "hour"}}, "needs a number in 'against'"),
        (
            {"outcome": {"kind": "reaches", "side": "above", "distance": "next_suport"}},
            "'distance' names no column 'next_suport'. Did you mean 'next_support'?",
        ),
        ({"sample": {"from": "soon"}}, "'from' must be a time such as 2026-01-31"),
        ({"onset": 1}, "'onset' must be true or false; received 1."),
        ({"definition": 3}, "'definition' must be text; received 3."),
    ],
)
def test_wrong_plan_is_refused_by_key(change, words):
    with pytest.raises(SpecError) as caught:
        make_plan({"it": {**RISES, **change}})
    assert words in str(caught.value)


def test_wrong_setting_is_refused():
    with pytest.raises(SpecError, match=r"'level' must be float in \[0.5, 0.999\]; received 2"):
        make_plan({"it": RISES}, level=2)


def test_plan_that_is_no_toml_is_refused(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text("claims = [")
    with pytest.raises(SpecError, match="not TOML"):
        load_plan(path)


def test_claim_and_test_must_meet():
    plan, market = make_plan({"it": RISES}), make_market(1, n=800)
    with pytest.raises(SpecError, match="the article makes no claim 'it'"):
        try_claims(market, {"this": "."}, plan)
    with pytest.raises(SpecError, match=r"'that' has no test; write \[claims.that\]"):
        try_claims(market, {"it": ".", "that": "."}, plan)


def test_condition_of_the_plan_is_read():
    with pytest.raises(ParameterError, match="cannot be read"):
        try_one(make_market(1, n=800), {**RISES, "event": "hour >"})


def test_facts_without_claims_are_refused():
    with pytest.raises(SpecError, match="there must be a table"):
        read_claims({"article": {}}, "facts.toml")


@pytest.fixture(scope="module")
def model():
    claims = {"rises": RISES, "reaches": {**REACHES, "event": "short_imbalance > 0.2"}}
    plan = make_plan(claims)
    return to_claims_model(try_claims(make_market(6), dict.fromkeys(claims, "Said."), plan))


def test_json_holds_the_contract(model):
    read = json.loads(to_json(model))
    assert [claim["name"] for claim in read["claims"]] == ["rises", "reaches"]
    for claim in read["claims"]:
        assert claim["verdict"] in ("supported", "refuted", "not decidable")
        assert isinstance(claim["n"], int)
        assert len(claim["interval"]) == 2
        assert {"effect", "power", "sentence", "definition", "refuted_if"} <= set(claim)


def test_estimated_liquidations_are_named_in_the_verdict(model):
    plain, estimated = model["claims"]
    assert "ESTIMATED" not in plain["sentence"]
    assert "ESTIMATED" in estimated["sentence"]


def test_undecided_sentence_tells_its_power(model):
    for claim in model["claims"]:
        assert ("power to detect" in claim["sentence"]) == (claim["verdict"] == "not decidable")


@pytest.mark.slow
def test_pages_hold_a_card_for_every_claim(model):
    page = to_claims_page(model)
    html, text = page_to_html(page), page_to_markdown(page)
    for claim in model["claims"]:
        title = f"{claim['name'].capitalize()}: {claim['verdict']}"
        assert f"<h2>{title}</h2>" in html
        assert f"## {title}" in text
    assert html.count("<svg") == 6  # overview and two cards, each for desks and telephones


def test_committed_plan_tests_every_claim_of_the_article():
    plan = load_plan(ROOT / "backtests" / "claims.toml")
    facts = tomllib.loads((ROOT / "data" / "article.toml").read_text())
    assert [each.name for each in plan.claims] == list(facts["article"]["claims"])
    assert len(plan.digest) == 64
    assert plan.leave_out is not None


@pytest.mark.slow
def test_all_claims_are_answered_on_the_bundled_history():
    from kanalo.market import load_market

    plan = load_plan(ROOT / "backtests" / "claims.toml")
    facts = tomllib.loads((ROOT / "data" / "article.toml").read_text())
    trial = try_claims(load_market(ROOT / "data", plan.market), read_claims(facts, "facts"), plan)
    for claim in trial.claims:
        assert claim.detectable > 0
        if claim.verdict != "not decidable":
            assert claim.effect.n >= 8
    guide = (ROOT / "docs" / "article_on_trial.md").read_text()
    for claim in trial.claims:
        star = "*" if claim.sample.is_estimated else ""
        assert f"| {claim.plan.name}{star} | {claim.verdict} |" in guide
    week = pd.date_range("2026-01-30T12:00", "2026-02-07T12:00", freq="h", tz="UTC")
    for claim in trial.claims:
        assert not set(trial.market.closes_at[claim.sample.bars]) & set(week)
