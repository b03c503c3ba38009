"""The sentence is never stronger than its evidence."""

import pytest

from kanalo.report.compare.groups import Group
from kanalo.report.compare.verdict import to_verdict

MARKET = {
    "name": "xmr_1d",
    "start": "2020-01-01T00:00:00Z",
    "end": "2021-01-01T00:00:00Z",
    "passport": {"light": "green"},
}


def entry(label, total, drawdown, n_closed=40, role="rule", pays_funding=True):
    return {
        "label": label,
        "role": role,
        "pays_funding": pays_funding,
        "statistics": {"total_return": total, "cagr": total, "max_drawdown": drawdown},
        "trades": [{"exit_time": "2020-02-01T00:00:00Z"}] * n_closed,
        "judgement": None,
    }


def holding(total, drawdown):
    return entry("hold_perpetual", total, drawdown, 1, "holding")


def sentence(*entries, market=MARKET):
    verdict = to_verdict(Group(market, {"name": "standard"}, entries))
    return verdict["sentence"].replace("\N{NO-BREAK SPACE}", " "), verdict


def test_the_leader_is_named_with_drawdown_trades_data_and_holding():
    text, verdict = sentence(entry("a", 0.5, -0.2), entry("b", 0.1, -0.1), holding(0.3, -0.6))
    assert text == (
        "On xmr_1d (2020-01-01 to 2021-01-01), a earned the most of 2 rules: +50.0 % a year at a "
        "worst drawdown of −20.0 % over 40 closed trades; buying and holding made less, +30.0 % a "
        "year, at a deeper drawdown of −60.0 %."
    )
    assert verdict["beats_holding"] is True
    assert verdict["caveats"] == []


@pytest.mark.parametrize("turn", [1, -1], ids=["perpetual first", "spot first"])
def test_the_sentence_on_holding_gives_both(turn):
    spot = entry("hold_spot", 0.4, -0.5, 1, "holding", pays_funding=False)
    text, verdict = sentence(entry("a", 0.35, -0.2), *(holding(0.3, -0.6), spot)[::turn])
    assert text.endswith(
        "buying and holding made less, +30.0 % a year (+40.0 % a year without funding), at a "
        "deeper drawdown of −60.0 %."
    )
    assert verdict["beats_holding"] is True


def test_holding_without_funding_alone_is_the_holding():
    spot = entry("hold_spot", 0.4, -0.5, 1, "holding", pays_funding=False)
    text, _ = sentence(entry("a", 0.5, -0.2), spot)
    assert "buying and holding made less, +40.0 % a year, at a deeper" in text


def test_it_says_when_nothing_beats_holding():
    text, verdict = sentence(entry("a", 0.1, -0.2), entry("b", 0.05, -0.1), holding(0.3, -0.1))
    assert text.endswith(
        "buying and holding made more, +30.0 % a year, at a drawdown no deeper (−10.0 %): "
        "no rule beat it on return."
    )
    assert verdict["beats_holding"] is False


def test_it_says_when_holding_lost_only_to_its_costs():
    leader = entry("a", 0.5, -0.2)
    leader["statistics"]["buy_and_hold_return"] = 3.0
    text, verdict = sentence(leader, holding(0.3, -0.6))
    assert text.endswith(
        "at a deeper drawdown of −60.0 %, but only because of its costs and funding: "
        "in all, the price itself gained +300.0 % and the rule +50.0 %."
    )
    assert verdict["beats_holding"] is False


def test_it_says_when_no_rule_earned_anything():
    text, _ = sentence(entry("a", -0.1, -0.2), entry("b", -0.3, -0.4), holding(-0.5, -0.6))
    assert "none of the 2 rules earned anything; a lost least: −10.0 % a year" in text
    assert "most of" not in text


def test_a_rule_without_trades_does_not_lead_losing_ones():
    text, verdict = sentence(entry("a", -0.1, -0.2), entry("idle", 0.0, 0.0, n_closed=0))
    assert verdict["leader"] == "a"
    assert "Without a trade: idle." in verdict["caveats"]
    assert "no buy-and-hold benchmark in this run" in text


