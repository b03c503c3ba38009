"""What a signal returns, as columns of one row per bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.checks.differences import Column, Columns, to_line
from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.text import count


def to_signal_columns(function: Callable[[Market], Any], market: Market) -> Columns:
    """Compute a signal on a market and name its columns.

    Parameters
    ----------
    function : callable
        Takes a market and returns arrays.
    market : Market
        What to compute it on.

    Returns
    -------
    mapping of str to Column
        One for every array, by name.

    Raises
    ------
    CheckError
        If it returns no array, or one without a row for every bar.
    """
    columns = dict(_find_columns(function(market)))
    if not columns:
        raise CheckError("A signal must return arrays with one row per bar; received none.")
    for name, column in columns.items():
        if column.values.shape[:1] != (len(market),):
            raise CheckError(
                f"A signal must return arrays with one row per bar; '{name}' has shape "
                f"{column.values.shape} for {count(len(market), 'bar')}. Pivots and zones are "
                f"looked at by "
                "certify_detector."
            )
    return columns


def _find_columns(value: Any) -> Iterator[tuple[str, Column]]:
    for name, part in _name_parts(value):
        if isinstance(part, (np.ndarray, pd.Series)):
            yield name, to_line(np.asarray(part))


def _name_parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, pd.DataFrame):
        yield from ((str(name), value[name]) for name in value.columns)
    elif isinstance(value, Mapping):
        yield from ((str(name), part) for name, part in value.items())
    elif isinstance(value, tuple):
        yield from ((f"value {i}", part) for i, part in enumerate(value))
    elif is_dataclass(value):
        yield from ((each.name, getattr(value, each.name)) for each in fields(value))
    else:
        yield "value", value
