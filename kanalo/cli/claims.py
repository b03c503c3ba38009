"""``kanalo claims``: every claim of an article, tested by a plan that was written before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kanalo.cli.options import Json, Output

if TYPE_CHECKING:
    from kanalo.study.claim_plan import TrialPlan
    from kanalo.study.claims import Trial
    from kanalo.workspace import Workspace

DEFAULT_PLAN = "claims.toml"
KIND = "claims"


def claims(
    context: typer.Context,
    facts: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FACTS.toml]",
            help="What was claimed: a table [article.claims] of names and sentences. By default "
            "the article of the workspace's data.",
        ),
    ] = None,
    spec: Annotated[
        Path | None,
        typer.Option(
            "--spec",
            metavar="PLAN.toml",
            help="How each claim is tested; by default backtests/claims.toml of the workspace.",
        ),
    ] = None,
    output: Output = None,
    json_path: Json = None,
) -> None:
    """Put the claims of an article on trial over the whole history.

    Every claim is supported, refuted, or not decidable with these data; the last with the effect
    that could have been seen.
    """
    from kanalo.cli.output import STDOUT, check_writable, note
    from kanalo.study.claim_plan import load_plan, read_claims, read_toml

    workspace, quiet = context.obj.workspace, context.obj.quiet
    plan = load_plan(spec or workspace.backtests_dir / DEFAULT_PLAN)
    if facts is None:
        from kanalo.market import load_article

        said = read_claims(load_article(workspace.data_dir), "the article of the data")
    else:
        said = read_claims(read_toml(facts)[0], str(facts))
    folder = output or workspace.results_dir / "claims"
    check_writable(folder)
    if json_path not in (None, STDOUT):
        check_writable(Path(str(json_path)).parent)
    details = {"plan": plan.source, "sha256": plan.digest, "facts": str(facts or "")}
    trial = _try(workspace, said, plan, details, quiet=quiet)
    written = _show(trial, folder, json_path)
    if not quiet:
        note(f"Report: {written}")


def _try(
    workspace: Workspace,
    said: dict[str, str],
    plan: TrialPlan,
    details: dict[str, str],
    *,
    quiet: bool,
) -> Trial:
    """Test the claims, and note the run with the plan's digest in the ledger."""
    from importlib import metadata

    from kanalo.cli.output import note
    from kanalo.ledger import recording
    from kanalo.study.claims import try_claims

    market = workspace.load_market(plan.market)
    versions = {"kanalo": metadata.version("kanalo")}
    with recording(workspace.results_dir, KIND, versions=versions, details=details) as recorder:
        recorder.begin()
        trial = try_claims(market, said, plan)
    if recorder.problem and not quiet:
        note(f"Not in the ledger: {recorder.problem}")
    return trial


def _show(trial: Trial, folder: Path, json_path: str | None) -> Path:
    from rich.console import Console

    from kanalo.cli.output import STDOUT, write_text
    from kanalo.report.claims_page import print_claims, to_claims_model, write_claims_report
    from kanalo.report.json_ import to_json

    model = to_claims_model(trial)
    written = write_claims_report(model, folder)
    if json_path == STDOUT:
        typer.echo(to_json(model).rstrip("\n"))
        return written[0]
    if json_path is not None:
        write_text(Path(json_path), to_json(model))
    print_claims(model, Console(highlight=False))
    return written[0]
