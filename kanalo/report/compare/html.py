"""The report as one self-contained HTML page: no network, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from bokeh.resources import Resources
from markupsafe import Markup, escape

from kanalo.market import Market
from kanalo.report.compare import page_data
from kanalo.report.compare.answer import to_answer
from kanalo.report.compare.charts import to_chart, to_shape
from kanalo.report.compare.judgement_tables import INTRABAR_NOTE, PLACEBO_NOTE, TORNADO_NOTE
from kanalo.report.compare.notes import DATA_LIGHTS, say_costs
from kanalo.report.compare.schema import ComparisonModel, CostsModel
from kanalo.report.compare.sections import show_sections
from kanalo.report.compare.tables import to_passport
from kanalo.report.compare.tables_strategy import to_heat
from kanalo.report.compare.views import GroupView, to_views
from kanalo.report.toolkit.packing import pack_text, to_policy
from kanalo.report.toolkit.sharing import share_paths, share_styles, take_closed
from kanalo.report.toolkit.tables import Table, to_named
from kanalo.report.toolkit.templates import open_templates, read_template

MAX_BARS = 120_000
"""Markets of more bars show daily ones in close views too: the page has to stay small."""

MOST_CURVES = 3
"""Groups whose equity stands on the first screen; that of others stands in their sections."""

_FIGURES = '<script type="application/json" id="figures"></script>'
"""The place of the figures of closed sections, as the template has it."""

_APART = "\0"
_DAY = pd.Timedelta(days=1)
_SCRIPTS = ("report.js", "trades.js", "charts.js")


def to_html(
    model: ComparisonModel,
    markets: Mapping[str, Market] | None = None,
    views: Callable[[], list[GroupView]] | None = None,
) -> str:
    """Write a model as an HTML page that needs nothing but itself.

    Parameters
    ----------
    model : mapping
        From `to_model`. Its names may come from anybody: all of them are escaped.
    markets : mapping of str to Market, optional
        Markets by name, whose own bars the interactive charts show in close views; the model holds
        daily ones only. Of perpetuals the estimated liquidation levels are drawn too.
    views : callable, optional
        Returns what `to_views` returns, see `kanalo.report.compare.beside`; drawn here by default.

    Returns
    -------
    str
        One page with its styles, scripts, figures and data; a policy in its head forbids it to ask
        the network for anything.
    """
    environment = open_templates()
    filters: dict[str, Any] = {"heat": to_heat, "breakable": _to_breakable, "drawn": Markup}
    environment.filters |= filters
    context = _to_context(model, markets or {})
    context["groups"] = to_views(model) if views is None else views()
    page = environment.get_template("report.html").render(context)
    page, closed = take_closed(share_styles(page))
    figures = share_paths(_APART.join(closed), "c").split(_APART)
    packed = _FIGURES.replace("><", f">{page_data.to_packed(figures)}<")
    return share_paths(page).replace(_FIGURES, packed, 1)


def _to_context(model: ComparisonModel, markets: Mapping[str, Market]) -> dict[str, Any]:
    bokeh, scripts = _to_bokeh(), [read_template(name) for name in _SCRIPTS]
    return {
        "model": model,
        "title": model["title"],
        "question": model["question"],
        "answer": to_answer(model),
        "terms": " ".join((*map(say_costs, model["costs"]), DATA_LIGHTS)),
        "n_curves": MOST_CURVES,
        "notes": {"placebos": PLACEBO_NOTE, "intrabar": INTRABAR_NOTE, "tornado": TORNADO_NOTE},
        "prices": [page_data.to_script(page_data.to_prices(each)) for each in model["markets"]],
        "bars": [_to_bars(markets.get(each["name"])) for each in model["markets"]],
        "charts": {
            "-".join(("shape", *shape)): page_data.to_packed(to_chart(shape))
            for shape in dict.fromkeys(map(to_shape, model["results"]))
        },
        "passports": [(market, to_passport(market)) for market in model["markets"]],
        "costs": [(costs["name"], _to_cost_table(costs)) for costs in model["costs"]],
        "sections": show_sections(model, markets),
        "provenance": to_named(model["provenance"], "What", "Value"),
        "spec": to_named(model["spec"], "Key", "Value"),
        "run": to_named(model["run"], "What", "Value"),
        "css": read_template("report.css"),
        "bokeh": Markup(pack_text(bokeh)),
        "scripts": scripts,
        "policy": to_policy([bokeh, *scripts]),
    }


def _to_bars(market: Market | None) -> Markup:
    if market is None or market.length >= _DAY or len(market) > MAX_BARS:
        return page_data.to_script(None)
    return page_data.to_script(page_data.to_bars(market))


def _to_cost_table(costs: CostsModel) -> Table:
    return to_named({**costs["values"], "account": costs["account"]}, "Cost", "Value")


def _to_breakable(name: str) -> Markup:
    """Allow a line to break after the underscores of a name."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _to_bokeh() -> str:
    """Return Bokeh's own script without its widgets; the page runs it when a chart is opened."""
    (script,) = Resources(mode="inline", components=["bokeh"], minified=True).js_raw[:1]
    return str(script)
