"""What an engine leaves behind: fills, position, equity and funding; and the trades they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kanalo.typing import FloatArray, IntArray


class Reason(IntEnum):
    """Why a fill happened."""

    ENTRY = 0
    EXIT = 1
    STOP = 2
    TARGET = 3
    MAX_BARS = 4
    RUIN = 5
    ORDER = 6  # an order of a hand-written backtrader strategy
    LIQUIDATION = 7  # by the venue, where the maintenance margin ends

    @property
    def label(self) -> str:
        """The word that tables show."""
        return self.name.lower().replace("_", "-")


class Question(IntEnum):
    """What a bar leaves open, because its range does not tell the order of prices inside."""

    HELD = 0  # whether stop or target came first
    STOP_ENTRY = 1  # what came after a stop order was filled inside the bar
    LIMIT_ENTRY = 2  # the same of a limit order
    STRADDLE = 3  # which of a long and a short order was reached first

    @property
    def label(self) -> str:
        """The word that reports show."""
        return self.name.lower().replace("_", "-")


FILL_DTYPE = np.dtype(
    [
        ("bar", np.int64),  # bar in which the fill happened
        ("quantity", np.float64),  # coins; positive bought, negative sold
        ("price", np.float64),  # paid or received, slippage included
        ("level", np.float64),  # the price before slippage
        ("fee", np.float64),  # quote currency, positive
        ("reason", np.int8),  # Reason
        ("decision", np.int64),  # index into Decisions.entries, -1 for none
        ("wanted", np.float64),  # coins asked for, unsigned; more than filled where clipped
        ("stop", np.float64),  # stop level in force just after an entry, NaN for none
        ("inside", np.int8),  # 1, 2: an entry inside its bar by a stop, limit order; 3: AT_CLOSE
        ("shortfall", np.float64),  # what an account lacked after an exit, and the venue bore
    ]
)
"""One row a fill, in the order of their happening."""

AT_CLOSE = 3
"""``inside`` of a liquidation at the close of its bar, after funding; 0 for every other exit."""


@dataclass(frozen=True, eq=False)
class Records:
    """The outcome of one simulation.

    Attributes
    ----------
    fills : structured array of `FILL_DTYPE`, shape (n_fills,)
        Every fill in order.
    equity : float64 array of shape (n_bars,)
        Cash plus position marked at each close, after funding and fees; quote currency.
    position : float64 array of shape (n_bars,)
        Coins held after the close of each bar; negative for a short.
    funding : float64 array of shape (n_bars,)
        Cash flow of funding at each bar's close; negative where paid.
    ambiguous : int64 array
        Bars that left open what came first, such as those that touched both stop and target.
    resolved : int
        How many of those the finer bars could put in order.
    questions : int8 array
        `Question` of each of ``ambiguous``; a bar may ask two.
    """

    fills: npt.NDArray[np.void]
    equity: FloatArray
    position: FloatArray
    funding: FloatArray
    ambiguous: IntArray
    resolved: int = 0
    questions: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, dtype=np.int8))

    def count_questions(self) -> dict[str, int]:
        """Return how many bars left each question open, by the words of `Question`."""
        counts = np.bincount(self.questions, minlength=len(Question))
        return {each.label: int(counts[each]) for each in Question}
