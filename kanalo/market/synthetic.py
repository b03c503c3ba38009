"""Markets that are made up, with a seed: for tests, placebos and signals whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo import periods
from kanalo.market.market import Market
from kanalo.typing import FloatArray, IntArray

START = "2020-01-06"
"""A Monday, so that weeks of synthetic bars are whole from the first one on."""


def random_bars(
    n_bars: int,
    seed: int,
    *,
    interval: str = "1h",
    start: str = START,
    price: float = 100.0,
    volatility: float = 0.01,
    drift: float = 0.0,
    gaps: float = 0.1,
    missing: float = 0.0,
    tick: float | None = None,
) -> pd.DataFrame:
    """Make valid bars of a random walk.

    ``log close[t] = log open[t] + drift + volatility · N(0, 1)``; a bar opens at the close before
    it, or, with probability ``gaps``, away from it by another such step.

    Parameters
    ----------
    n_bars, seed : int
        Number of bars and seed; the same pair gives the same bars.
    interval, start : str
        Length of a bar and OPEN time of the first one, UTC.
    price : float
        First open.
    volatility, drift : float
        Standard deviation and mean of a bar's log return.
    gaps : float
        Share of bars that open away from the close before, in [0, 1].
    missing : float
        Share of bars left out of the index, in [0, 1); prices go on as if they had traded.
    tick : float, optional
        Round prices to this step, never below it: a coarse one gives ties and dojis.

    Returns
    -------
    DataFrame of shape (n_bars, 5)
        ``open high low close volume`` on a UTC index of OPEN times.
    """
    rng = np.random.default_rng(seed)
    opens, closes = _random_path(rng, n_bars, price, volatility, drift, gaps)
    wicks = np.abs(rng.normal(0.0, volatility / 2, (2, n_bars)))
    frame = _to_bars(opens, closes, wicks, rng.lognormal(6.0, 1.0, n_bars), tick)
    frame.index = _random_times(rng, n_bars, interval, start, missing)
    return frame


def random_walk_market(
    n_bars: int,
    seed: int,
    interval: str = "1h",
    *,
    symbol: str = "XMRUSD",
    venue: str = "synthetic",
    **parameters: Any,
) -> Market:
    """Make a market of `random_bars`.

    Parameters
    ----------
    n_bars, seed : int
        Number of bars and seed.
    interval : str
        Length of a bar.
    symbol, venue : str
        Names; a venue that ends with ``-perp`` pays funding.
    **parameters
        Further parameters of `random_bars`.

    Returns
    -------
    Market
        The same for the same arguments on every machine.
    """
    bars = random_bars(n_bars, seed, interval=interval, **parameters)
    name = f"random walk {seed}"
    return Market.from_bars(bars, symbol=symbol, interval=interval, venue=venue, name=name)


@dataclass(frozen=True, eq=False)
class PlantedChannel:
    """The truth behind a market made by `planted_channel`; all prices are natural logarithms.

    Attributes
    ----------
    slope : float
        Rise of both lines per bar.
    width : float
        Distance of the lines.
    intercept : float
        Lower line at bar 0.
    lower_touches, upper_touches : int64 arrays
        Bars at which the path turns on either line.
    """

    slope: float
    width: float
    intercept: float
    lower_touches: IntArray
    upper_touches: IntArray

    def lower(self, n_bars: int) -> FloatArray:
        """Return the lower line at the first bars, as log prices of shape (n_bars,)."""
        return self.intercept + self.slope * np.arange(n_bars, dtype=np.float64)

    def upper(self, n_bars: int) -> FloatArray:
        """Return the upper line at the first bars, as log prices of shape (n_bars,)."""
        return self.lower(n_bars) + self.width


def planted_channel(
    n_bars: int,
    seed: int,
    *,
    slope: float = 0.002,
    width: float = 0.25,
    noise: float = 0.05,
    period: int = 24,
    price: float = 100.0,
    interval: str = "1h",
) -> tuple[Market, PlantedChannel]:
    """Make a market that swings between two parallel lines in log price.

    The log close is the lower line plus ``width`` times a triangle wave that starts on the lower
    line and reaches the upper one after half a period, plus normal noise.

    Parameters
    ----------
    n_bars, seed : int
        Number of bars and seed.
    slope : float
        Rise of both lines per bar, in log price.
    width : float
        Distance of the lines, in log price.
    noise : float
        Standard deviation of the noise on the close, as a fraction of the width.
    period : int
        Bars from one turn on the lower line to the next; even.
    price : float
        Price of the lower line at bar 0.
    interval : str
        Length of a bar.

    Returns
    -------
    market : Market
        Bars that open at the close before them.
    truth : PlantedChannel
        The lines and the bars at which the path turns on them.
    """
    rng = np.random.default_rng(seed)
    bar = np.arange(n_bars)
    phase = bar % period / period
    wave = 1.0 - np.abs(1.0 - 2.0 * phase)
    path = np.log(price) + slope * bar + width * (wave + rng.normal(0.0, noise, n_bars))
    opens = np.concatenate([path[:1], path[:-1]])
    wicks = np.abs(rng.normal(0.0, noise * width / 2, (2, n_bars)))
    frame = _to_bars(opens, path, wicks, rng.lognormal(6.0, 1.0, n_bars), None)
    frame.index = _times(n_bars, interval, START)
    turn = bar % period
    truth = PlantedChannel(
        slope, width, float(np.log(price)), bar[turn == 0], bar[turn == period // 2]
    )
    return Market.from_bars(frame, interval=interval, name=f"planted channel {seed}"), truth


def _random_path(
    rng: np.random.Generator,
    n_bars: int,
    price: float,
    volatility: float,
    drift: float,
    gaps: float,
) -> tuple[FloatArray, FloatArray]:
    steps = rng.normal(drift, volatility, n_bars)
    jumps = rng.normal(0.0, volatility, n_bars) * (rng.random(n_bars) < gaps)
    jumps[:1] = 0.0
    closes = np.log(price) + np.cumsum(steps + jumps)
    opens = np.concatenate([[np.log(price)], closes])[:n_bars] + jumps
    return opens, closes


def _to_bars(
    opens: FloatArray, closes: FloatArray, wicks: FloatArray, volume: FloatArray, tick: float | None
) -> pd.DataFrame:
    first, last = np.exp(opens), np.exp(closes)
    up, down = np.exp(wicks)
    prices = {
        "open": first,
        "high": np.maximum(first, last) * up,
        "low": np.minimum(first, last) / down,
        "close": last,
    }
    if tick is not None:
        prices = {n: np.maximum(np.round(v / tick), 1.0) * tick for n, v in prices.items()}
    return pd.DataFrame({**prices, "volume": volume})


def _times(n_bars: int, interval: str, start: str) -> pd.DatetimeIndex:
    length = periods.to_timedelta(interval)
    return pd.date_range(start, periods=n_bars, freq=length, tz="UTC", name="time", unit="ns")


def _random_times(
    rng: np.random.Generator, n_bars: int, interval: str, start: str, missing: float
) -> pd.DatetimeIndex:
    n_slots = int(np.ceil(n_bars / (1.0 - missing))) if missing else n_bars
    slots = np.sort(rng.choice(n_slots, n_bars, replace=False)) if missing else np.arange(n_bars)
    return _times(n_slots, interval, start)[slots]
