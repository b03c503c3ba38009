"""Tell whether the best set of a sweep is a plateau or a lone spike.

A rule that earns only at one exact number has met luck; its neighbours tell. With *b* the best
value of a statistic, *m* the median of all sets and *n* the mean of the best set's neighbours, the
share of its lead that survives one step in any direction is

    stability = (n − m) / (b − m)

1 is a plateau, 0 a spike on flat ground; below 0 its neighbours are worse than most. Unlike n / b
it means the same for statistics of either sign and wherever zero lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.analyzers.statistics import get_statistic
from kanalo.sweep.grid import Axis, Grid, Span
from kanalo.sweep.result import SweepResult, find_sign, rank, to_columns
from kanalo.typing import FloatArray, IntArray

PLATEAU, SLOPE = 0.7, 0.4
"""Least stability of what is called a plateau, and of what is called a slope."""

_FAR = 1e6  # between sets that differ in a word or a switch, which have no neighbouring values
_MAX_CELLS = 10_000_000


@dataclass(frozen=True)
class Plateau:
    """How the best set of a sweep stands among its neighbours.

    Attributes
    ----------
    statistic : str
        What was looked at.
    row : int
        The best set; −1 where no set can be best.
    value : float
        Its value.
    n_neighbours : int
        Sets one step away in any direction, diagonals included, that can be ranked. Of random draws
        the nearest ``2 × n_parameters``, measured in shares of each parameter's range.
    neighbours : float
        Mean of their values; NaN where there are none.
    typical : float
        Median of all sets that can be ranked.
    stability : float
        See the module; NaN without neighbours.
    at_edge : tuple of str
        Parameters whose best value is the first or last of at least three: better ones may lie
        beyond.
    centre : int
        The set with the best mean of itself and its neighbours: a choice that leans on one number
        less.
    centre_mean : float
        That mean.
    """

    statistic: str
    row: int
    value: float
    n_neighbours: int
    neighbours: float
    typical: float
    stability: float
    at_edge: tuple[str, ...]
    centre: int
    centre_mean: float

    @property
    def word(self) -> str:
        """``plateau``, ``slope``, ``spike`` or, without neighbours, ``unknown``."""
        if np.isnan(self.stability):
            return "unknown"
        if self.stability >= PLATEAU:
            return "plateau"
        return "slope" if self.stability >= SLOPE else "spike"

    @property
    def sentence(self) -> str:
        """The finding in words."""
        label = get_statistic(self.statistic).label
        if self.row < 0:
            return f"No set has a value of {label} and a trade."
        if not self.n_neighbours:
            return "The best set has no neighbours to compare it with."
        if self.word == "unknown":
            return (
                f"At least half of the sets have the best {label}: there is no lead that "
                "neighbours could keep."
            )
        kept = f"{max(self.stability, 0):.0%}".replace("%", "\N{NO-BREAK SPACE}%")
        if self.word == "plateau":
            start = "The best set stands on a plateau"
        else:
            start = f"The best set is a {self.word}"
        edge = f" It lies at the edge of {', '.join(self.at_edge)}." if self.at_edge else ""
        return (
            f"{start}: its {self._count_neighbours()} {kept} of its lead in {label} over the "
            f"typical set.{edge}"
        )

    def _count_neighbours(self) -> str:
        if self.n_neighbours == 1:
            return "one neighbour keeps"
        return f"{self.n_neighbours} neighbours keep"


def find_plateau(result: SweepResult, statistic: str = "sharpe_ratio") -> Plateau:
    """Measure how much of the best set's lead its neighbours keep.

    Parameters
    ----------
    result : SweepResult
        Sets without a trade or without a value are left out.
    statistic : str
        A key of `STATISTICS` of which more, or less, is better.

    Returns
    -------
    Plateau
        The share that is kept, its name, and the neighbours it comes from.

    Raises
    ------
    ParameterError
        If neither more nor less of the statistic is better.
    UnknownNameError
        If there is no such statistic.
    """
    order = rank(result.table, statistic)
    if not len(order):
        nan = float("nan")
        return Plateau(statistic, -1, nan, 0, nan, nan, nan, (), -1, nan)
    values = np.full(len(result), np.nan)
    values[order] = result.table[statistic].to_numpy(np.float64)[order]
    best = int(order[0])
    sums, counts = _sum_neighbours(result, values)
    others = counts[best] - 1
    neighbours = (sums[best] - values[best]) / others if others else np.nan
    typical = float(np.nanmedian(values))
    alike = bool(np.nanmin(values) == np.nanmax(values))
    means = np.where(np.isnan(values), np.nan, sums / np.maximum(counts, 1))
    centre = int(np.nanargmax(means * find_sign(statistic)))
    return Plateau(
        statistic=statistic,
        row=best,
        value=float(values[best]),
        n_neighbours=int(others),
        neighbours=float(neighbours),
        typical=typical,
        stability=1.0 if alike and others else _to_stability(values[best], neighbours, typical),
        at_edge=_find_edges(result, best),
        centre=centre,
        centre_mean=float(means[centre]),
    )


def _to_stability(best: float, neighbours: float, typical: float) -> float:
    """Return the share of the lead that the neighbours keep; NaN where there is no lead.

    Where at least half of the sets do as well as the best one, the best has no lead over the
    typical set, and nothing can be said of how much of it is kept.
    """
    if best == typical:
        return np.nan
    return float((neighbours - typical) / (best - typical))


def _sum_neighbours(result: SweepResult, values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return sum and number of the values at and around each set."""
    axes = tuple(result.grid.axes.values())
    sizes = [1 if isinstance(axis, Span) else len(axis) for axis in axes]
    if result.grid.draws is None and np.prod(sizes, dtype=float) <= _MAX_CELLS:
        return _sum_on_lattice(result, values, sizes)
    return _sum_nearest(result, values)


