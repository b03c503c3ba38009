"""`SweepResult`: what every set of a sweep earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers.statistics import STATISTICS, get_statistic
from kanalo.errors import ParameterError
from kanalo.sweep.grid import Grid

_COUNTS = {each.key: np.int64 for each in STATISTICS if each.unit == "count"}
_KEYS = tuple(each.key for each in STATISTICS)


@dataclass(frozen=True, eq=False)
class SweepResult:
    """All sets of a sweep with what they earned, in the order of the grid.

    Attributes
    ----------
    strategy : str
        Name of the strategy.
    grid : Grid
        What was tried.
    fixed : mapping
        Parameters that every set had in common.
    table : DataFrame of shape (n_sets, n_parameters + n_statistics)
        The grid's parameters, then every statistic of `kanalo.analyzers.summary`. A parameter with
        the name of a statistic stands as ``param_<name>``.
    daily_returns : float32 array of shape (n_sets, n_days)
        UTC-daily returns of each set; NaN after ruin.
    days : datetime64[D] array of shape (n_days,)
        The days of the columns.
    n_refused : int
        Sets of the grid that the strategy refuses by itself and that were not tried.
    folder : Path or None
        Where all this is kept.
    """

    strategy: str
    grid: Grid
    fixed: Mapping[str, Any]
    table: pd.DataFrame
    daily_returns: npt.NDArray[np.float32]
    days: npt.NDArray[np.datetime64]
    n_refused: int = 0
    folder: Path | None = None

    def __len__(self) -> int:
        return len(self.table)

    def best(self, statistic: str = "sharpe_ratio", *, min_trades: int = 1) -> dict[str, Any]:
        """Return all parameters of the set with the best statistic.

        It was chosen among many, so it looks better than it is: `kanalo.run_walk_forward` chooses
        and judges on different data.

        Parameters
        ----------
        statistic : str
            A key of `STATISTICS` of which more, or less, is better.
        min_trades : int
            Sets of fewer trades, open ones included, cannot be best.

        Raises
        ------
        ParameterError
            If no set can be best, or neither direction of the statistic is better.
        UnknownNameError
            If there is no such statistic.
        """
        order = rank(self.table, statistic, min_trades=min_trades)
        if not len(order):
            raise ParameterError(
                f"None of the {len(self):,} sets has a '{statistic}' and at least {min_trades} "
                "trade(s)."
            )
        return self.parameters(int(order[0]))

    def parameters(self, row: int) -> dict[str, Any]:
        """Return all parameters of one set, those at their defaults included."""
        columns = to_columns(tuple(self.grid.axes))
        values = {name: _to_scalar(self.table[column].iloc[row]) for name, column in columns}
        return {**self.fixed, **values}

    def top(
        self, statistic: str = "sharpe_ratio", n: int = 10, *, min_trades: int = 1
    ) -> pd.DataFrame:
        """Return the rows of the best sets, the best first; see `best`."""
        return self.table.iloc[rank(self.table, statistic, min_trades=min_trades)[:n]]

    def to_returns(self, row: int) -> pd.Series[float]:
        """Return the daily returns of one set as float64 on UTC days."""
        index = pd.DatetimeIndex(self.days).as_unit("ns").tz_localize("UTC")
        return pd.Series(self.daily_returns[row].astype(np.float64), index=index, name="return")


def rank(table: pd.DataFrame, statistic: str, *, min_trades: int = 1) -> npt.NDArray[np.intp]:
    """Return the rows that can be best in a statistic, the best first; of equals, the first.

    Parameters
    ----------
    table : DataFrame
        Of a `SweepResult`.
    statistic : str
        A key of `STATISTICS`.
    min_trades : int
        Rows of fewer trades, open ones included, are left out; so are those without a value.

    Raises
    ------
    ParameterError
        If neither more nor less of the statistic is better.
    UnknownNameError
        If there is no such statistic.
    """
    sign = find_sign(statistic)
    values = table[statistic].to_numpy(np.float64) * sign
    traded = table["n_trades"].to_numpy() + table["n_open_trades"].to_numpy() >= min_trades
    able = np.flatnonzero(traded & ~np.isnan(values))
    return able[np.argsort(-values[able], kind="stable")]


def find_sign(statistic: str) -> int:
    """Return +1 where more of a statistic is better and −1 where less is.

    Raises
    ------
    ParameterError
        If neither is.
    UnknownNameError
        If there is no such statistic.
    """
    sign = get_statistic(statistic).better
    if not sign:
        raise ParameterError(
            f"Sets cannot be ranked by '{statistic}': neither more nor less of it is better."
        )
    return sign


def to_table(
    grid: Grid, sets: list[tuple[Any, ...]], values: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Set parameters and statistics side by side.

    Parameters
    ----------
    grid : Grid
        Names the parameters.
    sets : list of tuple
        Their values, a tuple for each set.
    values : float64 array of shape (n_sets, n_statistics)
        In the order of `STATISTICS`.
    """
    columns: dict[str, Any] = {
        column: [each[i] for each in sets]
        for i, (_, column) in enumerate(to_columns(tuple(grid.axes)))
    }
    for key, figures in zip(_KEYS, values.T, strict=True):
        columns[key] = figures.astype(_COUNTS.get(key, np.float64))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(values)))


def to_columns(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return each parameter with the name of its column."""
    return [(name, f"param_{name}" if name in _KEYS else name) for name in names]


def _to_scalar(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
