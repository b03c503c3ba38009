"""How much money a run could have traded: its growth with more and more of it (rule 17)."""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.costs import Costs
from kanalo.execution.liquidity import THIN_SHARE, calc_liquidity
from kanalo.execution.records import Reason
from kanalo.execution.result import Result
from kanalo.execution.rules import Execution
from kanalo.typing import FloatArray

LEVELS = tuple(10.0 ** (k / 2) for k in range(6, 17))
"""Starting cash that is tried: 1,000 to 100,000,000 in steps of half a power of ten."""

LAW = 1.0
"""Factor of the impact where a run has none of its own."""


class Capacity(NamedTuple):
    """Growth by starting cash, and the cash at which half of it is gone."""

    cash: tuple[float, ...]  # shape (n_levels,)
    growth: tuple[float, ...]  # log growth over the whole run; -inf where all is lost
    capacity: float  # NaN without a positive growth to lose, inf where half is never gone


class FillSizes(NamedTuple):
    """What the fills of a run were in their market."""

    n_fills: int
    n_thin: int  # above a tenth of the volume of their bar
    n_unpriced: int  # that take, in a bar without a known turnover
    largest: float  # share of the volume of its bar, NaN without fills


def calc_capacity(result: Result) -> Capacity | None:
    """Compute how the growth of a run falls as it starts with more money.

    The same decisions are run again with each cash of `LEVELS`, without a limit of volume, and with
    the run's impact or, if it has none, the factor 1. The capacity is where half of the log growth
    of the least cash is gone, between two levels on the logarithm of the cash.

    Parameters
    ----------
    result : Result
        Of one rule on one market.

    Returns
    -------
    Capacity or None
        None for a hand-written backtrader strategy, whose decisions are not known.
    """
    if result.decisions is None:
        return None
    costs, execution = Costs.of_record(result.costs), Execution.of_record(result.execution)
    costs = dataclasses.replace(costs, impact=costs.impact or LAW)
    growth = []
    for cash in LEVELS:
        account = dataclasses.replace(execution, cash=cash, max_share=math.inf)
        records = simulate_nb(result.market, result.decisions, costs, account)
        last = float(records.equity[-1])
        growth.append(math.log(last / cash) if last > 0 else -math.inf)
    return Capacity(LEVELS, tuple(growth), find_half(LEVELS, growth))


def find_half(cash: tuple[float, ...], growth: list[float]) -> float:
    """Return the cash at which half of the first growth is gone.

    Parameters
    ----------
    cash : tuple of float
        Ascending.
    growth : list of float
        Log growth with each.

    Returns
    -------
    float
        NaN if the first growth is not positive, infinity if half of it is never gone.
    """
    if not growth[0] > 0:
        return math.nan
    half = growth[0] / 2
    for k in range(1, len(growth)):
        if growth[k] <= half:
            share = (growth[k - 1] - half) / (growth[k - 1] - growth[k])
            return float(cash[k - 1] * (cash[k] / cash[k - 1]) ** share)
    return math.inf


def calc_fill_sizes(result: Result) -> FillSizes:
    """Count the fills that are large in their bar, and those whose impact is not known.

    Parameters
    ----------
    result : Result
        Of one run.

    Returns
    -------
    FillSizes
        Unpriced are market, stop and at-the-open fills in bars before which fewer than five days of
        the venue are known.
    """
    fills, market = result.fills, result.market
    bars = market.index.get_indexer(pd.DatetimeIndex(fills["time"]))
    coins = fills["quantity"].abs().to_numpy(np.float64)
    volume = market.volume[bars]
    share: FloatArray = np.where(volume > 0, coins / np.where(volume > 0, volume, 1.0), np.inf)
    unknown = np.isnan(market.cached(calc_liquidity).volatility)[bars]
    takes = ~fills["reason"].isin(_MAKES).to_numpy()
    return FillSizes(
        n_fills=len(fills),
        n_thin=int((share > THIN_SHARE).sum()),
        n_unpriced=int((takes & unknown).sum()),
        largest=float(share.max()) if len(share) else math.nan,
    )


_MAKES = tuple(each.label for each in (Reason.TARGET, Reason.LIQUIDATION, Reason.RUIN))
