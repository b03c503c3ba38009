"""The one module that decides what a time means: in files, options, specs and Python alike.

Read are ISO 8601 and what cannot be mistaken: the year first, with ``-``, ``/`` or ``.`` between;
the month by its name; unix stamps, whose unit their size tells. Everything else is refused with the
readings that it may have. A bare date is its midnight in UTC. A clock without a zone is UTC where a
person types it, and has to be given its zone where it stands in a file.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kanalo.errors import ParameterError, shorten
from kanalo.market.numbers import parse_integers
from kanalo.typing import BoolArray, FloatArray, IntArray

EXPECTED = "a time such as 2026-01-31, 2026-01-31T12:00Z or a unix stamp"

UNIX_UNITS = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000), (np.inf, 1))
"""Upper ends of seconds, milliseconds, microseconds and nanoseconds, and nanoseconds in each.

Until the year 5138 no two units overlap.
"""

EARLIEST_STAMP = 1e8
"""Numbers below are no unix stamps of a market: 1973 in seconds. Spreadsheets count days so."""

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years that a time may lie in."""

Refuse = Callable[[BoolArray, str], None]
"""Called with the wrong cells and what was expected; raises where one is wrong."""

_DATE = r"(?P<date>\d{4}(?P<sep>[-/.])\d{1,2}(?P=sep)\d{1,2}|\d{8})"
_CLOCK = r"\d{1,2}(?::\d{2}){1,2}(?:[.,]\d{1,9})?"
_ZONE = r"Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?"
_TIME = re.compile(
    rf"{_DATE}(?:[T ]\s*(?P<clock>{_CLOCK}|\d{{4}}(?:\d{{2}})?|\d{{2}}))?\s*(?P<zone>{_ZONE})?",
    re.IGNORECASE,
)
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?:Z|[+-]\d{2}:\d{2})?"
_ISO_ZONE = r"(?:Z|[+-]\d{2}:\d{2})$"
_DATES = ("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%Y-%m-%d")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I-%p")
_SPELLED = tuple(date + clock for date in _DATES for clock in _CLOCKS)
"""Spellings with the name of the month or the half of the day, which leave no doubt."""

_DAY_OR_MONTH = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:\D.*)?")


def to_time(value: Any, name: str = "The time") -> pd.Timestamp:
    """Read one time that a person typed or a program passed.

    Parameters
    ----------
    value : str, number, date, datetime, numpy.datetime64 or Timestamp
        UTC unless it carries a zone; a date stands for its midnight; a number is a unix stamp.
    name : str
        What the message calls it, for example ``"--from"``.

    Returns
    -------
    Timestamp
        UTC, in nanoseconds.

    Raises
    ------
    ParameterError
        If it is no time, or may be read in two ways.

    Examples
    --------
    >>> to_time("2026-01-31")
    Timestamp('2026-01-31 00:00:00+0000', tz='UTC')
    >>> to_time("02.07.2025", "--from")
    Traceback (most recent call last):
        ...
    kanalo.errors.ParameterError: --from may be 2 July 2025 or 7 February 2025; write 2025-07-02 \
or 2025-02-07; received '02.07.2025'.
    """

    def refuse(wrong: BoolArray, expected: str) -> None:
        if wrong.any():
            raise ParameterError(f"{name} {expected}; received {shorten(value)}.")

    def must_be(wrong: BoolArray, expected: str) -> None:
        refuse(wrong, expected if expected.startswith("may be") else f"must be {expected}")

    if isinstance(value, (datetime.date, np.datetime64)):
        return _to_stamp(value, must_be)
    if isinstance(value, bool) or not isinstance(value, (str, int, float, np.number)):
        must_be(np.array([True]), EXPECTED)
    times = parse_times(
        pd.Series([value if isinstance(value, str) else str(value)]), must_be, "UTC"
    )
    return pd.Timestamp(times.iloc[0]).as_unit("ns")


