"""How a rule or a function travels to a clean process, with its code and without its memory.

**From its source**: the module is imported there anew, so nothing that earlier calls left in it (a
dictionary, a cache, a mutable default) comes along. The digest of what was imported must be that of
what is checked. **By value** (cloudpickle) where there is no such module: a rule typed in a session
or script, a lambda, a class whose file has changed since. Caches of functools arrive empty; other
memory of the code comes along as it is; `find_memory` lists it, to be watched.
"""

from __future__ import annotations

import collections
import functools
import importlib
import importlib.util
import io
import pickle
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
from cloudpickle.cloudpickle import (  # type: ignore[import-untyped]
    list_registry_pickle_by_value,
)

from kanalo.checks.adapted import Adapted
from kanalo.errors import CheckError
from kanalo.strategy import Strategy
from kanalo.strategy.digest import UNKNOWN, digest_source, find_edited
from kanalo.strategy.target_vol import create, find_rule

CONTAINERS = (
    dict,
    list,
    set,
    bytearray,
    collections.deque,
    np.ndarray,
    pd.Series,
    pd.DataFrame,
    pd.Index,
)
"""Types in which code can remember what it saw."""


@dataclass(frozen=True)
class Parcel:
    """A rule or function on its way.

    Attributes
    ----------
    module, qualname : str
        Where its class or function is defined; no ``module`` if it travels by value alone.
    file : str
        File of the module, for one that cannot be imported by its name; else empty.
    digest : str
        sha256 of the source of a rule's class; empty for a function.
    parameters : bytes
        Pickled parameters of a rule.
    path : tuple of str
        Where modules are looked for.
    value : bytes
        The whole object by value; empty where its source is enough.
    adapter : bytes
        The pickled `Adapted` without its code; empty for a rule or a function of a market.
    """

    module: str
    qualname: str
    file: str
    digest: str
    parameters: bytes
    path: tuple[str, ...]
    value: bytes = b""
    adapter: bytes = b""


class OtherCodeError(CheckError):
    """The source of a module is not, or not known to be, what runs."""


def pack(subject: Strategy | Adapted | Callable[..., Any], *, by_value: bool = False) -> Parcel:
    """Make a parcel.

    Parameters
    ----------
    subject : Strategy, Adapted or callable
        What to decide or compute with.
    by_value : bool
        Whether its source cannot be relied on.

    Returns
    -------
    Parcel
        To be unpacked in a clean process.

    Raises
    ------
    CheckError
        If it travels by value and holds something that cannot be pickled.
    """
    if isinstance(subject, Adapted):
        changed = bool(find_edited(getattr(subject.code, "__module__", "")))
        parcel = pack(subject.code, by_value=by_value or changed)
        return replace(parcel, adapter=pickle.dumps(replace(subject, code=None)))
    is_rule = isinstance(subject, Strategy)
    code: Any = find_rule(type(subject)) if isinstance(subject, Strategy) else subject
    values = pickle.dumps(subject.parameters if isinstance(subject, Strategy) else {})
    edited = find_edited(getattr(code, "__module__", "")) if is_rule else []
    digest = digest_source(code) if is_rule else ""
    module = "" if by_value or edited or digest == UNKNOWN else _find_module(code)
    return Parcel(
        module=module,
        qualname=getattr(code, "__qualname__", ""),
        file=getattr(sys.modules.get(module), "__file__", None) or "",
        digest=digest if module else "",
        parameters=values,
        path=tuple(sys.path),
        value=b"" if module else _to_value(subject, code, edited),
    )


def unpack(parcel: Parcel) -> Strategy | Adapted | Callable[..., Any]:
    """Return what was sent, in a process that has never seen it.

    Raises
    ------
    OtherCodeError
        If the source does not give the same code: it is to be sent by value.
    """
    sys.path[:] = parcel.path
    code = _unpack_code(parcel)
    if not parcel.adapter:
        return code
    adapter: Adapted = pickle.loads(parcel.adapter)
    return replace(adapter, code=code)


def _unpack_code(parcel: Parcel) -> Strategy | Callable[..., Any]:
    if parcel.value:
        strategy: Strategy | Callable[..., Any] = pickle.loads(parcel.value)
        return strategy
    code = _import(parcel)
    if not parcel.digest:
        function: Callable[..., Any] = code
        return function
    if digest_source(code) != parcel.digest:
        raise OtherCodeError(f"{parcel.qualname} is not what its file holds.")
    return create(code, pickle.loads(parcel.parameters))


