"""Cut a market into training and test windows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.market import Market
from kanalo.periods import to_timedelta

TRAIN, TEST = "730d", "180d"
"""Lengths of the windows unless told otherwise: two years, and half a year."""


@dataclass(frozen=True)
class Window:
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
) -> list[Window]:
    """Cut a market into windows whose tests follow one another without a gap.

    Parameters as in `run_walk_forward`.

    Raises
    ------
    DataError
        If not even one fits.
    """
    train_length, test_length = to_length(train, "train"), to_length(test, "test")
    index, end = market.index, market.closes_at[-1]
    begin = test_start = index[market.first]
    windows = []
    while (test_start := max(test_start, begin + train_length)) + test_length / 2 <= end:
        train_start = begin if anchored else test_start - train_length
        edges = index.searchsorted([train_start, test_start, test_start + test_length])
        window = Window(*(int(edge) for edge in edges))
        if window.train_start < window.train_stop < window.test_stop:
            windows.append(window)
        test_start += test_length
    if not windows:
        raise DataError(
            f"{market.name or market.symbol}: {(end - begin).days} days are too few for a "
            f"training of {train} and at least half a test of {test}."
        )
    return windows


def to_length(text: str, what: str, *, zero: bool = False) -> pd.Timedelta:
    """Read a length such as ``"180d"``; ``"0d"`` only where zero is allowed.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if zero and text.rstrip("mhdw") == "0":
        return pd.Timedelta(0)
    try:
        return to_timedelta(text)
    except DataError as error:
        raise ParameterError(
            f"'{what}' is a length like 180d, 26w or 48h; received {text!r}."
        ) from error


def cut(market: Market, start: int, stop: int) -> Market:
    """Return the bars up to ``stop``, of which those before ``start`` only warm signals up."""
    end = market.index[stop] if stop < len(market) else None
    return market.between(market.index[start], end)
