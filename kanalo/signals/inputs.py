"""Checks of what pure signal functions are given: series of one length and windows of bars."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from kanalo.arguments import show
from kanalo.errors import DataError, ParameterError
from kanalo.typing import FloatArray


def read_window(function: str, n_bars: Any, name: str = "n_bars") -> int:
    """Return a number of bars as a Python int.

    Parameters
    ----------
    function : str
        Name of the function that was called, for the message.
    n_bars : int or numpy integer
        At least 1; a negative shift would read later bars.
    name : str
        Name of the argument.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ParameterError
        If it is no whole number, or below 1.
    """
    try:
        length = 0 if isinstance(n_bars, (bool, np.bool_)) else operator.index(n_bars)
    except TypeError:
        length = 0
    if length < 1:
        raise ParameterError(
            f"The {name!r} of {function} must be an int of at least 1; received {show(n_bars)}."
        )
    return length


def read_series(function: str, **series: Any) -> list[FloatArray]:
    """Return series of numbers as float64 arrays of one length; NaN is allowed.

    Parameters
    ----------
    function : str
        Name of the function that was called, for the message.
    **series : array-like of shape (n,)
        By the name of the argument.

    Returns
    -------
    list of float64 arrays of shape (n,)
        In the order given; no copy of what is a float64 array already.

    Raises
    ------
    DataError
        If one is not one-dimensional, holds no numbers, or differs in length from the first.
    """
    arrays = [_read_one(function, name, values) for name, values in series.items()]
    for name, array in zip(series, arrays, strict=True):
        if len(array) != len(arrays[0]):
            raise DataError(
                f"The {name!r} of {function} must be as long as its {next(iter(series))!r}, "
                f"{len(arrays[0])}; received {len(array)}."
            )
    return arrays


def _read_one(function: str, name: str, values: Any) -> FloatArray:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise DataError(
            f"The {name!r} of {function} must be numbers of shape (n,); received shape "
            f"{array.shape} of {array.dtype}."
        )
    return array.astype(np.float64, copy=False)
