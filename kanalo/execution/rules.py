"""The fill rules in words and enums; `docs/fill_rules.md` tells them with examples.

1.  Decisions are made at the close of bar t and fill at the open of t+1; none on the last bar.
2.  Quantity is ``size × equity[t] / close[t]``, at most what the account covers at the fill price.
3.  Protection starts with the fill, the entry bar included (``entry_bar_exits``).
4.  A bar that opens beyond stop or target fills there at the open.
5.  A bar that touches both is decided by ``both_touched``, and counted.
6.  The stop is the tightest of the entry's stop, the trail and the guard line; it never loosens.
7.  Exits and ``max_bars`` leave at the next open; an exit with the opposite entry reverses there.
8.  Fees on every fill, slippage on market and stop fills within the bar's range.
9.  Funding at the bar that closes at its stamp, on what is held after protective fills.
10. Within a bar: open fills (exits first), protective fills, funding, mark, ruin, decisions.
11. A position open at the end is marked, not closed.
12. Bars with NaN or in disorder never reach an engine.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from kanalo.errors import ParameterError, suggestion

TOLERANCE = 1e-9
"""Share of equity by which a position may exceed what the account covers before it is clipped."""


class BothTouched(StrEnum):
    """What to assume of a bar whose range holds both the stop and the target."""

    STOP = "stop"
    TARGET = "target"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class Execution:
    """How an account trades: its cash and the choices that the fill rules leave open.

    Attributes
    ----------
    cash : float
        Equity before the first bar, in quote currency.
    max_leverage : float
        Most that value plus fee of a position may be, as a multiple of equity at its entry.
    both_touched : BothTouched or str
        ``"stop"`` (pessimistic), ``"target"`` or ``"resolve"`` (walk the finer bars).
    entry_bar_exits : bool
        Whether stop and target are live on the entry bar itself; False is stock backtrader.
    """

    cash: float = 100_000.0
    max_leverage: float = 1.0
    both_touched: str = BothTouched.STOP
    entry_bar_exits: bool = True

    def __post_init__(self) -> None:
        """Refuse an account that cannot trade."""
        for name in ("cash", "max_leverage"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ParameterError(
                    f"The '{name}' of the account must be positive; received {value!r}."
                )
        names = [str(member) for member in BothTouched]
        if self.both_touched not in names:
            raise ParameterError(
                f"'both_touched' must be one of {', '.join(names)}; received "
                f"{self.both_touched!r}.{suggestion(str(self.both_touched), names)}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the account as plain values."""
        return {**asdict(self), "both_touched": str(self.both_touched)}
