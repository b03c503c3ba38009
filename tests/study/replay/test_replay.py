"""The article's hour is replayed from what was known then, and its facts equal the article's."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market import Market, load_article, load_market
from kanalo.market.labels import find_labelled_bar
from kanalo.report.replay.page import to_replay_model, to_replay_page
from kanalo.report.toolkit.plain import to_plain
from kanalo.strategy import Decisions, Strategy
from kanalo.study.replay.after import find_levels, follow_levels
from kanalo.study.replay.positions import say_next, see_strategies
from kanalo.study.replay.replay import freeze, replay

ROOT = Path(__file__).parents[3]
HOUR = "2026-01-31T12:00"


@pytest.fixture(scope="module")
def market():
    """Return the bundled hours of two years before the article and all after it."""
    whole = load_market(ROOT / "data", "xmr_1h")
    return whole.rows(
        int(whole.index.searchsorted(pd.Timestamp("2024-01-01", tz="UTC"))), len(whole)
    )


@pytest.fixture(scope="module")
def episode(market):
    return replay(market, HOUR, article=load_article(ROOT / "data")["article"])


@pytest.fixture(scope="module")
def tables():
    return tomllib.loads((ROOT / "data" / "article.toml").read_text())["tables"]


def test_facts_equal_the_articles_tables(episode, tables):
    facts = to_plain(episode.facts)
    for name, value in tables.items():
        assert facts[name] == value, name


def test_facts_carry_close_and_return_of_the_hour(episode):
    assert episode.facts["close"] == 485.63
    assert round(episode.facts["return_24h"], 4) == 0.1216


def test_levels_carry_their_hours(episode):
    levels = {(each["name"], each["price"]): each for each in to_plain(episode.happened)["levels"]}
    assert levels["support zone", 450]["reached"] == "2026-01-31T17:00:00Z"
    assert levels["breakout above", 500]["reached"] is None
    assert levels["breakdown support, lower edge", 420]["closed_beyond"] == "2026-02-01T21:00:00Z"


def test_ratio_known_then_lies_above_the_articles(episode):
    known = episode.known_then["positioning"]
    assert known["long_short_ratio"] == 1.0823
    ratios = {f"{each['time']:%H}": each["long_short_ratio"] for each in known["recent"]}
    assert ratios["10"] == 1.037 < episode.article["long_short_ratio"] < ratios["11"]
    assert known["open_interest"] == 89428.364


def test_channels_say_why_not(episode):
    regression, pivots = episode.known_then["channels"]
    assert (regression["holds"], regression["why_not"]) == (False, "too few touches")
    assert pivots["holds"]
    assert 0 < pivots["position"] < 1


@pytest.mark.slow
def test_known_then_does_not_change_when_the_future_does(market):
    bar = find_labelled_bar(market, HOUR)
    rng = np.random.default_rng(0)
    bars = market.bars.copy()
    noise = np.exp(np.cumsum(rng.normal(0, 0.05, len(bars) - bar - 1)))
    bars.iloc[bar + 1 :, :4] = bars.iloc[bar + 1 :, :4].to_numpy() * noise[:, None]
    context = market.context.copy()
    context.iloc[bar + 1 :] = context.iloc[bar + 1 :].to_numpy() * 3
    benchmark = market.benchmark.copy()
    benchmark.iloc[bar + 1 :] = benchmark.iloc[bar + 1 :].to_numpy() * 2
    changed = replace(market, bars=bars, context=context, benchmark=benchmark)
    before, after = (replay(each, HOUR) for each in (market, changed))
    assert to_plain(before.known_then) == to_plain(after.known_then)
    assert to_plain(before.happened) != to_plain(after.happened)


def test_freezing_cuts_finer_bars_too(market):
    frozen = freeze(market, find_labelled_bar(market, HOUR))
    assert frozen.closes_at[-1] == pd.Timestamp("2026-01-31T13:00", tz="UTC")
    assert frozen.finer.closes_at[-1] == frozen.closes_at[-1]
    early = freeze(market, 10)
    assert early.finer is None


def test_article_is_silent_on_other_days(market):
    other = replay(market, "2026-01-20T12:00", article=load_article(ROOT / "data")["article"])
    assert other.article == {}
    assert other.facts == {}
    assert any(each["name"].startswith("support zone") for each in other.happened["levels"])


@pytest.mark.parametrize("time", ["2026-01-31T12:30", "2031-01-01", "2001-01-01"])
def test_time_without_a_bar_is_refused(market, time):
    with pytest.raises(DataError, match="no bar opens at"):
        replay(market, time)


def test_text_that_is_no_time_is_refused(market):
    with pytest.raises(ParameterError, match="must be a time such as"):
        replay(market, "noon")


def make_market(closes):
    index = pd.date_range("2024-01-01", periods=len(closes), freq="h", tz="UTC")
    close = np.array(closes, dtype=float)
    bars = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0}
    return Market.from_bars(pd.DataFrame(bars, index=index))


def test_level_is_followed_from_the_next_bar_on():
    market = make_market([100, 110, 100, 104, 106])
    up, down, never = follow_levels(market, 2, [("up", 105.0), ("down", 99.5), ("never", 50.0)])
    assert (up["side"], up["reached"], up["closed_beyond"]) == ("above", *market.index[[3, 4]])
    assert down["reached"] is None
    assert never["reached"] is None


def test_levels_come_in_order_and_pairs_become_edges():
    levels = find_levels({"levels_usd": {"wall": 500, "target": [550, 520]}}, {})
    assert levels == [("wall", 500), ("target, lower edge", 520), ("target, upper edge", 550)]


class Long(Strategy):
    """Go long at bar 1."""

    def decide(self, market):
        long = np.arange(len(market)) == 1
        return Decisions.from_arrays(len(market), long=long, stop=90.0, tag="in")


class Late(Strategy):
    """Go long at the last bar."""

    def decide(self, market):
        return Decisions.from_arrays(len(market), long=np.arange(len(market)) == len(market) - 1)


def test_strategies_tell_what_they_hold_and_what_comes_next():
    market = make_market([100, 101, 102, 103])
    held, late = see_strategies(market, {"long": Long, "late": Late})
    assert (held["held"], held["since"], held["stop"]) == ("long", market.index[2], 90.0)
    assert held["next"] == "stay long"
    assert (late["held"], late["next"]) == ("flat", "go long at the next open")


@pytest.mark.parametrize(
    ("held", "decided", "words"),
    [
        (1, {"exit_long": True}, "close at the next open"),
        (-1, {"exit_long": True}, "stay short"),
        (1, {"exit_long": True, "short": True}, "turn short at the next open"),
        (1, {"short": True}, "stay long"),
        (0, {"short": True}, "go short at the next open"),
        (0, {"exit_short": True}, "stay flat"),
    ],
)
def test_next_step_is_that_of_the_last_bar(held, decided, words):
    last = np.array([False, True])
    assert say_next(held, Decisions.from_arrays(2, **dict.fromkeys(decided, last))) == words


def test_page_keeps_what_happened_apart(episode):
    model = to_replay_model(episode)
    page = to_replay_page(model, episode)
    first, *then, after = page.sections
    assert len(first.figures) == 1
    assert all(section.title.startswith("Known then") for section in then)
    assert after.title.startswith("What happened")
    assert not any(section.figures for section in then)
    rows = [row for section in then for table in section.tables for row in table.rows]
    cells = " ".join(cell.text for row in rows for cell in row.cells)
    assert "275.87" not in cells
    assert "2026-02" not in cells


def test_reported_figures_stand_beside_estimated_ones(episode):
    page = to_replay_page(to_replay_model(episode), episode)
    flow = next(section for section in page.sections if section.title.endswith("Liquidations"))
    names = [row.name for row in flow.tables[0].rows]
    assert "24 hours (estimated)" in names
    assert "day (article, reported)" in names
