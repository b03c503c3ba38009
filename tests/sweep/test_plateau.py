"""A planted hill is a plateau, a planted needle a spike, whatever sign the statistic has."""

import numpy as np
import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.sweep import Grid, Span, find_plateau


def hill(size=15, top=(7, 5), height=1.0):
    """Fall off slowly from a top."""
    y, x = np.mgrid[:size, :size]
    return height * np.exp(-((y - top[0]) ** 2 + (x - top[1]) ** 2) / 30)


def needle(size=15, at=(3, 9)):
    """Stand alone on flat noise."""
    surface = np.random.default_rng(5).normal(0, 0.05, (size, size))
    surface[at] = 2.0
    return surface


def test_hill_is_a_plateau(plant):
    found = find_plateau(plant(hill()))
    assert found.word == "plateau"
    assert found.row == found.centre == 7 * 15 + 5
    assert found.n_neighbours == 8
    assert "stands on a plateau: its 8 neighbours keep 9" in found.sentence


def test_needle_is_a_spike(plant):
    found = find_plateau(plant(needle()))
    assert found.word == "spike"
    assert found.row == 3 * 15 + 9
    assert abs(found.stability) < 0.05


def test_stability_is_the_share_of_the_lead_that_neighbours_keep(plant):
    surface = np.zeros(9)
    surface[3:6] = 4, 5, 3
    found = find_plateau(plant(surface))
    assert (found.value, found.neighbours, found.typical) == (5.0, 3.5, 0.0)
    assert found.stability == pytest.approx(0.7)


def test_neither_sign_nor_level_matters(plant):
    surface = hill()
    assert find_plateau(plant(surface - 10)).stability == pytest.approx(
        find_plateau(plant(surface)).stability
    )


def test_centre_prefers_the_hill_to_the_needle(plant):
    surface = hill()
    surface[1, 13] = 1.5
    found = find_plateau(plant(surface))
    assert found.row == 15 + 13
    assert found.word == "spike"
    assert found.centre == 7 * 15 + 5


def test_best_at_the_edge_is_said(plant):
    found = find_plateau(plant(hill(top=(0, 5))))
    assert found.at_edge == ("a",)
    assert found.n_neighbours == 5
    assert found.sentence.endswith("It lies at the edge of a.")


def test_words_have_no_neighbours(plant):
    surface = np.array([[0.0, 5.0, 0.0], [4.0, 0.0, 4.0]])
    found = find_plateau(plant(surface, {"mood": ("calm", "angry"), "n": (1, 2, 3)}))
    assert (found.row, found.n_neighbours, found.neighbours) == (1, 2, 0.0)


def test_axes_given_in_disorder_are_neighbours_by_value(plant):
    found = find_plateau(plant([0.0, 4.0, 5.0, 0.0, 0.0], {"n": (50, 9, 10, 40, 30)}))
    assert found.neighbours == pytest.approx(2.0)  # of 9 and 30


def test_sets_without_a_trade_are_nobodys_neighbours(plant):
    surface = hill()
    surface[6, 5] = np.nan
    assert find_plateau(plant(surface)).n_neighbours == 7


def test_lone_set_is_unknown(plant):
    found = find_plateau(plant([1.0]))
    assert (found.word, found.n_neighbours) == ("unknown", 0)


def test_nothing_to_rank_is_said(plant):
    found = find_plateau(plant([np.nan, np.nan]))
    assert found.row == -1
    assert found.sentence == "No set has a value of Sharpe Ratio and a trade."


def test_sets_that_are_all_alike_are_a_plateau(plant):
    assert find_plateau(plant(np.full((3, 3), 0.5))).stability == 1.0


def test_draws_look_at_the_nearest(plant):
    grid = Grid({"x": Span(0.0, 1.0), "y": Span(0.0, 1.0)}, draws=300, seed=1)
    points = np.array(grid.expand())
    smooth = np.exp(-((points - 0.5) ** 2).sum(axis=1) * 8)
    assert find_plateau(plant(smooth, grid=grid)).word == "plateau"
    lone = np.where(np.arange(300) == 7, 3.0, np.random.default_rng(2).normal(0, 0.05, 300))
    found = find_plateau(plant(lone, grid=grid))
    assert (found.row, found.word, found.n_neighbours) == (7, "spike", 4)


def test_statistic_without_a_better_direction_is_refused(plant):
    with pytest.raises(ParameterError, match="neither more nor less of it is better"):
        find_plateau(plant([1.0, 2.0]), "beta")
    with pytest.raises(UnknownNameError, match="Did you mean 'sharpe_ratio'?"):
        find_plateau(plant([1.0, 2.0]), "sharp_ratio")


def test_no_lead_is_told_where_half_of_the_sets_are_best(plant):
    plateau = find_plateau(plant(np.array([2.42, 5.02, 5.02])))
    assert plateau.word == "unknown"
    assert "there is no lead that neighbours could keep" in plateau.sentence


def test_one_neighbour_is_singular(plant):
    assert "its one neighbour keeps" in find_plateau(plant(np.array([3.0, 2.0, 1.0, 0.0]))).sentence
