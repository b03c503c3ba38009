"""Where results go: the table on stdout, notes and progress on stderr, reports in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kanalo.errors import WorkspaceError
from kanalo.text import count, to_visible

if TYPE_CHECKING:
    from rich.console import Console

    from kanalo.checks.findings import Findings
    from kanalo.experiment.comparison import Comparison
    from kanalo.experiment.run_spec import Watcher
    from kanalo.experiment.spec import Spec
    from kanalo.judgement.judge import Options
    from kanalo.report.compare.schema import ComparisonModel
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
    pdf: bool = False,
    fresh: bool = False,
) -> None:
    """Run an experiment, print its table and write its report.

    Parameters
    ----------
    spec : Spec
        What to run.
    workspace : Workspace
        Where strategies and data are.
    folder : Path or None
        Folder for the report; ``<results of the workspace>/<name of the spec>`` by default. Where
        that cannot be written the results still come, with a note.
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
    pdf : bool
        Print the page to PDF too.
    fresh : bool
        Cross-check and judge anew what an earlier run has kept.
    """
    from kanalo.experiment.provenance import find_versions
    from kanalo.experiment.reproduce import to_details, to_record
    from kanalo.experiment.run_spec import run_spec
    from kanalo.ledger import recording
    from kanalo.report import to_model
    from kanalo.report.toolkit.pdf import find_browser

    if folder is not None:
        check_writable(folder)
    browser = find_browser() if pdf else None
    place = folder or workspace.results_dir / spec.name
    details = to_details(spec, engine=engine, judged=judge, folder=place)
    results = workspace.results_dir
    findings = None if fresh else open_findings(workspace)
    with recording(results, kind, versions=find_versions(), details=details) as recorder:
        with watching(quiet, judge=judge) as (progress, watcher):
            comparison = run_spec(
                spec,
                workspace,
                engine=engine,
                cross_check=cross_check,
                progress=progress,
                recorder=recorder,
                options=_find_options(workspace, findings, fresh) if judge else None,
                watcher=watcher,
                findings=findings,
            )
        recorder.keep(to_record(comparison))
    model = to_model(comparison)
    _show(model, json_path)
    if findings is not None and findings.n_kept and not quiet:
        kept = count(findings.n_kept, "finding")
        note(
            f"{kept} kept from an earlier run of the same rules and data (--fresh finds them anew)."
        )
    if recorder.problem:
        note(f"Nothing was recorded: {recorder.problem}")
    keep_report(
        lambda: _write(model, place, comparison, browser), asked=folder is not None, quiet=quiet
    )


def _write(
    model: ComparisonModel, folder: Path, comparison: Comparison, browser: str | None
) -> list[Path]:
    from kanalo.report import write_report
    from kanalo.report.toolkit.pdf import write_pdf

    written = write_report(model, folder, comparison)
    return written if browser is None else [*written, write_pdf(written[0], browser)]


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
        note(f"Report: {_shorten(written[0])}")


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


def open_findings(workspace: Workspace) -> Findings | None:
    """Return where cross-checks and parts of judgements are kept; None if nothing can be."""
    from kanalo.checks.findings import Findings

    folder = workspace.results_dir / "findings"
    try:
        check_writable(folder)
    except WorkspaceError:
        return None
    return Findings(folder)


def _find_options(workspace: Workspace, findings: Findings | None, fresh: bool) -> Options:
    options = replace(find_options(workspace), findings=findings)
    return replace(options, certificates=None) if fresh else options


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


def _show(model: ComparisonModel, json_path: str | None) -> None:
    from kanalo.cli.console import new_console
    from kanalo.report import print_report, to_json

    show_result(lambda: to_json(model), json_path, lambda: print_report(model, new_console()))


def _shorten(path: Path) -> Path:
    """Express a path from the working directory where it lies below it."""
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
