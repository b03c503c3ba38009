"""How a result reaches its tables, plots and pages, which are imported when they are asked for.

Imports run one way, and presentation comes last. A `kanalo.Result` has methods such as ``plot`` all
the same: they ask here. This is the one place that looks forward, and it does so at the call, so
that no import becomes a circle and nobody waits for matplotlib who draws nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

PLACES = {
    "calc_statistics": "kanalo.analyzers.summary",
    "compare_result": "kanalo.experiment.compare",
    "label_statistics": "kanalo.report.methods.labels",
    "list_headline_labels": "kanalo.report.methods.labels",
    "plot_comparison": "kanalo.report.methods.plots",
    "plot_heatmap": "kanalo.report.methods.heatmap",
    "plot_market": "kanalo.report.methods.market",
    "plot_monte_carlo": "kanalo.report.methods.paths",
    "plot_result": "kanalo.report.methods.plots",
    "plot_walk_forward": "kanalo.report.methods.plots",
    "summarise_market": "kanalo.report.methods.market",
    "to_html_table": "kanalo.report.methods.show",
    "write_comparison_html": "kanalo.report.methods.show",
    "write_monte_carlo_html": "kanalo.report.methods.show",
    "write_sweep_html": "kanalo.report.methods.show",
    "write_walk_forward_html": "kanalo.report.methods.show",
}
"""The module of every function that a method of a result may ask for."""


def present(function: str, *args: Any, **options: Any) -> Any:
    """Call a function of `PLACES` by its name.

    Parameters
    ----------
    function : str
        A key of `PLACES`.
    *args, **options
        What it takes.

    Returns
    -------
    object
        What it returns.
    """
    return getattr(import_module(PLACES[function]), function)(*args, **options)
