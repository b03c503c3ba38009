"""JSON as venues and collectors leave it: a document, or one message a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kanalo.errors import DataError, shorten
from kanalo.market.readers.raw import RawTable, read_content, read_raw

Record = Mapping[str, Any]
Numbered = tuple[int, Any]
Unwrap = Callable[["Messages"], Iterable[tuple[int, Record]]]


@dataclass(frozen=True, eq=False)
class Messages:
    """The messages of a file.

    Attributes
    ----------
    source : str
        The file as its reader named it.
    items : sequence of (int, object)
        Each with its row: the line in a file of lines, the place in an array, counted from 1.
    sha256 : str
        Digest of the file.
    """

    source: str
    items: Sequence[Numbered]
    sha256: str

    def error(self, row: int, column: str, expected: str, received: object) -> DataError:
        """Build the refusal of a value, in the words of all readers.

        Parameters
        ----------
        row : int
            Number of the record in the file, from 1.
        column : str
            Field of the record.
        expected : str
            What the field takes.
        received : object
            The value.

        Returns
        -------
        DataError
            To be raised by the caller.
        """
        return DataError(
            f"{self.source}, row {row}, column '{column}': expected {expected}; "
            f"received {show(received)}."
        )

    def check_fields(
        self, row: int, record: object, required: Sequence[str], optional: Iterable[str] = ()
    ) -> Record:
        """Refuse a record that lacks a field or has one that its format does not know.

        Parameters
        ----------
        row : int
            Number of the record in the file, from 1.
        record : object
            The parsed record.
        required : sequence of str
            Fields that must be there.
        optional : iterable of str
            Fields that may be there.

        Returns
        -------
        dict of str to object
            The record itself.

        Raises
        ------
        DataError
            If it is no object, lacks a field, or has one that is unknown.
        """
        if not isinstance(record, dict):
            raise DataError(
                f"{self.source}, row {row}: expected an object with {', '.join(required)}; "
                f"received {show(record)}."
            )
        known = {*required, *optional}
        for name in (*required, *record):
            problem = "is missing" if name not in record else "is unknown"
            if name not in record or name not in known:
                raise DataError(
                    f"{self.source}, row {row}: column '{name}' {problem}; expected "
                    f"{', '.join(required)}, received {', '.join(map(str, record))}."
                )
        return record

    def to_table(self, records: Iterable[tuple[int, Record]]) -> RawTable:
        """Lay records with the same fields out as a table, each with its row in the file."""
        rows, cells = zip(*records, strict=True) if (records := list(records)) else ((), ())
        return RawTable(
            self.source, pd.DataFrame(list(cells)), np.array(rows, dtype=np.int64), self.sha256
        )


def show(value: object) -> str:
    """Show what was received, shortened: ``nothing`` where there was none."""
    is_text = value is None or isinstance(value, str)
    return shorten(value if is_text else json.dumps(value, default=str))


def read_messages(path: Path) -> Messages:
    """Read a JSON document or a file of JSON lines, plain or in a gzip or zip archive.

    Raises
    ------
    DataError
        If the file is missing or empty, or a line is not JSON, with its row.
    """
    content, digest = read_content(path, "JSON")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected JSON; received no text ({error}).") from error
    return Messages(str(path), list(_split(text, str(path))), digest)


def read_records(path: Path, unwrap: Unwrap, expected: str) -> RawTable:
    """Read rows from JSON or from a table, told by the content.

    Parameters
    ----------
    path : Path
        The file.
    unwrap : callable
        Finds the records in the messages of a JSON file.
    expected : str
        What the file should hold, for the messages.

    Returns
    -------
    RawTable
        One row for each record.

    Raises
    ------
    DataError
        If the file has no rows, or is in no format that can be read.
    """
    content, _ = read_content(path, expected)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        table = read_raw(path, expected)
    else:
        messages = read_messages(path)
        table = messages.to_table(unwrap(messages))
    if not len(table.frame):
        raise DataError(f"{path}: the file has no rows; expected {expected}.")
    return table


def _split(text: str, source: str) -> Iterator[Numbered]:
    try:
        document = json.loads(text)
    except ValueError:
        yield from _split_lines(text, source)
        return
    yield from enumerate(document if isinstance(document, list) else [document], start=1)


def _split_lines(text: str, source: str) -> Iterator[Numbered]:
    for row, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield row, json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{source}, row {row}: expected a JSON message; received {show(line)}."
            ) from error
