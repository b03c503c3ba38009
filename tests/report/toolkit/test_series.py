"""Series for figures: nothing that matters is lost when lines are thinned."""

import numpy as np
import pytest

from kanalo.report.toolkit.series import thin, to_drawdown, to_multiples, to_steps


def test_thinning_keeps_every_stretchs_extremes_and_both_ends():
    values = np.sin(np.arange(10_000) / 7.0)
    values[1_234], values[8_765] = 9.0, -9.0
    days = np.arange(10_000)
    kept_days, kept = thin(days, values)
    assert len(kept) < 1_000
    assert (kept.max(), kept.min()) == (9.0, -9.0)
    assert (kept_days[0], kept_days[-1]) == (0, 9_999)
    np.testing.assert_array_equal(values[kept_days], kept)


def test_thinning_keeps_gaps():
    values = np.ones(5_000)
    values[1_000:2_000] = np.nan
    _, kept = thin(np.arange(5_000), values)
    edges = np.diff(np.isnan(kept).astype(int))
    assert (edges == 1).sum() == (edges == -1).sum() == 1


def test_short_lines_are_left_alone():
    values = np.arange(600.0)
    assert thin(values, values)[1] is values


def test_multiples_end_at_ruin():
    entry = {"cash": 100.0, "equity": {"values": [100.0, 150.0, -10.0, 50.0]}}
    np.testing.assert_array_equal(to_multiples(entry), [1.0, 1.5, np.nan, np.nan])


def test_the_start_is_the_first_peak_of_a_drawdown():
    drawdown = to_drawdown(np.array([0.8, 1.2, 0.6]))
    assert drawdown == pytest.approx([-0.2, 0.0, -0.5])


def test_separate_lines_become_one_with_gaps():
    times, values = to_steps(
        np.array([1, 5]), np.array([2, 6]), np.array([10.0, 20.0]), np.array([11.0, 21.0])
    )
    np.testing.assert_array_equal(times, [1, 2, 2, 5, 6, 6])
    np.testing.assert_array_equal(values, [10.0, 11.0, np.nan, 20.0, 21.0, np.nan])
