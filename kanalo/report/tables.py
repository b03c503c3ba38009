"""Tables of the report: rows and texts, without a word about how a face draws them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kanalo.report.formats import format_plain, format_time, format_value
from kanalo.report.groups import Entry, Group, Model, has_closed, has_traded

HEADLINE = (
    "total_return",
    "cagr",
    "max_drawdown",
    "sharpe_ratio",
    "n_trades",
    "win_rate",
    "exposure_time",
)
"""Keys of the statistics that the short table shows, in order."""


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, the number behind it and whether it is the best of its kind.

    Attributes
    ----------
    text : str
        For people.
    value : float or None
        To sort by; None for text and where there is no value.
    best : bool
        Whether no other in the comparison is better.
    """

    text: str
    value: float | None = None
    best: bool = False


@dataclass(frozen=True)
class Row:
    """One row: a name, its cells, a longer explanation and the section that it opens.

    ``matches`` names the row above whose random yardstick this one is.
    """

    name: str
    cells: tuple[Cell, ...]
    help: str = ""
    section: str = ""
    matches: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table whose first column names the rows."""

    corner: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    help: tuple[str, ...] = field(default=())


def to_headline(model: Model, group: Group) -> Table:
    """Build the short table: strategies as rows, the statistics that decide as columns."""
    shown = [each for key in HEADLINE for each in model["statistics"] if each["key"] == key]
    columns = [to_cells(group.results, each) for each in shown]
    rows = (
        Row(entry["label"], cells, matches=entry["matches"])
        for entry, *cells_ in zip(group.results, *columns, strict=True)
        for cells in (tuple(cells_),)
    )
    labels = tuple(each["label"] for each in shown)
    return Table("Strategy", labels, tuple(rows), tuple(each["help"] for each in shown))


def to_side_by_side(model: Model, group: Group) -> Table:
    """Build the full table: every statistic as a row, strategies as columns."""
    entries = group.compared
    rows, last = [], None
    for each in model["statistics"]:
        section = each["group"] if each["group"] != last else ""
        rows.append(Row(each["label"], to_cells(entries, each), each["help"], section))
        last = each["group"]
    return Table("Statistic", tuple(entry["label"] for entry in entries), tuple(rows))


def to_cells(entries: Sequence[Entry], statistic: Model) -> tuple[Cell, ...]:
    """Format one statistic of several results and mark the best.

    A result without a trade cannot be best: its drawdown of nothing is not an achievement; nor, in
    what is told of closed trades, one without any; nor random entries that match another result.
    Nothing is marked where all are equal or fewer than two have a value.

    Parameters
    ----------
    entries : sequence of results
        From one group.
    statistic : mapping
        ``key``, ``unit``, ``group`` and ``better`` (+1 more is better, -1 less is, 0 neither).
    """
    values = [entry["statistics"].get(statistic["key"]) for entry in entries]
    has_played = has_closed if statistic["group"] == "Trades" else has_traded

    def can_win(entry: Entry) -> bool:
        return has_played(entry) and not entry["matches"]

    rivals = [
        value
        for entry, value in zip(entries, values, strict=True)
        if value is not None and can_win(entry)
    ]
    best = _find_best(rivals, statistic["better"])
    return tuple(
        Cell(
            format_value(value, statistic["unit"]),
            value,
            value is not None and value == best and can_win(entry),
        )
        for entry, value in zip(entries, values, strict=True)
    )


def _find_best(rivals: Sequence[float], better: int) -> float | None:
    if not better or len(rivals) < 2 or min(rivals) == max(rivals):
        return None
    return max(rivals) if better > 0 else min(rivals)


def to_passport(market: Model) -> Table:
    """Build the table of a market's passport: one row a finding."""
    findings = market["passport"].get("findings", ())
    rows = (
        Row(
            str(each["name"]),
            (
                Cell(format_plain(each.get("value"))),
                Cell(str(each["light"])),
                Cell(str(each.get("note") or "")),
            ),
        )
        for each in findings
    )
    return Table("Check", ("Value", "Light", "Note"), tuple(rows))


def to_market_facts(market: Model) -> str:
    """Say on what data a group was run, in one line."""
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    venues = ", ".join(market["venues"])
    return f"{market['symbol']}, {market['interval']} bars, {span} ({market['n_bars']:,}); {venues}"


def to_named(values: Model, corner: str, column: str) -> Table:
    """Build a table of two columns from a mapping; nested mappings become dotted names."""
    rows = (Row(name, (Cell(format_plain(value)),)) for name, value in _flatten(values))
    return Table(corner, (column,), tuple(rows))


def _flatten(values: Model, prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
