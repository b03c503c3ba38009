"""Kaplan and Meier's estimate agrees with a worked example and with another implementation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kanalo.errors import DataError
from kanalo.study.moves.survival import find_share_interval, kaplan_meier

# Weeks in remission on 6-MP (Freireich and others, 1963), as in every textbook.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [True] * 3 + [False] + [True, False, True, False, False, True, True] + [False] * 3 + [
    True, True,
] + [False] * 5  # fmt: skip


def estimate(durations, happened):
    return kaplan_meier(np.asarray(durations, dtype=float), np.asarray(happened, dtype=bool))


def test_remission_example_is_reproduced():
    found = estimate(WEEKS, RELAPSED)
    assert found.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert found.n_happened.tolist() == [3, 1, 1, 1, 1, 1, 1]
    printed = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    np.testing.assert_allclose(found.share, printed, atol=5e-4)
    assert found.median == 23
    assert found.at(5) == 1
    assert found.at(12) == pytest.approx(0.753, abs=5e-4)


def test_estimate_and_interval_agree_with_scipy():
    rng = np.random.default_rng(0)
    durations = np.round(rng.exponential(10, 200), 1)
    happened = rng.random(200) < 0.6
    found = estimate(durations, happened)
    data = stats.CensoredData.right_censored(durations, ~happened)
    other = stats.ecdf(data).sf
    np.testing.assert_allclose(found.share, other.evaluate(found.times), atol=1e-12)
    interval = other.confidence_interval(0.95, method="log-log")
    inside = (found.share > 0) & (found.share < 1)
    for mine, theirs in ((found.low, interval.low), (found.high, interval.high)):
        np.testing.assert_allclose(mine[inside], theirs.evaluate(found.times[inside]), atol=1e-9)


def test_nothing_happened():
    found = estimate([1, 2], [False, False])
    assert len(found.times) == 0
    assert np.isnan(found.median)
    assert found.at(9) == 1


def test_all_happened_without_censoring_is_the_empirical_share():
    found = estimate([1, 2, 3, 4], [True] * 4)
    np.testing.assert_allclose(found.share, [0.75, 0.5, 0.25, 0.0])
    assert found.median == 2
    assert np.isnan(found.low[-1])


@pytest.mark.parametrize("n", range(2, 401, 2))
def test_median_of_an_even_number_is_the_instant_at_which_one_half_is_left(n):
    assert estimate(np.arange(1, n + 1), [True] * n).median == n // 2


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60))
def test_median_is_that_of_exact_fractions(watched):
    durations, happened = zip(*watched, strict=True)
    share, expected = Fraction(1), None
    for time in sorted({each for each, did in watched if did}):
        at_risk = sum(each >= time for each in durations)
        share *= 1 - Fraction(sum(each == time and did for each, did in watched), at_risk)
        if share <= Fraction(1, 2):
            expected = time
            break
    median = estimate(durations, happened).median
    assert np.isnan(median) if expected is None else median == expected


@pytest.mark.parametrize(
    ("durations", "happened", "message"),
    [
        ([1.0, np.nan], [True, True], "at least 0; received nan at row 1"),
        ([1.0, 2.0], [True], r"shapes \(2,\) and \(1,\)"),
        ([[1.0]], [[True]], "one-dimensional"),
    ],
)
def test_unfitted_arrays_are_refused(durations, happened, message):
    with pytest.raises(DataError, match=message):
        kaplan_meier(np.array(durations), np.array(happened))


def test_flags_that_are_numbers_are_refused():
    with pytest.raises(DataError, match="dtype int64"):
        kaplan_meier(np.array([1.0, 2.0]), np.array([1, 0]))


@pytest.mark.parametrize(("n_hits", "n"), [(3, 2), (-1, 2), (1, 0), (0, -1)])
def test_shares_beyond_all_are_refused(n_hits, n):
    with pytest.raises(DataError, match="n_hits"):
        find_share_interval(n_hits, n)


def test_negative_duration_is_refused():
    with pytest.raises(DataError, match="at least 0"):
        estimate([-1], [True])


def test_wilson_interval_agrees_with_scipy():
    for hits, n in ((0, 7), (3, 7), (109, 133)):
        other = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
        assert find_share_interval(hits, n) == pytest.approx((other.low, other.high))
    assert np.isnan(find_share_interval(0, 0)).all()
