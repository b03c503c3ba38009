"""What strategies held at the close of a market's last bar, and what they would do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide
from kanalo.execution.engines import COMPILED, simulate
from kanalo.execution.rules import Execution
from kanalo.execution.trades import to_trades
from kanalo.market import Market
from kanalo.strategy import Decisions, OrderType, Strategy

Model = dict[str, Any]

SIDES = {1: "long", -1: "short", 0: "flat"}


def see_strategies(market: Market, strategies: Mapping[str, type]) -> list[Model]:
    """Run strategies with their defaults to the last bar and say how they stand.

    Parameters
    ----------
    market : Market
        Ends with the bar in question.
    strategies : mapping of str to type
        By name; classes written by hand for backtrader decide while they trade, and are left out.

    Returns
    -------
    list of dict
        ``name held since entry_price stop target pnl tag next``: the side held, prices at entry
        (NaN for none), what the open position has earned (a fraction of its value at entry), and
        what was decided at the last close, in words.
    """
    rules = {name: cls for name, cls in strategies.items() if issubclass(cls, Strategy)}
    return [_see(name, cls(), market) for name, cls in rules.items()]


def _see(name: str, strategy: Strategy, market: Market) -> Model:
    whole = decide(strategy, market)
    decisions = whole.since(market.first)
    traded = market.traded
    records = simulate(COMPILED, traded, decisions, Costs(), Execution())
    trades = to_trades(records, traded, decisions)
    still = trades[trades["exit_bar"] < 0]
    held = int(still["side"].iloc[-1]) if len(still) else 0
    return {
        "name": name,
        "held": SIDES[held],
        **(_see_position(still.iloc[-1]) if held else _FLAT),
        "next": say_next(held, decisions),
    }


_FLAT: Model = {
    "since": None,
    "tag": "",
    **dict.fromkeys(("entry_price", "stop", "target", "pnl"), float("nan")),
}


def _see_position(trade: pd.Series[Any]) -> Model:
    return {
        "since": trade["entry_time"],
        "tag": str(trade["tag"]),
        "entry_price": float(trade["entry_price"]),
        "stop": float(trade["stop"]),
        "target": float(trade["target"]),
        "pnl": float(trade["return"]),
    }


def say_next(held: int, decisions: Decisions) -> str:
    """Say what the decisions of the last bar will do at the next open.

    Parameters
    ----------
    held : int
        +1 long, -1 short, 0 flat.
    decisions : Decisions
        Of bars that end with the one in question.

    Returns
    -------
    str
        A phrase such as ``go long at the next open``.
    """
    last = decisions.n_bars - 1
    entry, waits = _entry_side(decisions, last), _say_orders(held, decisions, last)
    exits = {1: decisions.exit_long, -1: decisions.exit_short}
    leaves = held != 0 and last in exits[held]
    if leaves and entry == -held:
        return f"turn {SIDES[entry]} at the next open"
    if leaves:
        return f"close at the next open{waits and ', then '}{waits}"
    if held == 0 and entry:
        return f"go {SIDES[entry]} at the next open"
    return (held == 0 and waits) or f"stay {SIDES[held]}"


def _entry_side(decisions: Decisions, bar: int) -> int:
    """Return the side of the market entry of a bar, 0 for none."""
    at = np.flatnonzero((decisions.entries == bar) & (decisions.order == OrderType.MARKET))
    return int(decisions.side[at[0]]) if len(at) else 0


def _say_orders(held: int, decisions: Decisions, bar: int) -> str:
    """Say which orders of a bar wait; while a side is held only those of the other one."""
    at = np.flatnonzero((decisions.entries == bar) & (decisions.order != OrderType.MARKET))
    words = [
        f"wait to go {SIDES[int(decisions.side[k])]} at {decisions.price[k]:g}"
        for k in at
        if decisions.side[k] != held
    ]
    return " or ".join(words)
