"""What a rule traded: its closed trades by tag, side, year, weekday, hour, volatility and trend.

A group of trades is described by its number, its share of all, its profit and the mean return of a
trade with an interval. The interval draws trades of the group with replacement, one by one: it says
how far so few trades pin their mean down, not whether the group was chosen after looking. With
seven ways to split, one of them looks good by luck.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.typing import FloatArray, IntArray

DIMENSIONS = ("tag", "side", "year", "weekday", "hour", "volatility", "trend")
"""Ways to split trades; all but the tag and the side are read at the bar of the decision."""

LEAST_TRADES = 5
"""Fewest trades of a group whose mean has an interval."""

WINDOW_DAYS = 30
"""Days that the volatility and the trend look back."""

_N_RESAMPLES = 1_000
_LEVEL = 0.95
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LEVELS = np.array(["low", "middle", "high"], dtype=object)


def split_trades(trades: pd.DataFrame, market: Market, *, seed: int = 0) -> pd.DataFrame:
    """Describe the closed trades of every group of every dimension.

    Parameters
    ----------
    trades : DataFrame of shape (n_trades, k)
        Closed trades with the columns of `kanalo.execution.trade_columns.TRADE_COLUMNS`.
    market : Market
        The bars that were traded, without warm-up: ``entry_bar`` counts them.
    seed : int
        Of the intervals' draws.

    Returns
    -------
    DataFrame of shape (n_groups, 9)
        ``dimension``, ``group``, ``n_trades``, ``share`` (of all trades), ``profit`` (quote
        currency), ``win_rate``, ``mean_return`` of a trade, ``low`` and ``high`` (95 % interval,
        NaN below 5 trades). Hours are left out where bars last a day or longer.
    """
    rows = []
    profits, returns = (trades[name].to_numpy(np.float64) for name in ("pnl", "return"))
    for dimension, labels in label_trades(trades, market).items():
        names = labels.to_numpy()
        for group in sorted(set(labels), key=_to_order):
            chosen = names == group
            measured = _measure(profits[chosen], returns[chosen], len(trades))
            rows.append({"dimension": dimension, "group": group, **measured})
            interval = calc_interval(returns[chosen], seed)
            rows[-1] |= dict(zip(("low", "high"), interval, strict=True))
    return pd.DataFrame(rows)


def label_trades(trades: pd.DataFrame, market: Market) -> dict[str, pd.Series[str]]:
    """Name the group of every trade in every dimension.

    Parameters
    ----------
    trades : DataFrame of shape (n_trades, k)
        As for `split_trades`.
    market : Market
        The bars that were traded.

    Returns
    -------
    dict of str to Series of str
        By dimension. A trade without a tag is in ``"none"``; one before the volatility or the trend
        is known in ``"not known"``.
    """
    decided = np.maximum(trades["entry_bar"].to_numpy(np.int64) - 1, 0)
    times = pd.DatetimeIndex(market.closes_at)[decided]
    labels = {
        "tag": [str(tag) or "none" for tag in trades["tag"]],
        "side": np.where(trades["side"] > 0, "long", "short"),
        "year": times.year.astype(str),
        "weekday": [_DAYS[day] for day in times.day_of_week],
        "hour": [f"{hour:02d}:00" for hour in times.hour],
        "volatility": _find_volatility(market)[decided],
        "trend": _find_trend(market)[decided],
    }
    if market.length >= pd.Timedelta(days=1):
        del labels["hour"]
    return {name: pd.Series(values, dtype=object) for name, values in labels.items()}


def _find_window(market: Market) -> int:
    return max(int(pd.Timedelta(days=WINDOW_DAYS) / market.length), 2)


def _find_volatility(market: Market) -> np.ndarray:
    """Sort every bar into a third of the trailing volatilities of the whole span."""
    changes = pd.Series(np.diff(np.log(market.close), prepend=np.nan))
    volatility = changes.rolling(_find_window(market)).std()
    rank = volatility.rank(pct=True).to_numpy(np.float64)
    thirds: IntArray = np.clip(np.nan_to_num(rank) * 3 - 1e-12, 0, 2).astype(np.int64)
    return np.where(np.isnan(rank), "not known", _LEVELS[thirds])


def _find_trend(market: Market) -> np.ndarray:
    """Tell for every bar whether it closed above the mean close of the window."""
    close = pd.Series(market.close)
    mean = close.rolling(_find_window(market)).mean()
    above = np.where(close > mean, "above its mean", "below its mean")
    return np.where(mean.isna(), "not known", above)


def _measure(profit: FloatArray, returned: FloatArray, n_all: int) -> dict[str, float]:
    return {
        "n_trades": len(profit),
        "share": len(profit) / n_all,
        "profit": float(profit.sum()),
        "win_rate": float((profit > 0).mean()),
        "mean_return": float(pd.Series(returned).mean()),
    }


def calc_interval(values: FloatArray, seed: int = 0) -> tuple[float, float]:
    """Compute the 95 % interval of a mean by drawing values with replacement.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Returns of trades.
    seed : int
        The same seed, the same interval.

    Returns
    -------
    float, float
        NaN with fewer than 5 values.
    """
    if len(values) < LEAST_TRADES:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(values), (_N_RESAMPLES, len(values)))
    means = values[drawn].mean(axis=1)
    low, high = np.quantile(means, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    return float(low), float(high)


def _to_order(group: str) -> tuple[int, str]:
    """Order weekdays and levels as people do, and all else by name."""
    ordered = (*_DAYS, *_LEVELS)
    return (ordered.index(group), "") if group in ordered else (-1, group)
