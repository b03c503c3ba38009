"""What the ledger keeps of a comparison so that it can be done again and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kanalo.execution.costs import OLDER_COSTS
from kanalo.execution.rules import OLDER_CHOICES
from kanalo.experiment.spec import Spec
from kanalo.experiment.spec_reader import parse_spec
from kanalo.file_formats import RECORD

if TYPE_CHECKING:
    from kanalo.experiment.comparison import Comparison, Run
    from kanalo.judgement.judge import JudgedStrategy

SCHEMA = RECORD.schema
_WINDOW = {"start": "from", "end": "to"}


def to_details(spec: Spec, *, engine: str, judged: bool, folder: Path) -> dict[str, Any]:
    """Return what it takes to do a comparison again: the details of its run in the ledger.

    Parameters
    ----------
    spec : Spec
        What was asked for.
    engine : str
        On which engine.
    judged : bool
        Whether the rules were judged.
    folder : Path
        Where the report went.

    Returns
    -------
    dict of str to object
        Plain values that JSON can hold.
    """
    return {
        "spec": _to_content(spec),
        "engine": engine,
        "judged": judged,
        "folder": str(folder.absolute()),
    }


def read_spec(details: Mapping[str, Any]) -> Spec:
    """Read the spec of a run's details; what it does not state was not charged or chosen then.

    Raises
    ------
    SpecError
        If it is no spec of ours.
    """
    content = dict(details["spec"])
    content["execution"] = OLDER_CHOICES | dict(content.get("execution", {}))
    content["costs"] = [OLDER_COSTS | dict(each) for each in content.get("costs", [{}])]
    return parse_spec(content, source="the ledger's spec")


def to_record(comparison: Comparison) -> dict[str, Any]:
    """Return every figure of a comparison that a repetition must meet to the last digit."""
    return {
        "schema": SCHEMA,
        "provenance": dict(comparison.provenance),
        "position": None if comparison.judgement is None else comparison.judgement.trials.position,
        "results": [_to_figures(run, comparison) for run in comparison.runs],
    }


def _to_figures(run: Run, comparison: Comparison) -> dict[str, Any]:
    result = run.result
    figures: dict[str, Any] = {
        "label": run.label,
        "market": run.market,
        "costs": run.costs,
        "data": dict(result.provenance["data"]),
        "source": result.provenance["source"],
        "parameters": dict(result.parameters),
        "statistics": {key: float(value) for key, value in run.statistics.items()},
        "n_bars": len(result.equity),
        "final_equity": float(result.equity.iloc[-1]),
    }
    judgement = comparison.judgement
    for group in () if judgement is None else judgement.groups:
        if (group.market, group.costs) == (run.market, run.costs):
            judged = group.strategies.get(run.label)
            figures["judgement"] = None if judged is None else _to_judged(judged)
    return figures


def _to_judged(judged: JudgedStrategy) -> dict[str, Any]:
    evidence, sharpe = judged.evidence, judged.evidence.sharpe
    figures: dict[str, Any] = {
        "light": judged.verdict.light,
        "superiority_p": evidence.superiority_p,
        "placebo_p": evidence.placebo.p_value,
        "pbo": evidence.pbo,
    }
    if sharpe is not None:
        names = ("n_trials", "n_effective", "hurdle", "psr", "dsr")
        figures |= {name: float(getattr(sharpe, name)) for name in names}
    for name, interval in evidence.intervals.items():
        figures |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    return figures


def _to_content(spec: Spec) -> dict[str, Any]:
    """Write a spec as `parse_spec` reads it, with absolute paths of files."""
    content = spec.to_dict()
    content["markets"] = [
        {_WINDOW.get(key, key): value for key, value in market.items() if value}
        for market in content["markets"]
    ]
    for market in content["markets"]:
        if "data" in market:
            market["data"] = str((spec.folder / market["data"]).absolute())
    for costs in content["costs"]:
        if costs.get("maker_fee_bps", 0) is None:
            del costs["maker_fee_bps"]
    return content
