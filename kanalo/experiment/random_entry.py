"""`RandomEntry`: enter by chance, as often, as long and on the same sides as another rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kanalo.market import Market
from kanalo.periods import bars_per_year
from kanalo.signals.spans import to_bars
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SEED_STEP = 0xD1342543DE82EF95


def draws(times_ns: npt.NDArray[np.int64], seed: int) -> FloatArray:
    """Draw a number in [0, 1) for every time, by hashing (seed, time): no order, no state.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014), so a prefix of the times gives a prefix
    of the draws, and a later start gives the same draws for the same times.

    Parameters
    ----------
    times_ns : int64 array of shape (n,)
        Nanoseconds since 1970.
    seed : int
        Another seed, other draws.

    Returns
    -------
    float64 array of shape (n,)
        In [0, 1).
    """
    offset = np.uint64(seed * _SEED_STEP % 2**64)
    state = times_ns.astype(np.uint64) * _STEP + offset
    for shift, factor in ((30, _MIX_1), (27, _MIX_2)):
        state = (state ^ (state >> np.uint64(shift))) * factor
    state ^= state >> np.uint64(31)
    return np.asarray((state >> np.uint64(11)) * 2.0**-53)


@dataclass(frozen=True)
class RandomEntry(Strategy):
    """Enter by chance so often per year, leave after the holding time.

    Every bar draws from a hash of seed and time; the chance per bar is set so that, the bars in a
    position left out, the expected number of trades a year is ``trades``. To match another rule,
    set ``trades``, ``hold`` and ``longs`` to its trades per year, mean holding time and share of
    longs.
    """

    trades: float = param(20.0, low=0.1, high=5000.0, unit="trades/year", help="Expected trades.")
    hold: float = param(72.0, low=0.01, high=8760.0, unit="hours", help="Holding time.")
    longs: float = param(1.0, low=0.0, high=1.0, help="Share of long entries.")
    seed: int = param(0, low=0, high=1_000_000, help="Another seed, another history of chances.")

    def decide(self, market: Market) -> Decisions:
        """Enter at random; see the class."""
        times = market.index.as_unit("ns").asi8
        n_hold = to_bars(market, hours=self.hold)
        free_bars = max(bars_per_year(market.interval) / self.trades - n_hold, 1.0)
        enters = draws(times, 2 * self.seed) < 1.0 / free_bars
        is_long = draws(times, 2 * self.seed + 1) < self.longs
        return Decisions.from_arrays(
            len(market),
            long=enters & is_long,
            short=enters & ~is_long,
            max_bars=n_hold,
            tag="random",
        )
