"""What verbs on a panel share: the panel that is asked for, and the bar of its coins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kanalo.panel.coins import Panel
    from kanalo.workspace import Workspace


@contextmanager
def show_progress(total: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show a bar of coins on the error stream.

    Parameters
    ----------
    total : int
        Coins.
    quiet : bool
        Whether to show nothing.

    Returns
    -------
    iterator of callable
        One function that moves the bar; it takes the coin that is done.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("Coins", total=total)

        def advance(coin: str) -> None:
            bar.update(task, advance=1, description=coin)

        yield advance


def open_panel(workspace: Workspace, folder: str) -> Panel:
    """Return the bundled panel, or that of a folder with Monero's perpetual if it has none.

    Parameters
    ----------
    workspace : Workspace
        Has the bundled tables.
    folder : str
        Empty for the bundled panel.

    Returns
    -------
    Panel
        The coins, each with its benchmark.
    """
    from kanalo.panel.coins import load_panel, read_panel, seal_panel

    if folder:
        return seal_panel(read_panel(folder), workspace.root)
    return load_panel(workspace.data_dir)
