"""What was found on a panel as plain values, the same for an article's claims and an own event."""

from __future__ import annotations

from dataclasses import asdict

from kanalo.panel.heterogeneity import Coins
from kanalo.panel.judge import PanelResult
from kanalo.report.toolkit.model import Model
from kanalo.study.inference import Difference


def to_effect(result: PanelResult) -> Model:
    """Return effect, interval, errors, coins and Monero of a result as plain values."""
    effect = result.effect
    rows = {
        "coin_equal": result.coin_equal,
        "with_monero": result.with_monero,
        "without_last_days": result.shortened,
    }
    if result.raw is not None:
        rows["raw_return"] = result.raw
    return {
        "n": effect.n,
        "effective_n": result.checks.effective_n,
        "n_coins": len(result.coins.names),
        "n_blocks": effect.n_blocks,
        "effect": effect.value,
        "interval": [effect.low, effect.high],
        "level": result.level,
        "error": effect.error,
        "p_value": effect.p_value,
        "p_holm": result.p_holm,
        "detectable": result.detectable,
        "events": effect.events,
        "controls": effect.controls,
        "imbalance": result.imbalance,
        "checks": asdict(result.checks),
        "rows": {name: to_row(each) for name, each in rows.items()},
        "coins": to_coins(result.coins),
        "monero": None if result.monero is None else asdict(result.monero),
        "monero_less_others": (
            None if result.against_others is None else asdict(result.against_others)
        ),
        "unanswered": dict(result.unanswered),
    }


def to_row(effect: Difference) -> Model:
    """Return a row that stands beside an effect and decides nothing."""
    return {
        "n": effect.n,
        "effect": effect.value,
        "interval": [effect.low, effect.high],
        "p_value": effect.p_value,
    }


def to_coins(coins: Coins) -> Model:
    """Return the estimates of single coins and how far they differ."""
    rows = zip(coins.names, coins.n, coins.effects, coins.errors, strict=True)
    return {
        "rows": [
            {"coin": coin, "n": n, "effect": effect, "error": error}
            for coin, n, effect, error in rows
        ],
        "correlation": coins.correlation,
        "tau": coins.tau,
        "tau_interval": [coins.tau_low, coins.tau_high],
        "i_squared": coins.i_squared,
        "differ_p": coins.differ_p,
        "mean": coins.mean,
        "error": coins.error,
        "prediction": [coins.low, coins.high],
    }
