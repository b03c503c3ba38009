"""What each rule holds at the last closed bar, and what it decides for the next one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kanalo.execution.result import Result
from kanalo.experiment.run_rule import run_rule
from kanalo.experiment.run_spec import make_rule, open_market
from kanalo.experiment.spec import Spec
from kanalo.market import Market
from kanalo.market.holdout import find_holdout, unsealed
from kanalo.signals.leverage import TABLES, load_tiers
from kanalo.strategy import Decisions
from kanalo.workspace import Workspace

MAINTENANCE = 0.005
"""Maintenance rate that is assumed where a symbol's tiers are not known."""


@dataclass(frozen=True)
class State:
    """A rule at the last closed bar of a market.

    Attributes
    ----------
    strategy, market : str
        Label of the rule and name of the market.
    bar : str
        OPEN time of the last closed bar, ISO 8601, UTC.
    closed_at : str
        When it closed.
    age_hours : float
        Hours since then.
    close : float or None
        Its close; None where the bar is sealed.
    position : float
        Coins held; negative for a short, 0 for none. Where the bar is sealed, the sign alone.
    side : str
        ``long``, ``short`` or ``none``.
    entry_time : str or None
        When the position was entered; None where there is none.
    entry_price, stop, target : float or None
        Of the position; None for none.
    profit : float or None
        Of the position so far, as a fraction of its entry value, before fees.
    liquidation : float or None
        Price at which the whole account would be liquidated; None where no price does it.
    liquidation_distance : float or None
        That price over the close, less one.
    next : str
        What is done at the next open: ``hold``, ``stay out``, ``leave``, ``enter long``, ``enter
        short``, or ``unknown`` for a rule that does not tell its decisions.
    next_stop, next_target : float or None
        Of an entry at the next open.
    sealed : bool
        Whether the bar is one that the workspace seals, so that nothing of the past is said.
    """

    strategy: str
    market: str
    bar: str
    closed_at: str
    age_hours: float
    close: float | None
    position: float
    side: str
    entry_time: str | None
    entry_price: float | None
    stop: float | None
    target: float | None
    profit: float | None
    liquidation: float | None
    liquidation_distance: float | None
    next: str
    next_stop: float | None
    next_target: float | None
    sealed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return asdict(self)


def see_now(spec: Spec, workspace: Workspace, now: pd.Timestamp | None = None) -> list[State]:
    """Return the state of every rule of a spec on each of its markets, with its first costs.

    Parameters
    ----------
    spec : Spec
        Strategies, markets and the account.
    workspace : Workspace
        Where rules and data are.
    now : Timestamp, optional
        UTC; this machine's clock by default.

    Returns
    -------
    list of State
        Market by market, in the order of the spec.

    Raises
    ------
    UnknownNameError
        If there is no such rule or market.
    StrategyError
        If a rule cannot decide.
    """
    moment = pd.Timestamp.now("UTC") if now is None else now
    costs = next(iter(spec.costs.values()))
    states = []
    for place in spec.markets:
        with unsealed():  # what is to be done next depends on the last bars; their past is hidden
            market = open_market(place, spec, workspace)
        for each in spec.strategies:
            rule, values = make_rule(each, workspace)
            result = run_rule(rule, market, costs, spec.execution, parameters=values)
            states.append(hide_sealed(to_state(result, each.label, moment), workspace))
    return states


def hide_sealed(state: State, workspace: Workspace) -> State:
    """Leave only the position and the next order of a state at a sealed bar.

    Parameters
    ----------
    state : State
        Of the last closed bar.
    workspace : Workspace
        Which may seal its latest bars.

    Returns
    -------
    State
        Without prices of the past, profit and size, which tell what was earned; the position is 1,
        0 or -1. The same state where its bar is not sealed.
    """
    start = find_holdout(workspace.root)
    if start is None or pd.Timestamp(state.closed_at) <= start:
        return state
    return replace(
        state,
        close=None,
        position=float(np.sign(state.position)),
        entry_price=None,
        profit=None,
        liquidation=None,
        liquidation_distance=None,
        sealed=True,
    )


