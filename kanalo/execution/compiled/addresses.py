"""Where the arrays of decisions are in memory, for the table that a kernel of many sets reads."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import kanalo.execution.compiled._tape_layout as layout
from kanalo.strategy import Decisions
from kanalo.strategy.decisions import EXTRA_FIELDS
from kanalo.typing import IntArray

_EXTRAS = frozenset(each.name for each in EXTRA_FIELDS)


def _read_address(values: npt.NDArray[Any]) -> int:
    """Return the address of an array's numbers: numpy keeps it right behind the object's head.

    Six arrays a set are asked; `_ask_address` takes eight times as long.
    """
    return ctypes.c_void_p.from_address(id(values) + object.__basicsize__).value or 0


def _ask_address(values: npt.NDArray[Any]) -> int:
    return int(values.ctypes.data)


def _choose_address() -> Callable[[npt.NDArray[Any]], int]:
    """Read addresses where this interpreter and numpy lay arrays out as numpy documents it."""
    probes = [np.arange(9.0), np.arange(9)[2:], np.zeros(3, dtype=np.int8)]
    is_laid = sys.implementation.name == "cpython" and not hasattr(sys, "getobjects")
    if is_laid and all(_read_address(each) == _ask_address(each) for each in probes):
        return _read_address
    return _ask_address


_find_address = _choose_address()


def note_decisions(decisions: Decisions, places: IntArray) -> list[npt.NDArray[Any]]:
    """Write down where the arrays of decisions are, in a row of N_PLACES numbers.

    `find_orders` of the kernels finds there what `to_orders` of
    `kanalo.execution.compiled.simulate` gives. Nothing is taken apart or copied that kernels can
    read where it is.

    Parameters
    ----------
    decisions : Decisions
        Kept alive by the caller, as what is returned.
    places : int64 array of shape (N_PLACES,)
        Where to write.

    Returns
    -------
    list of array
        What had to be copied.
    """
    row: list[int] = []
    copied: list[npt.NDArray[Any]] = []
    extended, held = decisions.is_extended, vars(decisions)
    for name, dtype in layout.ORDER_DTYPES.items():
        values = held[name] if extended or name not in _EXTRAS else None
        if values is None:
            row += (0, 0)
            continue
        flags = values.flags
        if values.dtype != dtype or not (flags.c_contiguous and flags.aligned):
            values = np.array(values, dtype=dtype, order="C")
            copied.append(values)
        row += (len(values), _find_address(values))
    places[:] = row
    return copied
