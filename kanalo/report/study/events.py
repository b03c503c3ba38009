"""The report of an event study: what followed, against what, and how sure one may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from kanalo.file_formats import EVENT_STUDY
from kanalo.report.study.figures import (
    NARROW,
    WIDE,
    draw_balance,
    draw_effects,
    draw_paths,
    draw_quantiles,
)
from kanalo.report.toolkit.formats import (
    MISSING,
    NBSP,
    format_count,
    format_percent,
    format_time,
    format_value,
)
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.plain import to_plain
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page
from kanalo.study.events.study import EventStudy
from kanalo.text import count

SCHEMA = EVENT_STUDY.schema
"""Name and version of the JSON report."""

POORLY_BALANCED = 0.25
"""Standardised mean difference after matching from which the report warns."""

COVARIATES = {
    "bar_return": ("Return of the bar [%]", "fraction"),
    "bar_volume": ("Volume of the bar, log ratio", "ratio"),
    "day_return": ("Return of 24 h [%]", "fraction"),
    "day_volume": ("Volume of 24 h, log ratio", "ratio"),
    "volatility": ("Volatility of 7 days [%]", "fraction"),
    "trend": ("Swing trend, −1 to 1", "ratio"),
    "hour": ("Hour of the day, UTC", "ratio"),
}
"""Label and unit of what pairs are matched by."""


def to_event_model(study: EventStudy) -> dict[str, Any]:
    """Reduce a study to plain values: what JSON holds and every face is drawn from.

    Parameters
    ----------
    study : EventStudy
        The study.

    Returns
    -------
    dict
        Everything of `EventStudy.to_dict` beside ``schema``, ``sentence`` and ``caveats``.
    """
    model: dict[str, Any] = {"schema": SCHEMA, **to_plain(study.to_dict())}
    return {**model, "sentence": _to_sentence(model), "caveats": _to_caveats(model)}


def _to_sentence(model: Model) -> str:
    effects = model["effects"]["raw"]
    n_events, n_matched = model["counts"]["events"], model["counts"]["matched"]
    if not n_events:
        return f"No event: “{model['condition']}” never began to hold in these bars."
    decided = [each for each in effects if each["p_holm"] is not None]
    counted = f"{format_count(n_events, 'event')}, {n_matched} with controls"
    if not decided:
        return f"{counted}: too few to decide. {_to_power(effects)}"
    found = [each for each in decided if each["found"]]
    if not found:
        nearest = min(decided, key=lambda each: float(each["p_holm"]))
        return (
            f"{counted}: no significant difference from matched bars. Smallest p-value: "
            f"{_to_effect(nearest)}. {_to_power(effects)}"
        )
    said = "; ".join(_to_effect(each) for each in found)
    return f"{counted}: significant difference from matched bars. {said}."


def _to_effect(effect: Model) -> str:
    low, high = (format_value(100 * effect[key], "ratio") for key in ("low", "high"))
    return (
        f"{format_value(100 * effect['effect'], 'ratio')}{NBSP}% within {effect['horizon']} "
        f"(95 %: {low} to {high}; p = {_to_p(effect['p_holm'])} after Holm)"
    )


def _to_power(effects: list[Model]) -> str:
    """Say which effects are detectable."""
    seen = [
        f"{format_value(100 * each['detectable'], 'ratio')}{NBSP}% within {each['horizon']}"
        for each in effects
        if each["detectable"] is not None
    ]
    if not seen:
        return "Too few events to detect any effect."
    return f"Effects detectable with 80 % power: {', '.join(seen)}."


def _to_caveats(model: Model) -> list[str]:
    caveats = []
    counts, names = model["counts"], model["variables"]
    estimated = sorted(name for name, origin in names.items() if origin == "estimated")
    if estimated:
        caveats.append(
            f"{', '.join(estimated)}: ESTIMATED from prices and volumes; no exchange reported "
            "these liquidations."
        )
    if counts["events"] and counts["share_matched"] < 0.5:
        caveats.append(
            f"Only {format_percent(counts['share_matched'])} of the events have a bar like them "
            "without the condition: the effect speaks of those only."
        )
    uneven = [
        f"{COVARIATES[each['name']][0]} ({format_value(each['after'], 'ratio')})"
        for each in model["balance"]
        if each["after"] is not None and abs(each["after"]) > POORLY_BALANCED
    ]
    if uneven:
        caveats.append(
            f"Events and controls still differ in: {', '.join(uneven)} standard deviations. A "
            "linear correction takes care of what was matched by nearness, not of the rest."
        )
    if counts["unknown"]:
        caveats.append(
            f"On {counts['unknown']:,} of {model['market']['n_bars']:,} bars nobody knows whether "
            "the condition held; they are no events."
        )
    return caveats


# -- faces -----------------------------------------------------------------------------------------


def to_event_title(model: Model) -> str:
    """Name the study, e.g. ``After short_imbalance > 0.6 on xmr_1h``."""
    return f"After {model['condition']} on {model['market']['name']}"


def to_event_facts(model: Model) -> str:
    """Say in one line what was studied and what was left out."""
    market, counts = model["market"], model["counts"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    return (
        f"{market['symbol']}, {market['interval']} bars, {span}; holds on "
        f"{count(counts['true'], 'bar')}, "
        f"{format_count(counts['onsets'], 'onset')}, {counts['overlapping']:,} of them left out "
        f"within {model['settings']['spacing']} bars of an event"
    )


def to_effect_table(model: Model, kind: str) -> Table:
    """Build the table of effects by horizon; ``kind`` is ``"raw"`` or ``"abnormal"``.

    Parameters
    ----------
    model : mapping
        An event model.
    kind : str
        ``"raw"`` or ``"abnormal"``.

    Returns
    -------
    Table
        A row for each horizon.
    """
    columns = (
        "Pairs", "Events [%]", "Controls [%]", "Effect [%]", "Low [%]", "High [%]", "p Holm",
        "Seen from [%]",
    )  # fmt: skip
    help_texts = (
        "Events with at least one control",
        "Mean log return of the matched events",
        "Mean log return of their controls, corrected for what is left of the difference",
        "Event less control",
        "Lower end of the 95 % interval",
        "Upper end of the 95 % interval",
        "Adjusted for the number of horizons",
        "Least effect that would be found with 80 % power",
    )
    keys = ("events", "controls", "effect", "low", "high")
    rows = (
        Row(
            each["horizon"],
            (
                Cell(format_value(each["n_pairs"], "count"), each["n_pairs"]),
                *(_to_percent(each[key]) for key in keys),
                Cell(_to_p(each["p_holm"]), each["p_holm"]),
                _to_percent(each["detectable"]),
            ),
        )
        for each in model["effects"][kind]
    )
    return Table("Within" if kind == "raw" else "Beyond beta", columns, tuple(rows), help_texts)


def to_balance_table(model: Model) -> Table:
    """Build the table of balance: means, and standardised differences before and after."""
    rows = []
    for each in model["balance"]:
        label, unit = COVARIATES[each["name"]]
        means = (each[key] for key in ("events", "pool", "matched", "controls"))
        gaps = (each[key] for key in ("before", "after"))
        cells = (
            *(Cell(format_value(mean, unit), mean) for mean in means),
            *(Cell(format_value(gap, "ratio"), gap) for gap in gaps),
        )
        rows.append(Row(label, cells))
    columns = ("Events", "All bars", "Matched events", "Controls", "SMD before", "SMD after")
    return Table("Matched by", columns, tuple(rows))


def _to_percent(value: float | None) -> Cell:
    return Cell(format_value(None if value is None else 100 * value, "ratio"), value)


def _to_p(value: float | None) -> str:
    if value is None:
        return MISSING
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _has_abnormal(model: Model) -> bool:
    return any(each["n_events"] for each in model["effects"]["abnormal"])


def _to_tables(model: Model) -> tuple[Table, ...]:
    kinds = ("raw", "abnormal") if _has_abnormal(model) else ("raw",)
    return tuple(to_effect_table(model, kind) for kind in kinds)


def print_event_study(model: Model, console: Console) -> None:
    """Print effects, balance and the answer; 80 columns are enough.

    Parameters
    ----------
    model : mapping
        From `to_event_model`.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_event_title(model), style="bold"))
    console.print(Text(to_event_facts(model), style="dim"))
    for table in (*_to_tables(model), to_balance_table(model)):
        console.print()
        console.print(to_rich(table))
    console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_event_page(model: Model) -> Page:
    """Build the document of a study, for HTML and Markdown."""
    asked = {key: model[key] for key in ("condition", "variables", "settings", "counts", "market")}
    figures = _to_figures(model) if model["counts"]["events"] else ()
    shown = Section(
        "What followed",
        (
            "Returns are log returns from the close of the event's bar. Controls are bars of the "
            "same volatility regime, swing trend and third of the day whose own return and volume, "
            "and those of their 24 hours, were like the event's, while the condition did not hold.",
        ),
        figures[:1],
        _to_tables(model),
    )
    paths = (Section("Paths of the price", (), figures[1:]),) if figures else ()
    return Page(
        title=to_event_title(model),
        facts=to_event_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(
            shown,
            *paths,
            Section("Balance", (), _to_balance_figures(model), (to_balance_table(model),)),
            Section("Events", (), (), (_to_event_table(model),), words=True),
            Section("What was asked", (), (), (to_named(asked, "What", "Value"),), words=True),
        ),
    )


