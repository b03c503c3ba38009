"""Dense arrays with a value for each bar, read at the bars of entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.arguments import show
from kanalo.errors import DecisionError
from kanalo.strategy.fields import DecisionField
from kanalo.strategy.soundness import check_bars
from kanalo.typing import FloatArray, IntArray

FILLED: dict[Any, tuple[type, ...]] = {np.float64: (float, int), np.int64: (int,), None: (str,)}
"""Types of Python's own values that fill a field as they are."""

Values = npt.ArrayLike | Callable[[IntArray], Any] | tuple[Any, Any]
"""One value, one for each bar, what computes it for some bars, or two of these: longs, shorts."""


def find_bars(values: npt.ArrayLike | None, n_bars: int, name: str) -> IntArray:
    """Return the bars at which a mask holds, or which are listed.

    Parameters
    ----------
    values : bool array of shape (n_bars,), int array of shape (n,) or None
        The mask, or the bars themselves, increasing; None holds nowhere.
    n_bars : int
        Number of bars.
    name : str
        Name of the argument, for the message.

    Returns
    -------
    int64 array
        The bars, increasing.

    Raises
    ------
    DecisionError
        If it is no mask of that length, and no list of bars.
    """
    if values is None:
        return np.zeros(0, dtype=np.int64)
    mask = np.asarray(values)
    if mask.dtype == bool and mask.shape == (n_bars,):
        return mask.nonzero()[0]
    if mask.dtype.kind == "i" and mask.ndim == 1:
        bars = mask.astype(np.int64, copy=False)
        check_bars(bars, name, n_bars)
        return bars
    raise DecisionError(
        f"'{name}' must be a bool array of length {n_bars}; received {mask.dtype} of shape "
        f"{mask.shape}. Bars may also be listed: ints in increasing order."
    )


def merge_sides(longs: IntArray, shorts: IntArray) -> tuple[IntArray, npt.NDArray[np.int8]]:
    """Put the entries of both sides in order; no bar may decide to enter both.

    Parameters
    ----------
    longs, shorts : int64 arrays
        Bars of each side, increasing.

    Returns
    -------
    tuple of int64 and int8 array
        Bars and sides.

    Raises
    ------
    DecisionError
        If both hold one bar.
    """
    if not len(shorts):
        return longs, np.ones(len(longs), dtype=np.int8)
    from kanalo.strategy._decision_kernels import merge

    n = len(longs) + len(shorts)
    entries, side = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int8)
    both = merge(_to_plain(longs), _to_plain(shorts), entries, side)
    if both >= 0:
        raise DecisionError(f"Bar {both} decides to enter long and short at once.")
    return entries, side


def _to_plain(bars: IntArray) -> IntArray:
    """Return bars as the one kind of array that the kernel was compiled for."""
    return bars if bars.flags.carray else np.array(bars)


def is_left_out(declared: DecisionField, values: Values) -> bool:
    """Tell whether a field was given as nothing but its default: most rules say nothing of it.

    Parameters
    ----------
    declared : DecisionField
        The field.
    values : array_like, callable or pair of them
        What was given.

    Returns
    -------
    bool
        True only for one value for all bars.
    """
    if values is declared.default:
        return True
    if type(values) is type(declared.default) and values == declared.default:
        return True
    if callable(values) or isinstance(values, tuple):
        return False
    return np.ndim(values) == 0 and declared.is_default(values)


def pick_values(
    declared: DecisionField,
    values: Values,
    entries: IntArray,
    side: npt.NDArray[np.int8],
    n_bars: int,
) -> Any:
    """Read at the entries what was given for all bars, or compute it there.

    Parameters
    ----------
    declared : DecisionField
        The field.
    values : array_like of shape (), (n_bars,) or (n_bars, 2), callable, or tuple of two
        What was given; of two columns, or of a tuple, the first is for longs, the second for
        shorts. A callable takes bars, int64 of shape (n,), and returns one value or n.
    entries : int64 array of shape (n,)
        Bars of the entries.
    side : int8 array of shape (n,)
        Their sides.
    n_bars : int
        Number of bars.

    Returns
    -------
    array or tuple of length n
        As `Decisions` holds the field.

    Raises
    ------
    DecisionError
        If the shape is another one, or the values are no numbers.
    """
    if type(values) in FILLED.get(declared.dtype, ()):
        return declared.fill_with(values, len(entries))
    is_short = side < 0
    if isinstance(values, tuple) and len(values) == 2:
        return _pick_pair(declared, values, entries, is_short, n_bars)
    dense = None if callable(values) else np.asarray(values)
    if dense is not None and dense.shape == (n_bars, 2):
        return _convert(declared, dense[entries, is_short.astype(np.int64)], len(entries))
    return pick_one(declared, values, entries, n_bars)


def _pick_pair(
    declared: DecisionField,
    pair: tuple[Any, ...],
    entries: IntArray,
    is_short: npt.NDArray[np.bool_],
    n_bars: int,
) -> Any:
    """Read longs from the first of two and shorts from the second."""
    if declared.dtype is None and all(isinstance(each, str) for each in pair):
        return tuple(np.array(pair, dtype=object)[is_short.astype(np.int8)].tolist())
    picked = np.empty(len(entries), dtype=declared.dtype or object)
    for values, chosen in zip(pair, (~is_short, is_short), strict=True):
        picked[chosen] = pick_one(declared, values, entries[chosen], n_bars)
    return picked if declared.dtype is not None else tuple(picked.tolist())


def pick_one(declared: DecisionField, values: Any, entries: IntArray, n_bars: int) -> Any:
    """Read one value, one for each bar, or what a callable returns for the bars of the entries.

    Parameters
    ----------
    declared : DecisionField
        The field.
    values : array_like of shape () or (n_bars,), or callable
        What was given.
    entries : int64 array of shape (n,)
        Bars of the entries.
    n_bars : int
        Number of bars.

    Returns
    -------
    array or tuple of length n
        As `Decisions` holds the field.

    Raises
    ------
    DecisionError
        As `pick_values`.
    """
    n = len(entries)
    if callable(values):
        at_entries = np.asarray(values(entries))
        if at_entries.shape not in ((), (n,)):
            raise DecisionError(
                f"The callable of '{declared.name}' must return one value or {n}, one for each "
                f"bar that it is given; received {at_entries.shape}."
            )
        return _convert(declared, at_entries, n)
    dense = np.asarray(values)
    if dense.shape not in ((), (n_bars,)):
        raise DecisionError(
            f"'{declared.name}' must be one value or {n_bars} of them, one per bar; "
            f"received {dense.shape}."
        )
    return _convert(declared, dense if dense.ndim == 0 else dense[entries], n)


def _convert(declared: DecisionField, values: npt.NDArray[Any], n: int) -> Any:
    """Return values at entries as `Decisions` holds them."""
    if declared.dtype is None:
        return (str(values),) * n if values.ndim == 0 else tuple(map(str, values.tolist()))
    try:
        if values.ndim == 0:
            return np.full(n, values, dtype=declared.dtype)
        return values.astype(declared.dtype)
    except (ValueError, TypeError) as error:
        received = values.item() if values.ndim == 0 else values
        raise DecisionError(
            f"'{declared.name}' must hold numbers; received {show(received)}."
        ) from error


def to_line(values: npt.ArrayLike | None) -> FloatArray | None:
    """Return a line of prices as float64; None stays None."""
    return None if values is None else np.asarray(values, dtype=np.float64)
