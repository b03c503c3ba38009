"""What a worker gets: shared objects by their digest, and the versions that it must have."""

from __future__ import annotations

import hashlib
import pickle
import platform
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from kanalo.errors import ClusterError, shorten

PACKAGES = ("kanalo", "numpy", "pandas", "numba")
"""Packages whose versions decide the last bit of a result."""

_KEPT = 4  # shared objects that a worker keeps, the latest ones
_shared: OrderedDict[str, Any] = OrderedDict()


@dataclass(frozen=True)
class Parcel:
    """A pickled object with its sha256, and the versions it was made with."""

    digest: str
    content: bytes
    versions: Mapping[str, str]


def pack(shared: object) -> Parcel:
    """Pickle an object with the code of its rules, which workers need not have.

    Raises
    ------
    ClusterError
        If a part of it cannot be pickled.
    """
    import cloudpickle  # type: ignore[import-untyped]

    try:
        with _rules_by_value():
            content = cloudpickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as error:
        raise ClusterError(
            f"The rule cannot be sent to workers, as a part of it cannot be pickled: "
            f"{shorten(error)}."
        ) from error
    return Parcel(hashlib.sha256(content).hexdigest(), content, find_versions())


def unpack(parcel: Parcel) -> Any:
    """Return the object of a parcel; the same one each time while it is among the latest.

    Raises
    ------
    ClusterError
        If this process runs other versions than the one that packed it.
    """
    if parcel.digest not in _shared:
        check_versions(parcel.versions, find_versions(), platform.node() or "a worker")
        _shared[parcel.digest] = pickle.loads(parcel.content)
        while len(_shared) > _KEPT:
            _shared.popitem(last=False)
    _shared.move_to_end(parcel.digest)
    return _shared[parcel.digest]


def run_chunk(function: Callable[[Any, Any], Any], parcel: Parcel, chunk: Any) -> Any:
    """Do one chunk in a worker.

    Parameters
    ----------
    function : callable
        Takes the shared object and the chunk.
    parcel : Parcel
        Of the shared object.
    chunk : object
        What to do.

    Returns
    -------
    object
        What the function returns.
    """
    return function(unpack(parcel), chunk)


def find_versions() -> dict[str, str]:
    """Return the versions of this process that decide the last bit of a result."""
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        **{name: metadata.version(name) for name in PACKAGES},
    }


def check_versions(here: Mapping[str, str], there: Mapping[str, str], worker: str) -> None:
    """Refuse a worker that runs other versions.

    Parameters
    ----------
    here, there : mapping of str to str
        Versions of the client and of the worker, by package.
    worker : str
        Its address or host, for the message.

    Raises
    ------
    ClusterError
        Naming each version that differs.
    """
    differing = [
        f"{name} {there.get(name, 'missing')} instead of {version}"
        for name, version in here.items()
        if there.get(name) != version
    ]
    if differing:
        raise ClusterError(
            f"The worker {worker} runs {', '.join(differing)}; results equal to the last bit need "
            "the same versions on all machines."
        )


@contextmanager
def _rules_by_value() -> Iterator[None]:
    """Take along the code of the workspace's rules and of a user's own modules."""
    from cloudpickle import register_pickle_by_value, unregister_pickle_by_value

    from kanalo.strategy import Strategy

    names = {each.__module__ for each in _list_classes(Strategy)}
    roots = {name.partition(".")[0] for name in names} - {"kanalo", "__main__"}
    modules = [sys.modules[name] for name in roots if name in sys.modules]
    for module in modules:
        register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            unregister_pickle_by_value(module)


def _list_classes(cls: type) -> Iterator[type]:
    each: type
    for each in cls.__subclasses__():
        yield each
        yield from _list_classes(each)
