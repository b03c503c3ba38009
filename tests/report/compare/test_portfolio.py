"""Correlations and the equal-risk mix: against pandas and by hand."""

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers.returns import to_daily_returns
from kanalo.report import to_markdown, to_model
from kanalo.report.compare import portfolio
from kanalo.report.compare.portfolio import MIX, tell, to_correlations, to_mix_table

RULES = ("rising_channel_breakout", "sma_cross", "donchian_breakout")


@pytest.fixture(scope="module")
def results(build):
    return to_rules(build())


def to_rules(comparison):
    runs = [run for run in comparison.runs if run.label in RULES]
    return [(run.label, run.market, run.costs, run.result) for run in runs]


def to_table(results):
    daily = {name: to_daily_returns(each.equity, each.cash) for name, _, _, each in results}
    return pd.DataFrame(daily)


def test_correlations_are_those_of_pandas(results):
    (part,) = portfolio.build(results)
    np.testing.assert_allclose(part["correlations"], to_table(results).corr(), rtol=1e-9)


def test_every_rule_carries_the_same_risk(results):
    (part,) = portfolio.build(results)
    risks = np.array(part["shares"]) * to_table(results).std().to_numpy()
    assert sum(part["shares"]) == pytest.approx(1)
    np.testing.assert_allclose(risks, risks[0])


def test_the_mix_compounds_the_weighted_returns(results):
    (part,) = portfolio.build(results)
    mixed = to_table(results) @ np.array(part["shares"])
    assert part["statistics"][MIX]["total_return"] == pytest.approx((1 + mixed).prod() - 1)
    sharpe = mixed.mean() / mixed.std() * np.sqrt(365)
    assert part["statistics"][MIX]["sharpe_ratio"] == pytest.approx(sharpe)


def test_one_rule_alone_has_no_mix(results):
    assert portfolio.build(results[:1]) == []


def test_a_short_history_has_no_annual_rate(build, build_market):
    (part,) = portfolio.build(to_rules(build({"xmr_1d": build_market(60)})))
    assert np.isnan(part["statistics"][MIX]["cagr"])


def test_tables_and_sentence_name_every_rule_and_the_mix(results):
    parts = portfolio.build(results)
    assert [row.name for row in to_mix_table(parts[0]).rows] == [*RULES, MIX]
    assert to_correlations(parts[0]).columns == RULES
    assert "equal-risk mix of 3 rules" in tell(parts)[0]


def test_the_model_and_markdown_hold_them(build):
    model = to_model(build())
    assert model["sections"]["portfolio"][0]["labels"]
    assert "## The rules together" in to_markdown(model)
