"""Anyone's own event on a panel: what followed it at several horizons, and whether coins differ.

The same machinery as for the claims of an article: events and controls lie within one coin, the
estimate is that of the other coins without Monero and the benchmark, and the interval comes from
blocks of four weeks of all coins together. Holm's method covers the horizons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kanalo.errors import ParameterError
from kanalo.file_formats import PANEL_STUDY
from kanalo.market.times import to_time
from kanalo.panel.coins import DELISTED, Panel
from kanalo.panel.judge import PanelResult, judge_panel
from kanalo.panel.plan import RELATIVE, PanelClaim, PanelPlan
from kanalo.panel.spans import list_ended, to_panel_values
from kanalo.panel.trial import Progress, draw_panel
from kanalo.panel.values import to_effect
from kanalo.periods import to_timedelta
from kanalo.report.toolkit.formats import NBSP, format_percent
from kanalo.report.toolkit.plain import to_plain
from kanalo.study.claims.plan import ClaimOutcome, ClaimPlan, TimeRange, TrialPlan
from kanalo.study.events.events import read_condition, to_horizon
from kanalo.study.events.study import HORIZONS
from kanalo.study.inference import SIZE
from kanalo.study.variables import ESTIMATED, VARIABLES

RAW = "return"
BLOCK_DAYS = 28
LEAST_OTHERS = 8


@dataclass(frozen=True)
class PanelEvent:
    """What is asked of a panel.

    Attributes
    ----------
    condition : str
        In the grammar of `kanalo.study.events.conditions`.
    horizons : tuple of str
        Whole numbers of hours: ``"1h"``, ``"7d"`` … Events of a horizon are that far apart.
    onset : bool
        Whether only beginnings of the condition count.
    controls : int
        Most controls of an event.
    caliper : float
        Most difference within a pair, in standard deviations.
    wake : str
        Time after the condition that gives no control.
    draws, seed : int
        Of the bootstrap.
    start, end : str or None
        Where events may lie, from (included) to (excluded), UTC.
    delisted : tuple of str
        Tables that end because the coin was delisted: a window cut short there is settled at the
        last close; elsewhere such a window is unknown.
    """

    condition: str
    horizons: tuple[str, ...] = HORIZONS
    onset: bool = True
    controls: int = 3
    caliper: float = 1.0
    wake: str = "1d"
    draws: int = 2_000
    seed: int = 0
    start: str | None = None
    end: str | None = None
    delisted: tuple[str, ...] = DELISTED


@dataclass(frozen=True, eq=False)
class PanelStudy:
    """What followed an event on a panel.

    Attributes
    ----------
    event : PanelEvent
        What was asked.
    panel : Panel
        The coins.
    raw, relative : tuple of PanelResult
        By horizon: log returns, and log returns less the mean of all other coins.
    """

    event: PanelEvent
    panel: Panel
    raw: tuple[PanelResult, ...]
    relative: tuple[PanelResult, ...]


def study_panel(
    panel: Panel, event: PanelEvent, *, workers: int | None = None, progress: Progress | None = None
) -> PanelStudy:
    """Study what followed an event on every coin of a panel.

    Parameters
    ----------
    panel : Panel
        The coins.
    event : PanelEvent
        What is asked.
    workers : int, optional
        Processes; one for each core by default.
    progress : callable, optional
        Called with the name of each coin that is done.

    Returns
    -------
    PanelStudy
        A result for each horizon.

    Raises
    ------
    ParameterError
        If the condition or a horizon cannot be read, or a horizon stands there twice.
    UnknownNameError
        If the condition names an unknown variable.
    """
    plan = to_plan(panel, event)
    plans = {RAW: plan, RELATIVE: _with_outcome(plan, RELATIVE)}
    asked = tuple(
        replace(claim, plan=replace(claim.plan, name=f"{claim.name} {kind}"))
        for kind, each in plans.items()
        for claim in each.claims
    )
    samples = draw_panel(panel, plan, asked, workers=workers, progress=progress)
    results = {
        kind: judge_panel(
            {each.name: samples[f"{each.name} {kind}"] for each in chosen.claims}, chosen
        )
        for kind, chosen in plans.items()
    }
    return PanelStudy(event, panel, results[RAW], results[RELATIVE])


def to_plan(panel: Panel, event: PanelEvent) -> PanelPlan:
    """Turn an event into a plan with one claim a horizon.

    Parameters
    ----------
    panel : Panel
        Its first coin's bars read the horizons.
    event : PanelEvent
        What is asked.

    Returns
    -------
    PanelPlan
        Without thresholds, minimal effects or null panels.

    Raises
    ------
    ParameterError
        As `study_panel`.
    """
    read_condition(event.condition)
    if not event.horizons:
        raise ParameterError("A panel study must have at least one horizon; received none.")
    twice = {each for each in event.horizons if event.horizons.count(each) > 1}
    if twice:
        raise ParameterError(f"The horizon '{min(twice)}' stands there twice.")
    for each in event.horizons:
        to_horizon(panel.coins[0].market, each)
    to_timedelta(event.wake)
    span = TimeRange(
        *(None if each is None else to_time(each) for each in (event.start, event.end))
    )
    claims = tuple(_to_claim(event, horizon, span) for horizon in event.horizons)
    base = TrialPlan(
        market="panel",
        claims=tuple(each.plan for each in claims),
        caliper=event.caliper,
        controls=event.controls,
        wake=event.wake,
        draws=event.draws,
        seed=event.seed,
        source="kanalo study --panel",
    )
    return PanelPlan(
        base=base,
        claims=claims,
        undecidable={},
        block_hours=24 * BLOCK_DAYS,
        least_others=LEAST_OTHERS,
        delisted=event.delisted,
        biases={},
        null_panels=0,
        digest="",
        source=base.source,
    )


def to_study_model(study: PanelStudy) -> dict[str, Any]:
    """Turn a study into plain values with sentences.

    Returns
    -------
    dict
        ``schema condition variables settings panel effects sentence caveats``; ``effects`` holds
        ``return`` and ``relative``, an entry a horizon.
    """
    names = read_condition(study.event.condition).names
    effects = {
        kind: [_to_values(each) for each in results]
        for kind, results in ((RAW, study.raw), (RELATIVE, study.relative))
    }
    event = study.event
    model = {
        "schema": PANEL_STUDY.schema,
        "condition": event.condition,
        "variables": {name: VARIABLES[name].origin for name in names},
        "settings": {
            "horizons": list(event.horizons),
            "onset": event.onset,
            "controls": event.controls,
            "caliper": event.caliper,
            "wake": event.wake,
            "draws": event.draws,
            "seed": event.seed,
            "from": event.start,
            "to": event.end,
            "block_hours": 24 * BLOCK_DAYS,
            "least_others": LEAST_OTHERS,
        },
        "panel": to_panel_values(study.panel),
        "effects": effects,
    }
    plain: dict[str, Any] = to_plain(model)
    plain["sentence"] = to_sentence(plain)
    plain["caveats"] = _to_caveats(study, plain)
    return plain


def to_sentence(model: Mapping[str, Any]) -> str:
    """Say at which horizons the price went otherwise than after matched bars."""
    effects = [each for each in model["effects"][RAW] if each["p_holm"] is not None]
    if not effects:
        return "Too few events on the panel to decide at any horizon."
    told = [each for each in effects if each["found"]]
    if told:
        return (
            "After the event the price went otherwise than after matched bars: "
            + "; ".join(_to_words(each) for each in told)
            + "."
        )
    nearest = min(effects, key=lambda each: float(each["p_holm"]))
    seen = ", ".join(
        f"{format_percent(each['detectable'])} within {each['horizon']}" for each in effects
    )
    return (
        "No difference from matched bars that chance would not make. The nearest to one: "
        f"{_to_words(nearest)}. Detectable with 80{NBSP}% power: {seen}."
    )


def _to_words(effect: Mapping[str, Any]) -> str:
    low, high = (format_percent(each, signed=True) for each in effect["interval"])
    return (
        f"{format_percent(effect['effect'], signed=True)} within {effect['horizon']} "
        f"({effect['level'] * 100:.1f}{NBSP}% interval {low} to {high}, p {effect['p_holm']:.3f} "
        f"after Holm, {effect['n']:,} events on {effect['n_coins']} coins)"
    )


def _with_outcome(plan: PanelPlan, kind: str) -> PanelPlan:
    claims = tuple(
        replace(each, plan=replace(each.plan, outcome=ClaimOutcome(kind))) for each in plan.claims
    )
    return replace(plan, claims=claims)


def _to_claim(event: PanelEvent, horizon: str, span: TimeRange) -> PanelClaim:
    plan = ClaimPlan(
        name=horizon,
        event=event.condition,
        horizon=horizon,
        outcome=ClaimOutcome(RAW),
        against=None,
        side=1,
        minimal=0.0,
        definition="",
        refuted_if="",
        onset=event.onset,
        sample=span,
    )
    return PanelClaim(plan, event.caliper, event.controls)


def _to_values(result: PanelResult) -> dict[str, Any]:
    own = {"horizon": result.claim.name, "name": result.claim.name, "unit": "percent"}
    return {**own, "found": result.p_holm <= SIZE, **to_effect(result)}


def _to_caveats(study: PanelStudy, model: dict[str, Any]) -> list[str]:
    caveats = [
        "The estimate is that of the other coins, without Monero and without BTC.",
        "Survivorship is reduced, not removed: few of the coins were delisted.",
    ]
    estimated = sorted(name for name, origin in model["variables"].items() if origin == ESTIMATED)
    if estimated:
        caveats.append(f"{', '.join(estimated)}: ESTIMATED from prices and volumes.")
    silent: dict[str, str] = {}
    for each in model["effects"][RAW]:
        silent |= each["unanswered"]
    if silent:
        listed = "; ".join(f"{coin}: {why}" for coin, why in silent.items())
        caveats.append(f"Coins that cannot answer at some horizon: {listed}.")
    ended = list_ended([study.panel], study.event.delisted)
    return [*caveats, ended] if ended else caveats
