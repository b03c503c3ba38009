"""Certificates kept on disk, by everything that they depend on."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.checks.certificate import Certificate
from kanalo.file_formats import CERTIFICATE
from kanalo.files import sweep_drafts, write_file
from kanalo.strategy import Strategy
from kanalo.strategy.digest import UNKNOWN, digest_source, find_edited

SCHEMA = CERTIFICATE.schema
_PACKAGES = ("numpy", "pandas", "numba")


def make_key(strategy: Strategy, market_digest: str, settings: tuple[object, ...]) -> str:
    """Return the sha256 of all that a certificate depends on.

    That is the code of the strategy as it runs and the files beside it (which it may import), its
    parameters, every source of kanalo, the versions of Python and the numeric packages, every value
    of the market, and the settings of the search.

    Parameters
    ----------
    strategy : Strategy
        With its parameters.
    market_digest : str
        sha256 of the market.
    settings : tuple
        Of the search.

    Returns
    -------
    str
        64 hexadecimal digits; ``""`` where nothing can be kept: the source is not known, or a file
        beside it was edited after it was imported.
    """
    cls = type(strategy)
    source = digest_source(cls)
    if source == UNKNOWN or find_edited(cls.__module__):
        return ""
    parts = (
        *(SCHEMA, cls.__module__, cls.__qualname__, source, _digest_beside(cls)),
        *(sorted(strategy.parameters.items()), _digest_kanalo(), _versions()),
        *(market_digest, settings),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def make_table_key(
    tables: Sequence[pd.DataFrame], packages: Sequence[str], settings: tuple[object, ...]
) -> str:
    """Return the sha256 of all that a figure of tables depends on.

    Parameters
    ----------
    tables : sequence of DataFrame
        Of numbers, on times.
    packages : sequence of str
        Whose versions count besides those of Python and the numeric packages.
    settings : tuple
        Whatever else it depends on.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    versions = tuple(f"{name} {metadata.version(name)}" for name in packages)
    digest = hashlib.sha256(repr((_digest_kanalo(), _versions(), versions, settings)).encode())
    for table in tables:
        digest.update(repr((table.shape, list(table.columns))).encode())
        digest.update(np.ascontiguousarray(table.index.asi8).tobytes())  # type: ignore[attr-defined]
        digest.update(np.ascontiguousarray(table.to_numpy(np.float64)).tobytes())
    return digest.hexdigest()


def _digest_beside(cls: type) -> str:
    """Digest the files of the folder that a class of a package stands in."""
    path = inspect.getsourcefile(cls)
    if path is None or "." not in cls.__module__:
        return ""
    return _digest_files(sorted(Path(path).parent.glob("*.py")))


@functools.cache
def _digest_kanalo() -> str:
    root = Path(__file__).resolve().parents[1]
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
    """Return the certificate that was kept under a key, or None.

    Parameters
    ----------
    folder : Path
        Where certificates are kept.
    name : str
        Of the strategy.
    key : str
        Of `make_key`.

    Returns
    -------
    Certificate or None
        None where there is none that can be read.
    """
    try:
        values = json.loads(_path(folder, name, key).read_text("utf-8"))
        certificate = Certificate.from_dict(values)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or not one of ours: it is made anew
    return certificate if certificate.key == key else None


def save(folder: Path, certificate: Certificate) -> Path:
    """Keep a certificate; the file is renamed into its place, so it is never half-written.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    certificate : Certificate
        With its key.

    Returns
    -------
    Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, certificate.name, certificate.key)
    values = {"schema": SCHEMA, **certificate.to_dict()}
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    sweep_drafts(folder)
    return write_file(path, text)


def _path(folder: Path, name: str, key: str) -> Path:
    return folder / f"{name}-{key[:16]}.json"
