"""Events: where a condition begins to hold, far enough apart that their windows do not overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.market import Market
from kanalo.periods import to_timedelta
from kanalo.signals.moving import starts
from kanalo.study.events.conditions import Condition, parse_condition
from kanalo.study.variables import VARIABLES, get_variable
from kanalo.text import count
from kanalo.typing import BoolArray, FloatArray, IntArray

Extra = Mapping[str, npt.NDArray[np.float64] | npt.NDArray[np.bool_]]
"""Columns of one's own beside the registry: bool for truth, float with NaN for numbers."""


@dataclass(frozen=True, eq=False)
class Events:
    """The events that are studied, and what became of the other bars of the condition.

    Attributes
    ----------
    bars : int64 array of shape (n,)
        The events, in time.
    holds : bool array of shape (n_bars,)
        Where the condition is known to hold, event or not: no control is taken from its wake.
    n_true, n_unknown : int
        Studied bars on which the condition holds, and on which nobody knows whether it does.
    n_onsets : int
        Bars on which it begins to hold, or all on which it holds where that was asked for.
    n_overlapping : int
        Onsets left out because they follow an event within ``spacing`` bars.
    spacing : int
        Least bars from one event to the next.
    """

    bars: IntArray
    holds: BoolArray
    n_true: int
    n_unknown: int
    n_onsets: int
    n_overlapping: int
    spacing: int

    def __len__(self) -> int:
        return len(self.bars)


def read_condition(text: str, extra: Extra | None = None) -> Condition:
    """Read a condition over the registry of variables and columns of one's own.

    Parameters
    ----------
    text : str
        Condition such as ``"return_24h > 5 % and rsi < 70"``.
    extra : mapping of str to array of shape (n_bars,), optional
        Columns of one's own by name; bool ones are truth values.

    Returns
    -------
    Condition
        Ready to be evaluated on any market.
    """
    kinds = {name: each.truth for name, each in VARIABLES.items()}
    own = {name: values.dtype == np.bool_ for name, values in (extra or {}).items()}
    return parse_condition(text, {**kinds, **own})


def evaluate_condition(
    market: Market, condition: Condition, extra: Extra | None = None
) -> FloatArray:
    """Return 1, 0 or NaN (unknown) for every bar of a market.

    Parameters
    ----------
    market : Market
        Market of n_bars bars.
    condition : Condition
        From `read_condition`.
    extra : mapping of str to array of shape (n_bars,), optional
        The same columns of one's own as for `read_condition`.

    Returns
    -------
    float64 array of shape (n_bars,)
        1 where it holds, 0 where it does not, NaN where unknown.

    Raises
    ------
    DataError
        If a column of one's own has another length than the market.
    """
    own = extra or {}
    for name, values in own.items():
        if len(values) != len(market):
            raise DataError(
                f"The column '{name}' has {count(len(values), 'value')} for "
                f"{count(len(market), 'bar')}."
            )

    def give(name: str) -> FloatArray:
        if name in own:
            return np.asarray(own[name], dtype=np.float64)
        return get_variable(name).compute(market)

    return condition.evaluate(give)


def find_events(truth: FloatArray, *, spacing: int, first: int = 0, onset: bool = True) -> Events:
    """Find events where a condition begins to hold.

    An onset is a bar on which the condition is known to hold and was not known to hold one bar
    before; the first bar is none, for nobody saw it begin. An onset that follows the last EVENT by
    less than ``spacing`` bars is left out, so that windows of that length never overlap.

    Parameters
    ----------
    truth : float64 array of shape (n_bars,)
        1, 0 or NaN where unknown.
    spacing : int
        Least bars from one event to the next.
    first : int
        First bar that is studied; earlier ones only warm signals up.
    onset : bool
        Whether only beginnings count; otherwise every bar on which the condition holds.

    Returns
    -------
    Events
        Bars of the events, ascending.
    """
    holds = truth == 1
    begun = starts(holds) if onset else holds
    candidates = np.flatnonzero(begun[first:]) + first
    bars = _keep_apart(candidates, spacing)
    studied = truth[first:]
    return Events(
        bars=bars,
        holds=holds,
        n_true=int(holds[first:].sum()),
        n_unknown=int(np.isnan(studied).sum()),
        n_onsets=len(candidates),
        n_overlapping=len(candidates) - len(bars),
        spacing=spacing,
    )


def _keep_apart(bars: IntArray, spacing: int) -> IntArray:
    kept: list[int] = []
    for bar in bars.tolist():
        if not kept or bar - kept[-1] >= spacing:
            kept.append(bar)
    return np.array(kept, dtype=np.int64)


def to_horizon(market: Market, text: str) -> int:
    """Convert a horizon such as ``"6h"`` or ``"7d"`` to bars.

    Parameters
    ----------
    market : Market
        Its interval is the unit.
    text : str
        Length of time with its unit: m, h, d or w.

    Returns
    -------
    int
        Number of bars, ≥ 1.

    Raises
    ------
    ParameterError
        If it is not a whole number of bars.
    DataError
        If it is not a length of time.
    """
    length = to_timedelta(text)
    n_bars, rest = divmod(length, market.length)
    if n_bars < 1 or rest != pd.Timedelta(0):
        raise ParameterError(
            f"A horizon must be a whole number of bars of {market.interval}; received '{text}'."
        )
    return int(n_bars)
