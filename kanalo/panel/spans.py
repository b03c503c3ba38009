"""Which coins a panel has, from when to when, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kanalo.panel.coins import BENCHMARK, MONERO, Panel
from kanalo.report.toolkit.model import Model


def to_panel_values(panel: Panel) -> Model:
    """Return the coins of a panel with their spans and the sha256 of every table."""
    return {
        "name": panel.name,
        "n_coins": len(panel.others),
        "benchmark": any(each.name == BENCHMARK for each in panel.coins),
        "monero": any(each.name == MONERO for each in panel.coins),
        "coins": [_to_span(each) for each in panel.coins],
        "sha256": panel.digests,
    }


def _to_span(coin: Any) -> Model:
    index = coin.market.index
    return {"coin": coin.name, "start": index[0], "end": index[-1], "n_bars": len(index)}


def list_ended(panels: Sequence[Panel], delisted: Sequence[str]) -> str:
    """Say which coins end early, by delisting or with their source.

    Parameters
    ----------
    panels : sequence of Panel
        Those of 40 coins or more are left out: the list would be long.
    delisted : sequence of str
        Tables that end because the coin was delisted.

    Returns
    -------
    str
        A sentence; empty where all coins go on.
    """
    early: list[str] = []
    for panel in panels:
        last = max(each.market.index[-1] for each in panel.coins)
        for each in panel.others:
            end = each.market.index[-1]
            if (last - end).days > 90 and len(panel.others) < 40:
                why = "delisted" if each.market.name in delisted else "its table ends"
                early.append(f"{each.name} {end:%Y-%m} ({why})")
    return f"Coins that end early: {', '.join(early)}." if early else ""
