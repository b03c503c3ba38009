"""The report as one self-contained HTML page: no network, light and dark, wide and narrow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from kanalo.report import figures
from kanalo.report.formats import format_plain, format_time
from kanalo.report.groups import Group, Model, to_groups
from kanalo.report.tables import (
    Table,
    to_headline,
    to_market_facts,
    to_named,
    to_passport,
    to_side_by_side,
)

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class GroupView:
    """What the page shows of one market and cost set."""

    slug: str
    title: str
    facts: str
    light: str
    verdict: Model
    headline: Table
    side_by_side: Table
    equity: tuple[Markup, Markup]


def to_html(model: Model) -> str:
    """Write a model as an HTML page that needs nothing but itself.

    Parameters
    ----------
    model : mapping
        From `to_model`. Its names may come from anybody: all of them are escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"plain": format_plain, "time": format_time}
    return environment.get_template("report.html").render(_to_context(model))


def _to_context(model: Model) -> dict[str, Any]:
    verdicts = {(each["market"], each["costs"]): each for each in model["verdicts"]}
    groups = to_groups(model)
    return {
        "model": model,
        "groups": [
            _to_view(model, group, verdicts[group.market["name"], group.costs["name"]], i)
            for i, group in enumerate(groups)
        ],
        "passports": [(market, to_passport(market)) for market in model["markets"]],
        "costs": [(costs["name"], _to_cost_table(costs)) for costs in model["costs"]],
        "provenance": to_named(model["provenance"], "What", "Value"),
        "spec": to_named(model["spec"], "Key", "Value"),
        "run": to_named(model["run"], "What", "Value"),
        "css": _inline("report.css"),
        "scripts": [_inline("report.js")],
    }


def _to_view(model: Model, group: Group, verdict: Model, number: int) -> GroupView:
    return GroupView(
        slug=f"group-{number}",
        title=group.title,
        facts=to_market_facts(group.market),
        light=str(group.market["passport"].get("light", "unknown")),
        verdict=verdict,
        headline=to_headline(model, group),
        side_by_side=to_side_by_side(model, group),
        equity=(
            Markup(figures.draw_equity(group, figures.WIDE)),
            Markup(figures.draw_equity(group, figures.NARROW)),
        ),
    )


def _to_cost_table(costs: Model) -> Table:
    return to_named({**costs["values"], "account": costs["account"]}, "Cost", "Value")


def _inline(name: str) -> Markup:
    """Read one of our own files to stand in the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))
