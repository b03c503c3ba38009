"""The channel of swing pivots: parallel lines through weekly higher highs and higher lows."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market
from kanalo.market.resample import to_slower
from kanalo.signals._kernels import pivot_channels
from kanalo.signals.channel import FIT_COLUMNS, Channel, ChannelRule, WeeklyFits, draw, judge
from kanalo.signals.pivots import Pivots, find_pivots

REACH = 2
"""Weeks on either side of a weekly pivot; it is known two weeks after its own."""

TOUCH_TOLERANCE = 0.2
"""How near a pivot comes to its line to touch it, as a share of the channel's width."""

PIVOT_RULE = ChannelRule(weeks=39, min_quality=0.5)
"""Pivots are rarer than weeks: a longer window, and half of its pivots on a line."""


def fit_pivot_lines(pivots: Pivots, n_weeks: int, weeks: int) -> WeeklyFits:
    """Fit parallel lines to the known pivots of every window.

    One slope is fitted to highs and lows together, each group with a level of its own, by least
    squares: ``slope = Σ (x - x̄)(y - ȳ) / Σ (x - x̄)²`` with means per group. Highs below and lows
    above the middle of these lines are turns inside the channel; without them the lines are fitted
    once more. A touch is a pivot within a fifth of the width of its line; quality is the share of
    the window's pivots that touch. The lines rise if the last two highs and the last two lows do.

    Parameters
    ----------
    pivots : Pivots
        Of weekly bars, prices not logged; a pivot counts from its confirmation on.
    n_weeks, weeks : int
        Number of weekly bars, and length of the window.

    Returns
    -------
    WeeklyFits
        NaN while the window is incomplete or holds fewer than two highs or two lows.
    """
    fits = np.full((n_weeks, FIT_COLUMNS + 1), np.nan)
    log_price, side = np.log(pivots.price), pivots.side.astype(np.int64)
    pivot_channels(pivots.bar, log_price, side, pivots.confirmed_at, weeks, TOUCH_TOLERANCE, fits)
    slope, lower, upper, quality, touches_lower, touches_upper, rising = fits.T
    return WeeklyFits(slope, lower, upper, quality, touches_lower, touches_upper, rising == 1)


def pivot_channel(market: Market, rule: ChannelRule = PIVOT_RULE) -> Channel:
    """Detect rising channels through confirmed weekly pivots.

    Parameters
    ----------
    market : Market
        Bars of a week or less.
    rule : ChannelRule
        What a channel must show.

    Returns
    -------
    Channel
        At every bar of the market, from weeks that had closed by then.

    Notes
    -----
    Looks back ``rule.weeks + 3`` weeks. A pivot is known two weeks late, so the lines answer to a
    turn two weeks after it.
    """
    slower = to_slower(market, "1w")
    high, low, close = (slower.bars[n].to_numpy(np.float64) for n in ("high", "low", "close"))
    fits = fit_pivot_lines(find_pivots(high, low, REACH, REACH), len(high), rule.weeks)
    return draw(market, slower, fits, judge(fits, np.log(close), rule))
