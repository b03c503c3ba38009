"""What a market keeps of the bars before its first one when it is cut."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

DAYS_KEPT = 23
"""Days before the first bar that are kept: those that a day's turnover and volatility look at."""

_DAY = 86_400_000_000_000


def keep_earlier(
    bars: pd.DataFrame, venue: npt.NDArray[np.str_], earlier: pd.DataFrame | None, start: int
) -> pd.DataFrame | None:
    """Return what is kept of the bars before one.

    Parameters
    ----------
    bars : DataFrame of shape (n_bars, 5)
        On UTC OPEN times.
    venue : array of str, shape (n_bars,)
        Of every bar.
    earlier : DataFrame or None
        What was kept before.
    start : int
        The bar that becomes the first.

    Returns
    -------
    DataFrame or None
        ``close volume venue`` of whole days; what was kept before where nothing is cut.
    """
    if start == 0:
        return earlier
    index = cast(pd.DatetimeIndex, bars.index)
    days = index[:start].as_unit("ns").asi8 // _DAY
    begins = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    first = int(begins[-min(DAYS_KEPT, len(begins))])
    kept = bars[["close", "volume"]].iloc[first:start].assign(venue=venue[first:start])
    if earlier is None or len(begins) > DAYS_KEPT:
        return kept
    return pd.concat([earlier, kept])
