"""What trading costs: fees, slippage and, see `kanalo.execution.funding`, funding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kanalo.arguments import Named
from kanalo.execution.settings_fields import check_settings, setting

MOST_BPS = 10_000
"""Fees and slippage are below this many basis points: all of the price."""

MOST_FUNDING = 0.1
"""Largest rate, either way, that is assumed for a funding stamp: ten times what venues charge."""

MOST_IMPACT = 100
"""Largest factor of the law of market impact; measured ones are about 1."""

_BPS = f"a number of basis points in [0, {MOST_BPS})"


def _is_below_all(bps: float) -> bool:
    return 0 <= bps < MOST_BPS


@dataclass(frozen=True)
class Costs(Named):
    """Costs of one run.

    Attributes
    ----------
    fee_bps : float
        Fee on the value of every fill, in basis points.
    maker_fee_bps : float or None
        Fee on targets and resting limit orders; the same as ``fee_bps`` by default.
    slippage_bps : float
        Price concession on market and stop fills, in basis points; never beyond the bar's range.
    funding : bool
        Whether perpetual positions pay and receive funding.
    funding_missing : float
        Rate charged at each funding stamp that the data do not cover; a fraction in [-0.1, 0.1].
    liquidation_fee_bps : float
        What a venue keeps of the value of a position that it liquidates, in basis points; what is
        left of the equity if that is less.
    borrow_bps_per_day : float
        Interest a day on spot: on the value of a short, or on the negative cash of a long, in basis
        points. Only under ``margin = "exchange"``.
    impact : float
        Factor k of the square-root law: a fill that takes moves its price by
        ``k × σ × sqrt(value / V)``, with the volatility σ and the turnover V of a day; 0 for none.

    Raises
    ------
    ParameterError
        If an argument does not exist, has the wrong type or is out of bounds.

    Examples
    --------
    >>> import kanalo
    >>> kanalo.Costs(fee_bps=10).fee
    0.001
    """

    fee_bps: float = setting(
        5.0, help="Fee on every fill, basis points.", accepted=_BPS, is_within=_is_below_all
    )
    maker_fee_bps: float | None = setting(
        None,
        help="Fee on targets and limit orders, basis points.  [default: that of --fee-bps]",
        accepted=_BPS,
        is_within=_is_below_all,
    )
    slippage_bps: float = setting(
        2.0,
        help="Slippage on market and stop fills, basis points.",
        accepted=_BPS,
        is_within=_is_below_all,
    )
    funding: bool = setting(True, help="Charge funding on perpetuals.")
    funding_missing: float = setting(
        0.0,
        help="Rate per funding stamp that the data do not cover.",
        accepted=f"a fraction in [-{MOST_FUNDING}, {MOST_FUNDING}]",
        is_within=lambda fraction: abs(fraction) <= MOST_FUNDING,
    )
    liquidation_fee_bps: float = setting(
        150.0,
        help="Fee on the value of a position that is liquidated, basis points.",
        accepted=_BPS,
        is_within=_is_below_all,
    )
    borrow_bps_per_day: float = setting(
        2.74,
        help="Interest on spot shorts and on negative cash, basis points a day.",
        accepted=_BPS,
        is_within=_is_below_all,
    )
    impact: float = setting(
        1.0,
        help="Factor of the square-root law of market impact.",
        accepted=f"a number in [0, {MOST_IMPACT}]",
        is_within=lambda factor: 0 <= factor <= MOST_IMPACT,
    )

    def __post_init__(self) -> None:
        """Refuse costs that no venue could ask for; take numbers of numpy like Python's."""
        check_settings(self)

    @property
    def fee(self) -> float:
        """Fee of market and stop fills as a fraction."""
        return self.fee_bps / 10_000

    @property
    def maker_fee(self) -> float:
        """Fee of targets and resting limit orders as a fraction."""
        return self.fee if self.maker_fee_bps is None else self.maker_fee_bps / 10_000

    @property
    def slippage(self) -> float:
        """Slippage as a fraction of the price."""
        return self.slippage_bps / 10_000

    @property
    def liquidation_fee(self) -> float:
        """Fee of a liquidation as a fraction."""
        return self.liquidation_fee_bps / 10_000

    @property
    def borrow(self) -> float:
        """Interest of a day on spot as a fraction."""
        return self.borrow_bps_per_day / 10_000

    def to_dict(self) -> dict[str, Any]:
        """Return the costs as plain values; one that older runs did not have is left out."""
        return {
            key: each
            for key, each in asdict(self).items()
            if key not in OLDER_COSTS or each != OLDER_COSTS[key]
        }

    @classmethod
    def of_record(cls, values: Mapping[str, Any]) -> Costs:
        """Return the costs of a recorded run, in which what it does not state was not charged.

        Parameters
        ----------
        values : mapping of str to object
            As `to_dict` gave them, whatever the defaults were then or are now.

        Returns
        -------
        Costs
        """
        return cls(**{**OLDER_COSTS, **values})


OLDER_COSTS = {"liquidation_fee_bps": 150, "borrow_bps_per_day": 2.74, "impact": 0}
"""What a run that does not state it was charged: the cost did not exist then, or had no effect."""
