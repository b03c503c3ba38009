"""On what data, sources, packages and machine a comparison rests."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING, Any

from kanalo.workspace import Workspace

if TYPE_CHECKING:
    from kanalo.experiment.comparison import Run
    from kanalo.judgement.judge import Judgement
    from kanalo.ledger import Recorder

PACKAGES = ("backtrader", "numpy", "pandas", "scipy", "numba")
"""The packages that results depend on."""


def find_versions() -> dict[str, str]:
    """Return the versions of kanalo and of the packages that results depend on."""
    return {name: metadata.version(name) for name in ("kanalo", *PACKAGES)}


def describe_environment(workspace: Workspace, seconds: float) -> dict[str, Any]:
    """Say when, how long and on what machine a comparison ran.

    Parameters
    ----------
    workspace : Workspace
        Where it ran.
    seconds : float
        How long it took.

    Returns
    -------
    dict
        ``created`` (UTC), ``seconds``, ``machine``, ``python`` and ``workspace``.
    """
    now = datetime.datetime.now(datetime.UTC)
    return {
        "created": now.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "workspace": str(workspace.root),
    }


def describe_record(recorder: Recorder | None, judgement: Judgement | None) -> dict[str, Any]:
    """Say where a run stands in the ledger: this alone depends on how often it was repeated.

    Parameters
    ----------
    recorder : Recorder or None
        What recorded the run.
    judgement : Judgement or None
        The verdicts, which know the ledger's position.

    Returns
    -------
    dict
        ``ledger_run`` and, where rules were judged, ``ledger_position``; empty if nothing was
        recorded.
    """
    if recorder is None or not recorder.works:
        return {}
    position = {} if judgement is None else {"ledger_position": judgement.trials.position}
    return {"ledger_run": recorder.run, **position}


def describe_provenance(runs: Iterable[Run]) -> dict[str, Any]:
    """Collect what the results of a comparison were made from.

    Parameters
    ----------
    runs : iterable of Run
        At least one.

    Returns
    -------
    dict
        ``data`` (sha256 by file), ``strategies`` (digest of the source by name), ``engine`` and
        ``versions``.
    """
    results = [each.result for each in runs]
    data: dict[str, str] = {}
    for result in results:
        data |= result.provenance["data"]
    return {
        "data": dict(sorted(data.items())),
        "strategies": {each.strategy: each.provenance["source"] for each in results},
        "engine": results[0].provenance["engine"],
        "versions": find_versions(),
    }
