"""Bring a ledger of schema 1 to schema 2, so that a trial recorded before is not counted again.

Schema 1 told rules apart by the bytes of their file, and 3 from 3.0. Schema 2 tells them apart by
their code without comments and docstrings (`kanalo.strategy.digest`), and numbers by their value.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from kanalo.ledger.records import digest_values, to_identity

_SETTINGS = 'id, strategy, source, market, interval, data, start, "end", costs, execution'


def find_renewed_digests(ledger: Path) -> dict[str, str]:
    """Return the digest of each strategy's code by the digest of its file's bytes.

    Parameters
    ----------
    ledger : Path
        The ledger's file. The strategies are those of the nearest folder above it that has any.

    Returns
    -------
    dict of str to str
        Empty where no workspace holds the ledger. A file that was changed since its trials were
        recorded is not found under their digest: those keep the old one.
    """
    from kanalo.workspace.workspace import PACKAGE  # late: the ledger imports nothing heavy

    for folder in ledger.absolute().parents:
        if (folder / PACKAGE / "__init__.py").is_file():
            return dict(_each_renewed(folder / PACKAGE))
    return {}


def _each_renewed(folder: Path) -> list[tuple[str, str]]:
    from kanalo.strategy.digest import digest_text

    renewed = []
    for path in sorted(folder.glob("*.py")):
        content = path.read_bytes()
        try:
            digest = digest_text(content.decode("utf-8"))
        except (SyntaxError, ValueError):
            continue  # a file that no rule can be loaded from has recorded nothing
        renewed.append((hashlib.sha256(content).hexdigest(), digest))
    return renewed


def migrate(connection: sqlite3.Connection, renewed: Mapping[str, str]) -> None:
    """Rewrite settings and parameters in their schema-2 form, and merge trials that became equal.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of a schema-1 ledger, in a transaction.
    renewed : mapping of str to str
        See `find_renewed_digests`.
    """
    kept: dict[str, int] = {}
    for row in connection.execute(f"SELECT {_SETTINGS} FROM settings ORDER BY id").fetchall():
        number, digest = _renew_setting(connection, row, renewed)
        _merge_trials(connection, number, kept.setdefault(digest, number))
        if kept[digest] != number:
            connection.execute("DELETE FROM settings WHERE id = ?", (number,))
    for digest, number in kept.items():
        connection.execute("UPDATE settings SET digest = ? WHERE id = ?", (digest, number))


def _renew_setting(
    connection: sqlite3.Connection, row: sqlite3.Row, renewed: Mapping[str, str]
) -> tuple[int, str]:
    """Write one row's source and numbers anew; return its number and its new digest."""
    number, strategy, source, market, interval, data, start, end, costs, execution = tuple(row)
    source = renewed.get(source, source)
    costs, execution = to_identity(json.loads(costs)), to_identity(json.loads(execution))
    digest = digest_values(
        source=strategy if source in ("", "unknown") else source,
        data=json.loads(data) or market,
        interval=interval,
        window=[start, end],
        costs=json.loads(costs),
        execution=json.loads(execution),
    )
    # The digest is unique: until all rows have theirs, each holds a placeholder.
    connection.execute(
        "UPDATE settings SET digest = ?, source = ?, costs = ?, execution = ? WHERE id = ?",
        (f"renewing {number}", source, costs, execution, number),
    )
    return number, digest


def _merge_trials(connection: sqlite3.Connection, setting: int, target: int) -> None:
    """Move the trials of a setting to another one, or write them anew where they stand."""
    query = "SELECT id, parameters FROM trials WHERE setting = ? ORDER BY id"
    for trial, parameters in connection.execute(query, (setting,)).fetchall():
        renewed = to_identity(json.loads(parameters))
        twin = connection.execute(
            "SELECT id FROM trials WHERE setting = ? AND parameters = ? AND id <> ?",
            (target, renewed, trial),
        ).fetchone()
        if twin is None:
            connection.execute(
                "UPDATE trials SET setting = ?, parameters = ? WHERE id = ?",
                (target, renewed, trial),
            )
            continue
        # The earlier of two equal trials stays, so that the order of first tries is kept.
        first, second = sorted((trial, twin[0]))
        connection.execute("UPDATE outcomes SET trial = ? WHERE trial = ?", (first, second))
        connection.execute("DELETE FROM trials WHERE id = ?", (second,))
        connection.execute(
            "UPDATE trials SET setting = ?, parameters = ? WHERE id = ?", (target, renewed, first)
        )
