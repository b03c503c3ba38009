"""How texts name a number of things, and show what a terminal would obey."""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that a terminal or a browser obeys instead of showing; tabs and newlines are kept."""


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun, in the singular where it is one.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        In the singular.
    plural : str
        By default the noun with an s.

    Returns
    -------
    str
        With commas between thousands.

    Examples
    --------
    >>> count(1, "set"), count(1200, "set"), count(2, "entry", "entries")
    ('1 set', '1,200 sets', '2 entries')
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def count_trades(closed: int, still_open: int) -> str:
    """Count trades as every table does: those that ended, with the one that has not named apart.

    Parameters
    ----------
    closed, still_open : int
        Round trips that ended, and that had not at the last bar.

    Returns
    -------
    str
        For example ``"27 trades and 1 open"``.

    Examples
    --------
    >>> count_trades(27, 1), count_trades(1, 0)
    ('27 trades and 1 open', '1 trade')
    """
    return count(closed, "trade") + (f" and {still_open:,} open" if still_open else "")


def to_visible(text: str) -> str:
    r"""Write control characters and marks of text direction as escapes.

    Examples
    --------
    >>> to_visible("red\x1b[31m")
    'red\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return _OBEYED.sub(lambda match: ascii(match.group())[1:-1], text)


def escape_json(text: str) -> str:
    r"""Write the same characters in a JSON text as its own escapes, so that no value changes.

    Examples
    --------
    >>> print(escape_json('{"label": "a\u202eb"}'))
    {"label": "a\u202eb"}
    """
    return _OBEYED.sub(_to_json_escape, text)


def _to_json_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
