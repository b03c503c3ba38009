"""The report of a trial on a panel: the table of verdicts first, then a forest plot a claim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.text import Text

from kanalo.panel.coins import BENCHMARK, MONERO
from kanalo.panel.overview import draw_overview
from kanalo.report.toolkit.canvas import INK, MUTED, SERIES, open_figure, to_svg
from kanalo.report.toolkit.formats import format_effect, format_percent, format_value
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Figure, Page, Section
from kanalo.report.toolkit.tables import Cell, Row, Table, to_named
from kanalo.report.toolkit.terminal import to_rich
from kanalo.report.toolkit.write import write_page

WIDTHS = (900, 380)
"""Widths of a figure in CSS pixels: one for desks, one for telephones."""

FILE = "claims-panel"
_NORMAL = 1.96


def draw_forest(claim: Model, width: int = WIDTHS[0]) -> str:
    """Draw a row a coin, Monero marked, the diamond of the mean, and the prediction interval.

    Parameters
    ----------
    claim : mapping
        One of the model's claims.
    width : int
        In CSS pixels.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    rows = list(claim["coins"]["rows"])
    monero = claim["monero"]
    if monero is not None:
        rows.append({"coin": "xmr", "effect": monero["own"], "error": monero["own_error"]})
    with open_figure(width, 120 + 16 * len(rows)) as figure:
        axes = figure.subplots()
        for place, row in enumerate(rows):
            color = SERIES[1] if row["coin"] == "xmr" else SERIES[0]
            reach = _NORMAL * row["error"]
            ends = [row["effect"] - reach, row["effect"] + reach]
            axes.plot(ends, [place, place], color=color, linewidth=1.2)
            axes.plot([row["effect"]], [place], "s", color=color, markersize=4)
        place = len(rows)
        low, high = claim["interval"]
        if low is not None:
            middle = claim["effect"]
            axes.fill(
                [low, middle, high, middle], [place, place - 0.35, place, place + 0.35], color=INK
            )
        prediction = claim["coins"]["prediction"]
        if prediction[0] is not None:
            axes.plot(prediction, [place + 1, place + 1], color=MUTED, linewidth=3)
        names = [row["coin"] for row in rows] + ["all others", "a new coin"]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.axvline(0, color=INK, linewidth=0.8)
        if claim.get("minimal"):
            least = claim["minimal"] * (1 if claim["claimed"] == "more" else -1)
            axes.axvline(least, color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        ticks = axes.get_xticks()
        axes.set_xticks(ticks, [format_percent(float(each)) for each in ticks])
        axes.set_xlim(*_find_limits(rows, claim))
        dashed = "; dashed: the least that would matter" if claim.get("minimal") else ""
        axes.set_xlabel(f"Effect{dashed}")
        return to_svg(figure, f"Effects of single coins, claim {claim['name']}")


def to_panel_table(model: Model) -> Table:
    """Build the table of all verdicts."""
    columns = (
        *("On the panel", "Monero alone", "Events", "Effective", "Effect", "Low", "High"),
        *("At least", "Power [%]", "Bias"),
    )
    helps = (
        "By the plan, over the other coins",
        "The published verdict; not tested again",
        "Events with something to compare them with",
        "Their number after dependence between coins",
        "Difference in percent or percentage points",
        "Lower end of the Holm-adjusted interval",
        "Upper end of it",
        "Least effect that would matter, on the claimed side",
        "Chance to tell that effect from zero",
        "Mean effect on null panels",
    )
    rows = tuple(_to_row(each) for each in model["claims"])
    return Table("Claim", columns, rows, helps)


def _to_row(claim: Model) -> Row:
    fractions = (
        claim["effect"],
        *claim["interval"],
        claim["minimal"] * (1 if claim["claimed"] == "more" else -1),
        claim["power"],
        None if claim["bias"] is None else claim["bias"]["mean"],
    )
    cells = (
        Cell(claim["panel_verdict"]),
        Cell(claim["verdict"] or "–"),
        Cell(format_value(claim["n"], "count"), claim["n"]),
        Cell(format_value(_whole(claim["effective_n"]), "count"), claim["effective_n"]),
        *(Cell(format_value(value, "fraction"), value) for value in fractions),
    )
    name = f"{claim['name']} (estimated)" if claim["estimated"] else claim["name"]
    return Row(name, cells, claim["said"])


def print_panel(model: Model, console: Console) -> None:
    """Print the verdicts, each with its sentence.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.model.to_panel_model`.
    console : rich.console.Console
        Where to.
    """
    console.print(Text(to_title(model), style="bold"))
    console.print(Text(to_facts(model), style="dim"))
    full = to_panel_table(model)
    short = tuple(Row(row.name, (row.cells[0], *row.cells[2:7])) for row in full.rows)
    console.print(to_rich(Table(full.corner, (full.columns[0], *full.columns[2:7]), short)))
    console.print()
    for claim in model["claims"]:
        console.print(Text(f"{claim['name']}: ", style="bold"), Text(claim["sentence"]))
    console.print()
    console.print(Text(model["sentence"]))
    for caveat in model["caveats"]:
        console.print(Text(f"! {caveat}", style="yellow"))


def to_title(model: Model) -> str:
    """Name the report."""
    names = {coin["coin"] for each in model["panels"] for coin in each["coins"]}
    n = len(names - {BENCHMARK, MONERO})
    return f"{len(model['claims'])} claims tested: a panel of {n} coins"


def to_facts(model: Model) -> str:
    """Say on what data and by which plan the claims were tested."""
    plan = model["plan"]
    names = ", ".join(f"{each['name']} ({each['n_coins']} coins)" for each in model["panels"])
    return (
        f"{names}; plan of sha256 {plan['sha256'][:12]}, Holm's method at "
        f"{format_percent(plan['level'])}, blocks of {plan['block_hours']} hours of all coins"
    )


def to_panel_page(model: Model) -> Page:
    """Build the document, for HTML and Markdown."""
    overview = Section(
        "All verdicts",
        figures=tuple(_to_effects(model)),
        tables=(to_panel_table(model),),
        tables_first=True,
    )
    repeats = [Section("On spot", tables=(each,)) for each in _to_repeats(model)]
    planned = Section(
        "How this was planned",
        (
            "The plan was written before any outcome on the panel was computed. Its thresholds "
            "follow from those of the article's own market by one formula, new = old; the minimal "
            "effects are the same.",
        ),
        tables=(to_named(model["plan"], "Plan", "Value"), _to_thresholds(model)),
        words=True,
    )
    return Page(
        title=to_title(model),
        facts=to_facts(model),
        answer=model["sentence"],
        caveats=tuple(model["caveats"]),
        sections=(overview, *repeats, *map(_to_card, model["claims"]), planned),
    )


def write_panel_report(model: Model, folder: Path) -> list[Path]:
    """Write ``claims-panel.html``, ``.md`` and ``.json`` to a folder, all or none.

    Parameters
    ----------
    model : mapping
        From `kanalo.panel.model.to_panel_model`.
    folder : Path
        Where to.

    Returns
    -------
    list of Path
        The page first.
    """
    page = to_panel_page(model)
    return write_page(page, model, folder, FILE)


def _to_effects(model: Model) -> Iterator[Figure]:
    """Draw all claims in one figure, where any of them has an effect."""
    if any(each["effect"] is not None for each in model["claims"]):
        yield Figure(
            tuple(draw_overview(model["claims"], width) for width in WIDTHS),
            "The effect of each claim over the other coins, with the Holm-adjusted interval that "
            "decides. Upright mark: the least effect that would matter, on the claimed side. "
            "Supported: the interval excludes zero on the claimed side and the effect is at least "
            "that. Refuted: it excludes every effect as large as that. Not decidable: neither.",
        )


def _to_card(claim: Model) -> Section:
    texts = [f"Said: “{claim['said']}”", f"Tested: {claim['definition']}", claim["sentence"]]
    texts.append(f"Would refute it: {claim['refuted_if']}")
    if claim["untested"]:
        texts.append(f"Not tested: {claim['untested']}")
    if claim["unanswered"]:
        listed = "; ".join(f"{coin}: {why}" for coin, why in claim["unanswered"].items())
        texts.append(f"Coins that cannot answer: {listed}.")
    figures: tuple[Figure, ...] = ()
    if claim["coins"]["rows"]:
        drawings = tuple(draw_forest(claim, width) for width in WIDTHS)
        caption = (
            "A row a coin with its 95 % interval, Monero in its own colour, the diamond of all "
            "other coins with the interval that decides, and where a new coin is expected."
        )
        figures = (Figure(drawings, caption),)
    title = f"{claim['name'].capitalize()}: {claim['panel_verdict']}"
    return Section(title, tuple(texts), figures, (_to_card_table(claim),), words=True)


def _to_card_table(claim: Model) -> Table:
    signed = [
        ("Effect, every event the same", claim["effect"]),
        ("Effect, every coin the same", claim["rows"]["coin_equal"]["effect"]),
        ("Effect with Monero", claim["rows"]["with_monero"]["effect"]),
        ("Effect without a delisting's last 60 days", claim["rows"]["without_last_days"]["effect"]),
        *(
            [("Effect on the coin's own return", claim["rows"]["raw_return"]["effect"])]
            if "raw_return" in claim["rows"]
            else []
        ),
        ("Random-effects mean", claim["coins"]["mean"]),
        ("Between coins, tau", claim["coins"]["tau"]),
    ]
    monero, less = claim["monero"], claim["monero_less_others"]
    if monero is not None:
        name = "Monero: the panel's estimate" if monero["is_panel"] else "Monero, shrunken"
        signed += [("Monero, its own events", monero["own"]), (name, monero["effect"])]
        signed += [("Monero, low", monero["low"]), ("Monero, high", monero["high"])]
    if less is not None:
        signed.append(("Monero less the others", less["value"]))
    rows = [(name, format_effect(claim, value, signed=True)) for name, value in signed]
    if less is not None:
        rows.append(("p-value of that, Holm's", format_value(less["p_holm"], "ratio")))
    rows += [
        ("Error by blocks", format_effect(claim, claim["error"])),
        ("Error, Driscoll-Kraay", format_effect(claim, claim["checks"]["driscoll_kraay"])),
        ("Error, coin and time", format_effect(claim, claim["checks"]["two_way"])),
        ("Error if events were independent", format_effect(claim, claim["checks"]["iid"])),
        ("p-value, Holm's", format_value(claim["p_holm"], "ratio")),
        ("Least effect visible, 80 % power", format_effect(claim, claim["detectable"])),
        ("p-value, equal coins, by null panels", format_value(claim["coins"]["differ_p"], "ratio")),
        ("Imbalance of pairs, in sd", format_value(claim["imbalance"], "ratio")),
        *_to_null_rows(claim),
    ]
    return Table("Figure", ("Value",), tuple(Row(name, (Cell(text),)) for name, text in rows))


def _to_null_rows(claim: Model) -> list[tuple[str, str]]:
    """List what null panels say of the test; nothing for a plan that they were not run for."""
    known = claim["null_panels"]
    if known is None:
        return []
    rows = [("Null panels", format_value(known["panels"], "count"))]
    if known["told"] is not None:
        rows.append(("Null panels told from zero at 5 %", format_percent(known["told"])))
    if known["bias"] is not None:
        rows.append(("Bias, null panels", format_effect(claim, known["bias"]["mean"], signed=True)))
    if known["found"] is not None:
        found, stated = (format_percent(known[each]) for each in ("found", "stated"))
        rows.append(("Planted minimal effect found at 5 % (stated)", f"{found} ({stated})"))
    return rows


def _to_thresholds(model: Model) -> Table:
    rows = tuple(
        Row(
            claim["name"],
            (
                Cell(", ".join(f"{old:g} → {new:g}" for old, new in claim["thresholds"]) or "none"),
                Cell(claim["event"]),
            ),
        )
        for claim in model["claims"]
    )
    return Table("Claim", ("Thresholds, old → new", "Event"), rows)


def _to_repeats(model: Model) -> list[Table]:
    """Build the table of what the spot panel repeats; nothing where there is none."""
    if not model["repeated"]:
        return []
    rows = tuple(
        Row(
            each["name"],
            (
                Cell(format_value(each["n"], "count"), each["n"]),
                *(
                    Cell(format_value(value, "fraction"), value)
                    for value in (each["effect"], *each["interval"])
                ),
            ),
        )
        for each in model["repeated"]
    )
    return [Table("Repeated on spot, no verdict", ("Events", "Effect", "Low", "High"), rows)]


def _whole(value: float | None) -> int | None:
    return None if value is None or not np.isfinite(value) else round(value)


def _find_limits(rows: list[Model], claim: Model) -> tuple[float, float]:
    """Return limits that show the middle of every coin and most of the intervals."""
    middles = [row["effect"] for row in rows] + [0.0, claim["effect"] or 0.0]
    errors = sorted(row["error"] for row in rows)
    reach = (
        _NORMAL * errors[int(0.75 * (len(errors) - 1))] if errors else claim.get("minimal", 0.01)
    )
    return min(middles) - reach, max(middles) + reach
