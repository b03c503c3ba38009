"""The band of random entries: quantiles of compounded equity, thinned, with ruin at zero."""

import numpy as np
import pandas as pd

from kanalo.judgement.random_band import MOST_POINTS, to_band


def to_days(n):
    return pd.date_range("2020-01-01", periods=n, tz="UTC")


def test_quantiles_are_those_of_the_compounded_draws():
    daily = np.random.default_rng(0).normal(0, 0.02, (400, 30)).astype(np.float32)
    band = to_band(to_days(30), daily)
    growth = np.cumprod(1 + daily.astype(float), axis=1)
    for values, level in ((band.low, 0.05), (band.median, 0.5), (band.high, 0.95)):
        np.testing.assert_allclose(values, np.quantile(growth, level, axis=0), rtol=1e-4)


def test_a_long_span_is_thinned_and_ends_on_its_last_day():
    days = to_days(3_000)
    band = to_band(days, np.zeros((2, 3_000), dtype=np.float32))
    assert len(band.dates) == len(band.low) <= MOST_POINTS
    assert band.dates[-1] == f"{days[-1]:%Y-%m-%d}"
    assert set(band.median) == {1.0}


def test_a_ruined_account_counts_as_nothing():
    daily = np.array([[0.0, -1.0, np.nan], [0.0, -1.0, np.nan]], dtype=np.float32)
    assert to_band(to_days(3), daily).median == (1.0, 0.0, 0.0)
