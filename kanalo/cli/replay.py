"""``kanalo replay TIME``: what the rules saw at an hour, and apart from it what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import Json, Output

if TYPE_CHECKING:
    from kanalo.study.replay import Replay
    from kanalo.workspace import Workspace

DEFAULT_MARKET = "xmr_1h"


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
    market: Annotated[
        str, typer.Option("--market", metavar="NAME", help="A market of the data.")
    ] = DEFAULT_MARKET,
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
    """Freeze a market at the close of a bar, show what was known, then what happened."""
    from kanalo.cli.output import STDOUT, check_writable, note
    from kanalo.study.replay import find_episode
    from kanalo.study.replay import replay as play

    workspace, quiet = context.obj.workspace, context.obj.quiet
    article = _read_article(workspace, facts)
    chosen = workspace.load_market(market)
    stamp = f"{chosen.index[find_episode(chosen, time)]:%Y%m%dT%H%M}"
    folder = output or workspace.results_dir / "replay" / f"{market}_{stamp}"
    check_writable(folder)
    if json_path not in (None, STDOUT):
        check_writable(Path(str(json_path)).parent)
    strategies = {name: workspace.load_strategy(name) for name in workspace.list_strategies()}
    found = play(chosen, time, article=article, strategies=strategies)
    written = _show(found, folder, json_path)
    if not quiet:
        note(f"Report: {written}")


def _read_article(workspace: Workspace, facts: Path | None) -> dict[str, Any]:
    """Return the table of the article; empty where the workspace has none."""
    from kanalo.errors import DataError, UnknownNameError
    from kanalo.market import load_article
    from kanalo.study.claim_plan import read_toml

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


def _show(found: Replay, folder: Path, json_path: str | None) -> Path:
    from rich.console import Console

    from kanalo.cli.output import STDOUT, write_text
    from kanalo.report.json_ import to_json
    from kanalo.report.replay_page import print_replay, to_replay_model, write_replay_report

    model = to_replay_model(found)
    written = write_replay_report(model, found, folder)
    if json_path == STDOUT:
        typer.echo(to_json(model).rstrip("\n"))
        return written[0]
    if json_path is not None:
        write_text(Path(json_path), to_json(model))
    print_replay(model, Console(highlight=False))
    return written[0]
