"""``kanalo now``: what each rule holds at the last closed bar, and what it decides for the next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.configured import list_account, split_layers
from kanalo.cli.options import DEFAULT_MARKET, Json, is_spec
from kanalo.cli.tables import new_table, plain, show
from kanalo.file_formats import NOW
from kanalo.workspace.configuration import resolve

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kanalo.experiment.now import State
    from kanalo.experiment.spec import Spec
    from kanalo.workspace import Workspace

OLD_BARS = 2
"""Bars after which data are called old."""

PUBLISHED = 5.0
"""Seconds after the close of a bar that a venue is given to publish it."""

What = Annotated[
    list[str], typer.Argument(metavar="STRATEGY|SPEC.toml", help="Rules by name, or one spec.")
]
MarketNames = Annotated[
    list[str] | None,
    typer.Option(
        "--market",
        metavar="NAME",
        help="A market of the data; may be repeated. Those of a spec are left out then.  "
        f"[default {DEFAULT_MARKET}]",
    ),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Update, and say it again after every closed bar.")
]


def now(
    context: typer.Context,
    what: What,
    market: MarketNames = None,
    watch: Watch = False,
    json_path: Json = None,
) -> None:
    """Show what each rule holds at the last closed bar and decides for the next.

    Positions, stops, targets, the distance to liquidation, and how old the data are: `kanalo data
    update` brings them up to date, and --watch does it after every closed bar. It does not trade.
    """
    workspace = context.obj.workspace
    spec = _to_spec(what, market, workspace)
    if not watch:
        _say(spec, workspace, json_path)
        return
    while True:
        _update(context, spec, workspace)
        states = _say(spec, workspace, json_path)
        pause(_find_wait(states, spec, workspace))


def pause(seconds: float) -> None:
    """Wait for the next closed bar."""
    time.sleep(seconds)


def _to_spec(what: list[str], market: list[str] | None, workspace: Workspace) -> Spec:
    """Read the spec, or make one of names; costs and account come from the settings too."""
    from kanalo.experiment.spec import MarketSpec
    from kanalo.experiment.spec_reader import load_spec, parse_spec

    layers = split_layers(resolve(workspace.root, list_account()))
    names = market or ([] if is_spec(what) else [workspace.default_market])
    markets = [MarketSpec(each) for each in names]
    if is_spec(what):
        path = Path(what[0])
        own = workspace.backtests_dir / path
        path = path if path.exists() or not own.exists() else own
        return load_spec(path, markets=markets, above=layers.above, below=layers.below)
    modules = [each.replace("-", "_") for each in what]
    content: dict[str, Any] = {
        "name": "now",
        "title": ", ".join(modules),
        "strategies": [{"name": each} for each in modules],
    }
    return parse_spec(
        content, source="kanalo now", markets=markets, above=layers.above, below=layers.below
    )


def _say(spec: Spec, workspace: Workspace, json_path: str | None) -> list[State]:
    from kanalo.experiment.now import see_now

    states = see_now(spec, workspace)
    model = {"schema": NOW.schema, "states": [each.to_dict() for each in states]}
    show(model, json_path, _draw(states, _find_lengths(spec, workspace)))
    return states


def _find_lengths(spec: Spec, workspace: Workspace) -> dict[str, float]:
    """Return the hours of a bar of each market."""
    import pandas as pd

    from kanalo import periods
    from kanalo.market.manifest import read_manifest

    markets = read_manifest(workspace.data_dir).markets
    return {
        each.name: periods.to_timedelta(markets[each.name].interval) / pd.Timedelta(hours=1)
        for each in spec.markets
        if each.name in markets
    }


def _draw(states: list[State], lengths: dict[str, float]) -> Iterator[RenderableType]:
    table = new_table("Rule", "Market", "Holds", "Entry", "Stop", "Target", "Profit", "Next open")
    for each in states:
        cells = (each.entry_price, each.stop, each.target)
        profit = "" if each.profit is None else f"{each.profit:+.1%}"
        hidden = not each.position or each.sealed
        held = each.side if hidden else f"{each.side} {abs(each.position):,.6g}"
        table.add_row(
            *(each.strategy, each.market, held),
            *("" if cell is None else f"{cell:,.6g}" for cell in cells),
            *(profit, _describe_next(each)),
        )
    yield table
    for each in states:
        if each.liquidation is not None and each.liquidation_distance is not None:
            yield plain(
                f"{each.strategy} on {each.market}: liquidated at {each.liquidation:,.6g}, "
                f"{each.liquidation_distance:+.1%} from the close."
            )
    if any(each.sealed for each in states):
        yield plain("The last bar is sealed: position and next order only.")
    for name, state in {each.market: each for each in states}.items():
        text = f"{name}: last closed bar {state.bar[:16]}, {state.age_hours:,.1f} hours old"
        if state.age_hours > OLD_BARS * lengths.get(name, float("inf")):
            text += "; `kanalo data update` brings it up to date"
        yield plain(f"{text}.")


def _describe_next(state: State) -> str:
    levels = (("stop", state.next_stop), ("target", state.next_target))
    said = [f"{name} {level:,.6g}" for name, level in levels if level is not None]
    return f"{state.next} ({', '.join(said)})" if said else state.next


def _update(context: typer.Context, spec: Spec, workspace: Workspace) -> None:
    """Bring the tables of the markets up to date; those without a source stay as they are."""
    from kanalo.cli.data_checks import check_extra
    from kanalo.cli.output import note
    from kanalo.market.manifest import read_manifest
    from kanalo.sources.addresses import read_sources
    from kanalo.sources.download import download
    from kanalo.sources.request import from_dict

    check_extra()
    manifest = read_manifest(workspace.data_dir)
    names: list[str] = []
    for each in spec.markets:
        entry = manifest.market(each.name)
        joined = (entry.bars, entry.funding, entry.positioning, *entry.liquidations)
        names += [name for name in joined if name is not None]
    asked = [manifest.tables[name].request for name in dict.fromkeys(names)]
    requests = [
        from_dict({k: v for k, v in each.items() if k != "until"}) for each in asked if each
    ]
    if not requests:
        raise typer.BadParameter(
            "--watch needs a market that `kanalo data download` made.", ctx=context
        )
    for outcome in download(workspace.data_dir, requests, read_sources(workspace.root)):
        if outcome.error:
            note(f"{outcome.request.table}: {outcome.error}")


def _find_wait(states: list[State], spec: Spec, workspace: Workspace) -> float:
    """Return the seconds until the next bar of any market has closed and been published."""
    lengths = _find_lengths(spec, workspace)
    waits = [
        3600 * (lengths[each.market] - each.age_hours % lengths[each.market])
        for each in states
        if each.market in lengths
    ]
    return min(waits, default=60.0) + PUBLISHED
