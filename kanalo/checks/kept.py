"""Certificates kept on disk, by everything that they depend on."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
import platform
import tempfile
from importlib import metadata
from pathlib import Path

import kanalo
from kanalo.checks.certificate import Certificate
from kanalo.provenance import digest_source
from kanalo.strategy import Strategy

SCHEMA = "kanalo.certificate/1"
_UNKNOWN = "unknown"
_PACKAGES = ("numpy", "pandas", "numba")


def make_key(strategy: Strategy, market_digest: str, settings: tuple[object, ...]) -> str:
    """Return the sha256 of all that a certificate depends on.

    That is the strategy's file and those beside it (which it may import), its parameters, every
    source of kanalo, the versions of Python and the numeric packages, every value of the market,
    and the settings of the search.

    Returns
    -------
    str
        64 hexadecimal digits; ``""`` where the source is not known, so nothing can be kept.
    """
    cls = type(strategy)
    source = digest_source(cls)
    if source == _UNKNOWN:
        return ""
    parts = (
        *(SCHEMA, cls.__module__, cls.__qualname__, source, _digest_beside(cls)),
        *(sorted(strategy.parameters.items()), _digest_kanalo(), _versions()),
        *(market_digest, settings),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _digest_beside(cls: type) -> str:
    """Digest the files of the folder that a class of a package stands in."""
    path = inspect.getsourcefile(cls)
    if path is None or "." not in cls.__module__:
        return ""
    return _digest_files(sorted(Path(path).parent.glob("*.py")))


@functools.cache
def _digest_kanalo() -> str:
    root = Path(str(kanalo.__file__)).parent
    files = (*root.rglob("*.py"), *root.rglob("*.toml"))
    return _digest_files(sorted(each for each in files if "starter" not in each.parts))


def _digest_files(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _versions() -> str:
    packages = (f"{name} {metadata.version(name)}" for name in _PACKAGES)
    return ", ".join((platform.python_version(), *packages))


def load(folder: Path, name: str, key: str) -> Certificate | None:
    """Return the certificate that was kept under a key, or None."""
    try:
        values = json.loads(_path(folder, name, key).read_text("utf-8"))
        found = Certificate.from_dict(values)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or not one of ours: it is made anew
    return found if found.key == key else None


def save(folder: Path, certificate: Certificate) -> Path:
    """Keep a certificate; the file is renamed into its place, so it is never half-written."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, certificate.name, certificate.key)
    values = {"schema": SCHEMA, **certificate.to_dict()}
    handle, temporary = tempfile.mkstemp(prefix=".certificate-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    return Path(temporary).replace(path)


def _path(folder: Path, name: str, key: str) -> Path:
    return folder / f"{name}-{key[:16]}.json"
