"""Hand the orders of many sets to a kernel at once: as a table of where their arrays are.

Numba takes apart every array that it is given, and Python holds its lock meanwhile. Orders of a
whole group are taken apart one by one and then run in one call, side by side with other threads.
Whoever fills the table keeps the orders alive until that call is over.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, cast

import numpy as np

import kanalo.execution._layout as layout
from kanalo._jit import COMPILED, hot_kernel, part, stamp_sources
from kanalo.execution._layout import IntArray, Orders

N_PLACES = 16
"""Numbers in a row of the table: five lengths, eleven addresses."""


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


@part
def find_orders(places: IntArray) -> Orders:
    """Return the orders that `note_orders` wrote down."""
    n = places[0]
    return Orders(
        entries=_view(places[5], n, np.int64),
        side=_view(places[6], n, np.int8),
        stop=_view(places[7], n, np.float64),
        target=_view(places[8], n, np.float64),
        trail=_view(places[9], n, np.float64),
        size=_view(places[10], n, np.float64),
        max_bars=_view(places[11], n, np.int64),
        exit_long=_view(places[12], places[1], np.int64),
        exit_short=_view(places[13], places[2], np.int64),
        guard_long=_view(places[14], places[3], np.float64),
        guard_short=_view(places[15], places[4], np.float64),
    )


def _make_note_orders(stamp: int) -> Callable[[Orders, IntArray], None]:
    """Make the kernel; see `stamp_sources`."""

    @hot_kernel
    def note_orders(orders: Orders, places: IntArray) -> None:
        """Write down where the arrays of orders are, in a row of N_PLACES numbers."""
        if stamp < 0:
            return
        places[0], places[1] = len(orders.entries), len(orders.exit_long)
        places[2] = len(orders.exit_short)
        places[3], places[4] = len(orders.guard_long), len(orders.guard_short)
        places[5], places[6] = orders.entries.ctypes.data, orders.side.ctypes.data
        places[7], places[8] = orders.stop.ctypes.data, orders.target.ctypes.data
        places[9], places[10] = orders.trail.ctypes.data, orders.size.ctypes.data
        places[11] = orders.max_bars.ctypes.data
        places[12], places[13] = orders.exit_long.ctypes.data, orders.exit_short.ctypes.data
        places[14], places[15] = orders.guard_long.ctypes.data, orders.guard_short.ctypes.data

    return note_orders


note_orders = _make_note_orders(stamp_sources(layout))