def _sum_on_lattice(
    result: SweepResult, values: FloatArray, sizes: list[int]
) -> tuple[FloatArray, IntArray]:
    places = tuple(to_places(result).T)
    known = ~np.isnan(values)
    sums, counts = np.zeros(sizes), np.zeros(sizes, dtype=np.int64)
    sums[places], counts[places] = np.where(known, values, 0.0), known
    for i, axis in enumerate(result.grid.axes.values()):
        if is_ordered(axis):
            sums, counts = _add_steps(sums, i), _add_steps(counts, i)
    return sums[places], counts[places]


def _add_steps(cells: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """Add to each cell the ones before and after it along an axis."""
    moved = np.moveaxis(cells, axis, 0)
    total = moved.copy()
    total[1:] += moved[:-1]
    total[:-1] += moved[1:]
    return np.moveaxis(total, 0, axis)


def _sum_nearest(result: SweepResult, values: FloatArray) -> tuple[FloatArray, IntArray]:
    known = np.flatnonzero(~np.isnan(values))
    points = _to_points(result)[known]
    wanted = min(2 * points.shape[1] + 1, len(points))
    from scipy.spatial import KDTree  # a third of the time that it takes to import sweeps

    distances, nearest = KDTree(points).query(points, k=list(range(1, wanted + 1)))
    near, rows = np.asarray(distances) < _FAR / 2, known[np.asarray(nearest)]
    sums, counts = np.zeros(len(values)), np.zeros(len(values), dtype=np.int64)
    sums[known] = np.where(near, values[rows], 0.0).sum(axis=1)
    counts[known] = near.sum(axis=1)
    return sums, counts


def _to_points(result: SweepResult) -> FloatArray:
    """Return each set as shares of the ranges of its parameters."""
    columns = []
    for name, column in to_columns(tuple(result.grid.axes)):
        axis = result.grid.axes[name]
        if is_ordered(axis):
            ends = (axis.low, axis.high) if isinstance(axis, Span) else (min(axis), max(axis))
            numbers = result.table[column].to_numpy(np.float64)
            columns.append((numbers - ends[0]) / ((ends[1] - ends[0]) or 1.0))
        else:
            columns.append(result.table[column].astype("category").cat.codes.to_numpy() * _FAR)
    return np.column_stack(columns)


def to_places(result: SweepResult) -> IntArray:
    """Return the place of each set's value on each axis in rising order, (n_sets, n_axes)."""
    columns = []
    for name, column in to_columns(tuple(result.grid.axes)):
        order = {value: i for i, value in enumerate(sort_axis(result.grid.axes[name]))}
        columns.append([order[value] for value in result.table[column].tolist()])
    return np.array(columns, dtype=np.int64).reshape(len(columns), -1).T


def has_steps(grid: Grid) -> bool:
    """Tell whether sets lie on a grid of values; random draws have no steps."""
    return grid.draws is None and not any(isinstance(axis, Span) for axis in grid.axes.values())


def find_steps_away(
    result: SweepResult, order: npt.NDArray[np.intp], places: IntArray | None = None
) -> IntArray:
    """Return sets that differ from the best by one step of one number, in the given order.

    Parameters
    ----------
    result : SweepResult
        Of a grid or of random draws, which have none.
    order : int array of at most n_sets indices
        Rows, the best first.
    places : int array of shape (n_sets, n_axes), optional
        Of `to_places`, where they are known already.

    Returns
    -------
    int array of at most 2 x n_axes indices
        Rows.
    """
    if not len(order) or not has_steps(result.grid):
        return np.empty(0, dtype=np.int64)
    places = (to_places(result) if places is None else places)[order]
    steps = np.abs(places - places[0])
    words = [i for i, axis in enumerate(result.grid.axes.values()) if not is_ordered(axis)]
    near = (steps.sum(axis=1) == 1) & (steps[:, words].sum(axis=1) == 0)
    return np.asarray(order[near], dtype=np.int64)


def sort_axis(axis: Axis) -> tuple[float | str | bool, ...]:
    """Return the values of an axis, numbers in rising order and words as they were given."""
    if isinstance(axis, Span):
        return ()
    return tuple(sorted(axis)) if is_ordered(axis) else axis


def is_ordered(axis: Axis) -> bool:
    """Tell numbers, which have neighbours, from words and switches, which have none."""
    if isinstance(axis, Span):
        return True
    return all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in axis)


def _find_edges(result: SweepResult, row: int) -> tuple[str, ...]:
    edges = []
    for name, column in to_columns(tuple(result.grid.axes)):
        axis = result.grid.axes[name]
        values = sort_axis(axis)
        value = result.table[column].iloc[row]
        if is_ordered(axis) and len(values) > 2 and value in (values[0], values[-1]):
            edges.append(name)
    return tuple(edges)