def _find_module(code: Any) -> str:
    """Return the module that holds an object under its own name; empty if none does."""
    name, qualname = getattr(code, "__module__", ""), getattr(code, "__qualname__", "")
    module = sys.modules.get(name)
    if name == "__main__" or module is None or getattr(module, "__file__", None) is None:
        return ""
    return name if qualname and _look_up(module, qualname) is code else ""


def _look_up(module: types.ModuleType, qualname: str) -> Any:
    value: Any = module
    for name in qualname.split("."):
        value = getattr(value, name, None)
    return value


def _import(parcel: Parcel) -> Any:
    try:
        module = _import_module(parcel)
    except Exception as error:
        raise OtherCodeError(f"{parcel.module} cannot be imported: {error}") from error
    code = _look_up(module, parcel.qualname)
    if code is None:
        raise OtherCodeError(f"{parcel.module} has no {parcel.qualname}.")
    return code


def _import_module(parcel: Parcel) -> types.ModuleType:
    try:
        return importlib.import_module(parcel.module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{parcel.module}.".startswith(f"{error.name}."):
            raise
    spec = importlib.util.spec_from_file_location(parcel.module, parcel.file)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module can be made of {parcel.file}")
    sys.modules[parcel.module] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- by value --------------------------------------------------------------------------------------


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickle functools caches as what they wrap, so that they arrive empty."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, functools._lru_cache_wrapper):
            return _renew_cache, (obj.__wrapped__, obj.cache_parameters())
        return super().reducer_override(obj)


def _renew_cache(function: Callable[..., Any], settings: dict[str, Any]) -> Any:
    return functools.lru_cache(**settings)(function)


def _to_value(subject: Any, code: Any, edited: Sequence[str]) -> bytes:
    name = getattr(code, "__qualname__", type(code).__name__)
    buffer = io.BytesIO()
    try:
        with _by_value(getattr(code, "__module__", ""), *edited):
            _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(subject)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as error:
        raise CheckError(
            f"{name} cannot be sent to a clean process, as a part of it cannot be pickled "
            f"({error}); write it to a file of its own."
        ) from error
    return buffer.getvalue()


@contextmanager
def _by_value(*names: str) -> Iterator[None]:
    """Let cloudpickle take the code of some modules along; those of kanalo are there anyway."""
    known = list_registry_pickle_by_value()
    own = {name for name in names if name in sys.modules and name not in known}
    modules = [sys.modules[name] for name in own if name.partition(".")[0] != "kanalo"]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


# -- memory ----------------------------------------------------------------------------------------


def find_memory(subject: Strategy | Adapted | Callable[..., Any]) -> dict[str, Any]:
    """Return every container that the code of a rule or function could remember bars in, by name.

    Globals that its functions name, class attributes, mutable defaults, closures and attributes of
    functions, through the functions of the same module that they call.
    """
    code: Any = find_rule(type(subject)) if isinstance(subject, Strategy) else subject
    code = subject.code if isinstance(subject, Adapted) else code
    memory: dict[str, Any] = {}
    _gather(code, code.__module__, memory, set())
    return memory


def digest_memory(memory: dict[str, Any]) -> dict[str, bytes]:
    """Return what each container holds, as bytes that differ where the contents do."""
    return {name: _to_bytes(value) for name, value in memory.items()}


def _to_bytes(value: Any) -> bytes:
    try:
        return bytes(cloudpickle.dumps(value))
    except (pickle.PicklingError, TypeError, AttributeError, ValueError):
        return repr(value).encode()


def _gather(item: Any, module: str, memory: dict[str, Any], seen: set[int]) -> None:
    if id(item) in seen:
        return
    seen.add(id(item))
    for name, part in _parts_of(item):
        if isinstance(part, CONTAINERS):
            memory.setdefault(name, part)
        elif getattr(part, "__module__", None) == module:
            _gather(part, module, memory, seen)


def _parts_of(item: Any) -> Iterator[tuple[str, Any]]:
    item = getattr(item, "__wrapped__", getattr(item, "__func__", getattr(item, "fget", item)))
    if isinstance(item, type):
        own = (each for each in item.__mro__ if each.__module__ == item.__module__)
        for each in own:
            yield from (pair for pair in list(vars(each).items()) if not pair[0].startswith("__"))
    if not isinstance(item, types.FunctionType):
        return
    yield from ((name, item.__globals__.get(name)) for name in _names_in(item.__code__))
    defaults = (*(item.__defaults__ or ()), *(item.__kwdefaults__ or {}).values())
    yield from ((f"a default of {item.__name__}()", each) for each in defaults)
    cells = zip(item.__code__.co_freevars, item.__closure__ or (), strict=True)
    yield from ((name, cell.cell_contents) for name, cell in cells)
    yield from ((f"{item.__name__}.{name}", each) for name, each in vars(item).items())


def _names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _names_in(each)
