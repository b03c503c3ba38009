"""A table as its file has it: cells, and the row that its author would count to find each."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import csv, feather, ipc, parquet

from kanalo.errors import DataError, shorten
from kanalo.market.numbers import parse_floats
from kanalo.market.readers import headers, limits
from kanalo.text import count
from kanalo.typing import FloatArray

DELIMITERS = ",;\t|"

HEAD = 10_000
"""Characters in which the first line of the table must begin."""

HEADERLESS = {
    6: ("time", "open", "high", "low", "close", "volume"),
    7: ("time", "open", "high", "low", "close", "volume", "trades"),
    12: (
        *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume"),
        *("count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
    ),
}
"""Columns of tables without a header, by their number: plain, Kraken OHLCVT, Binance klines."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """The cells of a file.

    Attributes
    ----------
    source : str
        The file as its reader named it.
    frame : DataFrame
        Cells under the file's own column names; text where the file is text.
    rows : int64 array of shape (n_rows,)
        Row of each in the file, counted from 1; a header counts in a text file.
    sha256 : str
        Digest of the file.
    """

    source: str
    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    sha256: str


def read_raw(path: Path, expected: str = "bars") -> RawTable:
    """Read a CSV, Parquet, feather or JSON file, plain or in a gzip or zip archive, by its content.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What it should hold, for the message about an empty one.

    Returns
    -------
    RawTable
        Cells as they are in the file, with row numbers and the file's SHA-256.

    Raises
    ------
    DataError
        If the file is missing, a folder, empty, truncated or in none of these formats.
    """
    content, digest = read_content(path, expected)
    return parse_raw(content, str(path), digest)


def parse_raw(content: bytes, source: str, digest: str = "") -> RawTable:
    """Parse the content of a file, unpacked.

    Parameters
    ----------
    content : bytes
        CSV, Parquet, feather or JSON.
    source : str
        The file's name, for messages.
    digest : str
        sha256 of the file.

    Returns
    -------
    RawTable
        Cells and the row of each.
    """
    kind = _find_format(content, Path(source).suffix.lower())
    if kind == "text":
        frame, rows = _read_text(content, source)
    elif kind == "JSON":
        frame, rows = _read_json(content, source)
    else:
        frame = _read_binary(content, kind, source)
        rows = np.arange(1, len(frame) + 1)
    return RawTable(source, frame, rows, digest)


def read_content(path: Path, expected: str) -> tuple[bytes, str]:
    """Return what a file holds, out of its archive if it is in one, and the file's sha256.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What it should hold, for the messages.

    Returns
    -------
    content : bytes
        Not empty.
    digest : str
        SHA-256 of the file itself in hex.

    Raises
    ------
    DataError
        If the file is missing, a folder, a damaged archive or empty.
    """
    content = _read_bytes(path, expected)
    digest = hashlib.sha256(content).hexdigest()
    content = _unpack(content, str(path))
    if not content.strip():
        raise DataError(f"{path}: the file is empty; expected {expected}.")
    return content, digest


def _read_bytes(path: Path, expected: str) -> bytes:
    if path.is_dir():
        raise DataError(f"{path}: expected a file with {expected}; received a folder.")
    try:
        limits.check_size(path.stat().st_size, str(path))
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file.") from error
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}).") from error


def _unpack(content: bytes, source: str) -> bytes:
    try:
        if content.startswith(b"\x1f\x8b"):
            return limits.unpack_gzip(content, source)
        if content.startswith(b"PK\x03\x04"):
            return limits.unpack_zip(content, source)
    except DataError:
        raise
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{source}: the archive is damaged ({shorten(error)}).") from error
    return content


def _find_format(content: bytes, suffix: str) -> str:
    if content.startswith(b"PAR1") or suffix in (".parquet", ".pq"):
        return "Parquet"
    if content.startswith((b"ARROW1", b"FEA1")) or suffix in (".feather", ".ftr", ".arrow"):
        return "feather"
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
        return "JSON"
    return "text"


def _read_binary(content: bytes, kind: str, source: str) -> pd.DataFrame:
    source_bytes = pa.BufferReader(content)
    try:  # threads would each keep memory for themselves: 10 MB at 100,000 bars
        if kind == "Parquet":
            file = parquet.ParquetFile(source_bytes)
            _check_parquet(file.metadata, source)
            table = file.read(use_threads=False)
        else:
            limits.check_columns(len(ipc.open_file(source_bytes).schema), source)
            table = feather.read_table(source_bytes, use_threads=False)
        frame: pd.DataFrame = table.to_pandas()
    except (pa.ArrowException, OSError) as error:
        problem = shorten(str(error).splitlines()[0].rstrip("."))
        raise DataError(
            f"{source}: this is not a whole {kind} file, it may be truncated ({problem})."
        ) from error
    del table
    pa.default_memory_pool().release_unused()
    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()


def _check_parquet(metadata: parquet.FileMetaData, source: str) -> None:
    limits.check_columns(metadata.num_columns, source)
    groups = (metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    limits.check_size(sum(groups), source)


def _read_json(content: bytes, source: str) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Read candles as ccxt and freqtrade keep them: a list of lists, or of objects."""
    try:
        rows = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: this is not JSON ({shorten(error)}).") from error
    if not isinstance(rows, list) or not rows:
        raise DataError(
            f"{source}: expected a list of candles such as [[1767225600000, 410.1, 412.0, 409.5, "
            f"411.2, 35.1], …]; received {shorten(json.dumps(rows))}."
        )
    kind = type(rows[0])
    sizes = [len(row) if isinstance(row, (list, dict)) else -1 for row in rows]
    for number, (row, size) in enumerate(zip(rows, sizes, strict=True), start=1):
        if kind not in (list, dict) or not isinstance(row, kind) or size != sizes[0]:
            raise DataError(
                f"{source}, row {number}: expected a candle like those before, a list of numbers "
                f"or an object; received {shorten(json.dumps(row))}."
            )
    numbers = np.arange(1, len(rows) + 1)
    frame = pd.DataFrame(rows)
    if kind is list:
        frame = frame.set_axis(list(_name_columns(sizes[0], source, 1)), axis=1)
    return frame, numbers


