"""``kanalo claims``: every claim of an article, tested by a plan that was written before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli import sweeping
from kanalo.cli.options import Json, Output, PanelFolder
from kanalo.cli.output import show_model

if TYPE_CHECKING:
    from kanalo.cli.panel import PanelRequest
    from kanalo.study.claims.claims import ArticleResult
    from kanalo.study.claims.plan import TrialPlan
    from kanalo.workspace import Workspace

DEFAULT_PLAN = "claims.toml"
KIND = "claims"

Facts = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FACTS.toml]",
        help="What was claimed: a table [article.claims] of names and sentences. By default "
        "the article of the workspace's data.",
    ),
]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--spec",
        metavar="PLAN.toml",
        help="How each claim is tested; by default backtests/claims.toml of the workspace.",
    ),
]
SpotFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="With --panel: a folder of <coin>_spot_1h.parquet, which decides the claims that "
        "the plan gives to the spot panel.",
    ),
]


def claims(
    context: typer.Context,
    facts: Facts = None,
    spec: PlanFile = None,
    panel: PanelFolder = None,
    spot: SpotFolder = None,
    workers: sweeping.Workers = None,
    cluster: sweeping.Cluster = None,
    trust_cluster: sweeping.Trust = False,
    output: Output = None,
    json_path: Json = None,
) -> None:
    """Test the claims of an article over the whole history.

    Every claim is supported, refuted, or not decidable with these data; the last with the effect
    that is detectable. With --panel the verdict is that of many other coins.
    """
    if panel is not None:
        from kanalo.cli.panel import PanelRequest

        request = PanelRequest(panel, spot, facts, spec, workers, cluster, trust_cluster)
        _try_panel(context, request, output, json_path)
        return
    given = {"--spot": spot, "--workers": workers, "--cluster": cluster}
    for option, value in given.items():
        if value is not None:
            raise typer.BadParameter(f"{option} needs --panel.")
    from kanalo.cli.output import STDOUT, check_folder, check_writable, keep_report
    from kanalo.report.claims.page import print_claims, to_claims_model, write_claims_report
    from kanalo.study.claims.plan import load_plan, read_claims, read_toml

    workspace, quiet = context.obj.workspace, context.obj.quiet
    plan = load_plan(spec or workspace.backtests_dir / DEFAULT_PLAN)
    if facts is None:
        from kanalo.market import load_article

        said = read_claims(load_article(workspace.data_dir), "the article of the data")
    else:
        said = read_claims(read_toml(facts)[0], str(facts))
    folder = output or workspace.results_dir / "claims"
    check_folder(folder, asked=output is not None)
    if json_path not in (None, STDOUT):
        check_writable(Path(str(json_path)).parent)
    details = {"plan": plan.source, "sha256": plan.digest, "facts": str(facts or "")}
    trial = _try(workspace, said, plan, details, quiet=quiet)
    model = to_claims_model(trial)
    show_model(model, json_path, print_claims)
    keep_report(lambda: write_claims_report(model, folder), asked=output is not None, quiet=quiet)


def _try_panel(
    context: typer.Context, request: PanelRequest, output: Path | None, json_path: str | None
) -> None:
    from kanalo.cli.output import STDOUT, check_folder, check_writable, keep_report
    from kanalo.cli.panel import try_on_panel
    from kanalo.panel.page import print_panel, write_panel_report

    workspace, quiet = context.obj.workspace, context.obj.quiet
    folder = output or workspace.results_dir / "claims-panel"
    check_folder(folder, asked=output is not None)
    if json_path not in (None, STDOUT):
        check_writable(Path(str(json_path)).parent)
    model = try_on_panel(context, request)
    show_model(model, json_path, print_panel)
    keep_report(lambda: write_panel_report(model, folder), asked=output is not None, quiet=quiet)


def _try(
    workspace: Workspace,
    said: dict[str, str],
    plan: TrialPlan,
    details: dict[str, str],
    *,
    quiet: bool,
) -> ArticleResult:
    """Test the claims, and note the run with the plan's digest in the ledger."""
    from importlib import metadata

    from kanalo.cli.output import note
    from kanalo.ledger import recording
    from kanalo.study.claims.claims import try_claims

    market = workspace.load_market(plan.market)
    versions = {"kanalo": metadata.version("kanalo")}
    with recording(workspace.results_dir, KIND, versions=versions, details=details) as recorder:
        recorder.begin()
        trial = try_claims(market, said, plan)
    if recorder.problem and not quiet:
        note(f"Not in the ledger: {recorder.problem}")
    return trial
