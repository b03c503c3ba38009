"""From pages to rows: many small files are read as few large ones, by the formats' readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kanalo.errors import DataError, SourceError, shorten
from kanalo.market.readers.bars import read_bar_rows
from kanalo.market.readers.formats import find_format
from kanalo.market.readers.limits import unpack_zip
from kanalo.market.readers.raw import parse_raw
from kanalo.market.readers.reading import Reading, ReadOptions
from kanalo.market.readers.series import FUNDING_JITTER

CHUNK = 8_000_000
"""Bytes of text that are read at once: some 80,000 rows, so that memory stays small."""

KLINES = (
    b"open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    b"taker_buy_quote_volume,ignore"
)
"""Header of klines, which older files lack."""

BARS = ("time", "open", "high", "low", "close", "volume")


def read_archive_bars(paths: Sequence[Path]) -> pd.DataFrame:
    """Read klines of an archive, file by file in order of time.

    Parameters
    ----------
    paths : sequence of Path
        Zip files, with and without a header.

    Returns
    -------
    DataFrame
        ``time open high low close volume``.

    Raises
    ------
    DataError
        If one is no zip file, or a row is no bar.
    """
    frames = [read_bar_rows(parse_raw(text, source)) for text, source in _combine(paths, KLINES)]
    return _stack(frames, BARS)


def read_archive(name: str, paths: Sequence[Path], options: ReadOptions) -> pd.DataFrame:
    """Read files of an archive in a format that has a header, many at once.

    Parameters
    ----------
    name : str
        Of the format.
    paths : sequence of Path
        Zip files.
    options : ReadOptions
        What the files do not say.

    Returns
    -------
    DataFrame
        Rows of all files in the format's schema.

    Raises
    ------
    DataError
        If a file is not of the format; the message names the first of those read with it.
    """
    reader = find_format(name).read
    frames = []
    for text, source in _combine(paths, None):
        whole = paths[0].with_name(f"combined-{name}.csv")
        whole.write_bytes(text)  # of this process alone, and read at once
        try:
            frames.append(reader(whole, options).frame)
        except DataError as error:
            raise DataError(str(error).replace(str(whole), source)) from error
        finally:
            whole.unlink(missing_ok=True)
    return _stack(frames, ("time",))


def read_each(name: str, paths: Iterable[Path], options: ReadOptions) -> list[Reading]:
    """Read pages one by one in a format; pages without a row are left out.

    Parameters
    ----------
    name : str
        Of the format.
    paths : iterable of Path
        Pages.
    options : ReadOptions
        What they do not say.

    Returns
    -------
    list of Reading
        One for each page that has rows.
    """
    reader = find_format(name).read
    return [reader(path, options) for path in paths if path.stat().st_size > len("[[]]\n")]


def read_candles(contents: Iterable[bytes]) -> pd.DataFrame:
    """Read pages of candles as ccxt gives them: ``[[ms, open, high, low, close, volume], …]``."""
    rows = [row for content in contents for row in json.loads(content)]
    table = np.array(rows, dtype=np.float64).reshape(-1, len(BARS))
    times = pd.to_datetime(table[:, 0].astype(np.int64), unit="ms", utc=True).as_unit("ns")
    columns = {name: table[:, i] for i, name in enumerate(BARS) if i}
    return pd.DataFrame({"time": times, **columns})


def read_rows(contents: Iterable[bytes], columns: dict[str, str]) -> pd.DataFrame:
    """Read pages of ccxt's objects: their ``timestamp`` and some of their numbers.

    Parameters
    ----------
    contents : iterable of bytes
        JSON lists of objects.
    columns : dict of str to str
        Field of an object → column of the frame.

    Returns
    -------
    DataFrame of shape (n, 1 + n_columns)
        ``time`` and the columns, NaN where a field is missing.
    """
    rows: list[dict[str, Any]] = [row for content in contents for row in json.loads(content)]
    stamps = np.array([row["timestamp"] for row in rows], dtype=np.int64)
    times = pd.to_datetime(stamps, unit="ms", utc=True).as_unit("ns")
    values = {
        new: np.array([np.nan if row.get(old) is None else row[old] for row in rows], dtype=float)
        for old, new in columns.items()
    }
    return pd.DataFrame({"time": times, **values})


def round_funding(frame: pd.DataFrame) -> pd.DataFrame:
    """Round stamps of funding to the full hour, where they are less than a minute off."""
    times = pd.DatetimeIndex(frame["time"])
    rounded = times.round("h")
    near = np.abs((times - rounded).to_numpy()) <= FUNDING_JITTER.to_timedelta64()
    return frame.assign(time=pd.DatetimeIndex(np.where(near, rounded, times), tz="UTC"))


def check_json(content: bytes, host: str) -> Any:
    """Parse an answer; raise SourceError where it is no JSON, as of a page of maintenance.

    Parameters
    ----------
    content : bytes
        The answer.
    host : str
        For the message.

    Returns
    -------
    object
        What the JSON holds.

    Raises
    ------
    SourceError
        If it is no JSON.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        text = content[:60].decode("utf-8", "replace")
        raise SourceError(
            f"{host} answered with something else than JSON: {shorten(text)}."
        ) from error


def _combine(paths: Sequence[Path], header: bytes | None) -> Iterator[tuple[bytes, str]]:
    """Yield texts of many files with one header, and the name of the first file of each."""
    parts: list[bytes] = []
    head, first, size = b"", "", 0
    for path in paths:
        top, body = _split(unpack_zip(path.read_bytes(), str(path)), header)
        if parts and (top != head or size + len(body) > CHUNK):
            yield head + b"\n" + b"".join(parts), first
            parts, size = [], 0
        if not parts:
            head, first = top, str(path)
        parts.append(body if body.endswith(b"\n") else body + b"\n")
        size += len(body)
    if parts:
        yield head + b"\n" + b"".join(parts), first


def _split(text: bytes, header: bytes | None) -> tuple[bytes, bytes]:
    """Take the header off a file; one that has none gets the header that is usual."""
    if header is not None and text[:1].isdigit():
        return header, text
    top, _, body = text.partition(b"\n")
    return top.rstrip(b"\r"), body


def _stack(frames: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    full = [each for each in frames if len(each)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=list(columns))
