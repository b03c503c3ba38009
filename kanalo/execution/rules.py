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
13. Entry orders wait for their price, fill at it inside a bar or at an open beyond it.
14. A bar that filled an entry inside tells its close and what lies beyond the order's price.
15. At the first of two targets a share is closed; ``breakeven`` then moves the stop at the close.
16. Under ``margin = "exchange"`` a position is liquidated where its maintenance margin ends.
17. Fills that take move the price by the square root of their size; entries may be limited in it.
18. Every stamp of a table of funding is charged, whatever its interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from kanalo.arguments import Named
from kanalo.errors import ParameterError
from kanalo.execution.settings_fields import check_settings, setting

TOLERANCE = 1e-9
"""Share of equity by which a position may exceed what the account covers before it is clipped."""


class BothTouched(StrEnum):
    """What to assume of a bar whose range does not tell which of two prices came first."""

    STOP = "stop"  # what is worst for the trade
    TARGET = "target"  # what is best for it
    RESOLVE = "resolve"  # what the finer bars say
    PATH = "path"  # open, the extreme nearer to it (equal: the high), the other one, close


class Margin(StrEnum):
    """Whether a venue liquidates the position of an account."""

    NONE = "none"  # only an account without equity is closed
    EXCHANGE = "exchange"  # by the maintenance tiers of its venue


class LimitFills(StrEnum):
    """When a limit order, or a target, is filled by a price inside a bar."""

    TOUCH = "touch"  # at its price or beyond
    THROUGH = "through"  # beyond its price only


MOST_CASH = 1e15
"""Most cash of an account: with more of it, a fee would be lost to rounding."""

MOST_LEVERAGE = 1_000.0


@dataclass(frozen=True)
class Execution(Named):
    """How an account trades: its cash and the choices that the fill rules leave open.

    Attributes
    ----------
    cash : float
        Equity before the first bar, in quote currency: above 0, at most 1e15.
    max_leverage : float
        Most that value plus fee of a position may be, as a multiple of equity at its entry: above
        0, at most 1,000.
    both_touched : BothTouched or str
        ``"stop"`` (pessimistic), ``"target"``, ``"resolve"`` (walk the finer bars) or ``"path"``
        (open, the nearer extreme, the other, close).
    entry_bar_exits : bool
        Whether stop and target are live on the entry bar itself; False is stock backtrader.
    limit_fills : LimitFills or str
        Whether limit orders and targets are filled where they are touched (``"touch"``), or only
        where the price goes ``"through"`` them.
    margin : Margin or str
        ``"exchange"``: the maintenance tiers of the venue bind and liquidate; ``"none"``: an
        account is closed where its equity is gone.
    leverage : float
        Multiplies the size of every entry, and sets ``max_leverage``: above 0, at most 1,000.
    max_share : float
        Largest entry, as a share of the volume of the bar that fills it; above 0, infinity for no
        limit.

    Raises
    ------
    ParameterError
        If an argument does not exist, has the wrong type or is out of bounds.

    Examples
    --------
    >>> import kanalo
    >>> kanalo.Execution(cash=10_000, both_touched="target").max_leverage
    1.0
    """

    cash: float = setting(
        100_000.0,
        help="Equity before the first bar.",
        accepted=f"a number above 0 and at most {MOST_CASH:,.0f}",
        is_within=lambda cash: 0 < cash <= MOST_CASH,
    )
    max_leverage: float = setting(
        1.0,
        help="Largest position, as a multiple of equity.",
        accepted=f"a number above 0 and at most {MOST_LEVERAGE:,.0f}",
        is_within=lambda leverage: 0 < leverage <= MOST_LEVERAGE,
    )
    both_touched: str = setting(
        BothTouched.STOP,
        help="A bar that touches stop and target counts as stop, target, resolve or path.",
        choices=tuple(map(str, BothTouched)),
    )
    entry_bar_exits: bool = setting(True, help="Whether stop and target are live on the entry bar.")
    limit_fills: str = setting(
        LimitFills.TOUCH,
        help="Limit orders and targets fill on a touch, or only where the price goes through.",
        choices=tuple(map(str, LimitFills)),
    )
    margin: str = setting(
        Margin.EXCHANGE,
        help="Liquidate by the venue's maintenance tiers (exchange), or never (none).",
        choices=tuple(map(str, Margin)),
    )
    leverage: float = setting(
        1.0,
        help="Multiply the size of every entry, and set --max-leverage to the same.",
        accepted=f"a number above 0 and at most {MOST_LEVERAGE:,.0f}",
        is_within=lambda leverage: 0 < leverage <= MOST_LEVERAGE,
    )
    max_share: float = setting(
        math.inf,
        help="Largest entry, as a share of its bar's volume.",
        accepted="a number above 0; inf for no limit",
        is_within=lambda share: share > 0,
    )

    def __post_init__(self) -> None:
        """Refuse an account that cannot trade; take numbers of numpy like Python's."""
        check_settings(self)
        if self.leverage == 1:
            return
        if self.max_leverage not in (1, self.leverage):
            raise ParameterError(
                f"Execution(): 'leverage' sets 'max_leverage' too, so they must be equal; received "
                f"{self.leverage:g} and {self.max_leverage:g}."
            )
        object.__setattr__(self, "max_leverage", self.leverage)

    @property
    def is_margined(self) -> bool:
        """Whether maintenance tiers bind."""
        return self.margin == Margin.EXCHANGE

    def to_dict(self) -> dict[str, Any]:
        """Return the account as plain values; a choice that older runs did not have is left out."""
        values = {
            key: str(each) if isinstance(each, StrEnum) else each
            for key, each in asdict(self).items()
        }
        return {
            key: each
            for key, each in values.items()
            if key not in OLDER_CHOICES or each != OLDER_CHOICES[key]
        }

    @classmethod
    def of_record(cls, values: Mapping[str, Any]) -> Execution:
        """Return the account of a recorded run, which had no choice that it does not state.

        Parameters
        ----------
        values : mapping of str to object
            As `to_dict` gave them, whatever the defaults were then or are now.

        Returns
        -------
        Execution
        """
        return cls(**{**OLDER_CHOICES, **values})


OLDER_CHOICES = {"limit_fills": "touch", "margin": "none", "leverage": 1, "max_share": math.inf}
"""What an account of a run that does not state it had: the choice did not exist then."""
