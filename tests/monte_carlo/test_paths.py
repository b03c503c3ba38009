"""Paths are valid markets that keep what their model says and lose what it does not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.market import Market
from kanalo.market.synthetic import random_bars
from kanalo.monte_carlo import MODELS, PathMaker

N = 480


@pytest.fixture(scope="module")
def market():
    """Make 480 hours on a perpetual with funding, open interest, liquidations and a benchmark."""
    bars = random_bars(N, 1)
    rng = np.random.default_rng(2)
    coins = rng.lognormal(10, 0.1, N)
    context = pd.DataFrame(
        {
            "funding_rate": np.where(np.arange(N) % 8 == 7, rng.normal(0, 1e-4, N), 0.0),
            "open_interest": coins,
            "open_interest_usd": coins * bars["close"].to_numpy(),
            "long_short_ratio": np.arange(N) / N,
        },
        index=bars.index,
    )
    other = random_bars(N, 3, price=20_000.0)
    other.iloc[100:120] = np.nan
    made = Market.from_bars(bars, interval="1h", venue="made-perp", name="made")
    from dataclasses import replace

    return replace(made, context=context, benchmark=other, first=48)


def make(market, model, seed=0, **options):
    return PathMaker(market, model, **options).make(np.random.default_rng(seed))


def to_moves(market):
    """Return the log moves of the traded bars from close to close."""
    return np.diff(np.log(market.close[market.first - 1 :]))


@pytest.mark.parametrize("model", MODELS)
def test_path_keeps_index_and_warm_up(market, model):
    path = make(market, model)
    assert path.index.equals(market.index)
    assert path.first == market.first
    pd.testing.assert_frame_equal(path.bars.iloc[:48], market.bars.iloc[:48])
    pd.testing.assert_frame_equal(path.context.iloc[:48], market.context.iloc[:48])
    assert dict(path.digests) == {}


@pytest.mark.parametrize("model", MODELS)
def test_same_seed_gives_the_same_path_and_another_one_another(market, model):
    first, second, other = (make(market, model, seed).bars for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(other)


@settings(max_examples=15, deadline=None)
@given(seed=some.integers(0, 10_000), model=some.sampled_from(["blocks", "signs"]))
def test_bars_of_a_path_hold_their_prices(seed, model):
    base = Market.from_bars(random_bars(60, seed, volatility=0.3, gaps=0.5), interval="1h")
    bars = make(base, model, seed, **({"block": 5} if model == "blocks" else {})).bars
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1)).all()
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()
    assert (bars["low"] > 0).all()


def test_blocks_are_whole_bars_of_the_same_hour_with_what_was_known_then(market):
    path = make(market, "blocks", block=24)
    rows = np.round(path.context["long_short_ratio"].to_numpy()[48:] * N).astype(int)
    assert (rows >= 48).all()
    assert (path.context["funding_rate"].to_numpy()[48:]
            == market.context["funding_rate"].to_numpy()[rows]).all()  # fmt: skip
    np.testing.assert_allclose(to_moves(path)[1:], np.log(
        market.close[rows[1:]] / np.where(rows[1:] > 48, market.close[rows[1:] - 1],
                                          market.open[48])), atol=1e-12)  # fmt: skip
    starts = np.flatnonzero(np.diff(rows) != 1) + 1
    wrapped = rows[starts] == 48
    assert (rows[starts] % 24 == (starts + 48) % 24)[~wrapped].all()
    # A block is 24 bars long on average: 432 bars have some 18 of them.
    assert 8 <= len(starts) <= 32


def test_amounts_in_quote_currency_follow_the_price(market):
    path = make(market, "blocks", block=24)
    values = path.context["open_interest"] * path.bars["close"]
    np.testing.assert_allclose(path.context["open_interest_usd"], values, rtol=1e-9)


def test_signs_keep_the_size_of_each_move_and_mirror_whole_bars(market):
    path = make(market, "signs")
    first = market.first
    before, real = path.close[first - 1 : -1], market.close[first - 1 : -1]
    moves, known = path.close[first:] / before - 1, market.close[first:] / real - 1
    np.testing.assert_allclose(np.abs(moves)[1:], np.abs(known)[1:], atol=1e-12)
    turned = np.flatnonzero(moves * known < 0)
    assert 0.4 < len(turned) / len(moves) < 0.6
    at = turned[turned > 0]
    np.testing.assert_allclose(
        path.high[first:][at] / before[at], 2 - market.low[first:][at] / real[at], atol=1e-12
    )


def test_signs_mirror_the_benchmark_with_the_bar(market):
    path = make(market, "signs")
    own = np.sign(np.diff(path.close[300:]) * np.diff(market.close[300:]))
    other = path.benchmark["close"].to_numpy()[300:], market.benchmark["close"].to_numpy()[300:]
    assert (own == np.sign(np.diff(other[0]) * np.diff(other[1]))).all()
    assert path.benchmark["close"].isna().equals(market.benchmark["close"].isna())


def test_bars_within_an_hour_share_their_sign():
    base = Market.from_bars(random_bars(600, 4, interval="1m"), interval="1m")
    path = make(base, "signs")
    signs = np.sign(np.diff(path.close) * np.diff(base.close))
    for hour in range(10):
        assert len(np.unique(signs[hour * 60 : hour * 60 + 59])) == 1


@pytest.mark.slow
def test_price_of_signs_is_a_martingale():
    base = Market.from_bars(random_bars(60, 5, volatility=0.05, drift=0.02), interval="1h")
    maker = PathMaker(base, "signs")
    ends = [maker.make(np.random.default_rng(seed)).close[-1] for seed in range(600)]
    error = np.std(ends) / np.sqrt(len(ends))
    assert abs(np.mean(ends) - base.open[0]) < 4 * error
    assert base.close[-1] > 1.5 * base.open[0]  # what a drift gave is gone


def test_garch_finds_the_volatility_that_was_planted():
    rng = np.random.default_rng(7)
    sigma = np.where(np.arange(3000) // 300 % 2, 0.03, 0.01)
    closes = 100 * np.exp(np.cumsum(sigma * rng.normal(size=3000)))
    opens = np.concatenate([[100.0], closes[:-1]])
    bars = pd.DataFrame(
        {
            "open": opens,
            "high": np.maximum(opens, closes),
            "low": np.minimum(opens, closes),
            "close": closes,
            "volume": 1.0,
        },
        index=pd.date_range("2015-01-01", periods=3000, freq="D", tz="UTC"),
    )
    maker = PathMaker(Market.from_bars(bars, interval="1d"), "garch")
    moves = np.concatenate(
        [np.diff(np.log(maker.make(np.random.default_rng(seed)).close)) for seed in range(10)]
    )
    assert np.std(moves) == pytest.approx(np.sqrt((0.01**2 + 0.03**2) / 2), rel=0.25)
    size = np.abs(moves)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1  # volatility clusters
    assert abs(np.corrcoef(moves[1:], moves[:-1])[0, 1]) < 0.05  # direction does not


def test_unknown_model_is_named_with_the_nearest(market):
    with pytest.raises(UnknownNameError, match="Did you mean 'blocks'"):
        PathMaker(market, "block")


def test_too_few_bars_are_refused(market):
    with pytest.raises(ParameterError, match="'garch' needs at least 250 traded bars; made has 72"):
        PathMaker(market.rows(0, 120), "garch")