def parse_times(cells: pd.Series, refuse: Refuse, timezone: str | None) -> pd.Series:
    """Read a column of text times.

    Parameters
    ----------
    cells : Series of str
        Times in one spelling; their zones may differ.
    refuse : callable
        See `Refuse`.
    timezone : str or None
        IANA name of the zone of clocks that carry none. Bare dates are UTC without it.

    Returns
    -------
    Series of datetime64[ns, UTC]
        In the same order.

    Raises
    ------
    ParameterError
        If the timezone is unknown.
    """
    cells = cells.astype(str).str.strip()
    zone = None if timezone is None else find_zone(timezone)
    stamps = parse_integers(cells)
    numbers = (
        pd.to_numeric(cells, errors="coerce")
        if stamps is None
        else pd.Series(stamps, index=cells.index)
    )
    if pd.notna(numbers.iloc[0]) and len(cells.iloc[0]) != len("20260131"):
        return from_unix(numbers, refuse)
    if not cells.str.fullmatch(_ISO).all():
        cells = _to_iso(cells, refuse)
    zoned = cells.str.contains(_ISO_ZONE).to_numpy(bool) & cells.str.contains(":").to_numpy(bool)
    if zoned.any():
        refuse(~zoned, "a time with a zone, as in the other rows")
        return _parse_iso(cells, refuse, utc=True)
    has_clock = cells.str.len().to_numpy() > len("2026-01-31")
    return localise(_parse_iso(cells, refuse, utc=False), has_clock, zone, refuse)


def from_unix(cells: pd.Series, refuse: Refuse) -> pd.Series:
    """Read unix stamps in s, ms, µs or ns, told apart by their size, or dates such as 20260131.

    Parameters
    ----------
    cells : Series of numbers
        Stamps.
    refuse : callable
        See `Refuse`.

    Returns
    -------
    Series of datetime64 in UTC
        On the index of the cells.
    """
    values = cells.to_numpy(np.float64, na_value=np.nan)
    if _are_dates(values):
        return _parse_iso(_hyphenate(cells.astype(np.int64).astype(str)), refuse, utc=True)
    is_stamp = (values >= EARLIEST_STAMP) & np.isfinite(values)
    refuse(~is_stamp, "a unix stamp in s, ms, µs or ns")
    factor = np.select([values < end for end, _ in UNIX_UNITS], [n for _, n in UNIX_UNITS])
    last = pd.Timestamp(year=LAST_YEAR, month=12, day=31).value
    refuse(values * factor > last, f"a time from {FIRST_YEAR} to {LAST_YEAR}")
    whole = np.floor(values)
    exact: IntArray = (
        cells.to_numpy(np.int64) if cells.dtype.kind in "iu" else whole.astype(np.int64)
    )
    nanoseconds = exact * factor + np.rint((values - whole) * factor).astype(np.int64)
    return pd.Series(pd.to_datetime(nanoseconds, unit="ns", utc=True), index=cells.index)


def localise(
    times: pd.Series, has_clock: BoolArray, zone: datetime.tzinfo | None, refuse: Refuse
) -> pd.Series:
    """Give naive times their zone: the one that was named, else UTC where they are bare dates.

    Parameters
    ----------
    times : Series of datetime64
        Without a zone.
    has_clock : bool array of shape (n,)
        Whether each has a time of day.
    zone : tzinfo or None
        See `find_zone`.
    refuse : callable
        See `Refuse`.

    Returns
    -------
    Series of datetime64 in UTC
        On the same index.
    """
    if zone is None:
        refuse(has_clock, "a time zone, for this clock has none: name it with --timezone, e.g. UTC")
    named = zone or datetime.UTC
    local: pd.Series = times.dt.tz_localize(named, ambiguous="NaT", nonexistent="NaT")
    refuse(
        local.isna().to_numpy(),
        f"a time that happens once in {named}, not twice or never as when clocks change",
    )
    utc: pd.Series = local.dt.tz_convert("UTC").dt.as_unit("ns")
    return utc


