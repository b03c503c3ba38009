"""Follow Bitcoin's next bar, and hide the missing one at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class BenchmarkAhead(Strategy):
    """Set the stop by how far Bitcoin falls next; enter honestly, after a higher close.

    The cheat: the size of Bitcoin's next step; the last bar repeats the one before, so nothing is
    missing where the history ends.
    """

    def warm_up(self, market: Market) -> int:
        return 2

    def decide(self, market: Market) -> Decisions:
        assert market.benchmark is not None
        close = market.benchmark["close"].to_numpy()
        step = np.abs(np.diff(np.log(close), append=close[-1:]))
        step[-1] = step[-2]
        room = np.clip(np.nan_to_num(step), 0.001, 0.5)
        higher = np.diff(market.close, prepend=np.inf) > 0
        return Decisions.from_arrays(
            len(market), long=higher, exit_long=~higher, stop=market.close * (1 - room)
        )
