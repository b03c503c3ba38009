from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kanalo.market.resample import to_slower
from kanalo.signals.channel import ChannelRule, WeeklyFits, WhyNot, draw, judge
from kanalo.signals.pivot_channel import pivot_channel
from kanalo.signals.regression_channel import regression_channel

RULE = ChannelRule(weeks=26, min_slope=0.005, min_quality=0.4, max_width=0.8, min_touches=4)


@pytest.fixture
def good():
    """Four weeks of a channel that rises by 0.01 a week and is 0.3 wide."""
    week = np.arange(4.0)
    return WeeklyFits(
        slope=np.full(4, 0.01),
        lower=0.01 * week,
        upper=0.3 + 0.01 * week,
        quality=np.full(4, 0.9),
        touches_lower=np.full(4, 2.0),
        touches_upper=np.full(4, 2.0),
        rising=np.ones(4, dtype=bool),
    )


MIDDLE = 0.15 + 0.01 * np.arange(4.0)


def test_a_good_fit_is_a_channel(good):
    assert_array_equal(judge(good, MIDDLE, RULE), WhyNot.CHANNEL)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("slope", np.nan, WhyNot.TOO_FEW_WEEKS),
        ("slope", 0.004, WhyNot.NOT_RISING),
        ("rising", False, WhyNot.NOT_RISING),
        ("quality", 0.39, WhyNot.POOR_FIT),
        ("upper", 0.9, WhyNot.TOO_WIDE),
        ("touches_upper", 1.0, WhyNot.TOO_FEW_TOUCHES),
        ("touches_lower", 0.0, WhyNot.TOO_FEW_TOUCHES),
    ],
)
def test_each_failing_is_named(good, field, value, reason):
    values = getattr(good, field).copy()
    values[2] = value
    why = judge(replace(good, **{field: values}), MIDDLE, RULE)
    assert_array_equal(why, np.where(np.arange(4) == 2, reason, WhyNot.CHANNEL))


def test_a_line_without_any_touch_is_too_few_however_many_the_other_has(good):
    lonely = replace(good, touches_lower=np.zeros(4), touches_upper=np.full(4, 9.0))
    assert_array_equal(judge(lonely, MIDDLE, RULE), WhyNot.TOO_FEW_TOUCHES)


@pytest.mark.parametrize("close", [-0.001 + 0.02, 0.301 + 0.02])
def test_a_close_outside_last_weeks_lines_breaks_the_channel_for_a_week(good, close):
    closes = MIDDLE.copy()
    closes[2] = close
    assert_array_equal(judge(good, closes, RULE), [0, 0, WhyNot.BROKEN, 0])


def test_there_is_nothing_to_break_where_there_was_no_channel(good):
    poor = replace(good, quality=np.array([0.9, 0.1, 0.9, 0.9]))
    closes = MIDDLE.copy()
    closes[2] = 5.0
    assert_array_equal(judge(poor, closes, RULE), [0, WhyNot.POOR_FIT, 0, 0])


def test_the_reasons_have_words():
    assert WhyNot.TOO_FEW_TOUCHES.label == "too few touches"


@pytest.fixture
def drawn(make_market, good):
    market = make_market(np.full(35, 1.2), freq="1D", start="2024-01-01")  # a Monday
    slower = to_slower(market, "1w")
    fits = WeeklyFits(*(np.resize(values, 5) for values in vars(good).values()))
    why = np.array([WhyNot.TOO_WIDE, 0, 0, WhyNot.BROKEN, 0], dtype=np.int8)
    return draw(market, slower, fits, why)


def test_lines_appear_with_the_last_bar_of_the_week_and_not_before(drawn):
    assert drawn.why_not[5] == WhyNot.TOO_FEW_WEEKS
    assert drawn.why_not[6] == WhyNot.TOO_WIDE
    assert_array_equal(np.isnan(drawn.lower), ~drawn.holds)
    holding = [*range(13, 27), 34]
    assert_array_equal(drawn.holds, np.isin(np.arange(35), holding))


def test_lines_rise_between_the_weeks(drawn):
    assert drawn.lower[13] == pytest.approx(np.exp(0.01))
    assert drawn.lower[14] == pytest.approx(np.exp(0.01 + 0.01 / 7))
    assert drawn.upper[19] / drawn.upper[13] == pytest.approx(np.exp(0.06 / 7))


def test_mid_is_halfway_in_log(drawn):
    assert_allclose(drawn.mid**2, drawn.lower * drawn.upper)


def test_age_counts_the_weeks_that_a_channel_held(drawn):
    assert_array_equal(drawn.age[[6, 13, 20, 27, 34]], [0, 1, 2, 0, 1])


def test_slope_width_and_touches_are_told_even_without_a_channel(drawn):
    assert drawn.slope[6] == 0.01
    assert drawn.width[6] == pytest.approx(0.3)
    assert drawn.touches[6] == 4
    assert np.isnan(drawn.slope[5])


def test_too_few_bars_for_a_week_have_no_channel(make_market):
    for detect in (regression_channel, pivot_channel):
        channel = detect(make_market([100.0, 101.0, 99.0]))
        assert_array_equal(channel.why_not, WhyNot.TOO_FEW_WEEKS)
        assert np.isnan(channel.lower).all()
