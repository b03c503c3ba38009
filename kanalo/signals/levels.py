"""Prices at which a trade is given up or has done its work: stops and measured moves."""

from __future__ import annotations

import numpy as np

from kanalo.errors import ParameterError
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


def check_second(rule: str, **distances: float) -> None:
    """Refuse a second target that does not lie beyond the first one.

    Parameters
    ----------
    rule : str
        Name of the rule, for the message.
    **distances : float
        Distance of the first and of the second target by their parameters, in this order; a second
        one of 0 stands for none.

    Raises
    ------
    ParameterError
        If the second distance is above 0 and not larger than the first.
    """
    (_, first), (name, second) = distances.items()
    if 0 < second <= first:
        raise ParameterError(
            f"The '{name}' parameter of {rule} must be 0 or more than {first:g}, beyond the first "
            f"target; received {second:g}."
        )
