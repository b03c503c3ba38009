"""Rules on every coin, reduced to days; the report's faces."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

import kanalo
from kanalo.errors import StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.panel.generality import Share
from kanalo.panel.rules import PanelRule, run_panel, to_days
from kanalo.panel.rules_model import (
    PanelComparison,
    find_generality,
    find_portfolio_verdict,
    to_rules_model,
    to_sentence,
)
from kanalo.panel.rules_page import (
    draw_portfolio,
    print_rules,
    to_coins_table,
    to_distribution_table,
    to_rules_page,
    to_rules_table,
    write_rules_report,
)
from kanalo.report.toolkit.json_ import to_json
from kanalo.report.toolkit.page import page_to_html, page_to_markdown

COSTS = {"standard": Costs(funding=False)}


def load_rule(name, **parameters):
    cls = kanalo.find_workspace().load_strategy(name)
    rule = cls(**parameters)
    return PanelRule(name, rule, rule.parameters)


@pytest.fixture(scope="module")
def rules():
    return (load_rule("hold_perpetual"), load_rule("donchian_breakout"))


@pytest.fixture(scope="module")
def runs(panel, rules):
    return run_panel(panel, rules, COSTS, Execution(), workers=1)


@pytest.fixture(scope="module")
def model(panel, rules, runs):
    comparison = PanelComparison("Walks?", panel, rules, COSTS, Execution(), runs, ("xmr_1h",))
    return to_rules_model(comparison)


def test_days_grow_to_the_same_wealth_as_the_run(panel, rules, runs):
    coin = panel.studied[3]
    result = kanalo.run(rules[1].strategy, coin.market, costs=COSTS["standard"])
    run = runs["donchian_breakout", "standard"][3]
    assert run.coin == coin.name
    assert np.prod(1 + run.rule) == pytest.approx(result.equity.iloc[-1] / result.cash)
    assert np.prod(1 + run.held) == pytest.approx(coin.market.close[-1] / coin.market.open[0])
    assert run.mean_exposure == pytest.approx(float(result.exposure.mean()))
    days, last = to_days(result)
    assert (np.diff(days) == 1).all()
    assert last[-1] == len(result.equity) - 1


def test_the_model_has_every_coin_and_leaves_monero_out_of_the_share(model):
    rule = model["rules"][1]
    assert rule["n_coins"] == 9
    assert {each["coin"] for each in rule["coins"]} >= {"xmr", "aaa"}
    beats = [each["beats"] for each in rule["coins"] if each["coin"] != "xmr"]
    assert rule["generality"]["share"] == pytest.approx(np.mean(beats))
    assert rule["monero"]["of"] == 10
    assert rule["sentence"] == to_sentence(rule)
    assert any("xmr_1h" in each for each in model["caveats"])


def test_a_rule_that_shines_on_monero_alone_is_called_fitted(model):
    rule = {**model["rules"][1], "generality": {"share": 0.2, "interval": [0.1, 0.4]}}
    first = {**rule, "monero": {"rank": 1, "of": 10, "beats": True}}
    later = {**rule, "monero": {"rank": 5, "of": 10, "beats": True}}
    assert "probably fitted to Monero" in to_sentence(first)
    assert "fitted" not in to_sentence(later)


def test_verdicts_need_an_interval_that_excludes_chance():
    assert find_generality(Share(0.2, 0.1, 0.4)) == "on few coins"
    assert find_portfolio_verdict(Share(0.1, 0.05, 0.2)) == "better than holding"
    assert find_portfolio_verdict(Share(-0.1, -0.2, -0.05)) == "worse than holding"
    assert find_portfolio_verdict(Share(0.1, float("nan"), float("nan"))) == "cannot tell"


def test_every_face_shows_the_rules(model, tmp_path):
    text = io.StringIO()
    print_rules(model, Console(file=text, width=80, highlight=False))
    assert max(len(line) for line in text.getvalue().splitlines()) <= 80
    assert to_rules_table(model).rows[1].name == "donchian_breakout"
    assert len(to_coins_table(model["rules"][0]).rows) == 10
    assert to_distribution_table(model["rules"][0]).rows[0].cells[2].value is not None
    assert "held at its exposure" in draw_portfolio(model["rules"][0])
    page = to_rules_page(model)
    assert page_to_html(page).count("<svg") == 4
    assert "donchian\\_breakout" in page_to_markdown(page)
    assert json.loads(to_json(model))["schema"] == "kanalo.panel-comparison/1"
    written = write_rules_report(model, tmp_path)
    assert sorted(each.suffix for each in written) == [".html", ".json", ".md"]


def test_a_rule_that_no_coin_can_run_is_refused(panel):
    rule = load_rule("donchian_breakout", entry=200, leave=100)
    broken = PanelRule("broken", type("Broken", (type(rule.strategy),), {"decide": _fail})(), {})
    with pytest.raises(StrategyError, match="broken runs on no coin of the panel"):
        run_panel(panel, (broken,), COSTS, Execution(), workers=1)


def _fail(self, market):
    raise ValueError("no")
