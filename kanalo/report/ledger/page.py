"""All runs on one page: when, which rule on which market, light, key figures, notes, the report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kanalo.files import write_file
from kanalo.ledger.listing import RunRow
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.packing import to_policy
from kanalo.report.toolkit.tables import Cell
from kanalo.report.toolkit.templates import open_templates, read_template
from kanalo.text import count, to_visible

FILE = "ledger.html"
_COLUMNS = (
    "Begun (UTC)",
    "Kind",
    "Rule",
    "Market",
    "Light",
    "Return [%]",
    "CAGR [%]",
    "Sharpe ratio",
    "Max. drawdown [%]",
    "# Trades",
    "Trials",
    "Notes",
)


@dataclass(frozen=True)
class PageRow:
    """A row of the page.

    Attributes
    ----------
    number : int
        Of the run.
    link : str
        Address of its report, relative to the page; empty where there is none.
    words : str
        What the filter looks in, beside the number.
    cells : tuple of Cell
        In the order of the columns.
    """

    number: int
    link: str
    words: str
    cells: tuple[Cell, ...]


def write_ledger_page(rows: Sequence[RunRow], folder: Path) -> Path:
    """Write the page.

    Parameters
    ----------
    rows : sequence of RunRow
        From `kanalo.ledger.listing.list_rows`; the latest comes first on the page.
    folder : Path
        Links to reports are relative to it.

    Returns
    -------
    Path
        The page, ``ledger.html``.

    Raises
    ------
    WorkspaceError
        If it cannot be written.
    """
    path = folder / FILE
    write_file(path, ledger_to_html(rows, folder))
    return path


def ledger_to_html(rows: Sequence[RunRow], folder: Path) -> str:
    """Draw the page of all runs.

    Parameters
    ----------
    rows : sequence of RunRow
        In any order.
    folder : Path
        Where the page will lie.

    Returns
    -------
    str
        HTML that needs nothing but itself.
    """
    latest = sorted(rows, key=lambda row: -row.entry.id)
    script = read_template("report.js")
    drawn = [each for row in latest for each in _to_page_rows(row, folder)]
    judged = sum(1 for row in rows for each in row.results if each.get("light"))
    return (
        open_templates()
        .get_template("ledger.html")
        .render(
            policy=to_policy([script]),
            title="Every run",
            question="",
            answer=f"{count(len(rows), 'run')}, {count(judged, 'verdict')}.",
            css=read_template("report.css"),
            scripts=[script],
            columns=_COLUMNS,
            rows=drawn,
        )
    )


def _to_page_rows(row: RunRow, folder: Path) -> Iterator[PageRow]:
    """Yield a row for each result; one for a run that has none."""
    link = _find_link(row, folder)
    for result in row.results or ({},):
        cells = tuple(_to_cells(row, result))
        words = " ".join([row.what, *(cell.text for cell in cells)])
        yield PageRow(row.entry.id, link, to_visible(words), cells)


def _to_cells(row: RunRow, result: Mapping[str, Any]) -> Iterator[Cell]:
    entry = row.entry
    rule = result.get("label") or ", ".join(row.rules) or row.what
    state = "" if entry.status == "finished" else f" ({entry.status})"
    yield Cell(entry.created[:16].replace("T", " "))
    yield Cell(f"{entry.kind}{state}")
    yield Cell(to_visible(str(rule)))
    yield Cell(to_visible(str(result.get("market") or ", ".join(row.markets))) or "–")
    yield Cell(result.get("light") or "–")
    for key in ("total_return", "cagr"):
        yield Cell(format_percent(result.get(key)), result.get(key))
    sharpe = result.get("sharpe_ratio") if result else _to_known(row.sharpe_ratio)
    yield Cell(format_value(sharpe, "ratio"), sharpe)
    yield Cell(format_percent(result.get("max_drawdown")), result.get("max_drawdown"))
    yield Cell(format_value(result.get("n_trades"), "count"), result.get("n_trades"))
    yield Cell(format_value(entry.n_trials, "count"), entry.n_trials)
    yield Cell(to_visible(" · ".join(each.text for each in row.notes)))


def _to_known(value: float) -> float | None:
    return None if value != value else value


def _find_link(row: RunRow, folder: Path) -> str:
    """Return the address of a report that is still there."""
    report = Path(row.report) / "report.html" if row.report else None
    if report is None or not report.is_file():
        return ""
    return quote(Path(os.path.relpath(report, folder)).as_posix())
