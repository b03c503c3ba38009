"""The report as one self-contained HTML page: no network, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from bokeh.resources import Resources
from markupsafe import Markup, escape

from kanalo.market import Market
from kanalo.report import page_data
from kanalo.report.charts import to_chart, to_shape
from kanalo.report.groups import Model
from kanalo.report.judgement_tables import INTRABAR_NOTE, PLACEBO_NOTE, TORNADO_NOTE
from kanalo.report.liquidations.section import to_levels
from kanalo.report.tables import Table, to_named, to_passport
from kanalo.report.tables_strategy import to_heat
from kanalo.report.views import to_views

TEMPLATES = Path(__file__).parent / "templates"
MAX_BARS = 120_000
"""Markets of more bars show daily ones in close views too: the page has to stay small."""

_DAY = pd.Timedelta(days=1)
_SCRIPTS = ("report.js", "trades.js", "charts.js")


def to_html(model: Model, markets: Mapping[str, Market] | None = None) -> str:
    """Write a model as an HTML page that needs nothing but itself.

    Parameters
    ----------
    model : mapping
        From `to_model`. Its names may come from anybody: all of them are escaped.
    markets : mapping of str to Market, optional
        Markets by name, whose own bars the interactive charts show in close views; the model holds
        daily ones only. Of perpetuals the estimated liquidation levels are drawn too.

    Returns
    -------
    str
        One page with its styles, scripts, figures and data; a policy in its head forbids it to ask
        the network for anything.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    filters: dict[str, Any] = {"heat": to_heat, "breakable": _to_breakable}
    environment.filters |= filters
    return environment.get_template("report.html").render(_to_context(model, markets or {}))


def _to_context(model: Model, markets: Mapping[str, Market]) -> dict[str, Any]:
    return {
        "model": model,
        "groups": to_views(model),
        "notes": {"placebos": PLACEBO_NOTE, "intrabar": INTRABAR_NOTE, "tornado": TORNADO_NOTE},
        "prices": [page_data.to_script(page_data.to_prices(each)) for each in model["markets"]],
        "bars": [_to_bars(markets.get(each["name"])) for each in model["markets"]],
        "charts": {
            "-".join(("shape", *shape)): page_data.to_script(to_chart(shape))
            for shape in dict.fromkeys(map(to_shape, model["results"]))
        },
        "passports": [(market, to_passport(market)) for market in model["markets"]],
        "costs": [(costs["name"], _to_cost_table(costs)) for costs in model["costs"]],
        "levels": to_levels(markets),
        "provenance": to_named(model["provenance"], "What", "Value"),
        "spec": to_named(model["spec"], "Key", "Value"),
        "run": to_named(model["run"], "What", "Value"),
        "css": _read("report.css"),
        "bokeh": _to_bokeh(),
        "scripts": [_read(name) for name in _SCRIPTS],
    }


def _to_bars(market: Market | None) -> Markup:
    if market is None or market.length >= _DAY or len(market) > MAX_BARS:
        return page_data.to_script(None)
    return page_data.to_script(page_data.to_bars(market))


def _to_cost_table(costs: Model) -> Table:
    return to_named({**costs["values"], "account": costs["account"]}, "Cost", "Value")


def _to_breakable(name: str) -> Markup:
    """Allow a line to break after the underscores of a name."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _to_bokeh() -> Markup:
    """Return Bokeh's own script without its widgets, to stand in the page once."""
    (script,) = Resources(mode="inline", components=["bokeh"], minified=True).js_raw[:1]
    return Markup(script.replace("</script", "<\\/script"))


def _read(name: str) -> Markup:
    """Read one of our own files to stand in the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))
