"""``kanalo diff A B``: what changed between two runs, and what each change explains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import Json
from kanalo.file_formats import DIFF

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.experiment.diff import RunDiff

_DIGITS = 2
"""Decimals of percentages; shown parts add up in them."""

_ORDER_NOTE = (
    "Parts are replaced in this order, one on top of the other; what two changes do together is "
    "counted with the later one."
)


def diff(
    context: typer.Context,
    first: Annotated[int, typer.Argument(min=1, metavar="A", help="Number of a run.")],
    second: Annotated[int, typer.Argument(min=1, metavar="B", help="Number of another one.")],
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="LABEL",
            help="Which result of the runs, where they have several; twice for one of each.",
        ),
    ] = None,
    json_path: Json = None,
) -> None:
    """Explain the difference in return of two runs: code, parameters, data, costs, fills.

    The first run is repeated with one part after the other taken from the second. What a part moves
    is what it explains, and the parts add up to the difference.
    """
    from kanalo.cli.tables import show
    from kanalo.experiment.diff import diff_runs

    model = _to_model(diff_runs(context.obj.workspace, first, second, rules=tuple(rules or ())))
    show(model, json_path, _draw(model))


def _to_model(found: RunDiff) -> dict[str, Any]:
    from kanalo.experiment.diff import PARTS

    parts = found.parts
    return {
        "schema": DIFF.schema,
        "runs": [each.id for each in found.runs],
        "labels": list(found.labels),
        "total_returns": list(found.returns),
        "difference": float(found.difference),
        "steps": [
            {"part": each.part, "before": each.before, "after": each.after} for each in found.steps
        ],
        "parts": [
            {
                "part": name,
                "changes": list(found.changes.get(name, ())),
                "explains": float(parts[name]),
            }
            for name in PARTS
        ],
    }


def _draw(model: dict[str, Any]) -> Iterator[RenderableType]:
    from kanalo.cli.tables import new_table, plain

    ends = zip(model["runs"], model["labels"], model["total_returns"], strict=True)
    yield plain(" → ".join(f"run {run}, {label}: {_percent(end)}" for run, label, end in ends))
    yield ""
    table = new_table("Part", "What changed", "Explains")
    table.columns[2].justify = "right"
    table.columns[2].no_wrap = True
    shown = round_parts([each["explains"] for each in model["parts"]])
    for each, value in zip(model["parts"], shown, strict=True):
        if each["changes"] or value:
            table.add_row(
                plain(each["part"]), plain("; ".join(each["changes"])), plain(_points(value))
            )
    table.add_row("together", "", _points(round(100 * model["difference"], _DIGITS)))
    yield table
    yield plain(f"\n{_ORDER_NOTE}")


def round_parts(parts: list[float]) -> list[float]:
    """Round parts to percentage points so that their sum is the rounded sum.

    Examples
    --------
    >>> round_parts([0.00333, 0.00333, 0.00334])
    [0.33, 0.34, 0.33]
    """
    rounded, total, shown = [], 0.0, 0.0
    for each in parts:
        total += 100 * each
        rounded.append(round(round(total, _DIGITS) - shown, _DIGITS) + 0.0)
        shown = round(total, _DIGITS)
    return rounded


def _points(value: float) -> str:
    return f"{value:+.{_DIGITS}f} points".replace("-", "\N{MINUS SIGN}")


def _percent(value: float) -> str:
    return f"{100 * value:.{_DIGITS}f} %".replace("-", "\N{MINUS SIGN}")
