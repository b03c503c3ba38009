"""The section of a comparison on size and margin: capacity, large fills, liquidations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kanalo.analyzers.capacity import LEVELS, calc_capacity, calc_fill_sizes
from kanalo.execution.margin import calc_assumed_share
from kanalo.execution.result import Result
from kanalo.market import Market
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.page import Section
from kanalo.report.toolkit.tables import Cell, Row, Table

TITLE = "Size and margin"

NOTE = (
    "Capacity is the starting cash at which half of the log growth that 1,000 would have had is "
    "gone, by the square-root law of market impact (factor 1 where the run has none); none where "
    "there is no growth to lose. Thin are fills above a tenth of the volume of their bar; of "
    "unpriced ones the impact is not known, for fewer than five days came before."
)

MARGIN_NOTE = (
    "Liquidations look at the bars' last price; venues look at the mark price, so a wick that it "
    "did not follow liquidates here only."
)

_COLUMNS = ("Capacity", "# Fills", "# Thin", "# Unpriced", "Largest fill [% of its bar]")
_MARGIN_COLUMNS = ("# Liquidated", "Nearest [%]", "Shortfall", "Tiers assumed [% of bars]")


def build(results: Sequence[tuple[str, str, str, Result]]) -> list[dict[str, Any]]:
    """Compute size and margin of every run that filled anything.

    Parameters
    ----------
    results : sequence of tuple
        Label, market, cost set and result of each rule.

    Returns
    -------
    list of dict
        ``label``, ``market``, ``costs``; ``capacity`` (None for none, infinity written as None with
        ``unlimited``), ``growth`` by starting cash, the counts of `FillSizes`; and of margin
        ``liquidated``, ``distance``, ``shortfall`` and ``assumed``, None where no tiers bind.
    """
    return [
        {"label": label, "market": market, "costs": costs, **_to_part(result)}
        for label, market, costs, result in results
        if len(result.fills)
    ]


def _to_part(result: Result) -> dict[str, Any]:
    found, sizes, trades = calc_capacity(result), calc_fill_sizes(result), result.trades
    capacity = math.nan if found is None else found.capacity
    growth = () if found is None else found.growth
    is_margined = "shortfall" in trades
    return {
        "capacity": capacity if math.isfinite(capacity) else None,
        "unlimited": capacity == math.inf,
        "growth": {
            f"{cash:.0f}": each if math.isfinite(each) else None
            for cash, each in zip(LEVELS, growth, strict=False)
        },
        **sizes._asdict(),
        "liquidated": int((trades["exit_reason"] == "liquidation").sum()) if is_margined else None,
        "distance": float(trades["liquidation_distance"].min()) if is_margined else None,
        "shortfall": float(trades["shortfall"].sum()) if is_margined else None,
        "assumed": calc_assumed_share(result.market) if is_margined else None,
    }


def show(parts: Sequence[Mapping[str, Any]], markets: Mapping[str, Market]) -> list[Section]:
    """Return one section: a table of sizes, and one of margin where tiers bind.

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
    margined = [part for part in parts if part["liquidated"] is not None]
    tables = [Table("Size against the market", _COLUMNS, _to_rows(parts, _to_size_cells))]
    if margined:
        tables.append(Table("Margin", _MARGIN_COLUMNS, _to_rows(margined, _to_margin_cells)))
    texts = (NOTE, MARGIN_NOTE) if margined else (NOTE,)
    return [Section(TITLE, texts, (), tuple(tables))]


def _to_rows(parts: Sequence[Mapping[str, Any]], to_cells: Any) -> tuple[Row, ...]:
    return tuple(
        Row(f"{part['label']} · {part['market']} · {part['costs']}", to_cells(part))
        for part in parts
    )


def _to_size_cells(part: Mapping[str, Any]) -> tuple[Cell, ...]:
    capacity = format_value(part["capacity"], "money")
    if part["unlimited"]:
        capacity = "above 100,000,000"
    counts = (Cell(format_value(part[key], "count"), part[key]) for key in _COUNTS)
    largest = Cell(format_value(part["largest"], "fraction"), part["largest"])
    return (Cell(capacity, part["capacity"]), *counts, largest)


_COUNTS = ("n_fills", "n_thin", "n_unpriced")


def _to_margin_cells(part: Mapping[str, Any]) -> tuple[Cell, ...]:
    units = (
        ("liquidated", "count"),
        ("distance", "fraction"),
        ("shortfall", "money"),
        ("assumed", "fraction"),
    )
    return tuple(Cell(format_value(part[key], unit), part[key]) for key, unit in units)


def tell(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Warn of fills above a tenth of their bar's volume, and of liquidations: one line each."""
    lines = []
    fills, thin = (sum(int(part[key]) for part in parts) for key in ("n_fills", "n_thin"))
    if thin:
        share = format_percent(thin / fills)
        lines.append(f"{share} of all fills are above a tenth of the volume of their bar.")
    ended = sum(int(part["liquidated"] or 0) for part in parts)
    if ended:
        lines.append(f"{ended:,} of all trades were liquidated.")
    return lines
