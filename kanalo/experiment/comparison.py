"""`Comparison` and its `Run`: rules side by side, what every report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kanalo.arguments import Named
from kanalo.execution.result import Result
from kanalo.presentation import present
from kanalo.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kanalo.judgement.judge import Judgement


@dataclass(frozen=True, eq=False)
class Run:
    """One strategy on one market at one cost set.

    Attributes
    ----------
    result : Result
        What it left behind.
    statistics : mapping of str to float
        Every statistic of `kanalo.analyzers.summary`, by key.
    label, market, costs : str
        What tables call the strategy, the market and the cost set.
    matches : str
        Label of the strategy that this run is the random yardstick of; empty for none.
    """

    result: Result
    statistics: Mapping[str, float]
    label: str
    market: str
    costs: str
    matches: str = ""

    def __repr__(self) -> str:
        """Name the strategy, the market and the cost set."""
        return f"Run({self.label!r} on {self.market!r} at {self.costs!r})"[:300]


@dataclass(frozen=True, eq=False)
class Comparison(Named):
    """All runs of a spec or of `kanalo.compare`: what every report is made from.

    Attributes
    ----------
    name, title, question : str
        From the spec.
    spec : mapping
        The spec as plain values.
    runs : tuple of Run
        In the order of markets, cost sets, strategies.
    passports : mapping of str to mapping
        Passport of each market.
    environment : mapping
        When, how long, on what machine: all that differs from one run of a spec to the next.
    provenance : mapping
        Digests of data and sources, versions of packages.
    judgement : Judgement or None
        Verdicts on the rules, and what they rest on; None where nothing was judged.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> comparison = kanalo.compare(["hold_perpetual", "sma_cross"], market)
    >>> [run.label for run in comparison.runs]
    ['hold_perpetual', 'sma_cross']
    """

    name: str
    title: str
    question: str
    spec: Mapping[str, Any]
    runs: tuple[Run, ...]
    passports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    judgement: Judgement | None = None

    def __repr__(self) -> str:
        """Say how much was compared on what."""
        markets = ", ".join(dict.fromkeys(run.market for run in self.runs))
        text = f"Comparison({self.name!r}: {count(len(self.runs), 'run')} on {markets})"
        return text if len(text) <= 300 else text[:298] + "…)"

    @property
    def statistics(self) -> pd.DataFrame:
        """Every statistic of every run, a row a statistic under the report's names.

        Columns are the labels of the runs; with several markets or cost sets, a MultiIndex of
        market, costs and label. Values whose name ends with ``[%]`` are in percent.
        """
        columns = {
            (run.market, run.costs, run.label): present("label_statistics", run.statistics)
            for run in self.runs
        }
        table = pd.DataFrame(columns)
        table.columns = pd.MultiIndex.from_tuples(columns, names=["market", "costs", "strategy"])
        return _drop_constant_levels(table)

    def summary(self) -> pd.DataFrame:
        """Return the headline figures, a row a run.

        Returns
        -------
        DataFrame of shape (n_runs, n_figures)
            The statistics of the report's first table under its names.
        """
        return self.statistics.T.loc[:, list(present("list_headline_labels"))]

    def plot(self) -> Figure:
        """Draw the equity of every run, relative to its cash, and the drawdowns.

        Returns
        -------
        matplotlib.figure.Figure
            Not shown yet: ``figure.savefig(path)`` keeps it, notebooks draw it.
        """
        figure: Figure = present("plot_comparison", self)
        return figure

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs no network.

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
        WorkspaceError
            If the file cannot be written.
        """
        return Path(present("write_comparison_html", self, path))

    def _repr_html_(self) -> str:
        return str(present("to_html_table", self.summary(), repr(self)))


def _drop_constant_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out markets and cost sets from the columns where there is one of them only."""
    levels = ("market", "costs")
    for name in levels:
        if table.columns.get_level_values(name).nunique() < 2:
            table = table.droplevel(name, axis=1)
    return table
