"""What trading costs: fees, slippage and funding."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.errors import ParameterError
from kanalo.market.funding import funding_coverage as funding_coverage
from kanalo.market.funding import funding_due as funding_due
from kanalo.market.market import Market


@dataclass(frozen=True)
class Costs:
    """Costs of one run.

    Attributes
    ----------
    fee_bps : float
        Fee on the value of every fill, in basis points.
    maker_fee_bps : float or None
        Fee on target fills; the same as ``fee_bps`` by default.
    slippage_bps : float
        Price concession on market and stop fills, in basis points; never beyond the bar's range.
    funding : bool
        Whether perpetual positions pay and receive funding.
    funding_missing : float
        Rate charged at each funding stamp that the data do not cover; a fraction.
    """

    fee_bps: float = 5.0
    maker_fee_bps: float | None = None
    slippage_bps: float = 2.0
    funding: bool = True
    funding_missing: float = 0.0

    def __post_init__(self) -> None:
        """Refuse costs that no venue could ask for."""
        for name, value in asdict(self).items():
            if name.endswith("_bps") and value is not None and not 0 <= value < 10_000:
                raise ParameterError(
                    f"The '{name}' of the costs must be in [0, 10000) basis points; "
                    f"received {value!r}."
                )

    @property
    def fee(self) -> float:
        """Fee of market and stop fills as a fraction."""
        return self.fee_bps / 10_000

    @property
    def maker_fee(self) -> float:
        """Fee of target fills as a fraction."""
        return self.fee if self.maker_fee_bps is None else self.maker_fee_bps / 10_000

    @property
    def slippage(self) -> float:
        """Slippage as a fraction of the price."""
        return self.slippage_bps / 10_000

    def to_dict(self) -> dict[str, Any]:
        """Return the costs as plain values."""
        return asdict(self)


def funding_rates(market: Market, costs: Costs) -> npt.NDArray[np.float64]:
    """Return the funding rate that is charged at the close of each bar.

    The market's ``funding_rate`` where it is known; ``funding_missing`` for each stamp that is due
    but not covered; 0 where none is due or the costs leave funding out.

    Returns
    -------
    float64 array of shape (n_bars,)
        Fraction of the position's value; longs pay a positive rate. Never NaN.
    """
    if not costs.funding:
        return np.zeros(len(market))
    due = funding_due(market)
    known = market.known("funding_rate")
    rates = np.where(np.isnan(known), due * costs.funding_missing, known)
    return np.where(due > 0, rates, 0.0)
