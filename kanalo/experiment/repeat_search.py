"""Do a recorded search again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.ledger import RunEntry, load_figures
from kanalo.search.engine import run_search, to_record
from kanalo.sweep import Span

if TYPE_CHECKING:
    from kanalo.market import Market
    from kanalo.workspace import Workspace


def repeat_search(
    folder: Path, entry: RunEntry, workspace: Workspace, market: Market | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a recorded search again, from its seed and without its study.

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
    whole = workspace.load_market(asked["market"]["name"]) if market is None else market
    again = run_search(
        workspace.load_strategy(asked["strategy"]),
        whole.between(asked["market"]["start"], asked["market"]["end"]),
        {name: _to_axis(axis) for name, axis in asked["grid"]["axes"].items()},
        trials=asked["trials"],
        by=asked["by"],
        sampler=asked["sampler"],
        seed=asked["seed"],
        constraints=asked["grid"].get("constraints", ()),
        costs=Costs.of_record(asked["costs"]),
        execution=Execution.of_record(asked["execution"]),
    )
    return record, json.loads(json.dumps(to_record(again)))


def _to_axis(axis: Any) -> Any:
    return Span(**axis) if isinstance(axis, dict) else axis
