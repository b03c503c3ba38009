"""Where results go: the table on stdout, notes and progress on stderr, reports in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kanalo.errors import WorkspaceError
from kanalo.text import to_visible

if TYPE_CHECKING:
    from rich.console import Console

    from kanalo.checks.findings import Findings
    from kanalo.experiment.run_spec import Watcher
    from kanalo.judgement.judge import Options
    from kanalo.workspace import Workspace

Progress = Callable[[str, int, int], None]
STDOUT = "-"


def keep_report(write: Callable[[], list[Path]], *, asked: bool, quiet: bool) -> None:
    """Write a report once its table is shown: a disk that is full costs no result.

    Parameters
    ----------
    write : callable
        Writes the files and returns them, the page first.
    asked : bool
        Whether the folder was named on the command line: it is an error then if it cannot be
        written, and a note otherwise.
    quiet : bool
        Do not say where the report is.

    Raises
    ------
    WorkspaceError
        If the report cannot be written where it was asked for.
    """
    try:
        written = write()
    except WorkspaceError as error:
        if asked:
            raise
        note(f"No report was written: {error}")
        return
    if not quiet:
        note(f"Report: {shorten(written[0])}")


def check_folder(folder: Path, *, asked: bool) -> None:
    """Refuse a folder that was asked for and cannot be written; a default one costs no result.

    Parameters
    ----------
    folder : Path
        Of the report.
    asked : bool
        Whether the command line names it.

    Raises
    ------
    WorkspaceError
        See `check_writable`.
    """
    if asked:
        check_writable(folder)


def show_result(text: Callable[[], str], json_path: str | None, draw: Callable[[], None]) -> None:
    """Print a result as a table, or its JSON on stdout, and then write the JSON where it is wanted.

    Parameters
    ----------
    text : callable
        Makes the JSON.
    json_path : str or None
        A file for the JSON; ``"-"`` for stdout in place of the table.
    draw : callable
        Prints the table.

    Raises
    ------
    WorkspaceError
        If the file cannot be written; the table has been printed then.
    """
    if json_path == STDOUT:
        typer.echo(text().rstrip("\n"))
        return
    draw()
    if json_path is not None:
        write_text(Path(json_path), text().rstrip("\n") + "\n")


def show_model(
    model: Mapping[str, Any],
    json_path: str | None,
    draw: Callable[[Mapping[str, Any], Console], None],
) -> None:
    """Print the table of a model, or its JSON, and write the JSON where it was asked for.

    Parameters
    ----------
    model : mapping
        What is shown.
    json_path : str or None
        A file; ``"-"`` for stdout in place of the table.
    draw : callable
        Prints a model on a console.
    """
    from kanalo.cli.console import new_console
    from kanalo.report.toolkit.json_ import to_json

    show_result(lambda: to_json(model), json_path, lambda: draw(model, new_console()))


def find_options(workspace: Workspace) -> Options:
    """Return how `kanalo compare` judges: fully, keeping certificates where that is possible."""
    from kanalo.judgement.judge import Options

    folder = workspace.results_dir / "certificates"
    try:
        check_writable(folder)
    except WorkspaceError:
        return Options()
    return Options(certificates=folder)


def find_room(workspace: Workspace) -> Path | None:
    """Return the folder of findings and of what is remembered of reports; None if none can be."""
    folder = workspace.results_dir / "findings"
    try:
        check_writable(folder)
    except WorkspaceError:
        return None
    return folder


def open_findings(workspace: Workspace) -> Findings | None:
    """Return where cross-checks and parts of judgements are kept; None if nothing can be."""
    from kanalo.checks.findings import Findings

    room = find_room(workspace)
    return None if room is None else Findings(room)


def check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be made or written, before time is spent on a run.

    Raises
    ------
    WorkspaceError
        If the nearest existing parent is no folder or may not be written.
    """
    nearest = folder.expanduser().absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise WorkspaceError(f"Cannot write to {folder}: {nearest} is not a folder.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise WorkspaceError(f"Cannot write to {folder}: no permission to write in {nearest}.")


def write_text(path: Path, text: str) -> None:
    """Write a file at one moment; a device or a pipe is written, not replaced.

    Parameters
    ----------
    path : Path
        The file; its folder is made where it does not exist.
    text : str
        Its whole content.
    """
    from kanalo.files import write_file

    path = path.expanduser().resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
    else:
        write_file(path, text)


def note(text: str) -> None:
    """Print a line on stderr, apart from the result on stdout."""
    typer.echo(to_visible(text), err=True)


def say(text: str) -> None:
    """Print a line of the result on stdout."""
    typer.echo(to_visible(text))


@contextmanager
def watching(quiet: bool, *, judge: bool) -> Iterator[tuple[Progress | None, Watcher | None]]:
    """Show progress on stderr, and where rules are judged the table that fills, if one looks.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    judge : bool
        Whether verdicts will come.

    Yields
    ------
    tuple of Progress or None, Watcher or None
        For `kanalo.run_spec`.
    """
    if judge and not quiet and sys.stderr.isatty():
        from kanalo.cli.live import LiveTable

        with LiveTable() as table:
            yield table.advance, table
        return
    with progress_bar(quiet) as progress:
        yield progress, None


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress | None]:
    """Show a progress bar on stderr, unless nobody looks at it; it vanishes at the end."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress

    from kanalo.cli.console import new_console

    columns = (
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns, console=new_console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(label: str, done: int, total: int) -> None:
            bar.update(task, description=label, completed=done, total=total)

        yield advance


def shorten(path: Path) -> Path:
    """Express a path from the working directory where it lies below it.

    Parameters
    ----------
    path : Path
        Of a file or folder.

    Returns
    -------
    Path
        Relative, or absolute where it lies elsewhere.
    """
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
