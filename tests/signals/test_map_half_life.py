"""One half-life: of the settings, the estimator, the levels and the command line."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.cli.liquidation_views import show_map
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_estimator import frozen_estimator
from kanalo.signals.liquidation_levels import level_settings, levels_warm_up, liquidation_levels
from kanalo.signals.map_half_life import HALF_LIFE, calc_kept


def test_half_of_a_level_is_left_after_one_half_life():
    assert calc_kept(HALF_LIFE) == 0.5
    np.testing.assert_array_equal(calc_kept(np.array([0.0, 6.0, 12.0]), 6.0), [1.0, 0.5, 0.25])


@given(*[st.floats(0.0, 500.0)] * 2, st.floats(1.0, 720.0))
def test_ageing_twice_is_ageing_once_for_both(first, second, half_life):
    both = calc_kept(first + second, half_life)
    assert calc_kept(first, half_life) * calc_kept(second, half_life) == pytest.approx(both)


@pytest.mark.parametrize("function", [level_settings, levels_warm_up, liquidation_levels, show_map])
def test_every_default_is_the_constant(function):
    assert inspect.signature(function).parameters["half_life"].default == HALF_LIFE


def test_settings_age_levels_by_the_constant():
    assert MapSettings.__dataclass_fields__["half_life"].default == HALF_LIFE
    assert frozen_estimator().map_settings.half_life == HALF_LIFE
