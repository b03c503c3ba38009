"""What an engine leaves behind: fills, position, equity and funding; and the trades they make."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Reason(IntEnum):
    """Why a fill happened."""

    ENTRY = 0
    EXIT = 1
    STOP = 2
    TARGET = 3
    MAX_BARS = 4
    RUIN = 5
    ORDER = 6  # an order of a hand-written backtrader strategy

    @property
    def label(self) -> str:
        """The word that tables show."""
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
    ]
)
"""One row a fill, in the order of their happening."""


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
        Bars that touched both the stop and the target.
    resolved : int
        How many of those the finer bars could put in order.
    """

    fills: npt.NDArray[np.void]
    equity: FloatArray
    position: FloatArray
    funding: FloatArray
    ambiguous: IntArray
    resolved: int = 0
