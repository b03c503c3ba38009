"""`WalkForward` and its `Fold`: what was chosen in each window and what it then earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kanalo.arguments import Named
from kanalo.market import Market
from kanalo.presentation import present
from kanalo.sweep import Grid
from kanalo.text import count
from kanalo.walk_forward.windows import FoldBars

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EFFICIENCIES = ("cagr", "sharpe_ratio")
"""Statistics whose out-of-sample value is set against the in-sample one."""


@dataclass(frozen=True, eq=False)
class Fold:
    """One window: what was chosen in training and what it then earned.

    Attributes
    ----------
    window : FoldBars
        Positions of its bars.
    train_start, train_end, test_start, test_end : Timestamp
        First opens, and the closes at which each ends; ``train_end`` is after purging.
    purged_bars : int
        Bars left out between training and test.
    parameters : mapping or None
        All parameters of the chosen set; None where no set could be chosen, and nothing was traded.
    in_sample, out_of_sample : mapping of str to float
        Every statistic of the chosen set in training, empty without a choice, and in the test.
    equity : Series of shape (n_test_bars,)
        Marks of the test, which starts flat with the account's cash.
    trades : DataFrame
        Round trips of the test; what is open at its end is marked there, without exit costs.
    """

    window: FoldBars
    train_start: pd.Timestamp
    train_end: pd.Timestamp
    test_start: pd.Timestamp
    test_end: pd.Timestamp
    purged_bars: int
    parameters: Mapping[str, Any] | None
    in_sample: Mapping[str, float]
    out_of_sample: Mapping[str, float]
    equity: pd.Series[float]
    trades: pd.DataFrame

    def efficiency(self, statistic: str = "sharpe_ratio") -> float:
        """Return the out-of-sample value over the in-sample one; NaN unless that is above 0."""
        return _divide(self.out_of_sample[statistic], self.in_sample.get(statistic, np.nan))


@dataclass(frozen=True, eq=False)
class WalkForward(Named):
    """The outcome of a walk-forward test.

    Attributes
    ----------
    strategy : str
        Name of the strategy.
    grid : Grid
        What was chosen from.
    select : str
        The statistic that chose.
    anchored : bool
        Whether every training began at the first bar.
    train, test : str
        Lengths of the windows.
    market : Market
        The market.
    costs, execution : mapping
        As plain values.
    folds : tuple of Fold
        In order.
    equity : Series of shape (n_test_bars,)
        Equity over all test windows, compounded: each starts with what the one before ended with.
    trades : DataFrame
        All round trips of the tests, in money of the compounded account; bars count from the first
        test bar.
    figures : mapping of str to float
        Of equity and trades, under the keys of `STATISTICS`: return, risk, ratios and trades;
        fractions.

    Examples
    --------
    >>> import kanalo
    >>> rule = kanalo.find_workspace().load_strategy("donchian_breakout")
    >>> market = kanalo.load_market("xmr_1d").between("2022-01-01", "2026-01-01")
    >>> walked = kanalo.run_walk_forward(rule, market, {"entry": [20, 55]}, test="365d")
    >>> len(walked.folds)
    2
    """

    strategy: str
    grid: Grid
    select: str
    anchored: bool
    train: str
    test: str
    market: Market
    costs: Mapping[str, Any]
    execution: Mapping[str, Any]
    folds: tuple[Fold, ...]
    equity: pd.Series[float]
    trades: pd.DataFrame
    figures: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name the strategy and the windows, with what all tests together returned."""
        text = (
            f"WalkForward({self.strategy}: {count(len(self.folds), 'test')} of {self.test} after "
            f"trainings "
            f"of {self.train}: return {self.figures.get('total_return', np.nan):.1%}, "
            f"max. drawdown {self.figures.get('max_drawdown', np.nan):.1%})"
        )
        return text if len(text) <= 300 else text[:298] + "…)"

    @property
    def statistics(self) -> pd.Series[float]:
        """Return, risk, ratios and trades of all tests together, under the report's names.

        What is named ``[%]`` is in percent. `figures` has the same by key, as fractions.
        """
        labelled: pd.Series[float] = present("label_statistics", self.figures, self.strategy)
        return labelled

    def summary(self) -> pd.Series[float]:
        """Return the headline figures of all tests together, under the report's names."""
        labels = [each for each in present("list_headline_labels") if each in self.statistics]
        return self.statistics.loc[labels]

    def plot(self) -> Figure:
        """Draw the equity of all tests together, and what each test came to.

        Returns
        -------
        matplotlib.figure.Figure
            Not shown yet: ``figure.savefig(path)`` keeps it, notebooks draw it.
        """
        figure: Figure = present("plot_walk_forward", self)
        return figure

    def to_html(self, path: str | Path) -> Path:
        """Write the report of the test as one page that needs no network.

        Parameters
        ----------
        path : str or Path
            File to write; its folder must exist.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the path is no path.
        WorkspaceError
            If the file cannot be written.
        """
        return Path(present("write_walk_forward_html", self, path))

    def _repr_html_(self) -> str:
        return str(present("to_html_table", self.summary().to_frame(), repr(self)))

    def in_sample(self, statistic: str) -> float:
        """Return the mean of a statistic over the trainings of the chosen sets; NaN without any."""
        values = [fold.in_sample[statistic] for fold in self.folds if fold.parameters is not None]
        known = [value for value in values if not np.isnan(value)]
        return float(np.mean(known)) if known else float("nan")

    def efficiency(self, statistic: str = "sharpe_ratio") -> float:
        """Return what is left of a statistic out of sample: that of all tests over the mean before.

        Returns
        -------
        float
            1 where it did as well as in training, below 0 where it lost; NaN unless the mean in
            training is above 0.
        """
        return _divide(self.figures[statistic], self.in_sample(statistic))

    def to_drift(self) -> pd.DataFrame:
        """Return the chosen value of each parameter of the grid, one row a window.

        Returns
        -------
        DataFrame of shape (n_folds, n_parameters)
            Indexed by the first open of the test; None where nothing was chosen.
        """
        index = pd.DatetimeIndex([fold.test_start for fold in self.folds], name="test_start")
        rows = [
            {name: (fold.parameters or {}).get(name) for name in self.grid.axes}
            for fold in self.folds
        ]
        return pd.DataFrame(rows, index=index, columns=list(self.grid.axes), dtype=object)


def _divide(after: float, before: float) -> float:
    return after / before if before > 0 else float("nan")
