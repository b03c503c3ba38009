"""Numbers as people read them: the same text on every face of the report.

The model holds fractions, counts and money as plain numbers with None where there is none; nothing
but this module turns them into text. A minus is U+2212, so that it is as wide as a plus and never
breaks from its number; machines read the JSON instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kanalo.text import count

MISSING = "–"
"""What stands where there is no value."""

NBSP = "\N{NO-BREAK SPACE}"
_FEW_DAYS = 10


def format_value(value: float | None, unit: str) -> str:
    """Format a statistic without its unit, which its name carries: ``-0.123`` → ``−12.3``.

    Days alone have theirs, for no name says it: ``12.4`` → ``12 d``.

    Parameters
    ----------
    value : float or None
        As the model holds it; None where the statistic is not defined.
    unit : str
        ``fraction`` (shown in percent), ``ratio``, ``count``, ``money``, ``days`` or ``bars``.

    Returns
    -------
    str
        An en dash for None.

    Examples
    --------
    >>> format_value(-0.1234, "fraction"), format_value(1.5, "ratio"), format_value(None, "ratio")
    ('−12.3', '1.50', '–')
    """
    if value is None:
        return MISSING
    return _FORMATS.get(unit, _ratio)(value)


def format_percent(value: float | None, *, signed: bool = False) -> str:
    """Format a fraction as percent with its sign, for sentences: ``0.381`` → ``38.1 %``.

    Parameters
    ----------
    value : float or None
        A fraction.
    signed : bool
        Whether a gain carries a plus sign.

    Returns
    -------
    str
        An en dash for None.

    Examples
    --------
    >>> format_percent(0.381, signed=True).replace(NBSP, " ")
    '+38.1 %'
    """
    if value is None:
        return MISSING
    text = _fraction(value)
    plus = "+" if signed and text != "0.0" and value > 0 else ""
    return f"{plus}{text}{NBSP}%"


def format_price(value: float | None) -> str:
    """Format a price with five significant digits and no exponent.

    Examples
    --------
    >>> format_price(488.125), format_price(0.4321)
    ('488.12', '0.43210')
    """
    if value is None:
        return MISSING
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return _minus(f"{value:,.{max(0, 5 - whole)}f}")


def format_count(value: float | None, noun: str) -> str:
    """Format a count with its noun: ``1 trade``, ``1,234 trades``, ``no trades``.

    Parameters
    ----------
    value : float or None
        A whole number, at least 0.
    noun : str
        In the singular.

    Returns
    -------
    str
        None counts as 0.

    Examples
    --------
    >>> format_count(0, "trade"), format_count(1, "trade"), format_count(1234, "trade")
    ('no trades', '1 trade', '1,234 trades')
    """
    number = int(value or 0)
    return count(number, noun) if number else f"no {noun}s"


def format_plain(value: Any) -> str:
    """Format any value of a spec, a parameter or a provenance on one line.

    Examples
    --------
    >>> format_plain({"weeks": 26, "long": True}), format_plain(None), format_plain(0.5)
    ('weeks=26, long=yes', '–', '0.5')
    """
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _minus(f"{value:.6g}")
    if isinstance(value, dict):
        return ", ".join(f"{key}={format_plain(each)}" for key, each in value.items()) or MISSING
    if isinstance(value, (list, tuple)):
        return ", ".join(map(format_plain, value)) or MISSING
    return str(value)


def format_time(time: str | None) -> str:
    """Format an ISO time of the model to the minute, in UTC.

    Examples
    --------
    >>> format_time("2026-01-31T12:00:00Z"), format_time("2026-01-31T00:00:00Z")
    ('2026-01-31 12:00', '2026-01-31')
    """
    if time is None:
        return MISSING
    date, _, clock = time.partition("T")
    return date if clock.startswith("00:00") or not clock else f"{date} {clock[:5]}"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _fraction(value: float) -> str:
    percent = value * 100
    digits = 0 if abs(percent) >= 10_000 else 1
    text = f"{percent:,.{digits}f}"
    return "0.0" if text == "-0.0" else _minus(text)


def _ratio(value: float) -> str:
    text = f"{value:,.2f}"
    return "0.00" if text == "-0.00" else _minus(text)


def _whole(value: float) -> str:
    text = f"{value:,.0f}"
    return "0" if text == "-0" else _minus(text)


def _days(value: float) -> str:
    """Write days with their unit, for which no name has room; short ones with a decimal."""
    text = f"{value:.1f}" if abs(value) < _FEW_DAYS and value != int(value) else _whole(value)
    return f"{_minus(text)}{NBSP}d"


_FORMATS: dict[str, Callable[[float], str]] = {
    "fraction": _fraction,
    "ratio": _ratio,
    "count": _whole,
    "money": _whole,
    "days": _days,
    "bars": _whole,
}


def format_effect(claim: Mapping[str, Any], value: float | None, *, signed: bool = False) -> str:
    """Format an effect: percent of a return, or percentage points of a share.

    Parameters
    ----------
    claim : mapping
        Its ``unit``.
    value : float or None
        A fraction.
    signed : bool
        Whether to write a plus.

    Returns
    -------
    str
        With its unit; a dash for None.
    """
    text = format_percent(value, signed=signed)
    return text.replace(f"{NBSP}%", f"{NBSP}points") if claim["unit"] == "points" else text
