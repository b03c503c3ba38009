"""Findings on rules, kept on disk under the digest of all that they depend on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from kanalo.checks.kept import make_key, make_table_key
from kanalo.errors import WorkspaceError
from kanalo.file_formats import FINDING
from kanalo.files import write_file
from kanalo.market import Market
from kanalo.market.digest import digest_market
from kanalo.strategy import Strategy

Found = TypeVar("Found")


@dataclass(eq=False)
class Findings:
    """A folder of findings.

    Attributes
    ----------
    folder : Path
        Made when the first finding is kept.
    n_kept : int
        How many findings were not computed because an earlier run had left them here.
    """

    folder: Path
    n_kept: int = field(default=0)

    def find(
        self,
        kind: str,
        strategy: Strategy,
        market: Market,
        settings: tuple[object, ...],
        *,
        compute: Callable[[], Found],
        write: Callable[[Found], Mapping[str, Any]],
        read: Callable[[Mapping[str, Any]], Found],
    ) -> Found:
        """Return a finding from the folder, or compute it and keep it.

        Parameters
        ----------
        kind : str
            What it is: a part of the file's name.
        strategy : Strategy
            With its parameters; its code, the files beside it and every source of kanalo count.
        market : Market
            Every value counts.
        settings : tuple
            Costs, account, draws: whatever else it depends on; told apart by ``repr``.
        compute : callable
            Computes it.
        write : callable
            Turns it into values for JSON.
        read : callable
            Turns these back.

        Returns
        -------
        Found
            Equal to what ``compute`` returns, wherever it comes from.
        """
        digest = market.cached(digest_market)
        key = make_key(strategy, digest, (FINDING.schema, kind, *settings))
        return self._find(kind, key, compute, write, read) if key else compute()

    def find_in_tables(
        self,
        kind: str,
        tables: Sequence[pd.DataFrame],
        settings: tuple[object, ...],
        *,
        packages: Sequence[str] = (),
        compute: Callable[[], Found],
        write: Callable[[Found], Mapping[str, Any]],
        read: Callable[[Mapping[str, Any]], Found],
    ) -> Found:
        """Return a finding that depends on tables of numbers alone, from the folder or computed.

        Parameters
        ----------
        kind : str
            What it is: a part of the file's name.
        tables : sequence of DataFrame
            Every value, column and time counts, and every source of kanalo.
        settings : tuple
            Draws: whatever else it depends on; told apart by ``repr``.
        packages : sequence of str
            Whose versions count besides those of Python, numpy, pandas and numba.
        compute, write, read : callable
            As for `find`.

        Returns
        -------
        Found
            Equal to what ``compute`` returns, wherever it comes from.
        """
        key = make_table_key(tables, packages, (FINDING.schema, kind, *settings))
        return self._find(kind, key, compute, write, read)

    def _find(
        self,
        kind: str,
        key: str,
        compute: Callable[[], Found],
        write: Callable[[Found], Mapping[str, Any]],
        read: Callable[[Mapping[str, Any]], Found],
    ) -> Found:
        path = self.folder / f"{kind}-{key[:24]}.json"
        values = _load(path, key)
        if values is not None:
            self.n_kept += 1
            return read(values)
        found = compute()
        self._save(path, {"schema": FINDING.schema, "key": key, "values": dict(write(found))})
        return found

    def _save(self, path: Path, content: Mapping[str, Any]) -> None:
        text = json.dumps(content, indent=1, default=_to_number) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, text)
        except (OSError, WorkspaceError):
            return  # a full disk costs no result: it is computed anew the next time


def _load(path: Path, key: str) -> Mapping[str, Any] | None:
    """Read what was kept; None where there is nothing, or nothing of this key."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    values = content.get("values") if isinstance(content, dict) else None
    if not isinstance(values, dict) or content.get("key") != key:
        return None
    return values


def _to_number(value: Any) -> Any:
    """Turn a number of numpy's into Python's, which JSON knows."""
    return value.item()
