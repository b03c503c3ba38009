"""A rule on all coins as plain values: generality, distribution, Monero's rank, portfolio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.file_formats import PANEL_COMPARISON
from kanalo.market.funding import ASSUMED, STAMPS
from kanalo.panel.coins import DELISTED, MONERO, Coin, Panel
from kanalo.panel.generality import (
    BLOCK_DAYS,
    DAYS_OF_YEAR,
    Days,
    Portfolio,
    Share,
    calc_excess,
    calc_generality,
    hold_all,
    lay_out,
)
from kanalo.panel.rules import FIGURES, CoinRun, PanelRule
from kanalo.panel.spans import list_ended, to_panel_values
from kanalo.report.toolkit.formats import NBSP, format_percent
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.plain import to_plain

SCHEMA = PANEL_COMPARISON.schema
QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}
GENERAL, FEW, UNDECIDED = "general", "on few coins", "cannot tell"
IDLE = "never traded"
BETTER, WORSE = "better than holding", "worse than holding"
ALWAYS = 0.95
"""Median share of closes with a position from which a rule counts as always in the market."""

POINTS = 400
"""Most points of a portfolio's curve in the report."""


@dataclass(frozen=True, eq=False)
class PanelComparison:
    """Rules on a panel.

    Attributes
    ----------
    title : str
        Of the spec.
    panel : Panel
        The coins.
    rules : tuple of PanelRule
        What was run.
    costs : mapping of str to Costs
        Cost sets by name.
    execution : Execution
        The account.
    runs : mapping
        From `kanalo.panel.rules.run_panel`.
    ignored : tuple of str
        Names of the spec's markets, in place of which the panel was run.
    """

    title: str
    panel: Panel
    rules: tuple[PanelRule, ...]
    costs: Mapping[str, Costs]
    execution: Execution
    runs: Mapping[tuple[str, str], Sequence[CoinRun]]
    ignored: tuple[str, ...] = ()


def to_rules_model(comparison: PanelComparison) -> Model:
    """Turn rules on a panel into plain values with a sentence for each.

    Returns
    -------
    dict
        ``schema title panel costs execution rules caveats``; a rule holds ``label cost generality
        verdict monero distribution portfolio coins problems sentence``.
    """
    rules = [
        _to_rule(rule, name, costs, comparison.runs[rule.label, name])
        for rule in comparison.rules
        for name, costs in comparison.costs.items()
    ]
    model = {
        "schema": SCHEMA,
        "title": comparison.title,
        "panel": to_panel_values(comparison.panel),
        "costs": {name: each.to_dict() for name, each in comparison.costs.items()},
        "execution": comparison.execution.to_dict(),
        "rules": rules,
        "caveats": _to_caveats(comparison),
    }
    plain: dict[str, Any] = to_plain(model)
    for each in plain["rules"]:
        each["sentence"] = to_sentence(each)
    return plain


def find_generality(share: Share) -> str:
    """Judge a share of coins: general, on few coins, or cannot tell.

    Examples
    --------
    >>> find_generality(Share(0.8, 0.6, 0.9)), find_generality(Share(0.8, 0.4, 0.9))
    ('general', 'cannot tell')
    """
    if np.isnan(share.low) or share.low <= 0.5 <= share.high:
        return UNDECIDED
    return GENERAL if share.low > 0.5 else FEW


def find_portfolio_verdict(excess: Share) -> str:
    """Judge a portfolio's growth beyond holding: better, worse, or cannot tell."""
    if np.isnan(excess.low) or excess.low <= 0 <= excess.high:
        return UNDECIDED
    return BETTER if excess.low > 0 else WORSE


def to_sentence(rule: Model) -> str:
    """Say in words whether a rule is general, and what Monero's place is.

    Parameters
    ----------
    rule : mapping
        One of the model's rules.

    Returns
    -------
    str
        Two or three sentences.
    """
    share, n = rule["generality"], rule["n_coins"]
    if rule["verdict"] == IDLE:
        return f"Never traded: it held no position on any of {n} coins."
    parts = [
        f"{rule['verdict'].capitalize()}: beats holding at its own mean exposure on "
        f"{format_percent(share['share'])} of {n} coins{_to_interval(share['interval'])}."
    ]
    portfolio = rule["portfolio"]
    parts.append(
        f"All coins in equal parts: {portfolio['verdict']}, "
        f"{format_percent(portfolio['excess'], signed=True)} a year"
        f"{_to_interval(portfolio['interval'], signed=True)}."
    )
    if rule["idle"]:
        parts.append(f"It held no position on {', '.join(rule['idle'])}.")
    monero = rule["monero"]
    if monero is not None:
        parts.append(f"Monero is number {monero['rank']} of {monero['of']}.")
        if _is_fitted(rule):
            parts.append("It shines on Monero and not elsewhere: probably fitted to Monero.")
    return " ".join(parts)


def _is_fitted(rule: Model) -> bool:
    """Tell whether a rule is among the best tenth on Monero and fails on at least half the rest.

    A rule that is always in the market is holding itself: nothing could be fitted.
    """
    monero = rule["monero"]
    first = monero["beats"] and 10 * monero["rank"] <= monero["of"] + 9
    timed = (rule["distribution"]["exposure_time"]["median"] or 0.0) < ALWAYS
    return bool(first and timed and rule["generality"]["share"] < 0.5)


def _to_interval(ends: Sequence[float | None], *, signed: bool = False) -> str:
    if ends[0] is None:
        return " (too few weeks for an interval)"
    low, high = (format_percent(each, signed=signed) for each in ends)
    return f" (95{NBSP}% interval {low} to {high})"


