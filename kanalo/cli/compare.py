"""``kanalo compare``: strategies × markets × costs, side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli.options import End, Json, Output, Start, Timezone

if TYPE_CHECKING:
    from kanalo.spec import Spec

DEFAULT_SPEC = "article.toml"


def compare(
    context: typer.Context,
    spec: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SPEC.toml]",
            help="What to compare; by default backtests/article.toml of the workspace.",
        ),
    ] = None,
    output: Output = None,
    start: Start = None,
    end: End = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="PATH",
            help="Compare on the bars of this file (CSV, Parquet, feather) instead of the "
            "markets of the spec; may be repeated.",
        ),
    ] = None,
    timezone: Timezone = None,
    cross_check: Annotated[
        bool,
        typer.Option(
            "--cross-check/--no-cross-check",
            help="Repeat every strategy on the reference engine, and stop where it differs.",
        ),
    ] = True,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge/--no-judge",
            help="Say of every rule whether it is better than luck, and why or why not.",
        ),
    ] = True,
    json_path: Json = None,
) -> None:
    """Compare strategies on markets, judge them, and write the report.

    What the spec leaves out has these defaults: cash 100,000, fee 5 bps, slippage 2 bps, funding
    on.
    """
    from kanalo.cli.output import run_and_show
    from kanalo.spec import load_spec

    workspace = context.obj.workspace
    asked = load_spec(spec or workspace.backtests_dir / DEFAULT_SPEC).within(start, end)
    run_and_show(
        _on_files(asked, data, timezone, start, end) if data else asked,
        workspace,
        folder=output,
        json_path=json_path,
        quiet=context.obj.quiet,
        cross_check=cross_check,
        kind="compare",
        judge=judge,
    )


def _on_files(
    spec: Spec, files: list[Path], timezone: str | None, start: str | None, end: str | None
) -> Spec:
    """Return the spec with its markets replaced by files, for every strategy."""
    from kanalo.spec import MarketSpec

    stems = [path.stem for path in files]
    for stem in stems:
        if stems.count(stem) > 1:
            raise typer.BadParameter(f"--data names two files called '{stem}'; rename one.")
    markets = tuple(
        MarketSpec(path.stem, str(path.absolute()), start or "", end or "", timezone or "")
        for path in files
    )
    strategies = tuple(replace(each, markets=()) for each in spec.strategies)
    return replace(spec, markets=markets, strategies=strategies)
