"""Hand the orders of many sets to a kernel at once: as a table of where their arrays are.

Numba takes apart every array that it is given, and Python holds its lock meanwhile. Orders of a
whole group are taken apart one by one and then run in one call, side by side with other threads.
Whoever fills the table keeps the orders alive until that call is over.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt

import kanalo.execution.compiled._tape_layout as layout
from kanalo._jit import COMPILED, hot_kernel, inlined, stamp_sources
from kanalo.execution.compiled._tape_layout import Orders
from kanalo.strategy import Decisions
from kanalo.strategy.decisions import EXTRA_FIELDS
from kanalo.typing import IntArray

N_PLACES = 2 * len(layout.ORDER_DTYPES)
"""Numbers in a row of the table: the length and the address of each array."""

_EXTRAS = frozenset(each.name for each in EXTRA_FIELDS)


def _view_plain(address: int, length: int, dtype: Any) -> Any:
    """Return the array of that many numbers that begins at an address; it owns no memory."""
    size = int(length) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(int(address)), dtype=dtype)


def _make_view() -> Callable[[int, int, Any], Any]:
    """Make what does as `_view_plain` inside of kernels, where Python has no say."""
    from numba import types
    from numba.extending import intrinsic
    from numba.np import arrayobj

    arrays: Any = arrayobj  # its functions have no types

    def type_view(typing: Any, address: Any, length: Any, dtype: Any) -> Any:
        del typing, address, length
        found = types.Array(dtype.instance_type, 1, "C")

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            del signature
            array = arrays.make_array(found)(context, builder)
            size = context.get_abi_sizeof(context.get_data_type(found.dtype))
            step = context.get_constant(types.intp, size)
            arrays.populate_array(
                array,
                data=builder.inttoptr(values[0], array.data.type),
                shape=[values[1]],
                strides=[step],
                itemsize=step,
                meminfo=None,
            )
            return array._getvalue()

        return found(types.int64, types.int64, dtype), generate

    return cast(Callable[[int, int, Any], Any], intrinsic(type_view))


_view = _make_view() if COMPILED else _view_plain


def _generate(name: str, lines: list[str]) -> Any:
    """Compile a function that has one line for each array of `Orders`.

    Kernels cannot loop over arrays of several types; like the methods of a dataclass, what would
    be the same line again and again is generated from the declaration.
    """
    namespace: dict[str, Any] = {"Orders": Orders, "_view": _view, **_DTYPE_NAMES}
    exec("\n    ".join([f"def {name}:", *lines]), namespace)
    return inlined(namespace[name.partition("(")[0]])


_DTYPE_NAMES = {dtype.__name__: dtype for dtype in layout.ORDER_DTYPES.values()}
_VIEWS = ", ".join(
    f"_view(places[{2 * i + 1}], places[{2 * i}], {dtype.__name__})"
    for i, dtype in enumerate(layout.ORDER_DTYPES.values())
)
find_orders: Callable[[IntArray], Orders] = _generate(
    "find_orders(places)", [f"return Orders({_VIEWS})"]
)
"""Return the orders that `note_orders` wrote down."""


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

    As `note_orders` of `kanalo.execution.compiled.simulate.to_orders`, in a fraction of the time:
    nothing is taken apart or copied that kernels can read where it is.

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


_write_places = _generate(
    "write_places(orders, places)",
    [
        f"places[{2 * i}], places[{2 * i + 1}] = len(orders.{name}), orders.{name}.ctypes.data"
        for i, name in enumerate(layout.ORDER_DTYPES)
    ],
)


def _make_note_orders(stamp: int) -> Callable[[Orders, IntArray], None]:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def note_orders(orders: Orders, places: IntArray) -> None:
        """Write down where the arrays of orders are, in a row of N_PLACES numbers."""
        if stamp < 0:
            return
        _write_places(orders, places)

    return note_orders


note_orders = _make_note_orders(stamp_sources(layout))
