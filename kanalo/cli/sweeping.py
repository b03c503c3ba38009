"""What ``sweep`` and ``walk-forward`` share: their options, the grid, the market, the progress."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.output import STDOUT, Progress, note, write_text
from kanalo.cli.run import DEFAULT_MARKET

if TYPE_CHECKING:
    from kanalo.ledger import Ledger
    from kanalo.market import Market
    from kanalo.strategy import Strategy
    from kanalo.sweep import Grid
    from kanalo.workspace import Workspace

Name = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="A strategy of the workspace.", show_default=False)
]
GridTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--grid",
        metavar="NAME=VALUES",
        help="Values to try of a parameter: weeks=8:104:4 (low, high, step), weeks=8,26,52 or "
        "weeks=26; may be repeated.",
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(
        "--random",
        metavar="N",
        help="Draw N sets instead of trying all; stop_atr=1:5 then draws any number between.",
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of --random.")]
Yes = Annotated[bool, typer.Option("--yes", help="Try more than 100,000 sets.")]


def load_rule(workspace: Workspace, name: str) -> type[Strategy]:
    """Import a strategy that the compiled engine can run.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    StrategyError
        If it is a backtrader strategy written by hand, or cannot be imported.
    """
    from kanalo.sweep import check_strategy_class

    cls: Any = workspace.load_strategy(name)
    check_strategy_class(cls)
    return cls  # type: ignore[no-any-return]


def read_grid(
    cls: type[Strategy], texts: list[str] | None, draws: int | None, seed: int, *, yes: bool
) -> Grid:
    """Read ``--grid`` and its companions; more than 100,000 sets need ``--yes``.

    Raises
    ------
    ParameterError
        If the grid is empty, malformed, not the strategy's, or too large.
    """
    from kanalo.sweep import MAX_SETS, check_size, parse_grid

    grid = parse_grid(texts or [], cls, draws=draws, seed=seed)
    check_size(grid, None if yes else MAX_SETS)
    return grid


def open_market(
    workspace: Workspace,
    name: str | None,
    data: Path | None,
    *,
    timezone: str | None,
    start: str | None,
    end: str | None,
) -> Market:
    """Load a bundled market or a file of bars, and cut it to the window."""
    from kanalo.market import load_market, read_bars

    if data is None:
        market = load_market(workspace.data_dir, name or DEFAULT_MARKET)
    elif name is not None:
        raise typer.BadParameter("give either --market or --data, not both.")
    else:
        market = read_bars(data, timezone=timezone)
    return market.between(start, end)


def open_ledger(workspace: Workspace) -> Ledger:
    """Open the ledger of the workspace, in the folder of its results."""
    from kanalo.ledger import Ledger

    return Ledger(workspace.results_dir / "ledger.sqlite")


def show(model: Mapping[str, Any], json_path: str | None) -> bool:
    """Write the JSON where it was asked for; return whether a table is wanted besides."""
    from kanalo.report import to_json

    if json_path == STDOUT:
        typer.echo(to_json(model).rstrip("\n"))
        return False
    if json_path is not None:
        write_text(Path(json_path), to_json(model))
    return True


@dataclass
class Meter:
    """How far a sweep has come: shown while it runs, and asked when it is interrupted."""

    draw: Progress | None = None
    done: int = 0
    total: int = 0
    resumed: int | None = field(default=None)

    def __call__(self, label: str, done: int, total: int) -> None:
        """Note how far it has come, and show it."""
        if self.resumed is None:
            self.resumed = done
        self.done, self.total = done, total
        if self.draw is not None:
            self.draw(label, done, total)


@contextmanager
def show_progress(quiet: bool, unit: str) -> Iterator[Meter]:
    """Show a bar with rate and time left on stderr, unless nobody looks; it vanishes at the end."""
    if quiet or not sys.stderr.isatty():
        yield Meter()
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: list[progress.TaskID] = []

        def draw(label: str, done: int, total: int) -> None:
            if not tasks:
                tasks.append(bar.add_task(label, total=total, completed=done, rate=""))
            speed = bar.tasks[0].speed
            rate = f"{speed:,.0f} {unit}/s" if speed else ""
            bar.update(tasks[0], description=label, completed=done, total=total, rate=rate)

        yield Meter(draw)


def tell_interruption(meter: Meter, folder: Path) -> None:
    """Say what an interrupted sweep leaves and how it goes on."""
    note(f"{meter.done:,} of {meter.total:,} sets are kept in {folder}; the same command resumes.")
