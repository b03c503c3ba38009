"""`to_model`: the one source of every face, made of plain values only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.analyzers import drawdowns, returns, trades
from kanalo.analyzers.statistics import STATISTICS
from kanalo.execution.account_columns import MARGIN_COLUMNS, SHARE_COLUMNS
from kanalo.experiment.yardsticks import RANDOM, find_role
from kanalo.file_formats import COMPARISON
from kanalo.market import Market
from kanalo.report.compare.groups import to_groups
from kanalo.report.compare.histogram import to_histogram
from kanalo.report.compare.judgement import (
    CAVEAT,
    find_judged,
    to_judged,
    to_judgement,
    to_random_band,
)
from kanalo.report.compare.schema import ComparisonModel
from kanalo.report.compare.sections import build_sections
from kanalo.report.compare.verdict import STANDING_CAVEAT, to_verdict
from kanalo.report.toolkit.plain import (
    PRICE_DIGITS,
    to_column,
    to_dates,
    to_iso,
    to_numbers,
    to_plain,
    to_records,
)

if TYPE_CHECKING:
    from kanalo.execution.result import Result
    from kanalo.experiment.comparison import Comparison, Run

SCHEMA = COMPARISON.schema
"""Name and version of the JSON report; the number rises when a key changes its meaning."""


def to_model(comparison: Comparison) -> ComparisonModel:
    """Reduce a comparison to plain values: what JSON holds and every face is drawn from.

    Parameters
    ----------
    comparison : Comparison
        A spec, its runs and the passports of its markets.

    Returns
    -------
    dict
        ``schema``, ``name``, ``title``, ``question``, ``spec``, ``verdicts``, ``caveat``,
        ``markets`` (data, passport, daily prices), ``costs`` (per cost set), ``account``,
        ``statistics`` (the registry), ``results`` (one per strategy, market and cost set),
        ``judgement`` (None where nothing was judged), ``sections`` (by key; see
        `kanalo.report.compare.sections`), ``provenance``; and ``run`` with times,
        machine, paths and place in the ledger. Between two runs of one spec only ``run`` differs,
        and in ``judgement`` what depends on the trials made in between. Fractions and snake_case
        keys throughout; drawdowns are negative; None where a value is missing, undefined or
        infinite.

    Notes
    -----
    `docs/read_the_report.md` describes every key.
    """
    plain: dict[str, Any] = {
        "schema": SCHEMA,
        "name": comparison.name,
        "title": comparison.title,
        "question": comparison.question,
        "spec": to_plain(comparison.spec),
        "caveat": STANDING_CAVEAT if comparison.judgement is None else CAVEAT,
        "markets": _to_markets(comparison),
        "costs": _to_costs(comparison.runs),
        "statistics": _to_statistics(),
        "results": [_to_entry(run, comparison) for run in comparison.runs],
        "judgement": (None if comparison.judgement is None else to_judgement(comparison.judgement)),
        "provenance": to_plain(comparison.provenance),
        "run": to_plain(comparison.environment),
    }
    model = cast(ComparisonModel, to_plain(plain))
    model["verdicts"] = [to_verdict(group) for group in to_groups(model)]
    model["sections"] = build_sections(comparison)
    return model


def _to_markets(comparison: Comparison) -> list[dict[str, Any]]:
    markets = {run.market: run.result.market for run in reversed(comparison.runs)}
    return [
        _to_market(name, markets[name], comparison.passports.get(name, {}))
        for name in dict.fromkeys(run.market for run in comparison.runs)
    ]


def _to_market(name: str, market: Market, passport: Any) -> dict[str, Any]:
    return {
        "name": name,
        "symbol": market.symbol,
        "interval": market.interval,
        "venues": list(dict.fromkeys(market.venue.tolist())),
        "start": to_iso(market.index[0]),
        "end": to_iso(market.closes_at[-1]),
        "n_bars": len(market),
        "passport": to_plain(passport),
        "prices": _to_prices(market),
        "digests": to_plain(market.digests),
    }


def _to_prices(market: Market) -> dict[str, Any]:
    """Summarise bars to UTC days: what the charts show."""
    how = {"open": "first", "high": "max", "low": "min", "close": "last"}
    daily = market.bars.groupby(market.index.floor("D")).agg(how)
    columns = {name: to_numbers(daily[name], PRICE_DIGITS) for name in how}
    return {"dates": to_dates(pd.DatetimeIndex(daily.index)), **columns}


def _to_costs(runs: Sequence[Run]) -> list[dict[str, Any]]:
    # A rule that holds the coin pays no funding; the set is what the others pay.
    chosen = sorted(runs, key=lambda run: bool(run.result.costs["funding"]))
    last = {run.costs: run.result for run in chosen}
    sets = {run.costs: last[run.costs] for run in runs}
    return [
        {
            "name": name,
            "values": to_plain(result.costs),
            "account": to_plain(result.execution),
        }
        for name, result in sets.items()
    ]


def _to_statistics() -> list[dict[str, Any]]:
    return [
        {
            "key": each.key,
            "label": each.label,
            "unit": each.unit,
            "better": each.better,
            "help": each.help,
            "group": each.group,
        }
        for each in STATISTICS
    ]


def _to_entry(run: Run, comparison: Comparison) -> dict[str, Any]:
    result = run.result
    judged = find_judged(comparison.judgement, run.market, run.costs, run.label)
    daily = returns.to_daily_returns(result.equity, result.cash)
    return {
        "strategy": result.strategy,
        "label": run.label,
        "role": RANDOM if run.matches else find_role(result),
        "matches": run.matches,
        "market": run.market,
        "costs": run.costs,
        "pays_funding": bool(result.costs["funding"]),
        "parameters": to_plain(result.parameters),
        "statistics": to_plain(run.statistics),
        "cash": result.cash,
        "equity": _to_equity(result.equity),
        "drawdowns": _to_drawdowns(result),
        "monthly_returns": _to_monthly(returns.to_monthly_returns(daily)),
        "rolling_sharpe": {
            "window_days": returns.ROLLING_DAYS,
            "values": to_numbers(returns.to_rolling_sharpe(daily), PRICE_DIGITS),
        },
        "exit_reasons": to_records(trades.to_exit_reasons(result.trades).reset_index()),
        "trades": to_records(_round_account(result.trades)),
        "overlays": _to_overlays(run),
        "coverage": {
            "ambiguous_bars": result.ambiguous_bars,
            "resolved_bars": result.resolved_bars,
            "funding_coverage": to_plain(result.funding_coverage),
        },
        "provenance": to_plain(result.provenance),
        "judgement": None if judged is None else to_judged(judged),
        "random_band": to_random_band(judged),
        "trade_returns": to_histogram(result.closed_trades["return"]),
    }


def _round_account(table: pd.DataFrame) -> pd.DataFrame:
    """Round what only tells how near a trade came to limits of its account and of its market."""
    names = [each for each in (*MARGIN_COLUMNS, *SHARE_COLUMNS) if each in table]
    rounded: dict[str, Any] = {each: to_numbers(table[each], PRICE_DIGITS) for each in names}
    return table.assign(**rounded)


def _to_equity(equity: pd.Series[float]) -> dict[str, Any]:
    daily = returns.to_daily_equity(equity)
    return {"dates": to_dates(pd.DatetimeIndex(daily.index)), "values": to_column(daily)}


def _to_drawdowns(result: Result) -> list[dict[str, Any]]:
    """List the deepest drawdowns with their lengths in days."""
    table = drawdowns.find_drawdowns(result.equity, result.cash)
    lengths = [name for name in table.columns if name.endswith("length")]
    return to_records(table.rename(columns={name: f"{name}_days" for name in lengths}))


def _to_monthly(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "year": int(str(year)),
            "months": to_numbers(row.loc[list(range(1, 13))]),
            "total": to_plain(row["year"]),
        }
        for year, row in table.iterrows()
    ]


def _to_overlays(run: Run) -> list[dict[str, Any]]:
    """Keep the last value of each overlay on every UTC day, on the dates of the equity."""
    decisions = run.result.decisions
    if decisions is None:
        return []
    days = run.result.market.index.floor("D").asi8
    last = np.flatnonzero(np.diff(days, append=np.iinfo(np.int64).max))
    lines = dict(decisions.overlays)
    guards = {"guard (long)": decisions.guard_long, "guard (short)": decisions.guard_short}
    lines |= {name: line for name, line in guards.items() if line is not None}
    return [_to_overlay(name, np.asarray(line)[last]) for name, line in lines.items()]


def _to_overlay(name: str, line: npt.NDArray[np.float64]) -> dict[str, Any]:
    if line.ndim == 1:
        return {"name": name, "kind": "line", "values": to_numbers(line, PRICE_DIGITS)}
    return {
        "name": name,
        "kind": "band",
        "lower": to_numbers(line.min(axis=1), PRICE_DIGITS),
        "upper": to_numbers(line.max(axis=1), PRICE_DIGITS),
    }