def test_only_rules_that_traded_are_said_to_have_earned_nothing():
    idle = entry("idle", 0.0, 0.0, n_closed=0)
    text, _ = sentence(entry("a", -0.1, -0.2), idle)
    assert "only a of 2 rules traded, and earned nothing: −10.0 % a year" in text
    text, _ = sentence(entry("a", -0.1, -0.2), entry("b", -0.2, -0.2), idle)
    assert "none of the 2 rules that traded earned anything; a lost least" in text


def test_nothing_traded_is_said_plainly():
    text, verdict = sentence(entry("idle", 0.0, 0.0, n_closed=0), holding(0.3, -0.1))
    assert "no rule made a trade" in text
    assert verdict["leader"] is None
    assert verdict["beats_holding"] is None


def test_few_trades_and_poor_data_are_held_against_it():
    market = MARKET | {"passport": {"light": "red"}}
    _, verdict = sentence(entry("a", 0.5, -0.2, n_closed=3), market=market)
    assert verdict["caveats"] == [
        "3 closed trades of a are too few to distinguish it from chance.",
        "The data of xmr_1d are red: read the passport first.",
    ]


def test_random_entries_that_earned_as_much_are_counted():
    rivals = [entry(f"random {i}", 0.1 * i, -0.2, role="random") for i in range(10)]
    _, verdict = sentence(entry("a", 0.75, -0.2), *rivals)
    assert "2 of 10 random-entry yardsticks earned as much as a." in verdict["caveats"]
    assert verdict["leader"] == "a"


@pytest.mark.parametrize("label", ["donchian", "best"])
def test_a_single_rule_is_not_called_the_most(label):
    text, _ = sentence(entry(label, 0.5, -0.2), holding(0.3, -0.6))
    assert f"{label} made +50.0 %" in text
    assert "most" not in text


def make_judged(light, **kinds):
    return {"light": light, "short": "indistinguishable from luck", "placebo": {"kinds": kinds}}


def test_the_rank_among_random_entries_is_told():
    rank = {"n": 1_000, "percentile": 0.878}
    judged = make_judged("amber", **{"random entries": rank})
    _, verdict = sentence(entry("a", 0.5, -0.2) | {"judgement": judged})
    (caveat,) = verdict["caveats"]
    assert caveat.replace("\N{NO-BREAK SPACE}", " ") == (
        "12.2 % of 1,000 random entries like those of a have a Sharpe ratio as high."
    )


def headline(*rules):
    verdict = to_verdict(Group(MARKET, {"name": "standard"}, rules))
    return verdict["headline"].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("light", "words"),
    [
        (
            "amber",
            "cannot tell. a earned most of 2 rules, +38.0 % a year, drawdown −40.0 %, 40 clo",
        ),
        ("red", "no rule is better than luck. a earned most of 2 rules"),
        ("green", "a is better than luck: +38.0 % a year"),
    ],
)
def test_the_headline_says_no_more_than_the_light(light, words):
    judged = make_judged(light)
    other = entry("b", -0.1, -0.4) | {"judgement": make_judged("red")}
    assert words in headline(entry("a", 0.38, -0.4) | {"judgement": judged}, other)


@pytest.mark.parametrize(
    ("held", "words"), [(0.5, "rules but less than holding, +"), (0.1, "rules, +")]
)
def test_the_headline_says_where_holding_made_more(held, words):
    assert words in headline(entry("a", 0.38, -0.4), entry("b", 0.1, -0.4), holding(held, -0.6))


@pytest.mark.parametrize(("total", "words"), [(0.38, "a made +38.0 %"), (-0.1, "a made −10.0 %")])
def test_one_rule_alone_is_compared_with_nothing(total, words):
    assert words in headline(entry("a", total, -0.4) | {"judgement": make_judged("amber")})


def test_the_headline_of_what_was_not_judged_rules_nothing_out():
    assert headline(entry("a", 0.38, -0.4)).endswith("not judged, so luck is not excluded.")
