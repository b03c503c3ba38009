"""Where funding is charged: the rate of each bar, as every engine pays it at its close (rule 9).

The market says which stamps are due and which of them its data cover (`kanalo.market.funding`); the
costs say whether they are charged, and what a missing one costs. The compiled engine multiplies
in `kanalo.execution.compiled._funding_kernels`, the twin and the reference engine on their own.
"""

from __future__ import annotations

import numpy as np

from kanalo.execution.costs import Costs
from kanalo.market.funding import funding_assumed as funding_assumed
from kanalo.market.funding import funding_coverage as funding_coverage
from kanalo.market.funding import funding_due as funding_due
from kanalo.market.market import Market
from kanalo.typing import FloatArray


def funding_rates(market: Market, costs: Costs) -> FloatArray:
    """Return the funding rate that is charged at the close of each bar.

    The market's ``funding_rate`` where it is known, and ``funding_missing`` for each stamp that is
    due but not covered; 0 where none is due or the costs leave funding out.

    Parameters
    ----------
    market : Market
        Bars; only those of a perpetual are charged.
    costs : Costs
        Whether funding is charged, and at which rate where the data do not cover it.

    Returns
    -------
    float64 array of shape (n_bars,)
        Fraction of the position's value; longs pay a positive rate. Never NaN.
    """
    if not costs.funding:
        return np.zeros(len(market))
    due, assumed = funding_due(market), funding_assumed(market)
    known = market.known("funding_rate")
    missing = assumed * costs.funding_missing
    # A sum with a known rate of 0.0 would turn -0.0 around; a bar has mostly one of the two.
    rates = np.where(np.isnan(known), missing, np.where(assumed > 0, known + missing, known))
    return np.where(due > 0, rates, 0.0)
