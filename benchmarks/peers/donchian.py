"""What the peers share of kanalo's bundled ``donchian_breakout``; needs numpy and pandas alone.

Buy a close above the highest high of the ``entry`` days before, sell short one below their lowest
low; leave at a close beyond the opposite extreme of ``leave`` days, or at a stop ``stop_atr``
average daily ranges from the close of the decision. An exit with the opposite entry reverses.
"""

from __future__ import annotations

from pathlib import Path

import common
import numpy as np
import pandas as pd

CASH, FEE, SLIPPAGE = 100_000.0, 0.0005, 0.0002
"""Those of kanalo's defaults."""

DAY, RANGE_DAYS = 24, 20
Set = tuple[int, int, float]


def expand(axes: common.Axes) -> list[Set]:
    """Return all sets of a grid, the last axis fastest."""
    return [
        (entry, leave, stop_atr)
        for entry in axes["entry"]
        for leave in axes["leave"]
        for stop_atr in axes["stop_atr"]
    ]


def read(path: Path) -> pd.DataFrame:
    """Read hourly bars, indexed by their open time without a zone."""
    return pd.read_parquet(path).set_index("time").tz_localize(None)


def find_daily_range(bars: pd.DataFrame) -> np.ndarray:
    """Return Wilder's average range of 20 whole days, as it is known at the close of each hour."""
    days = bars.resample("1D").agg({"high": "max", "low": "min", "close": "last"})
    hours = bars["close"].resample("1D").count()
    days = days[hours == DAY]
    before = days["close"].shift(1)
    true_range = np.fmax(days["high"], before) - np.fmin(days["low"], before)
    smoothed = np.full(len(days), np.nan)
    smoothed[RANGE_DAYS - 1] = true_range.iloc[:RANGE_DAYS].mean()
    for i in range(RANGE_DAYS, len(days)):
        last = smoothed[i - 1] * (RANGE_DAYS - 1)
        smoothed[i] = (last + true_range.iloc[i]) / RANGE_DAYS
    known_from = days.index + pd.Timedelta(hours=DAY - 1)  # the hour that closes the day
    return pd.Series(smoothed, known_from).reindex(bars.index, method="ffill").to_numpy()
