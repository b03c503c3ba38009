"""Do a recorded Monte Carlo of paths again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.ledger import RunEntry, load_figures
from kanalo.monte_carlo.engine import run_monte_carlo, to_record
from kanalo.strategy.target_vol import create

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.workspace import Workspace


def repeat_monte_carlo(
    folder: Path, entry: RunEntry, workspace: Workspace, market: Market | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a recorded Monte Carlo again.

    Parameters
    ----------
    folder : Path
        Of the workspace's results.
    entry : RunEntry
        The run.
    workspace : Workspace
        Whose strategies and data.
    market : Market or None
        The bars of a run on a file; the catalog's market otherwise.

    Returns
    -------
    tuple of dict
        What was recorded, and the same of the repetition.

    Raises
    ------
    WorkspaceError
        If the run left no figures.
    """
    record = load_figures(folder, entry)
    asked = entry.details
    cls: Any = workspace.load_strategy(asked["strategy"])
    whole = workspace.load_market(asked["market"]["name"]) if market is None else market
    again = run_monte_carlo(
        create(cls, asked["parameters"]),
        whole.between(asked["market"]["start"], asked["market"]["end"]),
        paths=asked["paths"],
        model=asked["model"],
        block=asked["block"],
        seed=asked["seed"],
        costs=Costs.of_record(asked["costs"]),
        execution=Execution.of_record(asked["execution"]),
    )
    return record, json.loads(json.dumps(to_record(again)))
