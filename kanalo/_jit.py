"""The one place that decides whether kernels are compiled."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

COMPILED = os.environ.get("KANALO_NO_JIT", "") in ("", "0")
"""False when ``KANALO_NO_JIT=1`` asks for plain Python, to debug or to measure coverage."""

# Kernels own no memory, so nothing is counted (_nrt): counting took most of the time.
_UNCHECKED: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}
_ANY_ORDER: dict[str, Any] = {"fastmath": {"reassoc", "nsz"}}


def kernel(function: F) -> F:
    """Compile a loop over arrays with numba, or leave it as it is under ``KANALO_NO_JIT=1``.

    Either way ``.py_func`` is the plain Python function, so tests can hold both side by side.
    Compiled code is kept on disk: only the first run on a machine waits for the compiler.
    """
    return _compile(function, {})


def hot_kernel(function: F) -> F:
    """Compile a loop that threads run side by side: without the GIL and checks for zero divisors.

    Floating-point operations keep their order, so results are those of plain Python to the bit.
    """
    return _compile(function, _UNCHECKED)


def part(function: F) -> F:
    """Compile a part of a `hot_kernel` into its callers: arguments of many arrays cost nothing."""
    return _compile(function, {**_UNCHECKED, "forceinline": True})


def sum_kernel(function: F) -> F:
    """Compile as `hot_kernel`, and let sums be taken in any order: several times as fast.

    The last bits of a sum then depend on the machine; never use it where they decide anything.
    """
    return _compile(function, {**_UNCHECKED, **_ANY_ORDER})


def sum_part(function: F) -> F:
    """Compile a part of a `sum_kernel` into its callers; minima may be taken in any order too."""
    fast: dict[str, Any] = {"fastmath": {"reassoc", "nsz", "nnan"}}
    return _compile(function, {**_UNCHECKED, **fast, "forceinline": True})


def _compile(function: F, options: dict[str, Any]) -> F:
    if not COMPILED:
        cast(Any, function).py_func = function
        return function
    import numba

    return cast(F, numba.njit(cache=True, **options)(function))