def _to_figures(model: Model) -> tuple[Figure, ...]:
    sizes = (WIDE, NARROW)
    return (
        Figure(
            tuple(draw_effects(model, size) for size in sizes),
            "Event less matched controls with 95 % intervals. Shaded: effects too small to be seen "
            "with 80 % power.",
        ),
        Figure(
            tuple(draw_paths(model, size) for size in sizes),
            "Mean log price around all events (with the 95 % band of a bootstrap by clusters of "
            "overlapping windows), around those with controls, and around their controls.",
        ),
        Figure(
            tuple(draw_quantiles(model, size) for size in sizes),
            "How far single events go: median, quartiles and outer tenths.",
        ),
    )


def _to_balance_figures(model: Model) -> tuple[Figure, ...]:
    if not model["counts"]["matched"]:
        return ()
    labels = [COVARIATES[each["name"]][0] for each in model["balance"]]
    drawings = tuple(draw_balance(model, labels, size) for size in (WIDE, NARROW))
    return (Figure(drawings, "How unlike events and other bars are, before and after matching."),)


def _to_event_table(model: Model) -> Table:
    rows = (
        Row(
            format_time(each["time"]),
            (Cell(", ".join(map(format_time, each["controls"])) or MISSING),),
        )
        for each in model["events"]
    )
    return Table("Event (open of its bar, UTC)", ("Controls",), tuple(rows))


def write_event_report(model: Model, folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and ``report.json``, and return them in this order.

    Parameters
    ----------
    model : mapping
        An event model.
    folder : Path
        Made, with its parents, where it does not exist.

    Returns
    -------
    list of Path
        The three files.

    Raises
    ------
    WorkspaceError
        If the folder cannot be written.
    """
    page = to_event_page(model)
    return write_page(page, model, folder)
