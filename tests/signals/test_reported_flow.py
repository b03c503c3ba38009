"""Reported flow: the article's figures, unknown bars that stay unknown, one exchange left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.market import load_article, load_market
from kanalo.market.liquidations import Coverage
from kanalo.signals.reported_flow import (
    ReportedFlow,
    flow_table,
    largest_share,
    leave_one_out,
    reported_flow,
    short_long_ratio,
    size_percentile,
)

DATA = Path(__file__).parents[2] / "data"
NAN = np.nan


def make_flow(longs, shorts, exchanges=("binance", "bybit")) -> ReportedFlow:
    """Rows of USD per exchange; what is known is censored."""
    longs, shorts = np.array(longs, dtype=float), np.array(shorts, dtype=float)
    coverage = np.where(np.isnan(longs), Coverage.UNKNOWN, Coverage.CENSORED).astype(np.int8)
    return ReportedFlow(exchanges, longs, shorts, coverage)


@pytest.fixture
def article() -> ReportedFlow:
    """The article's bar. It gives the longs of all venues together: here they are the others'."""
    figures = load_article(DATA)["article"]
    binance = figures["short_liquidations_by_exchange_usd"]["binance"]
    shorts = [[binance, figures["short_liquidations_usd"] - binance]]
    return make_flow([[0, figures["long_liquidations_usd"]]], shorts, ("binance", "others"))


def test_the_articles_figures(article):
    summed = article.summed
    assert short_long_ratio(summed.longs, summed.shorts)[0] == pytest.approx(7.90, abs=5e-3)
    assert summed.imbalance[0] == pytest.approx(0.775, abs=5e-4)
    assert largest_share(article.shorts)[0] == pytest.approx(0.727, abs=5e-4)
    assert summed.origin == "reported"


def test_without_binance_a_quarter_of_the_articles_shorts_is_left(article):
    table = leave_one_out(article)
    assert table.loc["none", "short_usd"] == 324_000
    assert table.loc["binance", "short_usd"] == 88_400
    assert table.loc["others", "short_usd"] == 235_600
    assert set(table["origin"]) == {"reported"}


def test_a_sum_with_an_unknown_exchange_is_unknown():
    flow = make_flow([[1, NAN], [1, 2], [NAN, NAN]], [[3, NAN], [3, 4], [NAN, NAN]])
    np.testing.assert_array_equal(flow.summed.longs, [NAN, 3, NAN])
    np.testing.assert_array_equal(flow.summed.shorts, [NAN, 7, NAN])
    np.testing.assert_array_equal(flow.only(["binance"]).summed.shorts, [3, 3, NAN])
    np.testing.assert_array_equal(flow.without("binance").summed.shorts, [NAN, 4, NAN])
    assert flow.weakest.tolist() == [0, 2, 0]
    np.testing.assert_array_equal(largest_share(flow.shorts), [NAN, 4 / 7, NAN])


def test_no_exchange_is_unknown_not_zero(make_market):
    flow = reported_flow(make_market([100, 101, 102]))
    assert flow.exchanges == ()
    assert np.isnan(flow.summed.total).all()
    assert (flow.weakest == Coverage.UNKNOWN).all()
    assert np.isnan(largest_share(flow.shorts)).all()
    with pytest.raises(DataError, match="carries no reported liquidations"):
        leave_one_out(flow)


def test_an_unknown_exchange_is_refused():
    flow = make_flow([[1, 2]], [[3, 4]])
    with pytest.raises(UnknownNameError, match=r"no exchange 'bibit'. Did you mean 'bybit'\?"):
        flow.only(["bibit"])
    with pytest.raises(UnknownNameError, match="no exchange 'okx'"):
        flow.without("okx")


def test_the_ratio_where_a_side_is_empty_or_unknown():
    longs = np.array([1.0, 0, 0, 2, NAN, 1])
    shorts = np.array([8.0, 5, 0, 0, 5, NAN])
    ratio = short_long_ratio(longs, shorts)
    np.testing.assert_array_equal(ratio, [8, np.inf, NAN, 0, NAN, NAN])


def test_the_percentile_ranks_among_known_bars_only():
    """Of the last four bars: NaN does not count, neither as small nor as a place."""
    total = np.array([5.0, NAN, 1, 3, 4, NAN, 9])
    rank = size_percentile(total, 4, min_known=2)
    np.testing.assert_allclose(rank, [NAN, NAN, 1 / 2, 2 / 3, 1, NAN, 1])


def test_a_percentile_needs_enough_known_history():
    total = np.array([1.0, 2, NAN, NAN, NAN, 3])
    rank = size_percentile(total, 4, min_known=2)
    np.testing.assert_array_equal(rank, [NAN, 1, NAN, NAN, NAN, NAN])


@pytest.mark.parametrize(("n_bars", "min_known"), [(1, 1), (4, 0), (4, 5)])
def test_a_percentile_of_nothing_is_refused(n_bars, min_known):
    with pytest.raises(ParameterError, match="'n_bars' of size_percentile must be at least 2"):
        size_percentile(np.ones(9), n_bars, min_known)


def test_rows_of_the_table_compare_the_same_bars():
    """Bar 1 lacks bybit: it is left out of every row, also of the one without bybit."""
    flow = make_flow([[1, 1], [50, NAN], [2, 0]], [[10, 5], [50, NAN], [20, 5]])
    table = leave_one_out(flow)
    assert table["bars"].tolist() == [2, 2, 2]
    assert table["long_usd"].tolist() == [4, 1, 3]
    assert table["short_usd"].tolist() == [40, 10, 30]
    assert table.loc["none", "imbalance"] == pytest.approx(36 / 44)
    assert table.loc["bybit", "short_long_ratio"] == pytest.approx(10)


def test_some_bars_and_no_bars_of_the_table():
    flow = make_flow([[1, 1], [2, 2], [NAN, 0]], [[10, 5], [20, 5], [NAN, 0]])
    assert leave_one_out(flow, slice(1, 2)).loc["none", "short_usd"] == 25
    empty = leave_one_out(flow, slice(2, 3))
    assert empty[["long_usd", "short_usd", "imbalance"]].isna().all(axis=None)
    assert empty["bars"].tolist() == [0, 0, 0]


def test_leaving_out_the_only_exchange_leaves_nothing_known():
    table = leave_one_out(make_flow([[1]], [[2]], ("binance",)))
    assert table.loc["none", "short_usd"] == 2
    assert np.isnan(table.loc["binance", "short_usd"])


def test_the_bundled_orders():
    market = load_market(DATA, "xmr_1h")
    flow = reported_flow(market)
    table = flow_table(flow, market.index, n_bars=168)
    hour = table.loc[pd.Timestamp("2023-12-11T02:00Z")]
    assert hour["long_usd"] == pytest.approx(140_098.66, abs=0.01)
    assert hour["imbalance"] == pytest.approx(-0.9973, abs=1e-4)
    assert (hour["size_percentile"], hour["coverage"]) == (1.0, "censored")
    assert hour["largest_share"] == 1.0
    counts = table["coverage"].value_counts().to_dict()
    assert counts == {"unknown": 55_317, "censored": 260, "partial": 8}
    unknown = table[table["coverage"] != "censored"]
    numbers = unknown.drop(columns=["coverage", "origin"])
    assert numbers.isna().all(axis=None)
    assert set(table["origin"]) == {"reported"}


cells = st.lists(
    st.tuples(st.floats(0, 1e6) | st.just(NAN), st.floats(0, 1e6) | st.just(NAN)),
    min_size=2,
    max_size=20,
)


@pytest.mark.slow
@given(cells, cells)
def test_every_column_is_causal_and_within_its_bounds(longs, shorts):
    n_bars = min(len(longs), len(shorts))
    flow = make_flow(longs[:n_bars], shorts[:n_bars])
    index = pd.date_range("2026-01-05", periods=n_bars, freq="1h", tz="UTC")
    table = flow_table(flow, index, n_bars=5)
    cut = n_bars // 2 + 1
    part = ReportedFlow(flow.exchanges, flow.longs[:cut], flow.shorts[:cut], flow.coverage[:cut])
    pd.testing.assert_frame_equal(flow_table(part, index[:cut], n_bars=5), table.iloc[:cut])
    assert table["imbalance"].dropna().between(-1, 1).all()
    assert table["largest_share"].dropna().between(0.5, 1).all()
    assert table["size_percentile"].dropna().between(0, 1).all()
    unknown = np.isnan(flow.longs + flow.shorts).any(axis=1)
    assert table["total_usd"].isna().tolist() == unknown.tolist()
