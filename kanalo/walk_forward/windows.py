"""Cut a market into training and test windows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kanalo.arguments import show
from kanalo.errors import DataError, ParameterError
from kanalo.market import Market
from kanalo.periods import LONGEST, to_interval, to_timedelta

TRAIN, TEST = "730d", "180d"
"""Lengths of the windows unless told otherwise: two years, and half a year."""


@dataclass(frozen=True)
class FoldBars:
    """Bars to train and to test on, as positions in the market.

    Attributes
    ----------
    train_start, train_stop : int
        Training runs from the first to the second, exclusive, before anything is purged.
    test_stop : int
        The test runs from ``train_stop`` to here, exclusive.
    """

    train_start: int
    train_stop: int
    test_stop: int


def find_windows(
    market: Market, train: str = TRAIN, test: str = TEST, *, anchored: bool = False
) -> list[FoldBars]:
    """Cut a market into windows whose tests follow one another without a gap.

    Parameters
    ----------
    market : Market
        Its traded bars are cut.
    train, test : str
        Lengths such as ``"180d"``, ``"26w"`` or ``"48h"``.
    anchored : bool
        Whether each training begins at the start of the history.

    Returns
    -------
    list of FoldBars
        In time order, at least one; the last test may be cut to half.

    Raises
    ------
    DataError
        If not even one fits.
    ParameterError
        If a length is none, or shorter than a bar.
    """
    train_length, test_length = to_length(train, "train"), to_length(test, "test")
    _check_bars(market, train=train_length, test=test_length)
    index, end = market.index, market.closes_at[-1]
    begin = test_start = index[market.first]
    windows = []
    while (test_start := max(test_start, begin + train_length)) + test_length / 2 <= end:
        train_start = begin if anchored else test_start - train_length
        edges = index.searchsorted([train_start, test_start, test_start + test_length])
        window = FoldBars(*(int(edge) for edge in edges))
        if window.train_start < window.train_stop < window.test_stop:
            windows.append(window)
        test_start += test_length
    if not windows:
        raise DataError(
            f"{market.name or market.symbol}: {(end - begin).days:,} days are too few for a "
            f"training of {train} and at least half a test of {test}."
        )
    return windows


def _check_bars(market: Market, **lengths: pd.Timedelta) -> None:
    """Refuse windows that hold no bar: most tests of one hour between daily bars would be empty."""
    for name, length in lengths.items():
        if length < market.length:
            raise ParameterError(
                f"run_walk_forward(): '{name}' must be at least one bar of {market.interval}; "
                f"received {to_interval(length)}."
            )


def to_length(text: str, what: str, *, zero: bool = False) -> pd.Timedelta:
    """Read a length such as ``"180d"``; ``"0d"`` only where zero is allowed.

    Parameters
    ----------
    text : str
        Length of time with its unit.
    what : str
        Name of the argument, for the message.
    zero : bool
        Whether ``"0d"`` is accepted.

    Returns
    -------
    Timedelta
        > 0, or ≥ 0 if zero is accepted.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if zero and isinstance(text, str) and text.rstrip("mhdw") == "0":
        return pd.Timedelta(0)
    try:
        return to_timedelta(text)
    except DataError as error:
        raise ParameterError(
            f"run_walk_forward(): '{what}' must be a length of at most {LONGEST.days:,} days, like "
            f"180d, 26w or 48h; received {show(text)}."
        ) from error


def cut(market: Market, start: int, stop: int) -> Market:
    """Return the bars up to ``stop``, of which those before ``start`` only warm signals up.

    Parameters
    ----------
    market : Market
        Market of n_bars bars.
    start : int
        First bar to trade, in [0, n_bars).
    stop : int
        Bar before which trading ends, in (start, n_bars].

    Returns
    -------
    Market
        The bars [0, stop), traded from ``start``.
    """
    end = market.index[stop] if stop < len(market) else None
    return market.between(market.index[start], end)
