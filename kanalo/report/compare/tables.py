"""Tables of a comparison: statistics of its results, passports and facts of its markets."""

from __future__ import annotations

from collections.abc import Sequence

from kanalo.report.compare.groups import Group, has_closed, has_traded
from kanalo.report.compare.schema import ComparisonModel, MarketModel, ResultModel, StatisticModel
from kanalo.report.toolkit.formats import format_plain, format_time, format_value
from kanalo.report.toolkit.tables import Cell, Row, Table

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


def to_headline(model: ComparisonModel, group: Group) -> Table:
    """Build the short table: strategies as rows, the statistics that decide as columns.

    Parameters
    ----------
    model : ComparisonModel
        The model of the group.
    group : Group
        Results of one market and cost set.

    Returns
    -------
    Table
        A row for each result.
    """
    shown = [each for key in HEADLINE for each in model["statistics"] if each["key"] == key]
    columns = [to_cells(group.results, each) for each in shown]
    rows = (
        Row(entry["label"], cells, matches=entry["matches"])
        for entry, *cells_ in zip(group.results, *columns, strict=True)
        for cells in (tuple(cells_),)
    )
    labels = tuple(each["label"] for each in shown)
    return Table("Strategy", labels, tuple(rows), tuple(each["help"] for each in shown))


def to_side_by_side(model: ComparisonModel, group: Group) -> Table:
    """Build the full table: every statistic as a row, strategies as columns.

    Parameters
    ----------
    model : ComparisonModel
        The model of the group.
    group : Group
        Results of one market and cost set.

    Returns
    -------
    Table
        A column for each result that was asked for.
    """
    entries = group.compared
    rows, last = [], None
    for each in model["statistics"]:
        section = each["group"] if each["group"] != last else ""
        rows.append(Row(each["label"], to_cells(entries, each), each["help"], section))
        last = each["group"]
    return Table("Statistic", tuple(entry["label"] for entry in entries), tuple(rows))


def to_cells(entries: Sequence[ResultModel], statistic: StatisticModel) -> tuple[Cell, ...]:
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

    Returns
    -------
    tuple of Cell
        One for each entry, in the same order.
    """
    values = [entry["statistics"].get(statistic["key"]) for entry in entries]
    has_played = has_closed if statistic["group"] == "Trades" else has_traded

    def can_win(entry: ResultModel) -> bool:
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


def to_passport(market: MarketModel) -> Table:
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


def to_market_facts(market: MarketModel) -> str:
    """Say on what data a group was run, in one line."""
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    venues = ", ".join(market["venues"])
    return f"{market['symbol']}, {market['interval']} bars, {span} ({market['n_bars']:,}); {venues}"
