"""The rule whose results are exported, in numbers, and its bars; needs pandas alone.

Buy ten coins at the open after a close above its mean of so many days; sell them at the open after
a close below it; decide nothing before thirty bars are known, for engines begin at different ones.
Fees are a thousandth of each fill; the cash is more than is ever needed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DAYS, FIRST, COINS, CASH, FEE = 20, 30, 10, 10_000.0, 0.001


def read(path: Path, *, capitals: bool = False) -> pd.DataFrame:
    """Read the bars, indexed by time without a zone."""
    bars = pd.read_parquet(path).set_index("time").tz_localize(None)
    bars = bars[["open", "high", "low", "close", "volume"]]
    return bars.rename(columns=str.capitalize) if capitals else bars