def find_zone(name: str) -> datetime.tzinfo:
    """Return the time zone of an IANA name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if name.upper() == "UTC":
        return datetime.UTC  # known even where the system has no zone database
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ParameterError(
            "The 'timezone' of a file must be an IANA name such as UTC or Europe/Berlin; "
            f"received {shorten(name)}."
        ) from error


def _to_stamp(value: Any, refuse: Refuse) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(value)
        stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
        known = not pd.isna(stamp) and FIRST_YEAR <= stamp.year <= LAST_YEAR
    except (ValueError, OverflowError):  # a date that nanoseconds cannot count up to
        known = False
    refuse(np.array([not known]), f"a time from {FIRST_YEAR} to {LAST_YEAR}")
    return stamp.as_unit("ns")


def _to_iso(cells: pd.Series, refuse: Refuse) -> pd.Series:
    """Rewrite every spelling that cannot be mistaken as ISO 8601."""
    spelled = _find_spelling(cells)
    if spelled is not None:
        return spelled
    matches = [_TIME.fullmatch(cell) for cell in cells]
    wrong = np.array([match is None for match in matches])
    if wrong.any():
        refuse(wrong, _explain(str(cells.iloc[int(np.argmax(wrong))])))
    return pd.Series([_rewrite(match) for match in matches if match], index=cells.index, dtype=str)


def _find_spelling(cells: pd.Series) -> pd.Series | None:
    """Read times with a named month or a half of the day, where all cells have one spelling."""
    if not re.search(r"[A-Za-z]{2}", str(cells.iloc[0])):
        return None
    for spelling in _SPELLED:
        times = pd.to_datetime(cells, format=spelling, errors="coerce")
        if times.notna().all():
            has_clock = "%H" in spelling or "%I" in spelling
            return times.dt.strftime("%Y-%m-%dT%H:%M:%S" if has_clock else "%Y-%m-%d")
    return None


def _rewrite(match: re.Match[str]) -> str:
    digits = match["date"]
    parts = re.split(r"[-/.]", digits) if match["sep"] else [digits[:4], digits[4:6], digits[6:]]
    date = f"{parts[0]}-{int(parts[1]):02}-{int(parts[2]):02}"
    if match["clock"] is None:
        return date if match["zone"] is None else f"{date}T00:00{_rewrite_zone(match['zone'])}"
    clock = match["clock"].replace(",", ".")
    if ":" not in clock:  # 1200 or 120000
        clock = ":".join(clock[at : at + 2] for at in range(0, len(clock), 2))
        clock = clock if ":" in clock else f"{clock}:00"
    hour, rest = clock.split(":", 1)
    return f"{date}T{int(hour):02}:{rest}{_rewrite_zone(match['zone'] or '')}"


def _rewrite_zone(zone: str) -> str:
    if zone.upper() in ("Z", "UTC", "GMT"):
        return "Z"
    digits = zone.replace(":", "")
    return f"{digits[:3]}:{digits[3:] or '00'}" if digits else ""


def _explain(cell: str) -> str:
    """Say what was expected, and where day and month may be mistaken what they may be."""
    match = _DAY_OR_MONTH.fullmatch(cell)
    if match is None:
        return EXPECTED
    first, second, year = match.groups()
    year = year if len(year) == 4 else f"20{year}"
    readings = [_try_date(year, second, first), _try_date(year, first, second)]
    dates = [each for each in dict.fromkeys(readings) if each is not None]
    if not dates:
        return EXPECTED
    words = " or ".join(f"{each.day} {each:%B %Y}" for each in dates)
    return f"may be {words}; write {' or '.join(each.isoformat() for each in dates)}"


def _try_date(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _parse_iso(cells: pd.Series, refuse: Refuse, *, utc: bool) -> pd.Series:
    years = cells.str.slice(0, 4).astype(int).to_numpy()
    refuse((years < FIRST_YEAR) | (years > LAST_YEAR), f"a time from {FIRST_YEAR} to {LAST_YEAR}")
    times = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=utc)
    refuse(times.isna().to_numpy(), EXPECTED)
    return times.dt.as_unit("ns")


def _hyphenate(cells: pd.Series) -> pd.Series:
    return cells.str.replace(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3", regex=True)


def _are_dates(values: FloatArray) -> bool:
    """Tell ``20260131`` from a unix stamp: as one, it would be a day of August 1970."""
    with np.errstate(invalid="ignore"):
        return bool(((values >= 19_700_101) & (values <= 21_001_231)).all())
