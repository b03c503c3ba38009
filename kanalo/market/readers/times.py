"""Times of any spelling to UTC: unix stamps of any unit, typed times and text."""

from __future__ import annotations

import datetime
import zoneinfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.market.readers.raw import RawTable

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FORMATS = ("ISO8601", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y-%m-%d %I-%p")
"""Spellings of text times that are tried; day and month are never guessed."""

EXPECTED = "a time such as 2026-01-31T12:00Z or a unix stamp"

UNIX_UNITS = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000), (np.inf, 1))
"""Upper ends of seconds, milliseconds, microseconds and nanoseconds, and nanoseconds in each.

Until the year 5138 no two units overlap.
"""

EARLIEST = 1e8
"""Numbers below are no unix stamps of a market: 1973 in seconds. Spreadsheets count days so."""

_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})$"
_BARE_DATE = r"\d{4}[-/]?\d{1,2}[-/]?\d{1,2}"


def to_utc(table: RawTable, name: str, timezone: str | None) -> pd.DatetimeIndex:
    """Convert a column of times to UTC.

    Unix stamps are UTC, in s, ms, µs or ns by their size, row by row. So are bare dates. Times that
    carry a zone are converted. A clock without a zone needs ``timezone``.

    Parameters
    ----------
    table : RawTable
        The file.
    name : str
        Its column of times.
    timezone : str or None
        IANA name of the zone of times that carry none.

    Returns
    -------
    DatetimeIndex
        In the file's order, ns, UTC.

    Raises
    ------
    DataError
        If a cell is no time, a clock has no zone, or a local time happens twice or never.
    ParameterError
        If the timezone is unknown.
    """
    column = _Column(table, name, timezone)
    cells = table.frame[name]
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        column.refuse(cells.isna().to_numpy(), EXPECTED)
        times = cells
    elif pd.api.types.is_datetime64_dtype(cells):
        column.refuse(cells.isna().to_numpy(), EXPECTED)
        times = column.localise(cells, _has_clock(cells))
    elif pd.api.types.is_numeric_dtype(cells):
        times = column.from_unix(cells)
    else:
        times = column.from_text(cells.astype(str).str.strip())
    return pd.DatetimeIndex(times.dt.tz_convert("UTC").dt.as_unit("ns")).rename("time")


class _Column:
    """A column of times in the words of a refusal."""

    def __init__(self, table: RawTable, name: str, timezone: str | None) -> None:
        self.table, self.name = table, name
        self.zone = None if timezone is None else _find_zone(timezone)

    def refuse(self, wrong: BoolArray, expected: str) -> None:
        if wrong.any():
            row = int(np.argmax(wrong))
            cell = self.table.frame[self.name].iloc[row]
            received = "nothing" if pd.isna(cell) or not str(cell).strip() else repr(str(cell))
            raise DataError(
                f"{self.table.source}, row {self.table.rows[row]}, column '{self.name}': "
                f"expected {expected}; received {received}."
            )

    def from_unix(self, cells: pd.Series) -> pd.Series:
        values = cells.to_numpy(np.float64, na_value=np.nan)
        if _are_dates(values):
            return pd.to_datetime(cells.astype(np.int64).astype(str), format="%Y%m%d", utc=True)
        self.refuse(~(values >= EARLIEST), "a unix stamp in s, ms, µs or ns")
        factor = np.select([values < end for end, _ in UNIX_UNITS], [n for _, n in UNIX_UNITS])
        whole = np.floor(values)
        exact = cells.to_numpy(np.int64) if cells.dtype.kind in "iu" else whole.astype(np.int64)
        nanoseconds = exact * factor + np.rint((values - whole) * factor).astype(np.int64)
        return pd.Series(pd.to_datetime(nanoseconds, unit="ns", utc=True))

    def from_text(self, cells: pd.Series) -> pd.Series:
        numbers = pd.to_numeric(cells, errors="coerce")
        if pd.notna(numbers.iloc[0]):
            self.refuse(numbers.isna().to_numpy(), "a unix stamp")
            return self.from_unix(numbers)
        if cells.iloc[0].endswith(("UTC", "GMT")):
            cells = cells.str.replace(r"\s*(?:UTC|GMT)$", "Z", regex=True)
        zoned = cells.str.contains(_ZONE) & cells.str.contains(":", regex=False)
        if zoned.any():
            self.refuse(~zoned.to_numpy(), "a time with a zone, as in the rows before")
            return self._parse(cells, utc=True)
        times = self._parse(cells, utc=False)
        return self.localise(times, ~cells.str.fullmatch(_BARE_DATE).to_numpy(bool))

    def localise(self, times: pd.Series, has_clock: BoolArray) -> pd.Series:
        """Give naive times their zone: the one asked for, else UTC if they are bare dates."""
        if self.zone is None:
            self.refuse(
                has_clock, "a time zone, for this clock has none: name it with --timezone, e.g. UTC"
            )
        zone = self.zone or datetime.UTC
        local: pd.Series = times.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        self.refuse(
            local.isna().to_numpy(),
            f"a time that happens once in {zone}, not twice or never as when clocks change",
        )
        return local

    def _parse(self, cells: pd.Series, *, utc: bool) -> pd.Series:
        best = pd.Series(pd.NaT, index=cells.index)
        for spelling in FORMATS:
            times = pd.to_datetime(cells, format=spelling, errors="coerce", utc=utc)
            if times.notna().sum() > best.notna().sum():
                best = times
            if best.notna().all():
                return best
        self.refuse(best.isna().to_numpy(), EXPECTED)
        return best


def _find_zone(name: str) -> datetime.tzinfo:
    if name.upper() == "UTC":
        return datetime.UTC  # known even where the system has no zone database
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ParameterError(
            "The 'timezone' of a file must be an IANA name such as UTC or Europe/Berlin; "
            f"received {name!r}."
        ) from error


def _has_clock(times: pd.Series) -> BoolArray:
    """Tell typed times from dates: a column that only knows midnights holds dates."""
    clocked = bool((times != times.dt.normalize()).any())
    return np.full(len(times), clocked)


def _are_dates(values: npt.NDArray[np.float64]) -> bool:
    """Tell ``20260131`` from a unix stamp: as one, it would be a day of August 1970."""
    with np.errstate(invalid="ignore"):
        return bool(((values >= 19_700_101) & (values <= 21_001_231)).all())
