"""The channel of a rolling regression of weekly log closes, parallels around highs and lows."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market
from kanalo.market.resample import Slower, to_slower
from kanalo.signals._kernels import regression_channels
from kanalo.signals.channel import FIT_COLUMNS, Channel, ChannelRule, WeeklyFits, draw, judge
from kanalo.typing import FloatArray

TOUCH_TOLERANCE = 0.2
"""How near a high or low comes to a line to touch it, as a share of the channel's width."""


def fit_regression(
    log_high: FloatArray, log_low: FloatArray, log_close: FloatArray, weeks: int
) -> WeeklyFits:
    """Fit a regression channel to every window of weekly bars.

    Over the last ``weeks`` bars, ``log close = level + slope × week`` by least squares. The upper
    line runs parallel through the high that lies farthest above it, the lower one through the low
    farthest below, so the window lies within the lines. A touch is a high (low) that comes within a
    fifth of the width of its line; the next one counts after the price has been past the middle.
    Quality is R² of the closes.

    Parameters
    ----------
    log_high, log_low, log_close : float64 arrays of shape (n_weeks,)
        Natural logs of weekly prices.
    weeks : int
        Length of the window.

    Returns
    -------
    WeeklyFits
        NaN for the first ``weeks - 1`` weeks.

    References
    ----------
    G. Raff, "Trading the regression channel" (1996): parallels at the largest distance; his are
    symmetric, these are fitted on each side.
    """
    fits = np.full((len(log_close), FIT_COLUMNS), np.nan)
    regression_channels(log_high, log_low, log_close, weeks, TOUCH_TOLERANCE, fits)
    slope, lower, upper, quality, touches_lower, touches_upper = fits.T
    return WeeklyFits(slope, lower, upper, quality, touches_lower, touches_upper, slope > 0)


def regression_channel(market: Market, rule: ChannelRule = ChannelRule()) -> Channel:  # noqa: B008
    """Detect rising channels by rolling regression of weekly log prices.

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
    Looks back ``rule.weeks + 1`` weeks.
    """
    slower = to_slower(market, "1w")
    logs = log_prices(slower)
    fits = fit_regression(*logs, rule.weeks)
    return draw(market, slower, fits, judge(fits, logs[2], rule))


def log_prices(slower: Slower) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the logs of high, low and close of slower bars."""
    high, low, close = (
        np.log(slower.bars[name].to_numpy(np.float64)) for name in ("high", "low", "close")
    )
    return high, low, close
