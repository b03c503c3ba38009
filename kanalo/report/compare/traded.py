"""The section of a comparison on what each rule traded: results by tag, side, time and regime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kanalo.analyzers.traded import DIMENSIONS, split_trades
from kanalo.execution.result import Result
from kanalo.market import Market
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.page import Section
from kanalo.report.toolkit.plain import to_plain, to_records
from kanalo.report.toolkit.tables import Cell, Row, Table

TITLE = "What the rules traded"

NOTE = (
    "Closed trades by tag, side, time of the decision (UTC), volatility of the 30 days before it "
    "(in thirds of the whole span: a description, not a signal), and the close against its mean of "
    "30 days. Intervals (95 %) draw single trades; groups of fewer than 5 have none. Among so many "
    "groups some look good by luck."
)

_COLUMNS = ("# Trades", "Share [%]", "Profit", "Winners [%]", "Return a trade [%]", "95 % interval")


def build(results: Sequence[tuple[str, str, str, Result]]) -> list[dict[str, Any]]:
    """Split the closed trades of every rule.

    Parameters
    ----------
    results : sequence of tuple
        Label, market, cost set and result of each rule.

    Returns
    -------
    list of dict
        ``label``, ``market``, ``costs`` and ``groups`` (`split_trades`) of each rule with a closed
        trade.
    """
    return [
        {
            "label": label,
            "market": market,
            "costs": costs,
            "groups": to_records(split_trades(result.closed_trades, result.market)),
        }
        for label, market, costs, result in results
        if len(result.closed_trades)
    ]


def show(parts: Sequence[Mapping[str, Any]], markets: Mapping[str, Market]) -> list[Section]:
    """Return one section with a table for each rule.

    Parameters
    ----------
    parts : sequence of mapping
        From `build`.
    markets : mapping of str to Market
        Not needed: the tables are drawn from the parts.

    Returns
    -------
    list of Section
        One.
    """
    del markets
    return [Section(TITLE, (NOTE,), (), tuple(to_table(part) for part in parts))]


def to_table(part: Mapping[str, Any]) -> Table:
    """Build the table of one rule: a row for each group, a block for each dimension."""
    rows = []
    for dimension in DIMENSIONS:
        groups = [each for each in part["groups"] if each["dimension"] == dimension]
        for number, each in enumerate(groups):
            section = "" if number else dimension
            rows.append(Row(each["group"], tuple(_to_cells(each)), section=section))
    return Table(f"{part['label']} · {part['market']} · {part['costs']}", _COLUMNS, tuple(rows))


def _to_cells(group: Mapping[str, Any]) -> Iterator[Cell]:
    units = (
        ("n_trades", "count"),
        ("share", "fraction"),
        ("profit", "money"),
        ("win_rate", "fraction"),
        ("mean_return", "fraction"),
    )
    for key, unit in units:
        yield Cell(format_value(group[key], unit), group[key])
    low, high = (format_value(to_plain(group[key]), "fraction") for key in ("low", "high"))
    yield Cell("–" if group["low"] is None else f"{low} to {high}")


def tell(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the commonest tag of each rule that has several, one line each."""
    lines = []
    for part in parts:
        tags = [each for each in part["groups"] if each["dimension"] == "tag"]
        if len(tags) > 1:
            most = max(tags, key=lambda each: int(each["n_trades"]))
            share = format_percent(most["share"])
            where = f"{part['label']} on {part['market']}"
            lines.append(f"{where}: {share} of the closed trades are '{most['group']}'.")
    return lines
