"""How large an input may be; what is larger is refused by name, before it costs memory."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import NoReturn

import numpy as np

from kanalo.errors import DataError

MAX_BYTES = 1 << 30
"""Bytes of a file, and of what is unpacked from it: a gigabyte."""

MAX_RATIO = 200
"""How many times its own size an archive may hold; text of prices reaches about 20."""

MAX_COLUMNS = 1_000
MAX_LINE = 1 << 20
"""Bytes of one line of text."""

MAX_CELL = 10_000
"""Characters of one cell."""

_FREE = 1 << 24
"""Bytes to which anything may be unpacked, whatever the ratio."""

_CHUNK = 1 << 20


def check_size(n_bytes: int, source: str) -> None:
    """Refuse a file that is too large to be read into memory.

    Parameters
    ----------
    n_bytes : int
        Size of the file.
    source : str
        Name of the file, for the message.

    Raises
    ------
    DataError
        If it has more than `MAX_BYTES` bytes.
    """
    if n_bytes > MAX_BYTES:
        _refuse(source, "a file", f"{MAX_BYTES:,} bytes", f"{n_bytes:,}")


def check_columns(n_columns: int, source: str) -> None:
    """Refuse a table with too many columns.

    Parameters
    ----------
    n_columns : int
        Number of columns.
    source : str
        Name of the file, for the message.

    Raises
    ------
    DataError
        If it has more than `MAX_COLUMNS` columns.
    """
    if n_columns > MAX_COLUMNS:
        _refuse(source, "a table", f"{MAX_COLUMNS:,} columns", f"{n_columns:,}")


def check_lines(content: bytes, source: str) -> None:
    """Refuse text with a line that is too long.

    Parameters
    ----------
    content : bytes
        Text of the file, not empty.
    source : str
        Name of the file, for the message.

    Raises
    ------
    DataError
        With the row of a line of more than `MAX_LINE` bytes.
    """
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(content))
    if lengths.max() > MAX_LINE:
        row = int(np.argmax(lengths)) + 1
        _refuse(f"{source}, row {row}", "a line", f"{MAX_LINE:,} bytes", f"{lengths.max():,}")


def unpack_gzip(content: bytes, source: str) -> bytes:
    """Unpack a gzip file, and stop where it holds too much.

    Parameters
    ----------
    content : bytes
        The compressed file.
    source : str
        Name of the file, for the message.

    Returns
    -------
    bytes
        The content of the file inside.

    Raises
    ------
    DataError
        If it holds too much.
    """
    parts, size, most = [], 0, _find_most(len(content))
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        while part := stream.read(_CHUNK):
            size += len(part)
            if size > most:
                _refuse_archive(source, f"more than {size:,}", len(content))
            parts.append(part)
    return b"".join(parts)


def unpack_zip(content: bytes, source: str) -> bytes:
    """Unpack the one file of a zip archive; what macOS adds to it and folders do not count.

    Parameters
    ----------
    content : bytes
        The archive.
    source : str
        Name of the file, for the message.

    Returns
    -------
    bytes
        The content of the file inside.

    Raises
    ------
    DataError
        If it holds no file or several, or too much.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = [each for each in archive.infolist() if not _is_clutter(each)]
        if len(files) != 1:
            names = ", ".join(each.filename for each in files[:3])
            received = f"{len(files):,}: {names}" if files else "none"
            raise DataError(f"{source}: expected one file in the archive; received {received}.")
        if files[0].flag_bits & 0x1:
            raise DataError(f"{source}: the archive is encrypted; unpack it first.")
        if files[0].file_size > _find_most(len(content)):
            _refuse_archive(source, f"{files[0].file_size:,}", len(content))
        with archive.open(files[0]) as stream:  # the header may lie about the size
            return stream.read(files[0].file_size + 1)


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.rsplit("/", 1)[-1]
    return (
        entry.is_dir()
        or entry.filename.startswith("__MACOSX/")
        or name.startswith("._")
        or name == ".DS_Store"
    )


def _find_most(packed: int) -> int:
    return min(MAX_BYTES, max(_FREE, MAX_RATIO * packed))


def _refuse_archive(source: str, received: str, packed: int) -> NoReturn:
    _refuse(
        source,
        "an archive",
        f"{MAX_RATIO} times its size and {MAX_BYTES:,} bytes",
        f"{received} bytes in {packed:,}",
    )


def _refuse(source: str, what: str, most: str, received: str) -> NoReturn:
    raise DataError(f"{source}: {what} may have at most {most}; received {received}.")
