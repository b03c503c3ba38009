"""Null panels: the same hours with unpredictable direction, and with a planted effect if asked.

Each hour of all coins is multiplied by one common random sign: log returns change their sign, the
open, the high and the low are mirrored about the close before, the volume is kept. Dependence
between coins, jumps and clustered volatility stay to the bit, and nothing can tell direction.
Blocks of weeks drawn anew would not do: they keep nearly every window whole, and so the effect.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.panel.coins import BENCHMARK, Coin, Panel, to_panel
from kanalo.typing import FloatArray, IntArray


def flip_signs(panel: Panel, seed: int) -> Panel:
    """Return the panel with one random sign an hour, the same for all coins.

    Parameters
    ----------
    panel : Panel
        The coins; the benchmark is flipped with them.
    seed : int
        Of the signs.

    Returns
    -------
    Panel
        The same hours, coins and volumes.
    """
    start = min(int(each.hours[0]) for each in panel.coins)
    stop = max(int(each.hours[-1]) for each in panel.coins) + 1
    signs = np.random.default_rng([seed, 20260131]).choice([-1.0, 1.0], size=stop - start)
    markets = {
        each.name: flip_market(each.market, signs[each.hours - start]) for each in panel.coins
    }
    return to_panel(f"{panel.name}, signs of seed {seed}", markets)


def flip_market(market: Market, signs: FloatArray) -> Market:
    """Return a market whose bars go up or down as given.

    Parameters
    ----------
    market : Market
        The bars.
    signs : float64 array of shape (n_bars,)
        1 keeps a bar's direction, -1 mirrors it about the close before.

    Returns
    -------
    Market
        The same times and volumes.
    """
    logs = {name: np.log(getattr(market, name)) for name in ("open", "high", "low", "close")}
    before = np.concatenate([logs["open"][:1], logs["close"][:-1]])
    moved = {name: signs * (each - before) for name, each in logs.items()}
    close = logs["open"][0] + np.cumsum(moved["close"])
    base = np.concatenate([logs["open"][:1], close[:-1]])
    high, low = (
        np.where(signs > 0, moved["high"], moved["low"]),
        np.where(signs > 0, moved["low"], moved["high"]),
    )
    opened = base + moved["open"]
    columns = {
        "open": opened,
        "high": np.maximum.reduce([base + high, opened, close]),
        "low": np.minimum.reduce([base + low, opened, close]),
        "close": close,
    }
    return _with_prices(market, columns)


def plant_drift(market: Market, bars: IntArray, drift: float, n_bars: int) -> Market:
    """Return a market that drifts evenly over the bars after some of them.

    Parameters
    ----------
    market : Market
        The bars.
    bars : int64 array of shape (n,)
        After which to drift; windows that overlap drift once for each.
    drift : float
        Log return over a window.
    n_bars : int
        Length of a window.

    Returns
    -------
    Market
        The same times and volumes.
    """
    steps = np.zeros(len(market) + 1)
    np.add.at(steps, np.minimum(bars + 1, len(market)), drift / n_bars)
    np.add.at(steps, np.minimum(bars + 1 + n_bars, len(market)), -drift / n_bars)
    shift = np.cumsum(np.cumsum(steps[:-1]))
    names = ("open", "high", "low", "close")
    moved = {name: np.log(getattr(market, name)) + shift for name in names}
    moved["open"][1:] -= np.diff(shift)
    moved["high"] = np.maximum.reduce(list(moved.values()))
    moved["low"] = np.minimum.reduce(list(moved.values()))
    return _with_prices(market, moved)


def cut_panel(panel: Panel, names: tuple[str, ...], start: str, end: str) -> Panel:
    """Return some coins over a part of the span, the benchmark with them.

    Parameters
    ----------
    panel : Panel
        The coins.
    names : tuple of str
        Which to keep.
    start, end : str
        UTC; the bars that open from (included) to (excluded).

    Returns
    -------
    Panel
        Of the coins that it has.
    """
    markets = {}
    for each in panel.coins:
        if each.name in (*names, BENCHMARK):
            index = each.market.index
            first, stop = (int(index.searchsorted(pd.Timestamp(t, tz="UTC"))) for t in (start, end))
            markets[each.name] = each.market.rows(first, stop)
    return to_panel(f"{panel.name}, {start} to {end}", markets)


def replace_market(panel: Panel, name: str, market: Market) -> Panel:
    """Return the panel with another market in the place of one coin's.

    Parameters
    ----------
    panel : Panel
        The coins.
    name : str
        Of the coin.
    market : Market
        Its bars.

    Returns
    -------
    Panel
        The other coins as they were.
    """
    coins = tuple(Coin(each.name, market) if each.name == name else each for each in panel.coins)
    return replace(panel, coins=coins)


def _with_prices(market: Market, logs: dict[str, FloatArray]) -> Market:
    prices = {name: np.exp(each) for name, each in logs.items()}
    top = np.maximum.reduce([prices["open"], prices["close"], prices["high"]])
    bottom = np.minimum.reduce([prices["open"], prices["close"], prices["low"]])
    bars = pd.DataFrame(
        {**prices, "high": top, "low": bottom, "volume": market.volume}, index=market.index
    )[["open", "high", "low", "close", "volume"]]
    return replace(market, bars=bars)
