"""What rules 16 and 17 need of a market, laid out for the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from kanalo.execution.liquidity import calc_liquidity
from kanalo.execution.margin import lay_margin
from kanalo.market import Market

_NONE, _NO_ROWS = np.empty(0), np.empty(0, dtype=np.int64)
NO_SIZE = {"volume": _NONE, "volatility": _NONE, "turnover": _NONE}
NO_TIERS: dict[str, Any] = {
    "tier_table": _NO_ROWS,
    "tier_start": _NO_ROWS,
    "highest_rate": 0.0,
    **dict.fromkeys(("tier_cap", "tier_rate", "tier_amount", "tier_leverage", "borrow"), _NONE),
}


def lay_size(market: Market) -> dict[str, Any]:
    """Return volume, and volatility and turnover of a day, by the names of `Tape`."""
    known = market.cached(calc_liquidity)
    return {
        "volume": np.array(market.volume),
        "volatility": known.volatility,
        "turnover": known.turnover,
    }


def lay_tiers(market: Market, *, borrow: float) -> dict[str, Any]:
    """Return the tiers in force in each bar by the names of `Tape`.

    Parameters
    ----------
    market : Market
        The bars.
    borrow : float
        Interest of a day on spot as a fraction.

    Returns
    -------
    dict
        Arrays; ``borrow`` is empty where no bar costs any interest.
    """
    margin = market.cached(lay_margin)
    interest = margin.days * borrow
    return {
        "tier_table": margin.table.astype(np.int64),
        "tier_start": margin.start.astype(np.int64),
        "tier_cap": margin.caps,
        "tier_rate": margin.rates,
        "tier_amount": margin.amounts,
        "tier_leverage": margin.leverage,
        "highest_rate": float(max(margin.rates, default=0.0)),
        "borrow": interest if interest.any() else _NONE,
    }
