"""The report of a trial of claims: one card a claim, on every face."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from kanalo.file_formats import CLAIMS
from kanalo.report.claims.figures import NARROW, WIDE, draw_claim, draw_overview
from kanalo.report.toolkit.formats import (
    NBSP,
    format_count,
    format_effect,
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

if TYPE_CHECKING:
    from kanalo.study.claims.claims import ArticleResult

SCHEMA = CLAIMS.schema
NONE = "none"

ESTIMATED = (
    "Rests on ESTIMATED liquidations: no exchange reported them, and part of any such estimate is "
    "momentum."
)


def to_claims_model(trial: ArticleResult) -> Model:
    """Turn a trial into plain values with a sentence for each verdict.

    Returns
    -------
    dict
        ``schema plan market verdicts claims sentence caveats``; a claim holds ``name said verdict n
        effect interval power detectable …`` and its ``sentence``.
    """
    model: dict[str, Any] = to_plain(trial.to_dict())
    model["schema"] = SCHEMA
    for claim in model["claims"]:
        is_return = claim["outcome"]["kind"] in ("return", "abnormal")
        claim["unit"] = "percent" if is_return else "points"
        claim["sentence"] = to_sentence(claim)
    model["sentence"] = _to_answer(model)
    model["caveats"] = list(_to_caveats(model))
    return model


def to_sentence(claim: Model) -> str:
    """Say the verdict of one claim in words, its power where nothing was decided."""
    verdict = claim["verdict"].capitalize()
    estimated = f" {ESTIMATED}" if claim["estimated"] else ""
    return f"{verdict}. {_to_reason(claim)}{estimated}"


def _to_reason(claim: Model) -> str:
    minimal = format_effect(claim, claim["minimal"])
    if claim["interval"][0] is None:
        return (
            f"Of {format_count(claim['n_events'], 'event')}, {claim['n']:,} could be compared: too "
            f"few for an interval. {_to_power(claim)}"
        )
    found = f"{format_effect(claim, claim['effect'], signed=True)} {_to_interval(claim)}"
    side = claim["claimed"]
    if claim["verdict"] == "supported":
        return f"Difference {found}: {side} than zero, and at least {minimal}."
    if claim["verdict"] == "refuted":
        return f"Difference {found}: an effect of {minimal} {side} is excluded."
    return (
        f"Difference {found}: neither zero nor {minimal} {side} can be excluded."
        if claim["interval"][0] <= 0 <= claim["interval"][1]
        else f"Difference {found}: zero is excluded, but not an effect of less than "
        f"{minimal} {side}."
    ) + f" {_to_power(claim)}"


def _to_power(claim: Model) -> str:
    visible = _to_visible(claim)
    seen = (
        "no effect of any size is detectable"
        if visible == NONE
        else f"effect detectable with 80{NBSP}% power: {visible}"
    )
    minimal, power = format_effect(claim, claim["minimal"]), format_percent(claim["power"])
    return f"With these data: {seen}; power to detect {minimal}: {power}."


def _to_visible(claim: Model) -> str:
    """Say which effect is detectable; a share has no room for more than 100 points."""
    size = claim["detectable"]
    most = 1.0 if claim["unit"] == "points" else float("inf")
    return NONE if size is None or size > most else format_effect(claim, size)


def _to_interval(claim: Model) -> str:
    low, high = (format_percent(each, signed=True) for each in claim["interval"])
    level = f"{claim['level'] * 100:.1f}{NBSP}%"
    return f"({level} interval {low.replace(f'{NBSP}%', '')} to {high.replace(f'{NBSP}%', '')})"


def _to_answer(model: Model) -> str:
    counts = model["verdicts"]
    return (
        f"Of {format_count(len(model['claims']), 'claim')}, {counts['supported']} supported, "
        f"{counts['refuted']} refuted, {counts['not decidable']} not decidable with these data."
    )


def _to_caveats(model: Model) -> list[str]:
    estimated = [claim["name"] for claim in model["claims"] if claim["estimated"]]
    caveats = [
        "Not decidable is not false: each such verdict says what effect these data could have "
        "shown.",
    ]
    if estimated:
        caveats.append(
            f"The verdicts on {', '.join(estimated)} rest on ESTIMATED liquidations, which no "
            "exchange reported."
        )
    if model["plan"]["leave_out"]:
        start, end = (format_time(each) for each in model["plan"]["leave_out"])
        caveats.append(f"Left out, because it suggested the claims: {start} to {end} UTC.")
    return caveats


def to_claims_title(model: Model) -> str:
    """Name the report."""
    return f"{format_count(len(model['claims']), 'claim')} tested: {model['market']['symbol']}"


def to_claims_facts(model: Model) -> str:
    """Say on what data and by which plan the claims were tested."""
    market, plan = model["market"], model["plan"]
    span = f"{format_time(market['start'])} to {format_time(market['end'])}"
    return (
        f"{market['name']}, {market['interval']} bars, {span} ({market['n_bars']:,}); plan of "
        f"sha256 {plan['sha256'][:12]}, Holm's method over all claims at "
        f"{format_percent(plan['level'])}"
    )


def to_verdict_table(model: Model) -> Table:
    """Build the table of all verdicts."""
    columns = ("Verdict", "Pairs", "Effect", "Low", "High", "At least", "Visible", "Power [%]")
    rows = (
        Row(
            f"{claim['name']} (estimated)" if claim["estimated"] else claim["name"],
            (
                Cell(claim["verdict"]),
                Cell(format_value(claim["n"], "count"), claim["n"]),
                *(
                    Cell(format_value(value, "fraction"), value)
                    for value in (
                        claim["effect"],
                        *claim["interval"],
                        claim["minimal"] * (1 if claim["claimed"] == "more" else -1),
                    )
                ),
                Cell(_to_visible(claim).split(NBSP)[0], claim["detectable"]),
                Cell(format_value(claim["power"], "fraction"), claim["power"]),
            ),
            claim["said"],
        )
        for claim in model["claims"]
    )
    helps = (
        "By the planned rule",
        "Events with something to compare them with",
        "Difference in percent or percentage points",
        "Lower end of the Holm-adjusted interval",
        "Upper end of the Holm-adjusted interval",
        "Minimum relevant effect, on the claimed side",
        "Smallest effect that is detectable with 80 % power",
        "Power to detect the minimum relevant effect",
    )
    return Table("Claim", columns, tuple(rows), helps)


def print_claims(model: Model, console: Console) -> None:
    """Print the verdicts, each with its sentence.

    Parameters
    ----------
    model : mapping
        A claims model.
    console : rich.console.Console
        Where to print.
    """
    console.print(Text(to_claims_title(model), style="bold"))
    console.print(Text(to_claims_facts(model), style="dim"))
    console.print(to_rich(_to_short_table(model)))
    console.print()
    for claim in model["claims"]:
        console.print(Text(f"{claim['name']}: ", style="bold"), Text(claim["sentence"]))
    console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def _to_short_table(model: Model) -> Table:
    full = to_verdict_table(model)
    rows = tuple(Row(row.name, row.cells[:5]) for row in full.rows)
    return Table(full.corner, full.columns[:5], rows)


def to_claims_page(model: Model) -> Page:
    """Build the document, for HTML and Markdown."""
    overview = Section(
        "All verdicts",
        (
            "Effect / minimum relevant effect; positive = as claimed. 0 is no effect, 1 is what "
            "the claim needs. Supported: the interval lies right of 0 and the dot right of 1. "
            "Refuted: the interval lies left of 1.",
        ),
        figures=(
            Figure(
                tuple(draw_overview(model, size) for size in (WIDE, NARROW)),
                "Effects with their Holm-adjusted intervals. Claims without an interval are blank.",
            ),
        ),
        tables=(to_verdict_table(model),),
    )
    planned = Section(
        "How this was planned",
        (
            "The plan names event, horizon, outcome, minimal effect and what would refute each "
            "claim; it is another plan where its sha256 differs.",
            "Each event is compared with bars of the same volatility, trend and time of day and of "
            "nearly the same return and volume, of the bar and of the day; levels are given to "
            "them at the same distance. Intervals are drawn by blocks of time.",
        ),
        tables=(to_named(model["plan"], "Plan", "Value"),),
        words=True,
    )
    return Page(
        title=to_claims_title(model),
        facts=to_claims_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(overview, *map(_to_card, model["claims"]), planned),
    )


def _to_card(claim: Model) -> Section:
    texts = [
        f"Said: “{claim['said']}”",
        f"Tested: {claim['definition']}",
        claim["sentence"],
        f"Would refute it: {claim['refuted_if']}",
    ]
    if claim["untested"]:
        texts.append(f"Not tested: {claim['untested']}")
    drawings = tuple(draw_claim(claim, size) for size in (WIDE, NARROW)) if claim["n"] else ()
    caption = (
        "The events, and what they are compared with (dashed)."
        if claim["outcome"]["kind"] == "value"
        else "Events against their controls, from the close of the event's bar to the horizon. "
        "Controls as they were; the effect is corrected for what is left of their difference."
    )
    figures = (Figure(drawings, caption),) if drawings else ()
    title = f"{claim['name'].capitalize()}: {claim['verdict']}"
    return Section(title, tuple(texts), figures, (_to_card_table(claim),), words=True)


def _to_card_table(claim: Model) -> Table:
    against = claim["against"]
    interval = "–" if claim["interval"][0] is None else _to_interval(claim)[1:-1]
    rows = (
        ("Verdict", claim["verdict"]),
        ("Event", claim["event"]),
        ("Horizon", claim["horizon"]),
        ("Events, of which compared", f"{claim['n_events']:,}, {claim['n']:,}"),
        ("Mean after events", format_percent(claim["events"])),
        (
            "Mean of controls" if against == "controls" else "Compared with",
            format_percent(claim["controls"]),
        ),
        ("Effect", format_effect(claim, claim["effect"], signed=True)),
        ("Interval", interval),
        ("p-value, Holm's", format_value(claim["p_holm"], "ratio")),
        (
            "Least effect that matters",
            f"{format_effect(claim, claim['minimal'])} {claim['claimed']}",
        ),
        ("Least effect visible, 80 % power", _to_visible(claim)),
        ("Power at the least that matters", format_percent(claim["power"])),
        ("Worst imbalance of pairs, in sd", format_value(claim["imbalance"], "ratio")),
    )
    return Table("Figure", ("Value",), tuple(Row(name, (Cell(text),)) for name, text in rows))


def write_claims_report(model: Model, folder: Path) -> list[Path]:
    """Write ``claims.html``, ``claims.md`` and ``claims.json`` to a folder, all or none.

    Parameters
    ----------
    model : mapping
        A claims model.
    folder : Path
        Made, with its parents, where it does not exist.

    Returns
    -------
    list of Path
        The three files, in the order above.
    """
    page = to_claims_page(model)
    return write_page(page, model, folder, "claims")