def to_state(result: Result, label: str, now: pd.Timestamp) -> State:
    """Read the state at the last bar off a run.

    Parameters
    ----------
    result : Result
        A run up to the last closed bar.
    label : str
        Of the rule.
    now : Timestamp
        UTC.

    Returns
    -------
    State
        Of the last bar.
    """
    market = result.market
    quantity = float(result.position.iloc[-1])
    close = float(market.close[-1])
    held = _describe_held(result, quantity, close)
    following, stop, target = _find_next(result, quantity, held.get("entry_bar"))
    price = find_liquidation(market, quantity, float(result.equity.iloc[-1]))
    return State(
        strategy=label,
        market=market.name or market.symbol,
        bar=_to_iso(market.index[-1]),
        closed_at=_to_iso(market.closes_at[-1]),
        age_hours=round((now - market.closes_at[-1]) / pd.Timedelta(hours=1), 3),
        close=close,
        position=quantity,
        side="none" if not quantity else ("long" if quantity > 0 else "short"),
        entry_time=held.get("entry_time"),
        entry_price=held.get("entry_price"),
        stop=held.get("stop"),
        target=held.get("target"),
        profit=held.get("profit"),
        liquidation=price,
        liquidation_distance=None if price is None else price / close - 1,
        next=following,
        next_stop=stop,
        next_target=target,
    )


def find_liquidation(market: Market, quantity: float, equity: float) -> float | None:
    """Return the price at which equity falls to the maintenance margin.

    ``P = (q·close - E) / (q - m·|q|)`` with position q, equity E and the maintenance rate m of the
    position's tier; `MAINTENANCE` where the symbol's tiers are not known.

    Parameters
    ----------
    market : Market
        Its last close marks the position.
    quantity : float
        Coins; negative for a short.
    equity : float
        Quote currency.

    Returns
    -------
    float or None
        None without a position, or where no positive price does it, as for a long without leverage.
    """
    if not quantity:
        return None
    close = float(market.close[-1])
    rate = MAINTENANCE
    if market.symbol in TABLES:
        tiers = load_tiers(market.symbol, market.index[-1].date())
        rate = tiers.rates[int(tiers.find(abs(quantity) * close))]
    price = (quantity * close - equity) / (quantity - rate * abs(quantity))
    return price if price > 0 else None


def _describe_held(result: Result, quantity: float, close: float) -> dict[str, Any]:
    """Describe the open position: entry, levels, profit; nothing where there is none."""
    if not quantity or not len(result.trades):
        return {}
    trade = result.trades.iloc[-1]
    price, bar = float(trade["entry_price"]), int(trade["entry_bar"])
    side = 1 if quantity > 0 else -1
    stop, target = _find_levels(result, bar, price, side)
    return {
        "entry_bar": bar,
        "entry_time": _to_iso(result.market.index[bar]),
        "entry_price": price,
        "stop": stop,
        "target": target,
        "profit": side * (close / price - 1),
    }


def _find_levels(
    result: Result, bar: int, price: float, side: int
) -> tuple[float | None, float | None]:
    """Return stop and target that protect a position from the next bar on, as the rules say."""
    decisions = result.decisions
    if decisions is None:
        return None, None
    index = _find_entry(decisions, bar - 1)
    if index is None:
        return None, None
    closes = result.market.close[bar:]
    best = max(price, closes.max()) if side > 0 else min(price, closes.min())
    levels = [decisions.stop[index], best * (1 - side * decisions.trail[index])]
    guard = decisions.guard_long if side > 0 else decisions.guard_short
    if guard is not None:
        levels += guard[bar - 1 :].tolist()
    known = [float(each) for each in levels if not np.isnan(each)]
    stop = (max(known) if side > 0 else min(known)) if known else None
    return stop, _or_none(decisions.target[index])


def _find_next(
    result: Result, quantity: float, entry_bar: int | None
) -> tuple[str, float | None, float | None]:
    """Return what is done at the next open, and the levels of an entry."""
    decisions = result.decisions
    if decisions is None:
        return "unknown", None, None
    last = decisions.n_bars - 1
    index = _find_entry(decisions, last)
    if quantity and entry_bar is not None:
        leaves = decisions.exit_long if quantity > 0 else decisions.exit_short
        entry = _find_entry(decisions, entry_bar - 1)
        longest = 0 if entry is None else int(decisions.max_bars[entry])
        over = bool(longest) and last - entry_bar + 1 >= longest
        if last in leaves or over:
            return "leave", None, None
        return "hold", None, None
    if index is None:
        return "stay out", None, None
    side = "long" if decisions.side[index] > 0 else "short"
    return f"enter {side}", _or_none(decisions.stop[index]), _or_none(decisions.target[index])


def _find_entry(decisions: Decisions, bar: int) -> int | None:
    """Return the place of the entry that was decided at the close of a bar."""
    place = int(np.searchsorted(decisions.entries, bar))
    found = place < len(decisions.entries) and decisions.entries[place] == bar
    return place if found else None


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _to_iso(time: pd.Timestamp) -> str:
    return time.isoformat().replace("+00:00", "Z")