def _read_text(content: bytes, source: str) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    limits.check_lines(content, source)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: expected CSV, Parquet, feather or JSON; received none of them, nor text "
            f"({shorten(error)})."
        ) from error
    skipped, line = _find_first_line(text)
    delimiter = max(DELIMITERS, key=line.count)
    limits.check_columns(line.count(delimiter) + 1, source)
    frame = _parse(text, delimiter, skipped, source)
    rows = np.arange(skipped + 1, skipped + 1 + len(frame))
    cells = [str(cell).strip() for cell in frame.iloc[0]]
    if all(_is_number(cell) for cell in cells[1:6]) and len(cells) > 1:
        names = _name_columns(len(cells), source, int(rows[0]))
    else:
        names, used = headers.find_names(frame, source)
        frame, rows = frame.iloc[used:], rows[used:]
    blank = (frame == "").all(axis=1).to_numpy()
    frame = frame.loc[~blank].set_axis(list(names), axis=1).reset_index(drop=True)
    return headers.drop_empty_twins(frame), rows[~blank]


def _find_first_line(text: str) -> tuple[int, str]:
    """Skip blank lines, comments and the address that CryptoDataDownload puts on top."""
    for number, line in enumerate(text[:HEAD].splitlines()):
        if line.strip() and not line.startswith(("#", "http://", "https://", "www.")):
            return number, line.strip()
    return 0, ""


def _parse(text: str, delimiter: str, skipped: int, source: str) -> pd.DataFrame:
    quick = _parse_plain(text, delimiter, skipped)
    if quick is not None:
        return quick
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            skiprows=skipped,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(_explain(str(error), source)) from error
    return frame.fillna("")


def _parse_plain(text: str, delimiter: str, skipped: int) -> pd.DataFrame | None:
    """Parse a table without quotes whose rows all have the same number of cells, several at once.

    Returns None for any other text: pandas reads it, or says what is wrong with it.
    """
    if '"' in text or "\x00" in text:
        return None
    n_columns = text[: text.find("\n")].count(delimiter) + 1 if not skipped else 0
    options = csv.ConvertOptions(
        column_types={f"f{i}": pa.string() for i in range(n_columns)}, strings_can_be_null=False
    )
    try:
        table = csv.read_csv(
            pa.BufferReader(text.encode()),
            csv.ReadOptions(autogenerate_column_names=True, use_threads=False),
            csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            options,
        )
    except pa.ArrowInvalid:
        return None
    if table.num_columns != n_columns:
        return None
    frame: pd.DataFrame = table.to_pandas()
    return frame.set_axis(range(n_columns), axis=1)


def _explain(problem: str, source: str) -> str:
    match = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", problem)
    if match is None:
        return f"{source}: this is not a table ({shorten(problem)})."
    expected, row, received = match.groups()
    return f"{source}, row {row}: expected {expected} columns; received {received}."


def _name_columns(n_columns: int, source: str, row: int) -> tuple[str, ...]:
    if n_columns not in HEADERLESS:
        raise DataError(
            f"{source}, row {row}: the table has no header and {count(n_columns, 'column')}; "
            f"expected a "
            "header, or 6 columns (time, open, high, low, close, volume), 7 (Kraken) or 12 "
            "(Binance klines)."
        )
    return HEADERLESS[n_columns]


def _is_number(cell: object) -> bool:
    try:
        float(cell)  # type: ignore[arg-type]  # whatever it is, float() is the judge
    except (TypeError, ValueError):
        return False
    return True


def to_floats(table: RawTable, name: str) -> FloatArray:
    """Convert a column to float64.

    Parameters
    ----------
    table : RawTable
        Table of n_rows rows as read from the file.
    name : str
        Name of the column.

    Returns
    -------
    float64 array of shape (n_rows,)
        NaN for empty cells.

    Raises
    ------
    DataError
        If a cell is not a number, with its row.
    """
    cells = table.frame[name]
    if pd.api.types.is_numeric_dtype(cells):
        return cells.to_numpy(np.float64, na_value=np.nan)
    plain = parse_floats(cells)
    if plain is not None:
        return plain
    try:
        return cells.to_numpy(object).astype(np.float64)
    except (TypeError, ValueError) as error:
        row = next(n for n, cell in enumerate(cells) if not _is_number(cell))
        cell = cells.iloc[row]
        raise DataError(
            f"{table.source}, row {table.rows[row]}, column '{name}': expected a number; "
            f"received {shorten(cell)}."
        ) from error
