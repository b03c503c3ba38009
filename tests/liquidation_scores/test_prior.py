"""The power of the leverage prior is found again where positions were drawn from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.liquidation_scores.prior import LOWEST, fit_power, fit_prior, to_leverage
from kanalo.market.liquidations import EVENTS_KIND
from kanalo.market.readers.reading import Reading
from kanalo.market.store import Target, store_reading

CAP, MAINTENANCE = 125.0, 0.005


def draw(power, n, seed=1):
    """Draw leverages from exp(power·log L) on [3, cap] by inversion."""
    share = np.random.default_rng(seed).random(n)
    width = np.log(CAP / LOWEST)
    if power:
        share = np.log1p(share * np.expm1(power * width)) / (power * width)
    return LOWEST * np.exp(share * width)


def to_table(leverage):
    """Lay out longs and shorts that were liquidated at the price of their leverage."""
    is_long = np.arange(len(leverage)) % 2 == 0
    margin = 1 / leverage
    ratio = np.where(is_long, (1 - margin) / (1 - MAINTENANCE), (1 + margin) / (1 + MAINTENANCE))
    times = pd.date_range("2026-01-01", periods=len(leverage), freq="1min", tz="UTC", unit="ns")
    return pd.DataFrame(
        {
            **{"time": times, "exchange": "bitfinex", "symbol": "XMRUSDT"},
            **{"side": np.where(is_long, "long", "short"), "price": 100 * ratio, "quantity": 1.0},
            **{"notional_usd": 100 * ratio, "price_kind": "fill", "censored": False},
            **{"capture_window": "a", "entry_price": 100.0},
        }
    )


def test_leverage_is_that_of_the_prices():
    leverage = draw(1.0, 200)
    assert to_leverage(to_table(leverage), MAINTENANCE) == pytest.approx(leverage)


@pytest.mark.parametrize("power", [-1.5, 0.0, 1.4, 3.0])
def test_the_power_is_found_again(power):
    leverage = draw(power, 20_000)
    assert fit_power(leverage, np.ones(len(leverage)), CAP) == pytest.approx(power, abs=0.06)


def test_a_table_is_fitted_and_compared(data_dir_with_positions):
    fit = fit_prior(data_dir_with_positions, "positions")
    assert fit.fitted_power == pytest.approx(0.5, abs=0.2)
    assert fit.assumed_power == 1.42
    assert fit.distance_fitted < 0.05 < fit.distance_assumed
    assert fit.median_fitted < fit.median_assumed
    assert fit.to_dict()["schema"] == "kanalo.liquidation-prior/1"


@pytest.fixture
def data_dir_with_positions(tmp_path):
    (tmp_path / "manifest.json").write_text('{"version": 1, "tables": {}, "markets": {}}')
    frame = to_table(draw(0.5, 2_000))
    store_reading(tmp_path, Reading(EVENTS_KIND, frame), Target("positions", "Test", "Test"))
    plain = frame.drop(columns="entry_price")
    store_reading(tmp_path, Reading(EVENTS_KIND, plain), Target("plain", "Test", "Test"))
    few = frame.iloc[:5]
    store_reading(tmp_path, Reading(EVENTS_KIND, few), Target("few", "Test", "Test"))
    return tmp_path


def test_a_table_without_entry_prices_is_refused(data_dir_with_positions):
    with pytest.raises(DataError, match="'plain' has no column 'entry_price'; only Bitfinex"):
        fit_prior(data_dir_with_positions, "plain")
    with pytest.raises(DataError, match="'few' has 5 positions .*; a fit needs 30"):
        fit_prior(data_dir_with_positions, "few")
