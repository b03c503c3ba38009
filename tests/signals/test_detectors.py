"""Both channel detectors on planted channels, whose truth is known, and on random walks."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from kanalo.market.resample import to_slower
from kanalo.market.synthetic import planted_channel, random_walk_market
from kanalo.signals import pivot_channel as pivot
from kanalo.signals import regression_channel as regression
from kanalo.signals.channel import ChannelRule, WhyNot
from kanalo.signals.pivots import find_pivots

WEEKS = 52
SLOPE, WIDTH = 0.02, 0.3
NOISE = [0.0, 0.02, 0.05, 0.1]
SWINGS = [6, 8, 10]


def regression_fits(market, weeks=WEEKS):
    return regression.fit_regression(*regression.log_prices(to_slower(market, "1w")), weeks)


def pivot_fits(market, weeks=WEEKS):
    bars = to_slower(market, "1w").bars
    pivots = find_pivots(bars["high"].to_numpy(), bars["low"].to_numpy(), 2, 2)
    return pivot.fit_pivot_lines(pivots, len(bars), weeks)


DETECTORS = {"regression": (regression_fits, 0), "pivot": (pivot_fits, 2)}


def plant(noise, swing, seed):
    """Two years of days in a channel that rises 2 % a week, with swings of so many weeks."""
    return planted_channel(
        7 * 104, seed, slope=SLOPE / 7, width=WIDTH, noise=noise, period=7 * swing, interval="1d"
    )


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("swing", SWINGS)
def test_planted_slope_is_recovered_within_a_tenth_in_every_window(detector, noise, swing):
    fit, _ = DETECTORS[detector]
    for seed in range(3):
        slope = fit(plant(noise, swing, seed)[0]).slope
        assert_allclose(slope[WEEKS:], SLOPE, rtol=0.1)


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("swing", SWINGS)
def test_planted_touches_are_counted(detector, noise, swing):
    """Within one of the truth, for turns at the window's edge, and three in four exactly."""
    fit, lag = DETECTORS[detector]
    market, truth = plant(noise, swing, seed=1)
    fits = fit(market)
    errors = []
    for week in range(WEEKS, 104):
        window = (week - WEEKS + 1) * 7, (week + 1 - lag) * 7
        for counted, bars in (
            (fits.touches_lower, truth.lower_touches),
            (fits.touches_upper, truth.upper_touches),
        ):
            planted = ((bars >= window[0]) & (bars < window[1])).sum()
            errors.append(counted[week] - planted)
    assert np.abs(errors).max() <= 1
    assert np.mean(np.array(errors) == 0) >= 0.7


@pytest.mark.parametrize("detector", DETECTORS)
def test_planted_width_is_recovered_without_noise(detector):
    fits = DETECTORS[detector][0](plant(0.0, 8, seed=0)[0])
    assert_allclose((fits.upper - fits.lower)[WEEKS:], WIDTH, rtol=0.12)


@pytest.mark.parametrize(
    "detect", [regression.regression_channel, pivot.pivot_channel], ids=["regression", "pivot"]
)
def test_a_planted_channel_holds_and_its_mirror_does_not(detect, make_market):
    market, _ = plant(0.05, 8, seed=0)
    rule = ChannelRule(weeks=39)
    holds = detect(market, rule).holds[7 * 41 :]
    assert holds.mean() > 0.8
    falling = make_market(1e4 / market.close, freq="1D", start="2020-01-06")
    why = detect(falling, rule).why_not[7 * 41 :]
    assert (why == WhyNot.NOT_RISING).all()


@pytest.mark.slow
@pytest.mark.parametrize("volatility", [0.03, 0.05])
@pytest.mark.parametrize(
    ("detect", "rule", "most"),
    [
        (regression.regression_channel, ChannelRule(), 0.12),
        (pivot.pivot_channel, pivot.PIVOT_RULE, 0.11),
        (pivot.pivot_channel, ChannelRule(26, min_quality=0.5), 0.13),
    ],
)
def test_random_walks_show_channels_no_more_often_than_the_docs_state(
    detect, rule, most, volatility
):
    shares = []
    for seed in range(60):
        walk = random_walk_market(7 * 330, seed, "1d", volatility=volatility, gaps=0.0)
        shares.append(detect(walk, rule).holds[7 * (rule.weeks + 1) :].mean())
    assert 0.02 < np.mean(shares) < most
