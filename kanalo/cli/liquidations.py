"""``kanalo liquidations``: how good the estimate of liquidations is, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import new_group
from kanalo.cli.options import Json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from kanalo.study.calibration import Calibration
    from kanalo.study.liquidation_score import Direction
    from kanalo.study.scores import Scores

NO_TREES = "scikit-learn is not installed (it comes with the extra 'dev')"

app = new_group(
    help="See where liquidations stand and what was liquidated, and score the estimate."
)


@app.command("score")
def score(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Score the frozen estimator on a table of your own (CSV or Parquet): time, open, "
            "high, low, close, volume, long_liquidation_base, short_liquidation_base.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Rougher intervals, from fewer resamples.")
    ] = False,
    json_path: Json = None,
) -> None:
    """Compare the estimator with reported liquidations, out of sample.

    Without --data: fitted on the first half of BTC, scored on the second half of ETH, and the other
    way round, beside baselines, a black box and null maps. Takes about half a minute.
    """
    from kanalo.study.liquidation_score import DRAWS, QUICK_DRAWS

    n_draws = QUICK_DRAWS if quick else DRAWS
    if data is not None:
        _score_file(data, n_draws, json_path)
    else:
        _score_both(context.obj.workspace.data_dir, n_draws, json_path)


def _score_file(path: Path, n_draws: int, json_path: str | None) -> None:
    from kanalo.study.calibration import read_calibration
    from kanalo.study.liquidation_score import frozen_score, to_frozen_dict

    table = read_calibration(path)
    scores = frozen_score(table, n_draws=n_draws)
    _show(to_frozen_dict(table, scores), json_path, _draw_frozen(table, scores))


def _score_both(folder: Path, n_draws: int, json_path: str | None) -> None:
    from kanalo.study.liquidation_score import cross_score, to_cross_dict

    directions = cross_score(folder, n_draws=n_draws)
    parts = (part for each in directions for part in _draw_direction(each))
    _show(to_cross_dict(directions), json_path, parts)


def _draw_frozen(table: Calibration, scores: dict[str, Scores]) -> Iterator[RenderableType]:
    yield f"Frozen estimator on {table.name}, {int(table.scored.sum()):,} hours after the warm-up"
    yield _draw_scores(scores)


def _draw_direction(direction: Direction) -> Iterator[RenderableType]:
    yield (
        f"Fitted on {direction.fitted_on} (first half), scored on {direction.scored_on} (second "
        f"half, {direction.hours} hours)"
    )
    yield _draw_scores(direction.scores)
    yield ""
    differences: dict[str, Scores] = {"estimator: with map - without": direction.map_adds}
    for name, scores in direction.against_trees.items():
        differences[f"{name} - boosted trees"] = scores
    yield _draw_scores(differences, "Paired difference", signed=True)
    yield ""
    yield _draw_zones(direction)
    yield ""


def _draw_scores(
    rows: dict[str, Any], title: str = "Spearman by the hour [95 %]", *, signed: bool = False
) -> Table:
    from kanalo.study.liquidation_score import to_text
    from kanalo.study.scores import TARGETS

    table = _new_table(title, *(target.capitalize() for target in TARGETS))
    for name, scores in rows.items():
        if scores is None:
            table.add_row(name, NO_TREES)
        else:
            table.add_row(name, *(to_text(scores[target], signed=signed) for target in TARGETS))
    return table


def _draw_zones(direction: Direction) -> Table:
    from kanalo.study.liquidation_score import to_text

    zones = direction.zones
    title = f"Zones: excess rank of the flow ({zones.hours} entries)"
    table = _new_table(title, "Excess [95 %]", "The map's lead [95 %]")
    for name, excess in zones.excess.items():
        lead = zones.lead.get(name)
        table.add_row(
            name, to_text(excess, signed=True), to_text(lead, signed=True) if lead else ""
        )
    for low, high, hours, excess in zones.buckets:
        name = f"map, zones {low:.1%} to {high:.1%} away ({hours})"
        table.add_row(name, to_text(excess, signed=True))
    return table


def _show(model: dict[str, Any], json_path: str | None, drawing: Iterator[RenderableType]) -> None:
    import json

    from rich.console import Console

    from kanalo.cli.output import STDOUT, write_text

    text = json.dumps(model, indent=2, ensure_ascii=False, allow_nan=False)
    if json_path == STDOUT:
        typer.echo(text)
        return
    if json_path is not None:
        write_text(Path(json_path), text + "\n")
    console = Console(highlight=False, markup=False)
    for part in drawing:
        console.print(part)


def _new_table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
