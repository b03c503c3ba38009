"""Run an experiment, show its table, and write its report unless the same has been kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kanalo.cli import output
from kanalo.text import count

if TYPE_CHECKING:
    from kanalo.checks.findings import Findings
    from kanalo.experiment.comparison import Comparison
    from kanalo.experiment.spec import Spec
    from kanalo.judgement.judge import Options
    from kanalo.report.compare.kept import KeptReport
    from kanalo.report.compare.schema import ComparisonModel
    from kanalo.workspace import Workspace

PAGE = "report.html"
"""The page among the files of a report."""


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
        Cross-check, judge and report anew what an earlier run has kept.
    """
    from kanalo.experiment.provenance import find_versions
    from kanalo.experiment.reproduce import to_details, to_record
    from kanalo.experiment.run_spec import run_spec
    from kanalo.ledger import recording
    from kanalo.report.toolkit.pdf import find_browser

    if folder is not None:
        output.check_writable(folder)
    browser = find_browser() if pdf else None
    place = folder or workspace.results_dir / spec.name
    details = to_details(spec, engine=engine, judged=judge, folder=place)
    room = output.find_room(workspace)
    found = room is not None and not fresh and (cross_check or judge)
    findings = output.open_findings(workspace) if found else None
    versions = find_versions()
    with recording(workspace.results_dir, kind, versions=versions, details=details) as recorder:
        with output.watching(quiet, judge=judge) as (progress, watcher):
            comparison = run_spec(
                spec,
                workspace,
                engine=engine,
                cross_check=cross_check,
                progress=progress,
                recorder=recorder,
                options=partial(_find_options, workspace, findings, fresh) if judge else None,
                watcher=watcher,
                findings=findings,
            )
        recorder.keep(to_record(comparison))
    notes = [] if quiet or findings is None else _say_kept(findings)
    if recorder.problem:
        notes.append(f"Nothing was recorded: {recorder.problem}")
    wanted = _Wanted(place, folder is not None, json_path, quiet, browser, fresh)
    _report(comparison, workspace, room, wanted, notes)


def _say_kept(findings: Findings) -> list[str]:
    if not findings.n_kept:
        return []
    kept = f"{count(findings.n_kept, 'finding')} kept from an earlier run"
    return [f"{kept} of the same rules and data (--fresh finds them anew)."]


def _find_options(workspace: Workspace, findings: Findings | None, fresh: bool) -> Options:
    options = replace(output.find_options(workspace), findings=findings)
    return replace(options, certificates=None) if fresh else options


@dataclass(frozen=True)
class _Wanted:
    """How a comparison is to be shown and reported.

    Attributes
    ----------
    folder : Path
        Of the report.
    asked : bool
        Whether the command line names the folder.
    json_path : str or None
        A file for the JSON besides; ``"-"`` for stdout in place of the table.
    quiet : bool
        Leave out the notes.
    browser : str or None
        Prints the page to PDF; None where no PDF is wanted.
    fresh : bool
        Write the report anew, too, where an earlier run has left the same.
    """

    folder: Path
    asked: bool
    json_path: str | None
    quiet: bool
    browser: str | None
    fresh: bool


def _report(
    comparison: Comparison,
    workspace: Workspace,
    room: Path | None,
    wanted: _Wanted,
    notes: Sequence[str],
) -> None:
    """Print the table of a comparison, say what there is to note, and write the report."""

    def find() -> KeptReport | None:
        return None if room is None else _find(comparison, workspace, room, wanted)

    may_be_kept = room is not None and not wanted.fresh and any(room.glob("report-*.json"))
    kept = find() if may_be_kept else None
    known = None if kept is None else kept.load(comparison.environment)
    if known is not None:
        model, made = known
        _show(model, wanted.json_path)
    else:
        from kanalo.report import to_model

        model = to_model(comparison)
        _show(model, wanted.json_path)
    for each in notes:
        output.note(each)
    if known is None:
        output.keep_report(
            lambda: _write(model, comparison, wanted, lambda: kept or find()),
            asked=wanted.asked,
            quiet=wanted.quiet,
        )
    elif not wanted.quiet:
        page = output.shorten(wanted.folder / PAGE)
        output.note(
            f"Report: {page} (kept: written {made[:16].replace('T', ' ')} UTC, nothing has changed "
            "since; --fresh writes it anew)"
        )


def _find(comparison: Comparison, workspace: Workspace, room: Path, wanted: _Wanted) -> KeptReport:
    from kanalo.report.compare.kept import KeptReport, make_report_key

    options = (wanted.browser is not None,)
    key = make_report_key(comparison, workspace.strategies_dir, wanted.folder, options)
    return KeptReport(room, wanted.folder, key)


def _write(
    model: ComparisonModel,
    comparison: Comparison,
    wanted: _Wanted,
    find_kept: Callable[[], KeptReport | None],
) -> list[Path]:
    """Write the files, and then remember them: the digest comes last, nobody waits for it."""
    from kanalo.report import write_report

    written = write_report(model, wanted.folder, comparison, side_by_side=True)
    if wanted.browser is not None:
        from kanalo.report.toolkit.pdf import write_pdf

        written = [*written, write_pdf(written[0], wanted.browser)]
    kept = find_kept()
    if kept is not None:
        kept.keep(written, comparison.environment)
    return written


def _show(model: ComparisonModel, json_path: str | None) -> None:
    from kanalo.cli.console import new_console
    from kanalo.report import print_report, to_json

    output.show_result(
        lambda: to_json(model), json_path, lambda: print_report(model, new_console())
    )
