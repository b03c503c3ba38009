"""Liquidations over a span: reported ones in USD, estimated ones without a unit, never mixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.market.liquidations import Coverage
from kanalo.report.toolkit.plain import to_iso, to_plain
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_flow import LiquidationFlow
from kanalo.signals.liquidation_levels import levels_warm_up
from kanalo.signals.mixed_flow import mixed_flow
from kanalo.signals.reported_flow import REPORTED, ReportedFlow, reported_flow, short_long_ratio
from kanalo.typing import BoolArray, FloatArray

COLUMNS = 480
"""Most columns of the figure; more bars than that are summed in groups of equal length."""

ALL, MARKET = "all exchanges", "whole market"


@dataclass(frozen=True, eq=False)
class FlowView:
    """Liquidations of a span.

    Attributes
    ----------
    market : Market
        The bars of the span.
    reported : ReportedFlow
        USD per bar and exchange; NaN where unknown.
    estimated : LiquidationFlow
        Relative units per bar; NaN where the bars are of a spot venue.
    used : bool array of shape (n_bars,) or None
        Whether rules read what was reported of a bar, instead of the estimate.
    """

    market: Market
    reported: ReportedFlow
    estimated: LiquidationFlow
    used: BoolArray | None = None

    @property
    def censored(self) -> bool:
        """Whether a known bar is a lower bound."""
        return bool((self.reported.coverage == Coverage.CENSORED).any())

    @property
    def any_reported(self) -> bool:
        """Whether any bar of the span is known by any exchange."""
        return bool((~np.isnan(self.reported.longs + self.reported.shorts)).any())


@dataclass(frozen=True)
class FlowSum:
    """Sums of one exchange, of all, or of the estimate.

    Attributes
    ----------
    name, origin : str
        Whose, and ``"reported"`` or ``"estimated"``.
    longs, shorts : float
        USD if reported, relative if estimated; over the bars that are known; NaN without any.
    bars, censored : int
        Known bars, and how many of them are lower bounds.
    """

    name: str
    origin: str
    longs: float
    shorts: float
    bars: int
    censored: int

    @property
    def imbalance(self) -> float:
        """``(shorts - longs) / (shorts + longs)``; NaN where nothing was liquidated."""
        total = self.shorts + self.longs
        return (self.shorts - self.longs) / total if total > 0 else np.nan

    @property
    def ratio(self) -> float:
        """``shorts / longs``; infinite where only shorts were liquidated."""
        return float(short_long_ratio(np.array([self.longs]), np.array([self.shorts]))[0])


def view_flow(
    market: Market, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
) -> FlowView:
    """View the liquidations of the bars that open in [start, end).

    Parameters
    ----------
    market : Market
        The bars.
    start, end : str or Timestamp, optional
        OPEN times, UTC unless they carry a zone; the whole market by default.

    Returns
    -------
    FlowView
        Reported flow of each exchange and the estimated flow, a row a bar.

    Raises
    ------
    DataError
        If no bar opens in the span.
    """
    span = market.between(start, end)
    first = max(0, span.first - levels_warm_up(span))
    part = span.rows(first, len(span))
    flow = estimated_flow(part)
    own = slice(span.first - first, None)
    shown = span.traded
    estimated = LiquidationFlow(flow.longs[own], flow.shorts[own], flow.origin)
    return FlowView(shown, reported_flow(shown), estimated, mixed_flow(part).reported[own])


def to_sums(view: FlowView) -> list[FlowSum]:
    """Sum up each exchange, all of them over the bars that all know, and the estimate."""
    flow = view.reported
    rows = [
        _sum_up(name, flow.origin, flow.longs[:, i], flow.shorts[:, i], flow.coverage[:, i])
        for i, name in enumerate(flow.exchanges)
    ]
    if len(flow.exchanges) > 1:
        summed = flow.summed
        rows.append(_sum_up(ALL, flow.origin, summed.longs, summed.shorts, flow.weakest))
    estimated = view.estimated
    nothing = np.zeros(len(estimated.longs), dtype=np.int8)
    return [*rows, _sum_up(MARKET, estimated.origin, estimated.longs, estimated.shorts, nothing)]


def _sum_up(
    name: str, origin: str, longs: FloatArray, shorts: FloatArray, coverage: Any
) -> FlowSum:
    known = ~np.isnan(longs + shorts)
    bars = int(known.sum())
    censored = int((coverage[known] == Coverage.CENSORED).sum())
    long, short = (float(side[known].sum()) if bars else np.nan for side in (longs, shorts))
    return FlowSum(name, origin, long, short, bars, censored)


def to_columns(view: FlowView, columns: int = COLUMNS) -> tuple[pd.DatetimeIndex, FlowView]:
    """Sum bars in groups so that at most so many columns are left; NaN where one is unknown.

    Parameters
    ----------
    view : FlowView
        A row a bar.
    columns : int
        Most groups.

    Returns
    -------
    DatetimeIndex of shape (m + 1,), FlowView
        The edges of the columns, and the view with arrays of length m.
    """
    n = len(view.market)
    size = -(-n // columns)
    starts = np.arange(0, n, size)
    edges = pd.DatetimeIndex([*view.market.index[starts], view.market.closes_at[-1]])
    flow, estimated = view.reported, view.estimated
    reported = ReportedFlow(
        flow.exchanges,
        np.add.reduceat(flow.longs, starts),
        np.add.reduceat(flow.shorts, starts),
        np.minimum.reduceat(flow.coverage, starts),
    )
    longs, shorts = (np.add.reduceat(side, starts) for side in (estimated.longs, estimated.shorts))
    return edges, FlowView(view.market, reported, LiquidationFlow(longs, shorts, estimated.origin))


def to_flow_dict(view: FlowView) -> dict[str, Any]:
    """Return the sums and every bar as plain values; None where unknown, never zero."""
    market = view.market
    return {
        "market": market.name,
        "symbol": market.symbol,
        "start": to_iso(market.index[0]),
        "end": to_iso(market.closes_at[-1]),
        "sums": [_to_sum_dict(each) for each in to_sums(view)],
        "bars": list(_to_bars(view)),
    }


def _to_sum_dict(row: FlowSum) -> dict[str, Any]:
    unit = "usd" if row.origin != "estimated" else "relative"
    return {
        "name": row.name,
        "origin": row.origin,
        f"long_{unit}": to_plain(row.longs),
        f"short_{unit}": to_plain(row.shorts),
        "imbalance": to_plain(row.imbalance),
        "short_long_ratio": to_plain(row.ratio),
        "bars": row.bars,
        "censored_bars": row.censored,
    }


def _to_bars(view: FlowView) -> Iterator[dict[str, Any]]:
    flow, estimated = view.reported, view.estimated
    balance = estimated.imbalance
    for i, time in enumerate(view.market.index):
        exchanges = {
            name: {
                "long_usd": to_plain(float(flow.longs[i, k])),
                "short_usd": to_plain(float(flow.shorts[i, k])),
                "coverage": Coverage(int(flow.coverage[i, k])).name.lower(),
            }
            for k, name in enumerate(flow.exchanges)
        }
        guess = {
            "long_relative": to_plain(float(estimated.longs[i])),
            "short_relative": to_plain(float(estimated.shorts[i])),
            "imbalance": to_plain(float(balance[i])),
        }
        read = REPORTED if view.used is not None and view.used[i] else estimated.origin
        yield {"time": to_iso(time), "reported": exchanges, "estimated": guess, "rules_read": read}
