"""Statistics under the names that reports show: one place that turns fractions into percent."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kanalo.analyzers.statistics import STATISTICS
from kanalo.report.compare.tables import HEADLINE

PERCENT = "[%]"
"""Ends the name of a statistic that is shown in percent."""


def label_statistics(figures: Mapping[str, float], name: str = "") -> pd.Series[float]:
    """Return statistics under the report's names.

    Parameters
    ----------
    figures : mapping of str to float
        Statistics by key: fractions, ratios, days, bars, quote currency and counts.
    name : str
        Name of the series.

    Returns
    -------
    Series of shape (n_figures,)
        In the order of `STATISTICS`; what is named ``[%]`` is in percent.

    Examples
    --------
    >>> figures = dict.fromkeys([each.key for each in STATISTICS], 0.5)
    >>> label_statistics(figures).loc["Return [%]"].item()
    50.0
    """
    values = {
        each.label: float(figures[each.key]) * (100 if each.label.endswith(PERCENT) else 1)
        for each in STATISTICS
        if each.key in figures
    }
    return pd.Series(values, name=name, dtype=float)


def list_headline_labels() -> tuple[str, ...]:
    """Return the names of the statistics in the report's first table, in its order."""
    labels = {each.key: each.label for each in STATISTICS}
    return tuple(labels[key] for key in HEADLINE)
