"""Tiers and days as the fourth judge reads them from a market, without the engines."""

from itertools import pairwise

import numpy as np
import pandas as pd


def read_tiers(market, t):
    """The rows of tiers in force in a bar, straight from the market's own table."""
    if not str(market.venue[t]).endswith("-perp"):
        return [(np.inf, 0.1, 0.0, np.inf)]
    table = market.tiers
    if table is None:
        return [(np.inf, 0.01, 0.0, 20.0)]
    seen = table["time"][table["time"] <= market.index[t]]
    rows = table[table["time"] == (seen.max() if len(seen) else table["time"].min())]
    tiers, amount, before = [], 0.0, None
    for row in rows.sort_values("tier").itertuples():
        if before is not None:
            amount += row.min_notional * (row.maint_margin_rate - before)
        before = row.maint_margin_rate
        tiers.append((row.max_notional, before, amount, row.max_leverage))
    return tiers


def read_days(market, t):
    """The volatility and the turnover of the days before a bar, from the bars themselves."""
    bars = market.bars[["close", "volume"]].assign(venue=market.venue)
    if market.earlier is not None:
        bars = pd.concat([market.earlier, bars])
    bars = bars[bars.index < market.index[t].normalize()]
    days = [rows for _, rows in bars.groupby(bars.index.normalize())][::-1]
    returns, values = [], []
    for day, before in pairwise(days):
        if {day["venue"].iloc[-1], before["venue"].iloc[-1]} != {market.venue[t]}:
            break
        returns.append(np.log(day["close"].iloc[-1] / before["close"].iloc[-1]))
        values.append((day["volume"] * day["close"]).sum())
    if len(returns) < 5 or np.mean(values[:20]) == 0:
        return None
    return np.std(returns[:20], ddof=1), np.mean(values[:20])
