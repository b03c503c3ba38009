"""What `Market.summary` and `Market.plot` show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kanalo.market import Market
from kanalo.report.methods.plots import open_plot

_GREY = "#9a9a9a"


def summarise_market(market: Market) -> pd.Series[Any]:
    """Return what a market is: symbol, interval, span, venues and how far its columns reach.

    Parameters
    ----------
    market : Market
        The market.

    Returns
    -------
    Series
        Values by name; ``known: COLUMN [%]`` is the share of bars at which a column of the context
        or the benchmark's close is known.
    """
    values: dict[str, Any] = {
        "symbol": market.symbol,
        "interval": market.interval,
        "bars": len(market) - market.first,
        "bars to warm up": market.first,
        "first bar opens (UTC)": f"{market.traded.index[0]:%Y-%m-%d %H:%M}",
        "last bar closes (UTC)": f"{market.closes_at[-1]:%Y-%m-%d %H:%M}",
        "venues": ", ".join(dict.fromkeys(market.venue.tolist())),
        "last close": float(market.close[-1]),
        "bars of a perpetual [%]": 100 * float(market.perpetual.mean()),
    }
    for name in market.context.columns:
        values[f"known: {name} [%]"] = 100 * float(market.context[name].notna().mean())
    if market.benchmark is not None:
        known = market.benchmark["close"].notna().mean()
        values["known: benchmark [%]"] = 100 * float(known)
    return pd.Series(values, name=market.name or market.symbol, dtype=object)


def plot_market(market: Market) -> Figure:
    """Draw the price on a log scale over the volume.

    Parameters
    ----------
    market : Market
        The market; bars to warm up are drawn too.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels over one axis of time (UTC); grey: from the bar's low to its high.
    """
    with open_plot(5.5) as figure:
        price, volume = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        price.fill_between(market.index, market.low, market.high, color=_GREY, linewidth=0)
        price.plot(market.index, market.close)
        price.set(
            title=f"{market.name or market.symbol} ({market.symbol}, {market.interval})",
            ylabel="Price",
            yscale="log",
        )
        volume.fill_between(market.index, np.nan_to_num(market.volume), color=_GREY, linewidth=0)
        volume.set(ylabel="Volume [coins]")
        return figure
