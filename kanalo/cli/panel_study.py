"""What ``kanalo study --panel`` does: one event on many coins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kanalo.cli.output import show_model

if TYPE_CHECKING:
    from kanalo.panel.event import PanelEvent

REFUSED = ("measured_move", "market", "data", "timezone", "spacing", "within")
"""Options of `kanalo study` that mean nothing on a panel."""


def study_on_panel(context: typer.Context, folder: str) -> None:
    """Study the event of the command line on a panel, show it and write its report.

    Parameters
    ----------
    context : typer.Context
        Its parameters are those of `kanalo study`.
    folder : str
        Of the panel; empty for the bundled one.

    Raises
    ------
    typer.BadParameter
        If an option is given that means nothing on a panel.
    """
    from kanalo.cli.coins import open_panel, show_progress
    from kanalo.cli.output import check_folder, keep_report
    from kanalo.panel.event import study_panel, to_study_model
    from kanalo.panel.event_page import print_study, write_study_report

    event = _read_event(context)
    workspace, quiet = context.obj.workspace, context.obj.quiet
    output, json_path = context.params["output"], context.params["json_path"]
    target = output or workspace.results_dir / "event-study-panel"
    check_folder(target, asked=output is not None)
    panel = open_panel(workspace, folder)
    with show_progress(len(panel.studied), quiet=quiet) as advance:
        study = study_panel(panel, event, progress=advance)
    model = to_study_model(study)
    show_model(model, json_path, print_study)
    keep_report(lambda: write_study_report(model, target), asked=output is not None, quiet=quiet)


def _read_event(context: typer.Context) -> PanelEvent:
    from kanalo.panel.event import PanelEvent
    from kanalo.study.events.study import HORIZONS

    for name in REFUSED:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise typer.BadParameter(f"--{name.replace('_', '-')} does not go with --panel.")
    given = context.params
    horizons = given["horizons"]
    return PanelEvent(
        condition=given["event"],
        horizons=HORIZONS if horizons is None else tuple(e.strip() for e in horizons.split(",")),
        onset=not given["every_bar"],
        controls=given["controls"],
        caliper=given["caliper"],
        wake=given["wake"],
        draws=given["draws"],
        seed=given["seed"],
        start=given["start"],
        end=given["end"],
    )
