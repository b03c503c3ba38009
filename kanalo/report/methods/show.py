"""What the methods of results write and show: one page in a file, one table in a notebook."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import escape

from kanalo.arguments import check_type
from kanalo.errors import WorkspaceError
from kanalo.report.compare.html import to_html
from kanalo.report.compare.model import to_model
from kanalo.report.monte_carlo.figures import draw_fans
from kanalo.report.monte_carlo.page import to_monte_carlo_model, to_monte_carlo_page
from kanalo.report.sweep.page import to_sweep_model, to_sweep_page
from kanalo.report.toolkit.page import page_to_html
from kanalo.report.toolkit.write import write_files
from kanalo.report.walk_forward.page import to_walk_forward_model, to_walk_forward_page

if TYPE_CHECKING:
    from kanalo.experiment.comparison import Comparison
    from kanalo.monte_carlo import MonteCarlo
    from kanalo.sweep import SweepResult
    from kanalo.walk_forward import WalkForward


def write_comparison_html(comparison: Comparison, path: str | Path) -> Path:
    """Write the report of a comparison as one page.

    Parameters
    ----------
    comparison : Comparison
        The runs.
    path : str or Path
        File to write.

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
    file = _check(path)
    markets = {run.market: run.result.market for run in comparison.runs}
    return _write(file, to_html(to_model(comparison), markets))


def write_sweep_html(result: SweepResult, path: str | Path, statistic: str) -> Path:
    """Write the report of a sweep as one page.

    Parameters
    ----------
    result : SweepResult
        The sweep.
    path : str or Path
        File to write.
    statistic : str
        What sets are ranked by.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the path is no path, or the statistic cannot rank.
    WorkspaceError
        If the file cannot be written.
    """
    file = _check(path)
    model = to_sweep_model(result, result.manifest, statistic=statistic)
    return _write(file, page_to_html(to_sweep_page(model)))


def write_walk_forward_html(result: WalkForward, path: str | Path) -> Path:
    """Write the report of a walk-forward test as one page.

    Parameters
    ----------
    result : WalkForward
        The test.
    path : str or Path
        File to write.

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
    return _write(_check(path), page_to_html(to_walk_forward_page(to_walk_forward_model(result))))


def write_monte_carlo_html(result: MonteCarlo, path: str | Path) -> Path:
    """Write the report of a Monte Carlo of paths as one page.

    Parameters
    ----------
    result : MonteCarlo
        The paths.
    path : str or Path
        File to write.

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
    file = _check(path)
    page = to_monte_carlo_page(to_monte_carlo_model(result), draw_fans(result)[0])
    return _write(file, page_to_html(page))


def to_html_table(table: pd.DataFrame, caption: str) -> str:
    """Write a table of figures for a notebook.

    Parameters
    ----------
    table : DataFrame
        Figures under the report's names.
    caption : str
        What stands above it.

    Returns
    -------
    str
        HTML; names and caption are escaped.
    """
    shown = table.to_html(float_format=lambda value: f"{value:,.2f}", na_rep="", border=0)
    return f"<p>{escape(caption)}</p>\n{shown}"


def _check(path: str | Path) -> Path:
    check_type("to_html", "path", path, (str, os.PathLike), "the path of a file to write")
    file = Path(path).expanduser()
    if file.is_dir():
        raise WorkspaceError(f"to_html(): {file} is a folder; name a file, such as report.html.")
    return file


def _write(file: Path, text: str) -> Path:
    write_files({file.name: text}, file.parent)
    return file
