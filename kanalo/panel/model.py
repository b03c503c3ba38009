"""The result of a trial on a panel as plain values and sentences, for every face of its report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kanalo.file_formats import PANEL_CLAIMS
from kanalo.panel.coins import Panel
from kanalo.panel.heterogeneity import NO_SIGN
from kanalo.panel.judge import PERCENT, PanelResult
from kanalo.panel.plan import PanelPlan
from kanalo.panel.sample import is_estimated
from kanalo.panel.spans import list_ended, to_panel_values
from kanalo.panel.values import to_effect, to_row
from kanalo.report.toolkit.formats import NBSP, format_effect, format_percent
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.plain import to_plain
from kanalo.study.claims.claims import SUPPORTED, VERDICTS

SCHEMA = PANEL_CLAIMS.schema

DIFFER = 0.05
"""p-value of equal coins above which there is no sign that they differ."""


@dataclass(frozen=True, eq=False)
class PanelTrial:
    """All claims of an article on a panel.

    Attributes
    ----------
    plan : PanelPlan
        What was planned.
    panels : tuple of Panel
        The perpetuals, the spot panel, or both.
    results : tuple of PanelResult
        In the order of the plan.
    said : dict of str to str
        The claims in the article's words.
    alone : dict of str to str
        The verdicts on Monero alone, where they are known.
    repeated : tuple of PanelResult
        What the spot panel repeats: a replication, no verdict.
    """

    plan: PanelPlan
    panels: tuple[Panel, ...]
    results: tuple[PanelResult, ...]
    said: dict[str, str]
    alone: dict[str, str]
    repeated: tuple[PanelResult, ...] = ()


def to_panel_model(trial: PanelTrial) -> Model:
    """Turn a trial on a panel into plain values with a sentence for each verdict.

    Returns
    -------
    dict
        ``schema plan panels verdicts claims undecidable sentence caveats``; a claim holds ``name
        said panel_verdict verdict n effective_n effect interval power bias …``.
    """
    plan = trial.plan
    claims = [_to_claim(each, trial) for each in trial.results]
    counts = {name: sum(each["panel_verdict"] == name for each in claims) for name in VERDICTS}
    model = {
        "schema": SCHEMA,
        "plan": {
            "source": plan.source,
            "sha256": plan.digest,
            "base": plan.base.source,
            "base_sha256": plan.base.digest,
            "thresholds": "new = old",
            "block_hours": plan.block_hours,
            "level": plan.base.level,
            "draws": plan.base.draws,
            "seed": plan.base.seed,
            "null_panels": max(
                (each.null_panels.panels for each in trial.results if each.null_panels is not None),
                default=plan.null_panels,
            ),
        },
        "panels": [to_panel_values(each) for each in trial.panels],
        "verdicts": counts,
        "claims": claims,
        "repeated": [_to_repeated(each) for each in trial.repeated],
        "undecidable": dict(plan.undecidable),
        "caveats": _to_caveats(trial),
    }
    model["sentence"] = _to_answer(model)
    plain: dict[str, Any] = to_plain(model)
    return plain


def _to_claim(result: PanelResult, trial: PanelTrial) -> Model:
    claim, own = result.claim, result.claim.plan
    values: dict[str, Any] = {
        "name": claim.name,
        "said": trial.said.get(claim.name, ""),
        "panel_verdict": result.verdict,
        "gates_failed": _list_failed(result),
        "verdict": trial.alone.get(claim.name),
        "reason": result.reason,
        "unit": "percent" if own.outcome.kind in PERCENT else "points",
        **to_effect(result),
        "power": result.power,
        "bias": None if result.bias is None else asdict(result.bias),
        "null_panels": _to_null_panels(result),
        "minimal": own.minimal,
        "claimed": "more" if own.side > 0 else "less",
        "event": own.event,
        "horizon": own.horizon,
        "outcome": own.outcome.kind,
        "definition": own.definition,
        "refuted_if": own.refuted_if,
        "untested": own.untested,
        "thresholds": [list(each) for each in trial.plan.thresholds[claim.name]],
        "matching": {
            "caliper": claim.caliper,
            "controls": claim.controls,
            "match": list(claim.match),
            "share": claim.share,
        },
        "panel": claim.panel,
        "estimated": is_estimated(claim),
    }
    values["sentence"] = to_sentence(values)
    return values


def _list_failed(result: PanelResult) -> list[str]:
    null_panels = result.null_panels
    return [] if null_panels is None else null_panels.list_failed(result.claim.plan.minimal)


def _to_null_panels(result: PanelResult) -> Model | None:
    return None if result.null_panels is None else asdict(result.null_panels)


def to_sentence(claim: Model) -> str:
    """Say the verdict of one claim in words, and what stands beside it.

    Parameters
    ----------
    claim : mapping
        One of the model's claims.
    """
    parts = [f"{claim['panel_verdict'].capitalize()}. {_to_reason(claim)}"]
    equal = claim["rows"]["coin_equal"]["effect"]
    if _is_finite(equal) and np.sign(equal) * np.sign(claim["effect"]) < 0:
        parts.append(
            f"With every coin of the same weight the sign differs: {_signed(claim, equal)}."
        )
    coins = claim["coins"]
    if _is_finite(coins["i_squared"]):
        p = coins["differ_p"]
        alike = p > DIFFER if _is_finite(p) else coins["i_squared"] < NO_SIGN
        differ = "no sign that coins differ" if alike else "coins differ"
        parts.append(
            f"I² {format_percent(coins['i_squared'])}{_to_p(p)}: {differ}; {_to_new_coin(claim)}."
        )
    if claim["gates_failed"]:
        parts.append(f"Gate failed: {'; '.join(claim['gates_failed'])}.")
    if claim["estimated"]:
        parts.append("Rests on ESTIMATED liquidations.")
    return " ".join(parts)


def _to_reason(claim: Model) -> str:
    minimal = format_effect(claim, claim["minimal"])
    if not _is_finite(claim["interval"][0]):
        reasons = set(claim["unanswered"].values())
        why = f" ({next(iter(reasons))})" if not claim["n"] and len(reasons) == 1 else ""
        return f"{claim['n']:,} events could be compared{why}: too few for an interval."
    low, high = (_signed(claim, each) for each in claim["interval"])
    text = (
        f"{_signed(claim, claim['effect'])} over {claim['n']:,} events (effective "
        f"{claim['effective_n']:,.0f}), {claim['level'] * 100:.1f}{NBSP}% interval {low} to {high}"
    )
    power = f"power for {minimal}: {format_percent(claim['power'])}"
    if claim["reason"]:
        return f"{text}; {claim['reason']}, more than a quarter of {minimal}."
    return f"{text}; it takes {minimal} {claim['claimed']}, {power}."


def _to_new_coin(claim: Model) -> str:
    """Say where a new coin is expected; an interval beyond what is possible says nothing."""
    low, high = claim["coins"]["prediction"]
    if not _is_finite(low) or max(abs(low), abs(high)) > 1:
        return "too few coins to say where a new one lies"
    if not low <= claim["effect"] <= high:
        mean = _signed(claim, claim["coins"]["mean"])
        return (
            f"coins with few events pull the random effects ({mean}) away from the estimate, so "
            "where a new coin lies is not told"
        )
    return f"a new coin is expected between {_signed(claim, low)} and {_signed(claim, high)}"


def _to_p(p: float | None) -> str:
    return f" (p {p:.2f} of equal coins)" if _is_finite(p) else ""


def _is_finite(value: float | None) -> bool:
    return value is not None and bool(np.isfinite(value))


def _signed(claim: Model, value: float) -> str:
    return format_effect(claim, value, signed=True)


def _to_repeated(result: PanelResult) -> Model:
    return {
        "name": result.claim.name,
        "effective_n": result.checks.effective_n,
        "unit": "points",
        **to_row(result.effect),
        "coins": len(result.coins.names),
    }


def _to_answer(model: Model) -> str:
    counts = model["verdicts"]
    return (
        f"Of {len(model['claims'])} claims asked of the panel, {counts[SUPPORTED]} supported, "
        f"{counts['refuted']} refuted, {counts['not decidable']} not decidable."
    )


def _to_caveats(trial: PanelTrial) -> list[str]:
    plan = trial.plan
    caveats = [
        "The verdict is that of the other coins, without Monero and without BTC.",
        "Survivorship is reduced, not removed: few of the coins were delisted.",
        *(f"{name}: not asked. {reason}" for name, reason in plan.undecidable.items()),
    ]
    caveats += [
        f"'{each.name}' has no table of btc: what is measured against Bitcoin has no answer."
        for each in trial.panels
        if len(each.studied) == len(each.coins)
    ]
    ended = list_ended(trial.panels, plan.delisted)
    if ended:
        caveats.append(ended)
    spots = [each.name for each in plan.claims if each.panel == "spot"]
    if spots and len(trial.panels) == 1:
        caveats.append(
            f"The plan decides {' and '.join(spots)} on the spot panel (--spot DIR); what stands "
            f"here is that of '{trial.panels[0].name}'."
        )
    return caveats
