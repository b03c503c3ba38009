"""Two moving averages that cross: the plainest trend follower."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.errors import ParameterError
from kanalo.market import Market
from kanalo.signals.moving import crossings, moving_average
from kanalo.signals.spans import to_bars
from kanalo.strategy import Decisions, Strategy, param
from kanalo.typing import FloatArray


def average_close(market: Market, days: int) -> FloatArray:
    """Average the closes of the last ``days`` days."""
    return moving_average(market.close, to_bars(market, days=days))


@dataclass(frozen=True)
class SmaCross(Strategy):
    """Be long after the fast average crosses above the slow one, short after it crosses below.

    The position is reversed at the opposite crossing; there is neither stop nor target. Without
    ``shorts`` the account is flat instead of short.
    """

    fast: int = param(20, low=1, high=200, unit="days", help="Length of the fast average.")
    slow: int = param(100, low=2, high=400, unit="days", help="Length of the slow average.")
    shorts: bool = param(True, help="Sell short on the downward crossing.")

    def __post_init__(self) -> None:
        """Refuse averages of which the fast one is not the shorter."""
        super().__post_init__()
        if self.fast >= self.slow:
            raise ParameterError(
                f"SmaCross: 'fast' must be less than 'slow'; received {self.fast} and {self.slow}."
            )

    def warm_up(self, market: Market) -> int:
        """Look back one bar more than the slow average."""
        return to_bars(market, days=self.slow) + 1

    def decide(self, market: Market) -> Decisions:
        """Follow the crossings; see the class."""
        fast = market.cached(average_close, days=self.fast)
        slow = market.cached(average_close, days=self.slow)
        up, down = crossings(fast, slow)
        return Decisions.from_arrays(
            len(market),
            long=up,
            short=down if self.shorts else None,
            exit_long=down,
            exit_short=up,
            tag=("golden cross", "death cross"),
            overlays={f"SMA {self.fast} d": fast, f"SMA {self.slow} d": slow},
        )
