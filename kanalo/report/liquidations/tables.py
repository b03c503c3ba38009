"""Tables of clusters and of flow, for the terminal and the page."""

from __future__ import annotations

import math

from kanalo.report.liquidations.flows import FlowSum
from kanalo.report.liquidations.views import MapView
from kanalo.report.toolkit.formats import format_price, format_value
from kanalo.report.toolkit.tables import Cell, Row, Table


def to_cluster_table(view: MapView) -> Table:
    """Build the table of the clusters of a map, nearest first.

    ``Share`` is that of the cluster in all levels within reach, of both sides; ``Away`` the
    distance of its nearer edge from the price.
    """
    columns = ("Low", "Centre", "High", "Width [%]", "Away [%]", "Share [%]")
    rows = (
        Row(
            f"{each.side} (estimated)",
            (
                *(Cell(format_price(value), value) for value in (each.low, each.centre, each.high)),
                *(
                    Cell(format_value(value, "fraction"), value)
                    for value in (each.width, each.distance, share)
                ),
            ),
        )
        for each, share in zip(view.clusters, view.shares, strict=True)
    )
    return Table("Cluster of", columns, tuple(rows))


def to_flow_table(rows: list[FlowSum]) -> Table:
    """Build the table of sums: USD where reported, without a unit where estimated."""
    columns = ("Shorts", "Longs", "Imbalance", "Short:long", "Known bars")
    return Table("Liquidations", columns, tuple(_to_row(each) for each in rows))


def _to_row(row: FlowSum) -> Row:
    return Row(
        f"{row.name} ({row.origin})",
        (
            *(_to_cell(value, "money") for value in (row.shorts, row.longs)),
            *(_to_cell(value, "ratio") for value in (row.imbalance, row.ratio)),
            Cell(format_value(row.bars, "count"), row.bars),
        ),
    )


def _to_cell(value: float, unit: str) -> Cell:
    known = value if math.isfinite(value) else None
    return Cell("∞" if math.isinf(value) else format_value(known, unit), known)
