"""`SweepResult`: what every set of a sweep earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers.statistics import STATISTICS, get_statistic
from kanalo.arguments import Named
from kanalo.errors import ParameterError
from kanalo.presentation import present
from kanalo.sweep.grid import Grid
from kanalo.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COUNTS = {each.key: np.int64 for each in STATISTICS if each.unit == "count"}
_KEYS = tuple(each.key for each in STATISTICS)


@dataclass(frozen=True, eq=False)
class SweepResult(Named):
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
    daily_returns : float32 array of shape (n_kept, n_days)
        UTC-daily returns of the sets that `kept` names, of all sets by default; NaN after ruin.
    days : datetime64[D] array of shape (n_days,)
        The days of the columns.
    n_refused : int
        Sets of the grid that the strategy refuses by itself and that were not tried.
    folder : Path or None
        Where all this is kept.
    failures : mapping of int to str
        Why the rule could not decide with a set, by the row of the set; such sets have NaN in every
        statistic.
    manifest : mapping
        What was asked: source, market, costs and account; empty for a training of a walk-forward.
    kept : int array of shape (n_kept,) or None
        Row in the table of each row of ``daily_returns``; None where they are the same. Folders of
        large sweeps keep a sample and the best; see `run_sweep`.

    Examples
    --------
    >>> import kanalo
    >>> rule = kanalo.find_workspace().load_strategy("donchian_breakout")
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> swept = kanalo.run_sweep(rule, market, {"entry": [20, 55], "leave": [10, 20]})
    >>> len(swept), swept.best()["entry"]
    (4, 55)
    """

    strategy: str
    grid: Grid
    fixed: Mapping[str, Any]
    table: pd.DataFrame
    daily_returns: npt.NDArray[np.float32]
    days: npt.NDArray[np.datetime64]
    n_refused: int = 0
    folder: Path | None = None
    failures: Mapping[int, str] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    kept: npt.NDArray[np.int64] | None = None

    def __repr__(self) -> str:
        """Name the strategy, what was tried and how much of it."""
        names = ", ".join(self.grid.axes)
        text = f"SweepResult({self.strategy}: {count(len(self), 'set')} of {names})"
        return text if len(text) <= 300 else text[:298] + "…)"

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

        Returns
        -------
        dict of str to object
            Values of the strategy's parameters by name.

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
                f"Of {count(len(self), 'set')} none has a '{statistic}' and at least "
                f"{count(min_trades, 'trade')}."
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
        """Return the rows of the best sets, the best first; see `best`.

        Parameters
        ----------
        statistic : str
            Column of the table to rank by.
        n : int
            Number of rows, ≥ 0.
        min_trades : int
            Sets with fewer closed trades are left out.

        Returns
        -------
        DataFrame of at most n rows
            Parameters and statistics of a set in each row.
        """
        return self.table.iloc[rank(self.table, statistic, min_trades=min_trades)[:n]]

    @property
    def statistics(self) -> pd.DataFrame:
        """Every statistic of every set under the report's names, a column a statistic.

        The rows are those of `table`; what is named ``[%]`` is in percent.
        """
        rows = self.table[list(_KEYS)].to_dict("records")
        return pd.DataFrame([present("label_statistics", row) for row in rows])

    def summary(self, statistic: str = "sharpe_ratio", n: int = 5) -> pd.DataFrame:
        """Return the best sets with their headline figures, the best first.

        Parameters
        ----------
        statistic : str
            What sets are ranked by, a key of `STATISTICS`.
        n : int
            How many sets, at least 1.

        Returns
        -------
        DataFrame of shape (at most n, n_parameters + n_figures)
            The parameters that the grid names, then the statistics of the report's first table.

        Raises
        ------
        ParameterError
            If neither more nor less of the statistic is better.
        UnknownNameError
            If there is no such statistic.
        """
        best = self.top(statistic, n)
        columns = [column for _, column in to_columns(tuple(self.grid.axes))]
        rows = best[list(_KEYS)].to_dict("records")
        figures = pd.DataFrame([present("label_statistics", row) for row in rows], best.index)
        return best[columns].join(figures[list(present("list_headline_labels"))])

    def heatmap(
        self, x: str | None = None, y: str | None = None, statistic: str = "sharpe_ratio"
    ) -> Figure:
        """Draw a statistic over two parameters, or over the only one that varies.

        Parameters
        ----------
        x, y : str, optional
            Parameters of the grid; the first two that vary by default.
        statistic : str
            A key of `STATISTICS`.

        Returns
        -------
        matplotlib.figure.Figure
            A cell shows the median over all other parameters.

        Raises
        ------
        ParameterError
            If nothing varies, or a parameter is not one of those that vary.
        UnknownNameError
            If there is no such statistic.
        """
        figure: Figure = present("plot_heatmap", self, x, y, statistic)
        return figure

    def plot(self) -> Figure:
        """Draw the heatmap of the Sharpe ratio over the first two parameters; see `heatmap`."""
        return self.heatmap()

    def to_html(self, path: str | Path, statistic: str = "sharpe_ratio") -> Path:
        """Write the report of the sweep as one page that needs no network.

        Parameters
        ----------
        path : str or Path
            File to write; its folder must exist.
        statistic : str
            What sets are ranked by.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the path is no path, or the sweep was a training of a walk-forward test.
        WorkspaceError
            If the file cannot be written.
        """
        if not self.manifest:
            raise ParameterError("to_html(): a training of a walk-forward test has no page.")
        return Path(present("write_sweep_html", self, path, statistic))

    def _repr_html_(self) -> str:
        return str(present("to_html_table", self.summary(), repr(self)))

    def to_returns(self, row: int) -> pd.Series[float]:
        """Return the daily returns of one set as float64 on UTC days.

        Parameters
        ----------
        row : int
            Of the table.

        Returns
        -------
        Series of shape (n_days,)
            NaN after ruin.

        Raises
        ------
        ParameterError
            If the daily returns of this set were not kept.
        """
        place = int(self.find_kept(np.array([row]))[0])
        if place < 0:
            raise ParameterError(
                f"The daily returns of set {row} were not kept: a sweep of {len(self):,} sets "
                "keeps those of the best and of a sample. run_sweep(…, keep_returns='all') and "
                "--keep-returns all keep all."
            )
        index = pd.DatetimeIndex(self.days).as_unit("ns").tz_localize("UTC")
        return pd.Series(self.daily_returns[place].astype(np.float64), index=index, name="return")

    def find_kept(self, rows: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
        """Return the place of each row of the table in ``daily_returns``; -1 where it has none."""
        if self.kept is None:
            return np.asarray(rows, dtype=np.int64)
        order = np.argsort(self.kept, kind="stable")
        at = np.searchsorted(self.kept, rows, sorter=order).clip(max=len(order) - 1)
        return np.where(self.kept[order[at]] == rows, order[at], -1).astype(np.int64)


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

    Returns
    -------
    int array of at most n_sets indices
        Rows of the table.

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

    Returns
    -------
    DataFrame of n_sets rows
        A column for each parameter of the grid, then one for each statistic.
    """
    columns: dict[str, Any] = {
        column: [each[i] for each in sets]
        for i, (_, column) in enumerate(to_columns(tuple(grid.axes)))
    }
    for key, figures in zip(_KEYS, values.T, strict=True):
        columns[key] = figures.astype(_COUNTS.get(key, np.float64))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(values)), copy=False)


def to_columns(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return each parameter with the name of its column."""
    return [(name, f"param_{name}" if name in _KEYS else name) for name in names]


def _to_scalar(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
