"""Prices at which a trade is given up or has done its work: stops and measured moves."""

from __future__ import annotations

import numpy as np

from kanalo.typing import FloatArray

LEAST_STOP = 0.05
"""No stop sits lower than this share of its level, however far the distance asks for."""


def stop_below(level: FloatArray, distance: FloatArray) -> FloatArray:
    """Return the stop of a long: ``level - distance``, and at least a twentieth of the level.

    Parameters
    ----------
    level : float64 array of shape (n,)
        Price that is not to be lost.
    distance : float64 array of shape (n,)
        Room below it, in quote currency.

    Returns
    -------
    float64 array of shape (n,)
        NaN where either is NaN.
    """
    return np.maximum(level - distance, LEAST_STOP * level)


def stop_above(level: FloatArray, distance: FloatArray) -> FloatArray:
    """Return the stop of a short: ``level + distance``.

    Parameters
    ----------
    level : float64 array of shape (n,)
        Price that is not to be exceeded.
    distance : float64 array of shape (n,)
        Room above it, in quote currency.

    Returns
    -------
    float64 array of shape (n,)
        NaN where either is NaN.
    """
    return level + distance
