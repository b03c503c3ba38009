"""``kanalo replay TIME``: what the rules saw at an hour, and apart from it what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import Json, MarketName, Output
from kanalo.cli.output import show_model

if TYPE_CHECKING:
    from kanalo.workspace import Workspace


def replay(
    context: typer.Context,
    time: Annotated[
        str,
        typer.Argument(
            metavar="TIME",
            help="OPEN time of the bar, such as 2026-01-31T12:00 (UTC); its close is the last "
            "thing known.",
        ),
    ],
    market: MarketName = None,
    facts: Annotated[
        Path | None,
        typer.Option(
            "--facts",
            metavar="FACTS.toml",
            help="An article's figures and levels, shown for hours of its day; by default the "
            "article of the workspace's data.",
        ),
    ] = None,
    output: Output = None,
    json_path: Json = None,
) -> None:
    """Show what was known at the close of a bar, and what happened next."""
    from kanalo.cli.output import STDOUT, check_folder, check_writable, keep_report
    from kanalo.market.labels import find_labelled_bar
    from kanalo.report.replay.page import print_replay, to_replay_model, write_replay_report
    from kanalo.study.replay.replay import replay as play

    workspace, quiet = context.obj.workspace, context.obj.quiet
    article = _read_article(workspace, facts)
    market = market or workspace.default_market
    chosen = workspace.load_market(market)
    label = chosen.index[find_labelled_bar(chosen, time, "TIME")]
    stamp = f"{label:%Y%m%dT%H%M}"
    folder = output or workspace.results_dir / "replay" / f"{market}_{stamp}"
    check_folder(folder, asked=output is not None)
    if json_path not in (None, STDOUT):
        check_writable(Path(str(json_path)).parent)
    strategies = {name: workspace.load_strategy(name) for name in workspace.list_strategies()}
    episode = play(chosen, time, article=article, strategies=strategies)
    model = to_replay_model(episode)
    show_model(model, json_path, print_replay)
    keep_report(
        lambda: write_replay_report(model, episode, folder), asked=output is not None, quiet=quiet
    )


def _read_article(workspace: Workspace, facts: Path | None) -> dict[str, Any]:
    """Return the table of the article; empty where the workspace has none."""
    from kanalo.errors import DataError, UnknownNameError
    from kanalo.market import load_article
    from kanalo.study.claims.plan import read_toml

    if facts is not None:
        return dict(read_toml(facts)[0].get("article", {}))
    try:
        return dict(load_article(workspace.data_dir).get("article", {}))
    except UnknownNameError:
        return {}
    except DataError:
        if (workspace.data_dir / "manifest.json").exists():
            raise
        return {}
