"""What the HTML page shows, section by section: texts, tables, drawings and data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from kanalo.report.compare import figures, page_data, small_figures
from kanalo.report.compare.charts import to_layers, to_shape
from kanalo.report.compare.groups import (
    HOLDING,
    RANDOM,
    Group,
    find_banded,
    find_leader,
    get_judged,
    has_traded,
    to_groups,
)
from kanalo.report.compare.judgement_tables import (
    list_judged,
    list_varied,
    say_turns,
    to_differences,
    to_intervals,
    to_intrabar,
    to_lights,
    to_placebos,
    to_reasons,
    to_tornado,
)
from kanalo.report.compare.notes import say_costs, say_holding
from kanalo.report.compare.price_figure import draw_price
from kanalo.report.compare.schema import ComparisonModel, ResultModel, VerdictModel
from kanalo.report.compare.tables import to_headline, to_market_facts, to_side_by_side
from kanalo.report.compare.tables_strategy import (
    to_drawdowns,
    to_exits,
    to_facts,
    to_monthly,
)
from kanalo.report.compare.tornado_figure import NARROW, WIDE, draw_tornado
from kanalo.report.toolkit import axes
from kanalo.report.toolkit.canvas import prefix_ids
from kanalo.report.toolkit.formats import format_percent
from kanalo.report.toolkit.tables import Table
from kanalo.text import count, count_trades

_SCATTER_SIZES = ((560, 400), (380, 360))


@dataclass(frozen=True)
class StrategyView:
    """One result: a section that is closed at first."""

    slug: str
    label: str
    summary: str
    facts: str
    prices: str
    shape: str
    layers: list[tuple[str, str, str]]
    figure: tuple[Markup, ...]
    years: tuple[Markup, ...]
    returns: tuple[Markup, ...]
    returns_caption: str
    own: Markup
    trades: Markup
    n_trades: int
    n_hidden: int
    monthly: Table
    drawdowns: Table
    exits: Table


@dataclass(frozen=True)
class TornadoView:
    """A rule under other assumptions: a section that is closed at first."""

    label: str
    turns: str
    figure: tuple[Markup, ...]
    table: Table


@dataclass(frozen=True)
class JudgementView:
    """The verdicts of one market and cost set, with what they rest on."""

    lights: Table
    intervals: Table
    differences: Table
    reasons: Table
    placebos: Table
    intrabar: Table
    turns: str
    tornados: list[TornadoView]


@dataclass(frozen=True)
class GroupView:
    """One market and cost set."""

    slug: str
    title: str
    facts: str
    light: str
    verdict: VerdictModel
    costs: str
    odd: str
    headline: Table
    side_by_side: Table
    yardsticks: str
    leader: StrategyView | None
    leader_title: str
    equity: tuple[Markup, ...]
    sharpe: tuple[Markup, ...]
    scatter: tuple[Markup, ...]
    strategies: list[StrategyView]
    judgement: JudgementView | None


def to_views(model: ComparisonModel) -> list[GroupView]:
    """Build the views of all groups of a model."""
    verdicts = {(each["market"], each["costs"]): each for each in model["verdicts"]}
    limit = page_data.to_limit(model["results"])
    markets = [each["name"] for each in model["markets"]]
    views = []
    for number, group in enumerate(to_groups(model)):
        verdict = verdicts[group.market["name"], group.costs["name"]]
        prices = f"prices-{markets.index(group.market['name'])}"
        slugs = [f"group-{number}-strategy-{i}" for i in range(len(group.compared))]
        owns = page_data.share_layers([page_data.to_own(each) for each in group.compared], slugs)
        strategies = [
            _to_strategy(entry, own, group, slug, prices, limit)
            for entry, own, slug in zip(group.compared, owns, slugs, strict=True)
        ]
        views.append(_to_group(model, group, verdict, f"group-{number}", strategies))
    return views


def _to_group(
    model: ComparisonModel,
    group: Group,
    verdict: VerdictModel,
    slug: str,
    strategies: list[StrategyView],
) -> GroupView:
    sizes = (axes.WIDE, axes.NARROW)
    return GroupView(
        slug=slug,
        title=group.title,
        facts=to_market_facts(group.market),
        light=str(group.market["passport"].get("light", "unknown")),
        verdict=verdict,
        costs=say_costs(group.costs),
        odd=say_holding(group),
        headline=to_headline(model, group),
        side_by_side=to_side_by_side(model, group),
        yardsticks=_name_yardsticks(group),
        leader=_find_leader(group, strategies),
        leader_title=_to_leader_title(group),
        equity=_place(f"{slug}-e", (figures.draw_equity(group, size) for size in sizes)),
        sharpe=_place(f"{slug}-r", (figures.draw_rolling_sharpe(group, size) for size in sizes)),
        scatter=_place(f"{slug}-s", (figures.draw_scatter(group, size) for size in _SCATTER_SIZES)),
        strategies=strategies,
        judgement=_to_judgement(group),
    )


def _name_yardsticks(group: Group) -> str:
    """Say how the yardsticks that a group has are drawn, to end a caption with."""
    drawn = {HOLDING: " Heavy: buying and holding.", RANDOM: " Grey: random entries."}
    roles = {each["role"] for each in group.results}
    return "".join(text for role, text in drawn.items() if role in roles) + _name_band(group)


def _name_band(group: Group) -> str:
    banded = find_banded(group)
    if banded is None or banded["random_band"] is None:
        return ""
    draws = count(banded["random_band"]["n_draws"], "random entry", "random entries")
    return f" Band: 5 % to 95 % of {draws} that trade like {banded['label']}; dots: their median."


def _find_leader(group: Group, strategies: list[StrategyView]) -> StrategyView | None:
    """Return the view of the rule that returned most."""
    leader = find_leader(group)
    pairs = zip(group.compared, strategies, strict=True)
    return next((view for entry, view in pairs if entry is leader), None)


def _to_leader_title(group: Group) -> str:
    """Name the rule that is shown in detail, and why it is this one where there are several."""
    leader = find_leader(group)
    if leader is None:
        return ""
    gained = (leader["statistics"].get("total_return") or 0.0) > 0
    why = f", which {'returned most' if gained else 'lost least'}" if len(group.rules) > 1 else ""
    return f"{leader['label']}{why}: years, trades and months"


def _to_judgement(group: Group) -> JudgementView | None:
    if not list_judged(group):
        return None
    return JudgementView(
        lights=to_lights(group),
        intervals=to_intervals(group),
        differences=to_differences(group),
        reasons=to_reasons(group),
        placebos=to_placebos(group),
        intrabar=to_intrabar(group),
        turns=say_turns(group),
        tornados=[_to_tornado(entry) for entry in list_varied(group)],
    )


def _to_tornado(entry: ResultModel) -> TornadoView:
    label, found = entry["label"], get_judged(entry)["tornado"]
    drawings = (Markup(draw_tornado(found, label, width)) for width in (WIDE, NARROW))
    turns = ", ".join(found["turns"])
    return TornadoView(label, turns, tuple(drawings), to_tornado(entry))


def _to_strategy(
    entry: ResultModel, own: dict[str, str], group: Group, slug: str, prices: str, limit: int
) -> StrategyView:
    n_trades = len(entry["trades"])
    return StrategyView(
        slug=slug,
        label=entry["label"],
        summary=_to_summary(entry),
        facts=to_facts(entry),
        prices=prices,
        shape="-".join(("shape", *to_shape(entry))),
        layers=to_layers(entry),
        figure=_place(slug, [draw_price(entry, group.market)]),
        years=_place(f"{slug}-y", [small_figures.draw_years(entry)]),
        returns=_place(f"{slug}-h", [small_figures.draw_returns(entry)]),
        returns_caption=small_figures.caption_returns(entry),
        own=page_data.to_script(own),
        trades=page_data.to_packed(page_data.to_trades(entry, limit)),
        n_trades=n_trades,
        n_hidden=max(0, n_trades - limit),
        monthly=to_monthly(entry),
        drawdowns=to_drawdowns(entry),
        exits=to_exits(entry),
    )


def _place(slug: str, drawings: Iterable[str]) -> tuple[Markup, ...]:
    """Mark drawings of ours as safe, each with ids of its own."""
    return tuple(Markup(prefix_ids(each, f"{slug}{i}")) for i, each in enumerate(drawings))


def _to_summary(entry: ResultModel) -> str:
    """Say what a result came to in a few words, drawdown included."""
    if not has_traded(entry):
        return "no trades"
    statistics: dict[str, Any] = entry["statistics"]
    return (
        f"{format_percent(statistics.get('total_return'), signed=True)}, "
        f"drawdown {format_percent(statistics.get('max_drawdown'))}, "
        f"{count_trades(int(statistics['n_trades']), int(statistics['n_open_trades']))}"
    )
