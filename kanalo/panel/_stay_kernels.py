"""The loop that tells whether prices stay between two lines; see `kanalo.panel.outcomes`."""

from __future__ import annotations

import numpy as np

from kanalo._jit import kernel
from kanalo.typing import FloatArray, IntArray


@kernel
def find_stays(
    log_close: FloatArray,
    bars: IntArray,
    below: FloatArray,
    above: FloatArray,
    drift: FloatArray,
    n_bars: int,
    stays: FloatArray,
) -> None:
    """Write 1 where every close to the horizon stays between the lines, 0 where one does not.

    The lines begin ``below`` and ``above`` the close of each of ``bars``, rising by ``drift`` a
    bar. After the last bar its close stands. NaN where a line is unknown.
    """
    last = len(log_close) - 1
    for i in range(len(bars)):
        if np.isnan(below[i] + above[i] + drift[i]):
            stays[i] = np.nan
            continue
        stays[i] = 1.0
        for step in range(n_bars + 1):
            close = log_close[min(bars[i] + step, last)]
            moved = close - log_close[bars[i]] - drift[i] * step
            if moved < -below[i] or moved > above[i]:
                stays[i] = 0.0
                break