def _to_rule(rule: PanelRule, name: str, costs: Costs, runs: Sequence[CoinRun]) -> Model:
    done = [each for each in runs if not each.problem]
    days = lay_out(done)
    others = [i for i, each in enumerate(done) if each.coin != MONERO] or [0]
    chosen = _select(days, others)
    share = calc_generality(chosen)
    portfolio = hold_all(chosen, (costs.fee_bps + costs.slippage_bps) / 10_000)
    growth = _to_yearly(days)
    table = {"excess": growth[others]} | {
        key: np.array([done[i].figures[key] for i in others]) for key in FIGURES
    }
    idle = [done[i].coin for i in others if not (done[i].exposure.any() or done[i].rule.any())]
    return {
        "label": rule.label,
        "cost": name,
        "parameters": dict(rule.parameters),
        "n_coins": len(others),
        "idle": idle,
        "verdict": IDLE if len(idle) == len(others) else find_generality(share),
        "generality": {"share": share.value, "interval": [share.low, share.high]},
        "monero": _rank(done, growth),
        "distribution": {key: _to_quantiles(values) for key, values in table.items()},
        "portfolio": _to_portfolio(portfolio),
        "coins": [_to_coin(each, excess) for each, excess in zip(done, growth, strict=True)],
        "problems": {each.coin: each.problem for each in runs if each.problem},
    }


def _select(days: Days, columns: Sequence[int]) -> Days:
    tables = (days.rule, days.yardstick, days.exposure)
    return Days(days.days, *(each[:, list(columns)] for each in tables))


def _to_yearly(days: Days) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the yearly log growth beyond the yardstick, shape (n_coins,)."""
    n_days = (~np.isnan(days.rule)).sum(axis=0)
    return np.asarray(DAYS_OF_YEAR * calc_excess(days).sum(axis=0) / n_days)


def _rank(runs: Sequence[CoinRun], growth: np.ndarray[Any, Any]) -> Model | None:
    names = [each.coin for each in runs]
    if MONERO not in names:
        return None
    own = float(growth[names.index(MONERO)])
    return {"rank": int((growth > own).sum()) + 1, "of": len(names), "beats": own > 0}


def _to_quantiles(values: np.ndarray[Any, Any]) -> Model:
    known = values[np.isfinite(values)]
    return {
        name: float(np.quantile(known, q)) if len(known) else None for name, q in QUANTILES.items()
    }


def _to_portfolio(portfolio: Portfolio) -> Model:
    wealth, held = (np.cumprod(1 + each) for each in (portfolio.returns, portfolio.yardstick))
    years = len(wealth) / DAYS_OF_YEAR
    spread = float(portfolio.returns.std(ddof=1)) if len(wealth) > 1 else 0.0
    peak = np.maximum.accumulate(np.concatenate([[1.0], wealth]))[1:]
    step = -(-len(wealth) // POINTS)
    rows = np.unique([*range(0, len(wealth), step), len(wealth) - 1])
    return {
        "verdict": find_portfolio_verdict(portfolio.excess),
        "excess": portfolio.excess.value,
        "interval": [portfolio.excess.low, portfolio.excess.high],
        "cagr": float(max(wealth[-1], 0.0) ** (1 / years) - 1),
        "cagr_held": float(max(held[-1], 0.0) ** (1 / years) - 1),
        "sharpe_ratio": (
            float(portfolio.returns.mean() / spread * np.sqrt(DAYS_OF_YEAR)) if spread else None
        ),
        "max_drawdown": float((wealth / peak - 1).min()),
        "block_days": BLOCK_DAYS,
        "days": [str(pd.Timestamp(int(day), unit="D").date()) for day in portfolio.days[rows]],
        "wealth": wealth[rows].tolist(),
        "held": held[rows].tolist(),
    }


def _to_coin(run: CoinRun, excess: float) -> Model:
    figures = {name: run.figures[name] for name in FIGURES}
    return {
        "coin": run.coin,
        "excess": float(excess),
        "beats": bool(excess > 0),
        "mean_exposure": run.mean_exposure,
        "n_days": len(run.days),
        **figures,
    }


def _to_caveats(comparison: PanelComparison) -> list[str]:
    caveats = [
        "Generality and the portfolio are those of the other coins, without Monero and the "
        "benchmark; each coin has its own account.",
        "Survivorship is reduced, not removed: few of the coins were delisted.",
    ]
    if comparison.ignored:
        caveats.append(
            f"The panel stands in place of the spec's markets ({', '.join(comparison.ignored)})."
        )
    funding = _tell_funding(comparison)
    if funding:
        caveats.append(funding)
    for key, runs in comparison.runs.items():
        problems = "; ".join(f"{each.coin}: {each.problem}" for each in runs if each.problem)
        if problems:
            caveats.append(f"{key[0]} does not run on {problems}")
    ended = list_ended([comparison.panel], DELISTED)
    return [*caveats, ended] if ended else caveats


def _tell_funding(comparison: PanelComparison) -> str:
    """Say on which coins funding is known; on the others a rate of the costs stands for it."""
    charged = [each for each in comparison.costs.values() if each.funding]
    coins = [each for each in comparison.panel.studied if each.market.perpetual.any()]
    if not charged or not coins:
        return ""
    known = [each.name for each in coins if _find_known(each) > 0.5]
    assumed = " or ".join(sorted({f"{each.funding_missing:g}" for each in charged}))
    return (
        f"Funding is known for most of the time on {', '.join(known) or 'no coin'}; where it is "
        f"not, {assumed} is charged a stamp, so coins differ in what holding them costs."
    )


def _find_known(coin: Coin) -> float:
    """Return the share of a coin's funding stamps that have a rate."""
    stamps, assumed = (coin.market.context.get(name) for name in (STAMPS, ASSUMED))
    if stamps is None or assumed is None or not stamps.sum():
        return 0.0
    return float(1 - assumed.sum() / stamps.sum())
