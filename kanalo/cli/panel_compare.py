"""What ``kanalo compare --panel`` does: the same rules on every coin of a panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from kanalo.experiment.spec import Spec
    from kanalo.panel.coins import Panel
    from kanalo.panel.rules import PanelRule
    from kanalo.panel.rules_model import PanelComparison
    from kanalo.workspace import Workspace

NAME = "panel"
"""The market of a spec that stands for the bundled panel."""

KIND = "panel"
REFUSED = {
    "market": "--market",
    "data": "--data",
    "judge": "--judge",
    "pdf": "--pdf",
    "fresh": "--fresh",
}


def is_panel(spec: Spec) -> bool:
    """Tell whether the one market of a spec is the bundled panel."""
    return [each.name for each in spec.markets] == [NAME] and not spec.markets[0].data


def compare_on_panel(
    context: typer.Context, spec: Spec, folder: str, *, output: Path | None, json_path: str | None
) -> None:
    """Run the rules of a spec on a panel, show them and write the report.

    Parameters
    ----------
    context : typer.Context
        Its parameters are those of `kanalo compare`.
    spec : Spec
        Its markets are left out.
    folder : str
        Of the panel; empty for the bundled one.
    output : Path or None
        Folder for the report.
    json_path : str or None
        File for the JSON, ``"-"`` for stdout in place of the table.

    Raises
    ------
    typer.BadParameter
        If an option is given that means nothing on a panel.
    """
    from kanalo.cli.console import new_console
    from kanalo.cli.output import check_folder, keep_report, show_result
    from kanalo.panel.rules_model import to_rules_model
    from kanalo.panel.rules_page import print_rules, write_rules_report
    from kanalo.report.toolkit.json_ import to_json

    _check_options(context)
    workspace, quiet = context.obj.workspace, context.obj.quiet
    target = output or workspace.results_dir / f"{spec.name}-panel"
    check_folder(target, asked=output is not None)
    panel = _open(workspace, folder, context.params["start"], context.params["end"])
    given = context.get_parameter_source("cross_check")
    cross_check = given is not None and given.name != "DEFAULT" and context.params["cross_check"]
    comparison = _compare(workspace, spec, panel, cross_check=cross_check, quiet=quiet)
    model = to_rules_model(comparison)
    show_result(lambda: to_json(model), json_path, lambda: print_rules(model, new_console()))
    keep_report(lambda: write_rules_report(model, target), asked=output is not None, quiet=quiet)


def _check_options(context: typer.Context) -> None:
    for name, option in REFUSED.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT" and context.params[name]:
            raise typer.BadParameter(f"{option} does not go with --panel.")


def _open(workspace: Workspace, folder: str, start: str | None, end: str | None) -> Panel:
    """Open a panel with funding where it is known, and trade it within a window."""
    from kanalo.panel.coins import cut_span, load_panel, read_panel, seal_panel

    if folder:
        panel = seal_panel(read_panel(folder), workspace.root)
    else:
        panel = load_panel(workspace.data_dir, context=True)
    return panel if start is None and end is None else cut_span(panel, start, end)


def _compare(
    workspace: Workspace, spec: Spec, panel: Panel, *, cross_check: bool, quiet: bool
) -> PanelComparison:
    """Run everything, and note the run in the ledger."""
    from importlib import metadata

    from kanalo.cli.coins import show_progress
    from kanalo.cli.output import note
    from kanalo.ledger import recording
    from kanalo.panel.rules import run_panel
    from kanalo.panel.rules_model import PanelComparison

    rules = _load_rules(workspace, spec)
    versions = {"kanalo": metadata.version("kanalo")}
    details = {"spec": spec.to_dict(), "panel": panel.name, "sha256": panel.digests}
    with recording(workspace.results_dir, KIND, versions=versions, details=details) as recorder:
        recorder.begin()
        with show_progress(len(panel.studied), quiet=quiet) as advance:
            runs = run_panel(
                panel,
                rules,
                spec.costs,
                spec.execution,
                cross_check=cross_check,
                progress=advance,
            )
    if recorder.problem and not quiet:
        note(f"Not in the ledger: {recorder.problem}")
    ignored = tuple(each.name for each in spec.markets if each.name != NAME)
    return PanelComparison(
        spec.title or spec.name, panel, rules, spec.costs, spec.execution, runs, ignored
    )


def _load_rules(workspace: Workspace, spec: Spec) -> tuple[PanelRule, ...]:
    from kanalo.panel.rules import PanelRule
    from kanalo.strategy import Strategy
    from kanalo.workspace.arguments import to_rule

    rules = []
    for each in spec.strategies:
        rule, values = to_rule("compare", each.name, each.parameters, workspace)
        shown = rule.parameters if isinstance(rule, Strategy) else values
        rules.append(PanelRule(each.label or each.name, rule, shown))
    return tuple(rules)
