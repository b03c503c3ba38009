"""Code that is no rule of kanalo, made ready for the search: what it is given, what it answers.

An `Adapted` names the code to be checked (a function, a class) and turns what it does on a market
into columns of one row per bar. The code travels to clean processes apart from it, by its source.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kanalo.checks.cuts import spread
from kanalo.checks.differences import Columns
from kanalo.market import Market
from kanalo.typing import IntArray

PACKAGE = "strategies"
"""The package of a workspace's rules."""

FEW_VALUES = 10
"""A line of at most so many distinct values is a signal: a cut right after a change may show it."""


@dataclass(frozen=True)
class Adapted(ABC):
    """Foreign code with the way to run it on a market.

    Attributes
    ----------
    code : function or class
        What is checked; set apart when the rest is pickled.
    """

    code: Any = field(repr=False)

    @property
    def name(self) -> str:
        """Name in the certificate and in messages: a rule of the workspace is named by its file."""
        package, _, module = str(getattr(self.code, "__module__", "")).rpartition(".")
        if package == PACKAGE:
            return module
        return str(getattr(self.code, "__qualname__", type(self.code).__name__))

    @abstractmethod
    def compute(self, market: Market) -> Columns:
        """Run the code on a market.

        Raises
        ------
        CannotDecideError
            If the code raises an error of its own.
        CheckError
            If it does not answer with one row per bar.
        """

    def find_own_cuts(self, columns: Columns, n_cuts: int) -> IntArray:
        """Return cuts right after the bars at which the code says something new.

        Parameters
        ----------
        columns : mapping of str to Column
            On the whole history.
        n_cuts : int
            Most cuts.

        Returns
        -------
        int64 array of shape (n,)
            Increasing.
        """
        bars = [_find_news(each.bars, each.values) for each in columns.values()]
        return spread(np.unique(np.concatenate(bars)), n_cuts) + 1


def _find_news(bars: IntArray | None, values: np.ndarray[Any, Any]) -> IntArray:
    """Return the bars of events, or those at which a line of few values changes."""
    if bars is not None:
        return bars
    if values.ndim != 1 or values.dtype.kind == "O":
        return np.empty(0, np.int64)
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if len(np.unique(known)) > FEW_VALUES:
        return np.empty(0, np.int64)
    changes = values[1:] != values[:-1]
    if values.dtype.kind == "f":
        changes &= ~(np.isnan(values[1:]) & np.isnan(values[:-1]))
    return np.flatnonzero(changes).astype(np.int64) + 1
