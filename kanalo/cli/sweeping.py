"""What ``sweep`` and ``walk-forward`` share: their options, the grid, the market, the progress."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kanalo.cli.options import check_timezone
from kanalo.cli.output import Progress, note
from kanalo.text import count

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
Constraints = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint",
        metavar="CONDITION",
        help="Try only sets that meet a condition between parameters, such as 'fast < slow'; may "
        "be repeated.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        metavar="N",
        help="Let N processes of this machine do the work.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Let a dask cluster do the work: tls://host:port of its scheduler.",
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust-cluster",
        help="Accept a plain tcp:// address: whoever reaches its scheduler runs code.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Try more than 100,000 sets.")]


def load_rule(
    workspace: Workspace, name: str, texts: Iterable[str] | None = None
) -> type[Strategy]:
    """Import a strategy that the compiled engine can run.

    Parameters
    ----------
    workspace : Workspace
        Where strategies are looked up.
    name : str
        Name of the strategy's module, such as ``donchian_breakout``.
    texts : iterable of str, optional
        Axes of a grid or values, such as ``target_vol=0.4``: where that is among them, the class
        takes it.

    Returns
    -------
    type of Strategy
        The class, not an instance.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    StrategyError
        If it is a backtrader strategy written by hand, or cannot be imported.
    """
    from kanalo.strategy.target_vol import widen
    from kanalo.sweep import check_strategy_class

    cls: Any = workspace.load_strategy(name)
    check_strategy_class(cls)
    return widen(cls, [each.partition("=")[0].strip() for each in texts or ()])


def read_grid(
    cls: type[Strategy],
    texts: list[str] | None,
    draws: int | None,
    seed: int,
    *,
    yes: bool,
    constraints: list[str] | None = None,
) -> Grid:
    """Read ``--grid`` and its companions; more than 100,000 sets need ``--yes``.

    Parameters
    ----------
    cls : type of Strategy
        Strategy whose parameters the grid names.
    texts : list of str or None
        Options ``--grid``, such as ``weeks=8:104:4``; None for every parameter's own range.
    draws : int or None
        Number of sets drawn at random, ≥ 1; None for all.
    seed : int
        Seed of the draw, ≥ 0.
    yes : bool
        Whether more than 100,000 sets are allowed.
    constraints : list of str or None
        Options ``--constraint``.

    Returns
    -------
    Grid
        The sets to run.

    Raises
    ------
    ParameterError
        If the grid is empty, malformed, not the strategy's, or too large, or a constraint is no
        condition on its parameters.
    """
    from kanalo.sweep import MAX_SETS, check_size, parse_constraint, parse_grid

    grid = parse_grid(texts or [], cls, draws=draws, seed=seed)
    check_size(grid, None if yes else MAX_SETS)
    conditions = [parse_constraint(each, cls).text for each in constraints or ()]
    return replace(grid, constraints=tuple(conditions))


def open_market(
    workspace: Workspace,
    name: str | None,
    data: Path | None,
    *,
    timezone: str | None,
    start: str | None,
    end: str | None,
) -> Market:
    """Load a bundled market or a file of bars, and cut it to the window.

    Parameters
    ----------
    workspace : Workspace
        Its ``data`` folder holds the bundled markets.
    name : str or None
        Bundled market; None for the default one.
    data : Path or None
        File of bars, instead of ``name``.
    timezone : str or None
        Time zone of stamps without one in the file.
    start : str or None
        First time traded, UTC.
    end : str or None
        Time before which trading ends, UTC.

    Returns
    -------
    Market
        Bars before ``start`` are kept for the warm-up.

    Raises
    ------
    typer.BadParameter
        If both a name and a file are given.
    """
    from kanalo.market import load_market, read_bars
    from kanalo.market.holdout import seal_market

    check_timezone(timezone, data)
    if data is None:
        market = load_market(workspace.data_dir, name or workspace.default_market)
    elif name is not None:
        raise typer.BadParameter("give either --market or --data, not both.")
    else:
        market = seal_market(read_bars(data, timezone=timezone), workspace.root)
    return market.between(start, end)


@contextmanager
def open_ledger(workspace: Workspace) -> Iterator[Ledger | None]:
    """Open the ledger of the workspace; None, with a note, where it cannot be written."""
    from kanalo.errors import WorkspaceError
    from kanalo.ledger import LEDGER, Ledger

    try:
        ledger = Ledger(workspace.results_dir / LEDGER)
    except WorkspaceError as error:
        note(f"Not in the ledger: {error}")
        yield None
        return
    with ledger:
        yield ledger


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
    """Show a bar with rate and time left on stderr, unless nobody looks; it vanishes at the end.

    Parameters
    ----------
    quiet : bool
        Whether to show nothing.
    unit : str
        What is counted, in the plural: ``"sets"``.

    Yields
    ------
    Meter
        To be called with a label, the number done and the total.
    """
    if quiet or not sys.stderr.isatty():
        yield Meter()
        return
    from rich import progress

    from kanalo.cli.console import new_console

    columns = (
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns, console=new_console(stderr=True), transient=True) as bar:
        tasks: list[progress.TaskID] = []

        def draw(label: str, done: int, total: int) -> None:
            if not tasks:
                tasks.append(bar.add_task(label, total=total, completed=done, rate=""))
            speed = bar.tasks[0].speed
            rate = f"{speed:,.0f} {unit}/s" if speed else ""
            bar.update(tasks[0], description=label, completed=done, total=total, rate=rate)

        yield Meter(draw)


def tell_interruption(meter: Meter, folder: Path) -> None:
    """Say what an interrupted sweep leaves and how it goes on.

    Parameters
    ----------
    meter : Meter
        How many sets are done, of how many.
    folder : Path
        Where they are stored.
    """
    note(
        f"{meter.done:,} of {count(meter.total, 'set')} kept in {folder}; the same command resumes."
    )
