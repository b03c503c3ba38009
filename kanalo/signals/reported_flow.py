"""Liquidations per bar, exchange and side as venues REPORTED them, and what they say of a bar.

Nothing here is estimated: every output carries the origin ``reported``, and stays apart from what
`kanalo.signals.liquidation_flow` estimates. A bar that a feed did not cover is NaN, never zero, and
a total over exchanges is NaN where one of them is unknown: choose the exchanges to add with `only`.
Feeds that show one event a second give lower bounds, worst in cascades; `coverage` says where.

An imbalance of bars that moved is momentum in part: whoever is liquidated trades in the direction
of the move. Compare with bars of equal return and volume before believing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError, ParameterError, unknown_name
from kanalo.market import Market
from kanalo.market.liquidation_bars import COVERAGE_PREFIX, find_exchanges, usd_column
from kanalo.market.liquidations import Coverage
from kanalo.signals.liquidation_flow import LiquidationFlow
from kanalo.typing import FloatArray

REPORTED = "reported"
"""Origin of flow that exchanges reported."""

CoverageArray = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class ReportedFlow:
    """Reported liquidations in USD, by the side of the position that was closed by force.

    Attributes
    ----------
    exchanges : tuple of str
        Names, in the order of the columns.
    longs, shorts : float64 arrays of shape (n_bars, n_exchanges)
        USD per bar; NaN where the exchange's feed did not cover the whole bar.
    coverage : int8 array of shape (n_bars, n_exchanges)
        `kanalo.market.liquidations.Coverage` of each.
    origin : str
        Always ``"reported"``.
    """

    exchanges: tuple[str, ...]
    longs: FloatArray
    shorts: FloatArray
    coverage: CoverageArray
    origin: str = REPORTED

    def only(self, exchanges: Iterable[str]) -> ReportedFlow:
        """Return the flow of some exchanges.

        Raises
        ------
        UnknownNameError
            If one of them is not here.
        """
        wanted = tuple(exchanges)
        for name in wanted:
            if name not in self.exchanges:
                raise unknown_name("exchange", name, self.exchanges)
        columns = [self.exchanges.index(name) for name in wanted]
        return ReportedFlow(
            wanted, self.longs[:, columns], self.shorts[:, columns], self.coverage[:, columns]
        )

    def without(self, exchange: str) -> ReportedFlow:
        """Return the flow of all exchanges but one; see `only`."""
        self.only([exchange])
        return self.only(name for name in self.exchanges if name != exchange)

    @property
    def summed(self) -> LiquidationFlow:
        """Longs and shorts over all exchanges; NaN where one of them is unknown or there is none.

        Its ``imbalance`` is ``(shorts - longs) / (shorts + longs)``.
        """
        return LiquidationFlow(_add(self.longs), _add(self.shorts), self.origin)

    @property
    def weakest(self) -> CoverageArray:
        """The least coverage of any exchange, shape (n_bars,): that of the sums."""
        if not self.exchanges:
            return np.full(len(self.coverage), Coverage.UNKNOWN, dtype=np.int8)
        return np.asarray(self.coverage.min(axis=1), dtype=np.int8)


def reported_flow(market: Market) -> ReportedFlow:
    """Return the reported liquidations that a market carries.

    Returns
    -------
    ReportedFlow
        Without exchanges, and so all NaN in sums, where the market carries none.

    Notes
    -----
    Row t is known at the close of bar t.
    """
    exchanges = find_exchanges(market)
    longs, shorts, coverage = (
        np.column_stack([market.known(name) for name in names])
        if names
        else np.empty((len(market), 0))
        for names in (
            [usd_column("long", each) for each in exchanges],
            [usd_column("short", each) for each in exchanges],
            [COVERAGE_PREFIX + each for each in exchanges],
        )
    )
    return ReportedFlow(exchanges, longs, shorts, coverage.astype(np.int8))


def short_long_ratio(longs: FloatArray, shorts: FloatArray) -> FloatArray:
    """Return ``shorts / longs``, the "8:1" of headlines.

    Parameters
    ----------
    longs, shorts : float64 arrays of the same shape
        Sizes of the liquidated positions.

    Returns
    -------
    float64 array
        Infinite where only shorts were liquidated; NaN where nothing was, or a side is unknown. 8:1
        of nothing is nothing: read it beside `size_percentile`.
    """
    known = (longs > 0) | (shorts > 0)
    ratio = np.full(longs.shape, np.nan)
    with np.errstate(divide="ignore"):
        np.divide(shorts, longs, out=ratio, where=known)
    ratio[np.isnan(longs) | np.isnan(shorts)] = np.nan
    return ratio


def size_percentile(total: FloatArray, n_bars: int, min_known: int | None = None) -> FloatArray:
    """Rank the liquidations of a bar among the known ones of its trailing history.

    ``y[t] = #{known x in x[t-n+1 … t] ≤ x[t]} / #{known x in x[t-n+1 … t]}``; equal values take the
    mean of their ranks.

    Parameters
    ----------
    total : float64 array of shape (n_bars_of_market,)
        USD of both sides, NaN where unknown.
    n_bars : int
        Length of the history, the current bar included.
    min_known : int, optional
        Known bars that the history must hold; a tenth of ``n_bars`` by default, at least 2.

    Returns
    -------
    float64 array of shape (n_bars_of_market,)
        In (0, 1]; NaN where the bar is unknown or too little of its history is known.

    Raises
    ------
    ParameterError
        If ``n_bars`` is below 2 or ``min_known`` outside [1, n_bars].
    """
    needed = max(2, n_bars // 10) if min_known is None else min_known
    if n_bars < 2 or not 1 <= needed <= n_bars:
        raise ParameterError(
            "The 'n_bars' of size_percentile must be at least 2 and 'min_known' in [1, n_bars]; "
            f"received {n_bars} and {needed}."
        )
    ranks = pd.Series(total).rolling(n_bars, min_periods=needed).rank(pct=True)
    return np.where(np.isnan(total), np.nan, ranks.to_numpy(np.float64))


def largest_share(amounts: FloatArray) -> FloatArray:
    """Return the share of the largest exchange in each bar.

    Parameters
    ----------
    amounts : float64 array of shape (n_bars, n_exchanges)
        One side or both sides added, in USD.

    Returns
    -------
    float64 array of shape (n_bars,)
        In [1 / n_exchanges, 1]; NaN where an exchange is unknown or nothing was liquidated.
    """
    total = _add(amounts)
    share = np.full(len(total), np.nan)
    known = total > 0
    share[known] = amounts[known].max(axis=1, initial=0.0) / total[known]
    return share


def flow_table(flow: ReportedFlow, index: pd.DatetimeIndex, *, n_bars: int = 720) -> pd.DataFrame:
    """Lay out what the reported flow says of every bar.

    Parameters
    ----------
    flow : ReportedFlow
        Of all exchanges that are to be added.
    index : DatetimeIndex of shape (n_bars,)
        OPEN times of the bars.
    n_bars : int
        History of `size_percentile`.

    Returns
    -------
    DataFrame
        ``long_usd``, ``short_usd``, ``total_usd``, ``imbalance``, ``short_long_ratio``,
        ``size_percentile``, ``largest_share``, ``coverage`` (in words) and ``origin``.
    """
    summed = flow.summed
    words = {each.value: each.name.lower() for each in Coverage}
    columns = {
        "long_usd": summed.longs,
        "short_usd": summed.shorts,
        "total_usd": summed.total,
        "imbalance": summed.imbalance,
        "short_long_ratio": short_long_ratio(summed.longs, summed.shorts),
        "size_percentile": size_percentile(summed.total, n_bars),
        "largest_share": largest_share(flow.longs + flow.shorts),
        "coverage": [words[int(state)] for state in flow.weakest],
        "origin": flow.origin,
    }
    return pd.DataFrame(columns, index=index)


def leave_one_out(flow: ReportedFlow, rows: slice | None = None) -> pd.DataFrame:
    """Sum the flow over some bars with all exchanges, and without each of them in turn.

    A result that rests on one exchange changes much in the row that lacks it.

    Parameters
    ----------
    flow : ReportedFlow
        Reported liquidations.
    rows : slice, optional
        Bars to sum; all by default.

    Returns
    -------
    DataFrame of shape (n_exchanges + 1, 6)
        Indexed by ``left_out`` (``none`` first): ``long_usd``, ``short_usd``, ``imbalance``,
        ``short_long_ratio``, ``bars`` and ``origin``. Every row sums the same bars, those in which
        all exchanges are known, so that rows compare; NaN where there are none.

    Raises
    ------
    DataError
        If the market carries no reported liquidations.
    """
    if not flow.exchanges:
        raise DataError("The market carries no reported liquidations to leave one exchange out of.")
    chosen = rows or slice(None)
    known = ~np.isnan(flow.summed.total[chosen])
    parts = {"none": flow} | {name: flow.without(name) for name in flow.exchanges}
    sums = [
        _sum_up(part.longs[chosen][known], part.shorts[chosen][known]) for part in parts.values()
    ]
    table = pd.DataFrame(sums).assign(bars=int(known.sum()), origin=flow.origin)
    return table.set_index(pd.Index(parts, name="left_out"))


def _sum_up(longs: FloatArray, shorts: FloatArray) -> dict[str, float]:
    """Sum up bars that every exchange knows; without a bar or an exchange nothing is known."""
    sides = [
        np.array([side.sum() if side.size else np.nan], dtype=np.float64)
        for side in (longs, shorts)
    ]
    return {
        "long_usd": float(sides[0][0]),
        "short_usd": float(sides[1][0]),
        "imbalance": float(LiquidationFlow(sides[0], sides[1], REPORTED).imbalance[0]),
        "short_long_ratio": float(short_long_ratio(sides[0], sides[1])[0]),
    }


def _add(amounts: FloatArray) -> FloatArray:
    """Add over exchanges; without any there is nothing known, not nothing liquidated."""
    if not amounts.shape[1]:
        return np.full(len(amounts), np.nan)
    return np.asarray(amounts.sum(axis=1), dtype=np.float64)
