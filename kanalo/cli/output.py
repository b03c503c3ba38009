"""Where results go: the table on stdout, notes and progress on stderr, reports in a folder."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kanalo.errors import WorkspaceError

if TYPE_CHECKING:
    from kanalo.judgement.judge import Options
    from kanalo.spec import Spec
    from kanalo.workspace import Workspace

Progress = Callable[[str, int, int], None]
STDOUT = "-"


def run_and_show(
    spec: Spec,
    workspace: Workspace,
    *,
    folder: Path | None,
    json_path: str | None,
    quiet: bool,
    engine: str = "compiled",
    cross_check: bool = False,
    kind: str = "run",
    judge: bool = False,
) -> None:
    """Run an experiment, print its table and write its report.

    Parameters
    ----------
    spec : Spec
        What to run.
    workspace : Workspace
        Where strategies and data are.
    folder : Path or None
        Folder for the report; ``<results of the workspace>/<name of the spec>`` by default.
    json_path : str or None
        File for the JSON besides; ``"-"`` prints it on stdout instead of the table.
    quiet : bool
        Leave out the progress bar and the notes.
    engine : str
        ``"compiled"`` or ``"reference"``.
    cross_check : bool
        Repeat every run on the reference engine and compare.
    kind : str
        What the ledger calls it: ``"run"`` or ``"compare"``.
    judge : bool
        Judge the rules.
    """
    from kanalo.experiment import find_versions, run_spec
    from kanalo.ledger import recording
    from kanalo.records import to_details, to_record
    from kanalo.report import to_model, write_report

    folder = folder or workspace.results_dir / spec.name
    check_writable(folder)
    if json_path not in (None, STDOUT):
        check_writable(Path(json_path).parent)
    details = to_details(spec, engine=engine, judged=judge, folder=folder)
    results = workspace.results_dir
    with recording(results, kind, versions=find_versions(), details=details) as recorder:
        with progress_bar(quiet) as progress:
            comparison = run_spec(
                spec,
                workspace,
                engine=engine,
                cross_check=cross_check,
                progress=progress,
                recorder=recorder,
                options=find_options(workspace) if judge else None,
            )
        recorder.keep(to_record(comparison))
        model = to_model(comparison)
        written = write_report(model, folder, comparison)
    _show(model, json_path)
    if recorder.problem:
        note(f"Nothing was recorded: {recorder.problem}")
    if not quiet:
        note(f"Report: {_shorten(written[0])}")


def find_options(workspace: Workspace) -> Options:
    """Return how `kanalo compare` judges: fully, keeping certificates where that is possible."""
    from kanalo.judgement.judge import Options

    folder = workspace.results_dir / "certificates"
    try:
        check_writable(folder)
    except WorkspaceError:
        return Options()
    return Options(certificates=folder)


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
    """Write a file under a temporary name and rename it, so that it is never half-written."""
    path = path.expanduser().resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a device or a pipe is written, not replaced
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def note(text: str) -> None:
    """Print a line on stderr, apart from the result on stdout."""
    typer.echo(text, err=True)


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress | None]:
    """Show a progress bar on stderr, unless nobody looks at it; it vanishes at the end."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(label: str, done: int, total: int) -> None:
            bar.update(task, description=label, completed=done, total=total)

        yield advance


def _show(model: dict[str, object], json_path: str | None) -> None:
    from rich.console import Console

    from kanalo.report import print_report, to_json

    if json_path == STDOUT:
        typer.echo(to_json(model).rstrip("\n"))
        return
    if json_path is not None:
        write_text(Path(json_path), to_json(model))
    print_report(model, Console())


def _shorten(path: Path) -> Path:
    """Express a path from the working directory where it lies below it."""
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
