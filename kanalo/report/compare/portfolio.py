"""The section of a comparison on the rules together: correlations and an equal-risk mix.

The mix gives every rule a share of the account in inverse proportion to the deviation of its daily
returns over the whole span, and trades back to these shares each day at no cost. The shares know
the whole span, so the mix describes one past and is no rule that could have been traded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers.drawdowns import calc_max_drawdown
from kanalo.analyzers.ratios import calc_sharpe_ratio
from kanalo.analyzers.returns import annualise, to_daily_returns
from kanalo.execution.result import Result
from kanalo.market import Market
from kanalo.periods import has_annual_rate, returns_per_year, to_years
from kanalo.report.toolkit.formats import format_percent, format_value
from kanalo.report.toolkit.page import Section
from kanalo.report.toolkit.tables import Cell, Row, Table
from kanalo.text import count

TITLE = "The rules together"

NOTE = (
    "Correlations of daily returns over the same days. The equal-risk mix gives each rule a share "
    "in inverse proportion to the deviation of its daily returns, restored every day at no cost. "
    "The shares are those of the whole span: a description, not something that could be traded."
)

_COLUMNS = ("Return [%]", "CAGR [%]", "Max. Drawdown, daily [%]", "Sharpe Ratio", "Share [%]")
MIX = "equal-risk mix"


def build(results: Sequence[tuple[str, str, str, Result]]) -> list[dict[str, Any]]:
    """Compute correlations and the mix for every market and cost set with two rules that traded.

    Parameters
    ----------
    results : sequence of tuple
        Label, market, cost set and result of each rule.

    Returns
    -------
    list of dict
        ``market``, ``costs``, ``labels``, ``n_days`` (days that all have), ``correlations`` (a row
        of numbers for each label; None where undefined), ``shares`` (fractions that add up to 1)
        and ``statistics`` (of each label and of ``MIX``: ``total_return``, ``cagr``,
        ``max_drawdown`` at daily closes, ``sharpe_ratio``).
    """
    groups: dict[tuple[str, str], dict[str, Result]] = {}
    for label, market, costs, result in results:
        if len(result.trades):
            groups.setdefault((market, costs), {})[label] = result
    parts = (_to_part(*names, group) for names, group in groups.items())
    return [part for part in parts if part is not None]


def _to_part(market: str, costs: str, group: Mapping[str, Result]) -> dict[str, Any] | None:
    daily = {label: to_daily_returns(result.equity, result.cash) for label, result in group.items()}
    table = pd.DataFrame(daily).dropna()
    spread = table.std(ddof=1)
    table = table.loc[:, spread > 0]
    if len(table.columns) < 2 or len(table) < 2:
        return None
    risk = 1 / table.std(ddof=1).to_numpy(np.float64)
    shares = risk / risk.sum()
    per_year = returns_per_year(next(iter(group.values())).market.interval)
    mixed = table.assign(**{MIX: table.to_numpy(np.float64) @ shares})
    return {
        "market": market,
        "costs": costs,
        "labels": list(table.columns),
        "n_days": len(table),
        "correlations": np.corrcoef(table.to_numpy(np.float64).T).tolist(),
        "shares": shares.tolist(),
        "statistics": {str(label): _measure(mixed[label], per_year) for label in mixed.columns},
    }


def _measure(returns: pd.Series[float], per_year: float) -> dict[str, float]:
    growth = (1 + returns).cumprod()
    total = float(growth.iloc[-1]) - 1
    years = to_years(pd.Timedelta(days=1) * len(returns) * 365 / per_year)
    annual = annualise(1 + total, years) if has_annual_rate(years) else float("nan")
    return {
        "total_return": total,
        "cagr": annual,
        "max_drawdown": calc_max_drawdown(growth, 1.0),
        "sharpe_ratio": calc_sharpe_ratio(returns, per_year=per_year),
    }


def show(parts: Sequence[Mapping[str, Any]], markets: Mapping[str, Market]) -> list[Section]:
    """Return one section with two tables for each market and cost set.

    Parameters
    ----------
    parts : sequence of mapping
        From `build`.
    markets : mapping of str to Market
        Not needed: the tables are drawn from the parts.

    Returns
    -------
    list of Section
        One.
    """
    del markets
    tables = [table for part in parts for table in (to_mix_table(part), to_correlations(part))]
    return [Section(TITLE, (NOTE,), (), tuple(tables))]


def to_mix_table(part: Mapping[str, Any]) -> Table:
    """Build the table of the rules and their mix: figures over the days that all have."""
    shares = dict(zip(part["labels"], part["shares"], strict=True))
    rows = []
    for label, figures in part["statistics"].items():
        share = shares.get(label)
        cells = (
            *(_to_cell(figures[key], "fraction") for key in ("total_return", "cagr")),
            _to_cell(figures["max_drawdown"], "fraction"),
            _to_cell(figures["sharpe_ratio"], "ratio"),
            _to_cell(share, "fraction"),
        )
        rows.append(Row(label, cells))
    return Table(f"{part['market']} · {part['costs']}", _COLUMNS, tuple(rows))


def to_correlations(part: Mapping[str, Any]) -> Table:
    """Build the table of correlations: a row and a column for each rule."""
    rows = (
        Row(label, tuple(_to_cell(value, "ratio") for value in values))
        for label, values in zip(part["labels"], part["correlations"], strict=True)
    )
    days = count(part["n_days"], "day")
    return Table(f"Correlation, {days}", tuple(part["labels"]), tuple(rows))


def _to_cell(value: float | None, unit: str) -> Cell:
    return Cell(format_value(value, unit), value)


def tell(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what the mix of each market and cost set came to, one line each."""
    lines = []
    for part in parts:
        figures = part["statistics"][MIX]
        total = format_percent(figures["total_return"], signed=True)
        fall = format_percent(figures["max_drawdown"])
        sharpe = format_value(figures["sharpe_ratio"], "ratio")
        lines.append(
            f"{part['market']}, {part['costs']}: the equal-risk mix of "
            f"{count(len(part['labels']), 'rule')} made {total}, drawdown {fall}, Sharpe ratio "
            f"{sharpe}."
        )
    return lines
