"""Trades fall into the group that was known at their decision, and groups add up to all."""

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.analyzers.traded import calc_interval, label_trades, split_trades


@pytest.fixture(scope="module")
def run():
    market = kanalo.load_market("xmr_1d").between("2021-01-01", "2023-01-01")
    return kanalo.run("donchian_breakout", market, parameters={"entry": 20, "leave": 10})


def test_groups_of_every_dimension_add_up_to_all_trades(run):
    table = split_trades(run.closed_trades, run.market)
    whole = table.groupby("dimension")[["n_trades", "share", "profit"]].sum()
    assert (whole["n_trades"] == len(run.closed_trades)).all()
    np.testing.assert_allclose(whole["share"], 1)
    np.testing.assert_allclose(whole["profit"], run.closed_trades["pnl"].sum())
    assert "hour" not in whole.index


def test_groups_are_read_at_the_close_of_the_decision(run):
    trades = run.closed_trades.head(1)
    labels = {name: each.iloc[0] for name, each in label_trades(trades, run.market).items()}
    known = run.market.closes_at[trades["entry_bar"].iloc[0] - 1]
    assert labels["year"] == str(known.year)
    assert labels["weekday"] == known.day_name()
    assert labels["side"] == ("long" if trades["side"].iloc[0] > 0 else "short")


def test_regimes_never_read_later_bars_of_the_trend(run):
    trades = run.closed_trades
    half = run.market.between(None, "2022-01-01")
    early = trades[trades["entry_bar"] < len(half)]
    cut = label_trades(early, half)["trend"]
    assert cut.tolist() == label_trades(early, run.market)["trend"].tolist()


def test_interval_holds_the_mean_and_few_trades_have_none():
    values = np.random.default_rng(1).normal(0.01, 0.05, 40)
    low, high = calc_interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 40**0.5, rel=0.15)
    assert np.isnan(calc_interval(values[:4])).all()


def test_a_trade_without_a_tag_is_in_none(run):
    trades = run.closed_trades.assign(tag="")
    table = split_trades(trades, run.market)
    assert table[table["dimension"] == "tag"]["group"].tolist() == ["none"]
    assert isinstance(table, pd.DataFrame)
