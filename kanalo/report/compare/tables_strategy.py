"""Tables of a single result: months, drawdowns, exits, facts."""

from __future__ import annotations

from collections import Counter

from kanalo.report.compare.groups import HOLDING
from kanalo.report.compare.schema import ResultModel
from kanalo.report.toolkit.formats import (
    MISSING,
    format_percent,
    format_plain,
    format_time,
    format_value,
)
from kanalo.report.toolkit.tables import Cell, Row, Table

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_TAGS = 6
"""Rules with more tags than that number their trades: shares would say nothing."""

_FULLY_HELD = 1.005
"""Average exposure from which on a holding is said to stand above its equity."""

_HEAT = (0.005, 0.02, 0.05, 0.10, 0.20)


def to_monthly(entry: ResultModel) -> Table:
    """Build the table of calendar months: years as rows, returns in percent."""
    rows = (
        Row(
            str(each["year"]),
            tuple(
                Cell(format_value(value, "fraction"), value)
                for value in (*each["months"], each["total"])
            ),
        )
        for each in entry["monthly_returns"]
    )
    return Table("Year", (*MONTHS, "Year"), tuple(rows))


def to_heat(value: float | None) -> str:
    """Name the shade of a return: ``up-1`` … ``up-5``, ``down-1`` … ``down-5`` or nothing.

    Examples
    --------
    >>> to_heat(0.12), to_heat(-0.01), to_heat(0.001), to_heat(None)
    ('up-4', 'down-1', '', '')
    """
    if value is None:
        return ""
    level = sum(abs(value) >= threshold for threshold in _HEAT)
    return f"{'up' if value > 0 else 'down'}-{level}" if level else ""


def to_drawdowns(entry: ResultModel) -> Table:
    """Build the table of the deepest drawdowns with their dates and lengths."""
    columns = ("Peak", "Valley", "Recovery", "Length [d]", "Fall [d]", "Recovery [d]")
    rows = (
        Row(
            f"{format_percent(each['depth'])}",
            (
                *(Cell(format_time(each[key])) for key in ("peak", "valley")),
                Cell(format_time(each["recovery"]) if each["recovery"] else "not yet"),
                *(
                    Cell(format_value(each[key], "count"), each[key])
                    for key in ("length_days", "fall_length_days", "recovery_length_days")
                ),
            ),
        )
        for each in entry["drawdowns"]
    )
    return Table("Depth", columns, tuple(rows))


def to_exits(entry: ResultModel) -> Table:
    """Build the table of what ended the trades: counts, shares and mean returns."""
    closed = [trade for trade in entry["trades"] if trade["exit_time"] is not None]
    rows = []
    for each in entry["exit_reasons"]:
        returns = [t["return"] for t in closed if t["exit_reason"] == each["exit_reason"]]
        known = [value for value in returns if value is not None]
        mean = sum(known) / len(known) if known else None
        share = each["trades"] / len(closed)
        rows.append(
            Row(
                each["exit_reason"],
                (
                    Cell(format_value(each["trades"], "count"), each["trades"]),
                    Cell(format_value(share, "fraction"), share),
                    Cell(format_value(mean, "fraction"), mean),
                ),
            )
        )
    return Table("Exit reason", ("# Trades", "Share [%]", "Mean Return [%]"), tuple(rows))


def to_facts(entry: ResultModel) -> str:
    """Say in one line how a result came about: parameters, ambiguous bars, covered funding, tags.

    Tags tell which condition a trade was of, such as a filter that was unknown and so passed.
    """
    coverage = entry["coverage"]
    ambiguous = coverage["ambiguous_bars"]
    parts = [f"Parameters: {format_plain(entry['parameters'])}"]
    if ambiguous:
        parts.append(
            f"bars that leave open which level came first: {ambiguous:,}, "
            f"of which finer bars put {coverage['resolved_bars']:,} in order"
        )
    exposure = entry["statistics"].get("average_exposure")
    if entry["role"] == HOLDING and exposure is not None and exposure > _FULLY_HELD:
        parts.append(
            f"average exposure {format_percent(exposure)}: bought once and never trimmed, so "
            "funding and losses shrink the equity under the position"
        )
    covered = format_percent(coverage["funding_coverage"])
    if covered != MISSING:
        parts.append(f"funding known for {covered} of its stamps")
    tags = to_tag_shares(entry)
    if tags:
        shares = ", ".join(f"{tag} {format_percent(share)}" for tag, share in tags.items())
        parts.append(f"trades by tag: {shares}")
    return "; ".join(parts) + "."


def to_tag_shares(entry: ResultModel) -> dict[str, float]:
    """Return the share of each tag in the trades, the commonest first; empty without any tag."""
    counts = Counter(str(trade["tag"]) for trade in entry["trades"])
    if not any(counts) or len(counts) > _MOST_TAGS:
        return {}
    total = sum(counts.values())
    return {tag or "untagged": n / total for tag, n in counts.most_common()}
