"""What ``--panel`` does: the claims of an article, or one event, asked of many coins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kanalo.cluster import Pool
    from kanalo.panel.coins import Panel
    from kanalo.panel.model import PanelTrial
    from kanalo.panel.plan import PanelClaim, PanelPlan
    from kanalo.panel.sample import CoinSample
    from kanalo.report.toolkit.model import Model
    from kanalo.workspace import Workspace

PLAN = "claims_panel.toml"
KIND = "claims"
PARTS = ".panel-parts"
"""Folder of coins that were asked, below the results, while a long run is not at its end."""
REPEATED = ("breakdown", "decoupled")
"""Claims of the perpetuals that the spot panel repeats."""


@dataclass(frozen=True)
class PanelRequest:
    """What was asked on the command line.

    Attributes
    ----------
    folder : str
        Of the panel; empty for the bundled one.
    spot, facts, spec, workers, cluster, trust
        As the options of `kanalo claims`.
    """

    folder: str
    spot: Path | None = None
    facts: Path | None = None
    spec: Path | None = None
    workers: int | None = None
    cluster: str | None = None
    trust: bool = False


def try_on_panel(context: typer.Context, request: PanelRequest) -> Model:
    """Test the claims of an article on a panel.

    Parameters
    ----------
    context : typer.Context
        Holds the workspace.
    request : PanelRequest
        What was asked.

    Returns
    -------
    mapping
        From `kanalo.panel.model.to_panel_model`.
    """
    from kanalo.panel.model import to_panel_model
    from kanalo.panel.plan import load_panel_plan

    workspace, quiet = context.obj.workspace, context.obj.quiet
    plan = load_panel_plan(request.spec or workspace.backtests_dir / PLAN)
    return to_panel_model(_try(workspace, plan, request, quiet=quiet))


def _try(
    workspace: Workspace, plan: PanelPlan, request: PanelRequest, *, quiet: bool
) -> PanelTrial:
    """Test the claims, and note the run with the plan's digest in the ledger."""
    from importlib import metadata

    from kanalo.cli.coins import open_panel
    from kanalo.cli.output import note
    from kanalo.cluster import open_pool
    from kanalo.ledger import recording
    from kanalo.panel.coins import read_panel, seal_panel
    from kanalo.panel.judge import judge_panel
    from kanalo.panel.model import PanelTrial
    from kanalo.panel.trial import to_raw

    said, alone = _read_said(workspace, request.facts)
    panels = [open_panel(workspace, request.folder)]
    if request.spot is not None:
        panels.append(seal_panel(read_panel(request.spot), workspace.root))
    versions = {"kanalo": metadata.version("kanalo")}
    details = {"plan": plan.source, "sha256": plan.digest, "panel": request.folder or "bundled"}
    with (
        open_pool(request.workers, request.cluster, trust=request.trust) as pool,
        recording(workspace.results_dir, KIND, versions=versions, details=details) as recorder,
    ):
        recorder.begin()
        asking = Asking(quiet, pool, workspace.results_dir / PARTS)
        samples, repeated = _draw(panels, plan, asking)
        raw = asking.ask(panels[0], plan, to_raw(plan.claims), keep=False)
        results = judge_panel(samples, plan, raw)
        again = judge_panel(repeated, plan) if repeated else ()
    if recorder.problem and not quiet:
        note(f"Not in the ledger: {recorder.problem}")
    return PanelTrial(plan, tuple(panels), results, said, alone, again)


@dataclass(frozen=True)
class Asking:
    """How panels are asked.

    Attributes
    ----------
    quiet : bool
        Show no progress.
    pool : Pool or None
        What asks the coins; processes of this machine by default.
    root : Path
        Below it every coin is kept until all are done, to go on after a break.
    """

    quiet: bool
    pool: Pool | None
    root: Path

    def ask(
        self, panel: Panel, plan: PanelPlan, claims: Sequence[PanelClaim], *, keep: bool = True
    ) -> dict[str, list[CoinSample]]:
        """Ask every coin of a panel some claims.

        Parameters
        ----------
        panel : Panel
            The coins.
        plan : PanelPlan
            What is left out.
        claims : sequence of PanelClaim
            What is asked.
        keep : bool
            Whether every coin is kept until all are done, so that an interrupted run goes on.

        Returns
        -------
        dict of str to list of CoinSample
            As of `kanalo.panel.trial.draw_panel`; empty without claims.
        """
        from kanalo.cli.coins import show_progress
        from kanalo.panel.parts import open_parts
        from kanalo.panel.trial import draw_panel

        if not claims:
            return {}
        parts = open_parts(self.root, panel, plan, claims) if keep else None
        with show_progress(len(panel.studied), quiet=self.quiet) as advance:
            samples = draw_panel(panel, plan, claims, pool=self.pool, progress=advance, parts=parts)
        if parts is not None:
            parts.drop()
        return samples


def _draw(
    panels: Sequence[Panel], plan: PanelPlan, asking: Asking
) -> tuple[dict[str, list[CoinSample]], dict[str, list[CoinSample]]]:
    """Ask every claim of its own panel, and the spot panel again what it repeats."""
    first = _select(plan, spot=False) if len(panels) > 1 else plan.claims
    samples = asking.ask(panels[0], plan, first)
    if len(panels) == 1:
        return samples, {}
    again = [each for each in plan.claims if each.name in REPEATED]
    spots = asking.ask(panels[1], plan, (*_select(plan, spot=True), *again))
    repeated = {name: spots.pop(name) for name in REPEATED}
    merged = samples | spots
    return {each.name: merged[each.name] for each in plan.claims}, repeated


def _select(plan: PanelPlan, *, spot: bool) -> tuple[PanelClaim, ...]:
    return tuple(each for each in plan.claims if (each.panel == "spot") == spot)


def _read_said(workspace: Workspace, facts: Path | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the claims in the article's words, and the published verdicts on Monero alone."""
    from kanalo.market import load_article
    from kanalo.study.claims.plan import read_claims, read_toml

    if facts is not None:
        return read_claims(read_toml(facts)[0], str(facts)), {}
    said = read_claims(load_article(workspace.data_dir), "the article of the data")
    return said, dict.fromkeys(said, "not decidable") | PUBLISHED


PUBLISHED = {"clusters": "refuted"}
"""Verdicts on Monero alone that are not "not decidable"."""
