"""``kanalo liquidations``: how good the estimate of liquidations is, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.base import new_group
from kanalo.cli.options import Json
from kanalo.text import escape_json

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from kanalo.liquidation_scores.correlations import Scores
    from kanalo.liquidation_scores.prior import PriorFit
    from kanalo.liquidation_scores.score import Direction
    from kanalo.liquidation_scores.tables import Calibration

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
            "high, low, close, volume, long_liquidation_base, short_liquidation_base; or CSV over "
            "several hours: time_utc, coin, long_usd, short_usd.",
        ),
    ] = None,
    bars: Annotated[
        list[Path] | None,
        typer.Option(
            "--bars",
            metavar="FILE",
            help="Hourly bars for --data over several hours, files named <coin>_… (CSV, Parquet), "
            "may be repeated. Coins without one have the bundled perpetual.",
        ),
    ] = None,
    fit_gain: Annotated[
        bool,
        typer.Option(
            "--fit-gain",
            help="With --data over several hours: also say what fitted coefficients would gain.",
        ),
    ] = False,
    reported: Annotated[
        str | None,
        typer.Option(
            "--reported",
            metavar="NAME",
            help="Score it on a table of reported liquidations of the workspace.",
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
    from kanalo.liquidation_scores.longer import is_longer
    from kanalo.liquidation_scores.score import DRAWS, QUICK_DRAWS

    n_draws = QUICK_DRAWS if quick else DRAWS
    if data is not None and reported is not None:
        raise typer.BadParameter("give either --data or --reported, not both.", ctx=context)
    if data is not None and is_longer(data):
        _score_longer(context, data, bars or [], n_draws, json_path, refit=fit_gain)
        return
    if bars or fit_gain:
        option = "--bars" if bars else "--fit-gain"
        raise typer.BadParameter(f"{option} goes with --data over several hours.", ctx=context)
    if data is not None:
        _score_file(data, n_draws, json_path)
    elif reported is not None:
        _score_reported(context.obj.workspace.data_dir, reported, n_draws, json_path)
    else:
        _score_both(context.obj.workspace.data_dir, n_draws, json_path)


def _score_file(path: Path, n_draws: int, json_path: str | None) -> None:
    from kanalo.liquidation_scores.score import frozen_score, to_frozen_dict
    from kanalo.liquidation_scores.tables import read_calibration

    table = read_calibration(path)
    scores = frozen_score(table, n_draws=n_draws)
    _show(to_frozen_dict(table, scores), json_path, _draw_frozen(table, scores))


def _score_longer(
    context: typer.Context,
    path: Path,
    bars: list[Path],
    n_draws: int,
    json_path: str | None,
    *,
    refit: bool,
) -> None:
    from kanalo.cli.longer_liquidations import draw_longer, open_bars
    from kanalo.liquidation_scores.longer import read_longer, score_longer, to_longer_dict
    from kanalo.liquidation_scores.score import SCHEMA

    tables = read_longer(path, open_bars(context.obj.workspace.data_dir, path, bars))
    scores = score_longer(tables, n_draws=n_draws, refit=refit)
    _show(to_longer_dict(str(path), scores, SCHEMA), json_path, draw_longer(scores))


def _score_reported(folder: Path, name: str, n_draws: int, json_path: str | None) -> None:
    from kanalo.liquidation_scores.score import frozen_score, to_frozen_dict
    from kanalo.liquidation_scores.tables import load_reported

    table = load_reported(folder, name)
    scores = frozen_score(table, n_draws=n_draws)
    _show(to_frozen_dict(table, scores), json_path, _draw_frozen(table, scores))


@app.command("prior")
def prior(
    context: typer.Context,
    table: Annotated[
        str,
        typer.Option("--from", metavar="NAME", help="A table of liquidations with entry prices."),
    ],
    json_path: Json = None,
) -> None:
    """Fit the assumed leverage to liquidations whose entry prices are known, and compare.

    `kanalo data download --venue bitfinex --what liquidations` brings such a table. Liquidated
    positions had more leverage than open ones: read the fit as an upper bound.
    """
    from kanalo.liquidation_scores.prior import fit_prior

    fit = fit_prior(context.obj.workspace.data_dir, table)
    _show(fit.to_dict(), json_path, _draw_prior(fit))


def _draw_prior(fit: PriorFit) -> Iterator[RenderableType]:
    yield (
        f"{fit.positions:,} positions of {fit.table} with a leverage of 3 to {fit.cap:g}; "
        f"{fit.outside:,} outside. Maintenance {fit.maintenance:.2%} assumed."
    )
    rows = _new_table("Leverage", "Power", "Median", "Distance from the reported")
    rows.add_row("reported", "", f"{fit.median_reported:.1f}", "")
    assumed = (fit.assumed_power, fit.median_assumed, fit.distance_assumed)
    fitted = (fit.fitted_power, fit.median_fitted, fit.distance_fitted)
    for name, (power, median, distance) in (("assumed", assumed), ("fitted", fitted)):
        rows.add_row(name, f"{power:.2f}", f"{median:.1f}", f"{distance:.3f}")
    yield rows


def _score_both(folder: Path, n_draws: int, json_path: str | None) -> None:
    from kanalo.liquidation_scores.score import cross_score, to_cross_dict

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
    from kanalo.liquidation_scores.correlations import TARGETS
    from kanalo.liquidation_scores.score import to_text

    table = _new_table(title, *(target.capitalize() for target in TARGETS))
    for name, scores in rows.items():
        if scores is None:
            table.add_row(name, NO_TREES)
        else:
            table.add_row(name, *(to_text(scores[target], signed=signed) for target in TARGETS))
    return table


def _draw_zones(direction: Direction) -> Table:
    from kanalo.liquidation_scores.score import to_text

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

    from kanalo.cli.console import new_console
    from kanalo.cli.output import show_result

    text = escape_json(json.dumps(model, indent=2, ensure_ascii=False, allow_nan=False))

    def draw() -> None:
        console = new_console(highlight=False, markup=False)
        for part in drawing:
            console.print(part)

    show_result(lambda: text, json_path, draw)


def _new_table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
