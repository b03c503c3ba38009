"""The look-ahead certificate for anyone's function of a frame of bars."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from kanalo.arguments import check_type
from kanalo.checks.accepted import check_callable, check_market, check_settings
from kanalo.checks.adapted import Adapted
from kanalo.checks.certificate import Certificate
from kanalo.checks.certify import N_CUTS, certify_adapted
from kanalo.checks.differences import Column, Columns, to_line
from kanalo.checks.histories import CannotDecideError, describe_failure
from kanalo.errors import CheckError, ParameterError
from kanalo.market import Market
from kanalo.text import count

POPULATE = ("populate_indicators", "populate_entry_trend", "populate_exit_trend")
"""Methods of a freqtrade strategy, in the order in which freqtrade calls them."""

SIGNALS = frozenset(
    ("enter_long", "exit_long", "enter_short", "exit_short", "buy", "sell", "entries", "exits")
)
"""Columns of these names say yes or no at each bar, whatever their type."""

_PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class FrameFunction(Adapted):
    """A function of a frame of bars, or a class with the ``populate_*`` methods of freqtrade.

    A function of one argument gets a frame of open, high, low, close and volume on UTC times. One
    of two arguments, and the methods, get freqtrade's frame (a column ``date``, rows numbered from
    0) and ``{"pair": symbol}``.
    """

    def compute(self, market: Market) -> Columns:
        """Run the function and name its columns; those of the bars themselves are left out."""
        n_bars = len(market)
        try:
            answer = self._call(market)
        except (Exception, SystemExit) as error:
            raise CannotDecideError(describe_failure(self.name, market, error)) from error
        columns = dict(_to_columns(self.name, _to_frame(self.name, answer, market), market))
        if not columns:
            raise CheckError(
                f"{self.name} must return a Series or a DataFrame of signals with one row per bar; "
                f"received {_describe(answer)} for {count(n_bars, 'bar')}."
            )
        return columns

    def _call(self, market: Market) -> Any:
        metadata = {"pair": market.symbol or market.name}
        if inspect.isclass(self.code):
            return _populate(_create(self.code), _to_freqtrade(market), metadata)
        if count_arguments(self.code) >= 2:
            return self.code(_to_freqtrade(market), metadata)
        return self.code(market.bars[[*_PRICES]].copy())


def certify_function(
    function: Callable[..., Any],
    market: Market,
    *,
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
) -> Certificate:
    """Look for look-ahead in a function of a frame of bars.

    Half of the cuts lie right after its own signals, the others anywhere; at each the history ends
    or, at every fourth, goes on with other bars. What it returns for the bars before the cut must
    be the same: yes or no, text and whole numbers exactly, other numbers to 1e-9.

    Parameters
    ----------
    function : callable or type
        Takes a frame with open, high, low, close and volume on UTC times and returns a Series or a
        DataFrame. A function of two arguments takes freqtrade's frame and metadata; a class with
        ``populate_indicators``, ``populate_entry_trend`` or ``populate_exit_trend`` is called as
        freqtrade calls it.
    market : Market
        Of at least three bars.
    cuts, seed, thorough
        As in `kanalo.checks.certify_all`.

    Returns
    -------
    Certificate
        Of the kind ``"rule"`` where a column says yes or no (a truth value, or one of
        freqtrade's names), else ``"signal"``. What differs with the number of bars alone, and with
        no later price, is no look-ahead but a note.

    Raises
    ------
    CheckError
        If the function cannot be sent to a clean process.
    ParameterError
        If an argument has another type or is out of bounds.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> def crossing(bars):
    ...     return bars["close"] > bars["close"].rolling(20).mean()
    >>> kanalo.certify_function(crossing, market, cuts=4).verdict
    'clean'
    """
    check_callable("certify_function", "function", function)
    check_market("certify_function", market)
    settings = {"cuts": cuts, "seed": seed, "thorough": thorough}
    check_settings("certify_function", settings)
    return certify_adapted(
        FrameFunction(function), market, cuts=int(cuts), seed=int(seed), thorough=thorough
    )


def count_arguments(function: Callable[..., Any]) -> int:
    """Return how many arguments a function needs; those with a default do not count.

    Examples
    --------
    >>> count_arguments(lambda dataframe, metadata: dataframe)
    2
    """
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.kind in kinds and each.default is each.empty
    ]
    return len(needed)


def is_populating(code: Any) -> bool:
    """Tell whether a class has methods of a freqtrade strategy."""
    return inspect.isclass(code) and any(hasattr(code, name) for name in POPULATE)


def check_function(name: str, code: Any) -> None:
    """Refuse what no function of a frame can be.

    Parameters
    ----------
    name : str
        How it was named, for the message.
    code : object
        What was found there.

    Raises
    ------
    ParameterError
        If it is neither a function nor a class with ``populate_*`` methods.
    """
    check_type("audit", "function", name, str, "text")
    if inspect.isclass(code) and not is_populating(code):
        raise ParameterError(
            f"'{name}' is a class without {', '.join(POPULATE)}; name a function of a DataFrame, a "
            "class with these methods, a kanalo.Strategy or a bt.Strategy."
        )
    if not callable(code):
        raise ParameterError(
            f"'{name}' is a {type(code).__name__}; name a function of a DataFrame, or a class."
        )


def _create(code: Any) -> Any:
    """Make an instance as freqtrade does, which gives its configuration, or without arguments."""
    return code({}) if count_arguments(code) else code()


def _populate(strategy: Any, frame: pd.DataFrame, metadata: dict[str, str]) -> pd.DataFrame:
    for name in POPULATE:
        method = getattr(strategy, name, None)
        if method is not None:
            frame = method(frame, dict(metadata))
    return frame


def _to_freqtrade(market: Market) -> pd.DataFrame:
    frame = market.bars[[*_PRICES]].reset_index(drop=True)
    frame.insert(0, "date", market.index)
    return frame


def _to_frame(name: str, answer: Any, market: Market) -> pd.DataFrame:
    """Put an answer on the bars; rows that it leaves out are missing."""
    if isinstance(answer, np.ndarray) and answer.shape[:1] == (len(market),) and answer.ndim <= 2:
        answer = pd.DataFrame(answer)
    if isinstance(answer, pd.Series):
        inherited = answer.name is None or answer.name in _PRICES  # a condition on closes is none
        answer = answer.to_frame("signal" if inherited else str(answer.name))
    if not isinstance(answer, pd.DataFrame):
        return pd.DataFrame()
    frame = answer.set_axis([str(each) for each in answer.columns], axis=1)
    if len(frame) == len(market):
        return frame.reset_index(drop=True)
    times = market.index if isinstance(frame.index, pd.DatetimeIndex) else np.arange(len(market))
    if not frame.index.is_unique or not frame.index.isin(times).all():
        raise CheckError(
            f"{name} must return one row per bar; received {count(len(frame), 'row')} for "
            f"{count(len(market), 'bar')}."
        )
    return frame.reindex(times).reset_index(drop=True)


def _to_columns(name: str, frame: pd.DataFrame, market: Market) -> Iterator[tuple[str, Column]]:
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise CheckError(f"{name} returns the column '{twice}' twice.")
    for column in frame.columns:
        values = frame[column]
        own = market.bars[column].to_numpy() if column in _PRICES else None
        if own is not None and np.array_equal(values.to_numpy(), own):
            continue
        if not isinstance(values.dtype, pd.DatetimeTZDtype) and values.dtype.kind != "M":
            yield column, _to_column(column, values)


def _to_column(name: str, values: pd.Series[Any]) -> Column:
    """Make events of what says yes or no, a line of numbers, and text of all else."""
    missing = values.isna().to_numpy()
    if not (is_numeric_dtype(values.dtype) or is_bool_dtype(values.dtype)):
        known = values[~missing]
        if not known.map(lambda each: isinstance(each, (bool, np.bool_, int, float))).all():
            text = values.astype(str).where(~missing, "")
            return Column(None, text.to_numpy(dtype=object))
    numbers = pd.to_numeric(values.astype(object).where(~missing, np.nan)).to_numpy(np.float64)
    if name.lower() in SIGNALS or _is_truth(values, missing):
        bars = np.flatnonzero(~missing & (numbers != 0)).astype(np.int64)
        return Column(bars, np.ones(len(bars), dtype=bool), events=True)
    return to_line(numbers)


def _is_truth(values: pd.Series[Any], missing: np.ndarray[Any, np.dtype[np.bool_]]) -> bool:
    if values.dtype != object:
        return bool(is_bool_dtype(values.dtype))
    known = values[~missing]
    return bool(len(known) and known.map(lambda each: isinstance(each, (bool, np.bool_))).all())


def _describe(answer: Any) -> str:
    shape = getattr(answer, "shape", None)
    return f"a {type(answer).__name__}" + (f" of shape {shape}" if shape is not None else "")
