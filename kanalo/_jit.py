"""The one place that decides whether kernels are compiled."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

from kanalo.errors import KanaloWarning

F = TypeVar("F", bound=Callable[..., Any])

COMPILED = os.environ.get("KANALO_NO_JIT", "") in ("", "0")
"""False when ``KANALO_NO_JIT=1`` asks for plain Python, to debug or to measure coverage."""

_SAID: list[str] = []
"""Why compiled code cannot be kept, once it was said."""

# Hot kernels own no memory, so nothing is counted (_nrt): counting took most of the time.
_UNCHECKED: dict[str, Any] = {"error_model": "numpy", "nogil": True, "_nrt": False}


def kernel(function: F) -> F:
    """Compile a loop over arrays with numba, or leave it as it is under ``KANALO_NO_JIT=1``.

    Either way ``.py_func`` is the plain Python function, so tests can hold both side by side.
    Compiled code is kept on disk: only the first run on a machine waits for the compiler. Threads
    may run it at the same time.
    """
    return _compile(function, {"cache": True, "nogil": True})


def hot_kernel(function: F) -> F:
    """Compile a loop that threads run side by side: without the GIL and checks for zero divisors.

    Floating-point operations keep their order, so results are those of plain Python to the bit.
    """
    return _compile(function, {**_UNCHECKED, "cache": True})


def inlined(function: F) -> F:
    """Compile a part of a `hot_kernel` into its callers: arguments of many arrays cost nothing."""
    return _compile(function, {**_UNCHECKED, "forceinline": True})


def separate(function: F) -> F:
    """Compile a part of `hot_kernel`s once, to be called: for what is large and not always run."""
    return _compile(function, dict(_UNCHECKED))


def stamp_sources(*modules: ModuleType) -> int:
    """Return a number that changes with the sources of modules.

    Numba keeps compiled code on disk until the file of the function changes; of what it calls or
    reads in other files it knows nothing, and old code would run on. It does compare what a closure
    holds: a kernel that is made by a function of this number, and looks at it, is compiled anew.
    """
    stamp = 0
    for module in modules:
        stamp = zlib.crc32(Path(str(module.__file__)).read_bytes(), stamp)
    return stamp


def _compile(function: F, options: dict[str, Any]) -> F:
    if not COMPILED:
        cast(Any, function).py_func = function
        return function
    numba = _load_numba()
    if not options.get("cache"):
        return cast(F, numba.njit(**options)(function))
    compiled = numba.njit(**{**options, "cache": False})(function)
    try:
        compiled._cache = _make_cache_class()(function)
    except RuntimeError as error:  # numba found no folder that it may write
        _go_on_uncached(error)
    return cast(F, compiled)


@cache
def _make_cache_class() -> Any:
    """Return numba's cache of compiled code, without which a kernel runs all the same."""
    from numba.core.caching import FunctionCache, IndexDataCacheFile

    class Index(IndexDataCacheFile):
        """An index that is taken as empty where its code named classes that are gone."""

        def _load_index(self) -> dict[Any, Any]:
            try:
                kept: dict[Any, Any] = super()._load_index()  # type: ignore[no-untyped-call]
            except (AttributeError, ImportError):  # numba looks at the age of an index too late
                return {}
            return kept

    class ForgivingCache(FunctionCache):
        """A cache that a full disk, a folder that cannot be written or damage switches off."""

        def __init__(self, function: Callable[..., Any]) -> None:
            super().__init__(function)  # type: ignore[no-untyped-call]
            make: Any = Index
            self._cache_file = make(
                cache_path=self._cache_path,
                filename_base=self._impl.filename_base,
                source_stamp=self._impl.locator.get_source_stamp(),
            )

        @contextlib.contextmanager
        def _guard_against_spurious_io_errors(self) -> Iterator[None]:
            try:
                yield
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                self._enabled = False
                _go_on_uncached(error)

    return ForgivingCache


def _go_on_uncached(error: Exception) -> None:
    """Say once that kernels are compiled anew in each process."""
    if not _SAID:
        _SAID.append(str(error))
        reason = " ".join(str(error).split())[:200]
        warnings.warn(
            f"Compiled code cannot be kept ({reason}): it is compiled anew each time. "
            "NUMBA_CACHE_DIR names another folder for it.",
            KanaloWarning,
            stacklevel=2,
        )


@cache
def _load_numba() -> Any:
    """Import numba without scipy's linear algebra, which it looks for as soon as it is imported.

    That takes 0.2 s and 20 MB, and our kernels have no use for it. Those that do, of a strategy for
    instance, still get it: numba looks again where it is needed. The garbage
    collector rests during the import, which makes no garbage, and is left as it was found.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        import numba

        _import_arrays()
    finally:
        if collects:
            gc.enable()
    return numba


def _import_arrays() -> None:
    """Import numba's arrays, which look for scipy's linear algebra then."""
    from numba.np import linalg

    look = linalg.ensure_blas
    linalg.ensure_blas = lambda: None
    try:
        import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = look
