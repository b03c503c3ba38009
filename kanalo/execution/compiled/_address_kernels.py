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

import kanalo.execution.compiled._tape_layout as layout
from kanalo._jit import COMPILED, inlined
from kanalo.execution.compiled._tape_layout import Orders
from kanalo.typing import IntArray

N_PLACES = 2 * len(layout.ORDER_DTYPES)
"""Numbers in a row of the table: the length and the address of each array."""


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
"""Return the orders that `kanalo.execution.compiled.addresses.note_decisions` wrote down."""
