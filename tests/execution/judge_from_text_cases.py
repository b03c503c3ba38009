"""Hands a case of the random generators to the judge from the text, as plain Python values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.execution.margin import find_tables

from .judge_from_text import TextAccount
from .judge_from_text_market import NAN, Bars, TextMarket, Tier
from .judge_from_text_orders import Decision, Entry, Rules

ORDERS = ("market", "stop", "limit")


def to_bars(market, earlier=None) -> Bars:
    frame = market.bars if earlier is None else earlier
    length = int(market.length.total_seconds())
    times = (pd.DatetimeIndex(frame.index).as_unit("ns").asi8 // 10**9).tolist()
    names = ("open", "high", "low", "close", "volume")
    none = [NAN] * len(frame)  # warm-up bars are kept as close, volume and venue
    columns = [frame[name].tolist() if name in frame else none for name in names]
    venue = market.venue if earlier is None else earlier["venue"]
    return Bars(times, length, *columns, venue=[str(each) for each in venue])


def to_tiers(tables) -> list[tuple[int, list[Tier]]]:
    """The amounts make the maintenance margin continuous: c = c' + cap' * (m - m')."""
    result = []
    for table in tables:
        rows, amount, below = [], 0.0, None
        columns = zip(table.caps, table.rates, table.max_leverage, strict=True)
        for cap, rate, leverage in columns:
            if below is not None:
                amount += below.cap * (rate - below.rate)
            below = Tier(float(cap), float(rate), amount, float(leverage))
            rows.append(below)
        result.append((int(pd.Timestamp(table.since, tz="UTC").timestamp()), rows))
    return result


def to_market(market, costs, funding=None) -> TextMarket:
    bars = to_bars(market)
    if funding is None:  # one stamp a bar, at its close
        rates = market.known("funding_rate").tolist()
        funding = [(at + bars.length, rate, 8.0) for at, rate in zip(bars.time, rates, strict=True)]
    earlier = market.earlier
    return TextMarket(
        bars,
        finer=None if market.finer is None else to_bars(market.finer),
        funding=funding,
        tiers=to_tiers(find_tables(market)),
        assumed_rate=costs.funding_missing,
        charges=costs.funding,
        earlier=None if earlier is None else to_bars(market, earlier),
    )


def to_decisions(d) -> list[Decision]:
    made = [Decision() for _ in range(d.n_bars)]
    names = ("side", "size", "stop", "target", "trail", "target_2", "share", "breakeven")
    columns = [
        getattr(d, name).tolist() for name in (*names, "order", "price", "valid", "max_bars")
    ]
    for bar, *values in zip(d.entries.tolist(), *columns, strict=True):
        values[8] = ORDERS[values[8]]
        made[bar].entries.append(Entry(*values))
    for side, bars in ((1, d.exit_long), (-1, d.exit_short)):
        for bar in bars.tolist():
            made[bar].exits = (*made[bar].exits, side)
    return made


def to_rules(costs, execution) -> Rules:
    share = execution.max_share
    maker = costs.maker_fee * 1e4
    return Rules(
        cash=execution.cash,
        fee_bps=costs.fee_bps,
        maker_fee_bps=maker,
        slippage_bps=costs.slippage_bps,
        max_leverage=execution.max_leverage,
        leverage=None if execution.leverage == 1 else execution.leverage,
        both_touched=str(execution.both_touched),
        limit_fills=str(execution.limit_fills),
        entry_bar_exits=execution.entry_bar_exits,
        margin=str(execution.margin),
        liquidation_fee_bps=costs.liquidation_fee_bps,
        borrow_bps_per_day=costs.borrow_bps_per_day,
        impact=costs.impact,
        max_share=None if np.isinf(share) else share,
    )


def run_text(market, decisions, costs, execution, funding=None) -> TextAccount:
    guards = {1: decisions.guard_long, -1: decisions.guard_short}
    lines = {side: line.tolist() for side, line in guards.items() if line is not None}
    account = TextAccount(
        to_market(market, costs, funding),
        to_rules(costs, execution),
        to_decisions(decisions),
        lines,
    )
    return account.run()
