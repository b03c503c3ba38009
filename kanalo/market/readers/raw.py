"""A table as its file has it: cells, and the row that its author would count to find each."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import feather, parquet

from kanalo.errors import DataError

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
    """Read a CSV, Parquet or feather file, plain or in a gzip or zip archive, told by its content.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What it should hold, for the message about an empty one.

    Raises
    ------
    DataError
        If the file is missing, a folder, empty, truncated or in none of these formats.
    """
    content, digest = read_content(path, expected)
    source = str(path)
    kind = _find_format(content, path.suffix.lower())
    if kind == "text":
        frame, rows = _read_text(content, source)
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
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file.") from error
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}).") from error


def _unpack(content: bytes, source: str) -> bytes:
    try:
        if content.startswith(b"\x1f\x8b"):
            return gzip.decompress(content)
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = archive.namelist()
                if len(names) == 1:
                    return archive.read(names[0])
            raise DataError(f"{source}: expected one file in the archive; received {len(names)}.")
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{source}: the archive is damaged ({error}).") from error
    return content


def _find_format(content: bytes, suffix: str) -> str:
    if content.startswith(b"PAR1") or suffix in (".parquet", ".pq"):
        return "Parquet"
    if content.startswith((b"ARROW1", b"FEA1")) or suffix in (".feather", ".ftr", ".arrow"):
        return "feather"
    return "text"


def _read_binary(content: bytes, kind: str, source: str) -> pd.DataFrame:
    source_bytes = pa.BufferReader(content)
    try:  # threads would each keep memory for themselves: 10 MB at 100,000 bars
        if kind == "Parquet":
            table = parquet.ParquetFile(source_bytes).read(use_threads=False)
        else:
            table = feather.read_table(source_bytes, use_threads=False)
        frame: pd.DataFrame = table.to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        problem = str(error).splitlines()[0].rstrip(".")
        raise DataError(
            f"{source}: this is not a whole {kind} file, it may be truncated ({problem})."
        ) from error
    del table
    pa.default_memory_pool().release_unused()
    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()


def _read_text(content: bytes, source: str) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: expected CSV, Parquet or feather; received neither, nor text ({error})."
        ) from error
    skipped, line = _find_first_line(text)
    delimiter = max(DELIMITERS, key=line.count)
    frame = _parse(text, delimiter, skipped, source)
    rows = np.arange(skipped + 1, skipped + 1 + len(frame))
    cells = [str(cell).strip() for cell in frame.iloc[0]]
    if all(_is_number(cell) for cell in cells[1:6]) and len(cells) > 1:
        names = _name_columns(len(cells), source, int(rows[0]))
    else:
        names, frame, rows = tuple(cells), frame.iloc[1:], rows[1:]
    blank = (frame == "").all(axis=1).to_numpy()
    frame = frame.loc[~blank].set_axis(list(names), axis=1).reset_index(drop=True)
    return frame, rows[~blank]


def _find_first_line(text: str) -> tuple[int, str]:
    """Skip blank lines, comments and the address that CryptoDataDownload puts on top."""
    for number, line in enumerate(text[:HEAD].splitlines()):
        if line.strip() and not line.startswith(("#", "http://", "https://", "www.")):
            return number, line.strip()
    return 0, ""


def _parse(text: str, delimiter: str, skipped: int, source: str) -> pd.DataFrame:
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
    except pd.errors.ParserError as error:
        raise DataError(_explain(str(error), source)) from error
    return frame.fillna("")


def _explain(problem: str, source: str) -> str:
    match = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", problem)
    if match is None:
        return f"{source}: this is not a table ({problem})."
    expected, row, received = match.groups()
    return f"{source}, row {row}: expected {expected} columns; received {received}."


def _name_columns(n_columns: int, source: str, row: int) -> tuple[str, ...]:
    if n_columns not in HEADERLESS:
        raise DataError(
            f"{source}, row {row}: the table has no header and {n_columns} columns; expected a "
            "header, or 6 columns (time, open, high, low, close, volume), 7 (Kraken) or 12 "
            "(Binance klines)."
        )
    return HEADERLESS[n_columns]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
