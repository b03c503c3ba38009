"""Checks of the values of a spec: each refusal names file, key, value and what is accepted."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kanalo.arguments import show
from kanalo.errors import KanaloError, SpecError, suggestion
from kanalo.market.times import to_time

LONGEST_NAME = 100
"""Characters of a name or a label."""


def list_tables(
    content: Mapping[str, Any], key: str, source: str
) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Yield the tables of a list such as ``[[markets]]`` with what messages call each.

    Parameters
    ----------
    content : mapping
        The whole spec.
    key : str
        The list; one table or more must be there.
    source : str
        File that messages name.

    Yields
    ------
    tuple of mapping and str

    Raises
    ------
    SpecError
        If there is no such list, it is empty, or an entry is no table.
    """
    entries = content.get(key)
    if not isinstance(entries, (list, tuple)) or not entries:
        raise SpecError(f"{source}: '{key}' must be one table or more, written [[{key}]].")
    for number, entry in enumerate(entries, start=1):
        where = f"{source}: {key} {number}"
        yield check_table(entry, where), where


def check_table(value: object, where: str) -> Mapping[str, Any]:
    """Return a table, or refuse what is none.

    Parameters
    ----------
    value : object
        What stands there.
    where : str
        File and key that messages name.

    Returns
    -------
    mapping of str to object
        The value itself.

    Raises
    ------
    SpecError
        If it is no mapping.
    """
    if not isinstance(value, Mapping):
        raise SpecError(f"{where}: must be a table; received {show(value)}.")
    return value


def check_keys(values: Mapping[str, Any], accepted: Sequence[str], where: str) -> None:
    """Refuse a key that does not exist, with a suggestion.

    Parameters
    ----------
    values : mapping
        A table of the spec.
    accepted : sequence of str
        The keys that exist.
    where : str
        File and table that messages name.

    Raises
    ------
    SpecError
        At the first key that does not exist.
    """
    for key in values:
        if key not in accepted:
            hint = suggestion(str(key)[:LONGEST_NAME], accepted)
            raise SpecError(f"{where}: unknown key {show(key)}.{hint}")


def check_unique(names: Iterable[str], where: str, key: str = "name") -> None:
    """Refuse a name that comes twice.

    Parameters
    ----------
    names : iterable of str
        All names.
    where : str
        File and list that messages name.
    key : str
        What the names are.

    Raises
    ------
    SpecError
        At the first name that comes twice.
    """
    for name, count in Counter(names).items():
        if count > 1:
            raise SpecError(f"{where}: the {key} {show(name)} is used twice; give each its own.")


def read_text(values: Mapping[str, Any], key: str, where: str, default: str) -> str:
    """Return the text of a key.

    Parameters
    ----------
    values : mapping
        A table of the spec.
    key : str
        Its key.
    where : str
        File and table that messages name.
    default : str
        The text where there is no such key.

    Returns
    -------
    str
        May be empty.

    Raises
    ------
    SpecError
        If the value is no text.
    """
    value = values.get(key, default)
    if not isinstance(value, str):
        raise SpecError(f"{where}: '{key}' must be text; received {show(value)}.")
    return value


def read_name(values: Mapping[str, Any], key: str, where: str, default: str) -> str:
    """Return a name or a label: text that stands on one line and says something.

    Parameters
    ----------
    values : mapping
        A table of the spec.
    key : str
        Its key.
    where : str
        File and table that messages name.
    default : str
        The name where there is no such key; may be empty.

    Returns
    -------
    str
        Of 1 to 100 printable characters, or the default.

    Raises
    ------
    SpecError
        If the value is no text, empty, longer than 100 characters or not printable.
    """
    text = read_text(values, key, where, default)
    if key not in values and not text:
        return text
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise SpecError(
            f"{where}: '{key}' must be 1 to {LONGEST_NAME} printable characters; "
            f"received {show(text)}."
        )
    return text


def read_folder_name(values: Mapping[str, Any], key: str, where: str, default: str) -> str:
    """Return a name that a folder of results can have: a name and no path.

    Parameters
    ----------
    values : mapping
        The spec.
    key : str
        Its key.
    where : str
        File that messages name.
    default : str
        The name where there is no such key.

    Returns
    -------
    str
        Safe as the name of a folder on every platform.

    Raises
    ------
    SpecError
        If the name is empty, begins with a dot, or has a slash, a backslash, a colon or a character
        that is not printable.
    """
    name = read_name(values, key, where, default)
    if not name or name.startswith(".") or name != name.strip() or set(name) & set("/\\:"):
        raise SpecError(
            f"{where}: '{key}' names a folder of the results, so it must be a name without slash, "
            f"backslash or colon that does not begin with a dot; received {show(name)}."
        )
    return name


def read_flag(values: Mapping[str, Any], key: str, where: str) -> bool:
    """Return true or false, false where there is no such key.

    Parameters
    ----------
    values : mapping
        The spec.
    key : str
        Its key.
    where : str
        File that messages name.

    Returns
    -------
    bool
        The value, or False.

    Raises
    ------
    SpecError
        If the value is neither.
    """
    value = values.get(key, False)
    if not isinstance(value, bool):
        raise SpecError(f"{where}: '{key}' must be true or false; received {show(value)}.")
    return value


def read_time(values: Mapping[str, Any], key: str, where: str) -> str:
    """Return a TOML date, a TOML time or text as ISO 8601; times without a zone are UTC.

    Parameters
    ----------
    values : mapping
        A table of the spec.
    key : str
        Its key.
    where : str
        File and table that messages name.

    Returns
    -------
    str
        As it was written; empty where there is no such key.

    Raises
    ------
    SpecError
        If it is no time that can be read without guessing.
    """
    value = values.get(key, "")
    if isinstance(value, (datetime.date, datetime.datetime)):
        value = value.isoformat()
    if not isinstance(value, str):
        raise SpecError(f"{where}: '{key}' must be a date; received {show(value)}.")
    if key not in values or not value:
        return ""
    try:
        to_time(value, f"'{key}'")
    except KanaloError as error:
        raise SpecError(f"{where}: {error}") from error
    return value


def build(kind: type[Any], values: object, where: str) -> Any:
    """Make a frozen dataclass of a table, naming wrong keys and types.

    Parameters
    ----------
    kind : type
        The dataclass; the types of its defaults are the types that are accepted.
    values : object
        What stands in the spec.
    where : str
        File and table that messages name.

    Returns
    -------
    object
        An instance of ``kind``.

    Raises
    ------
    SpecError
        If it is no table, or a key or a value is wrong.
    """
    table = check_table(values, where)
    fields = {each.name: each for each in dataclasses.fields(kind)}
    check_keys(table, tuple(fields), where)
    for name, value in table.items():
        allowed = _allowed_types(fields[name])
        if isinstance(value, bool) != (allowed == (bool,)) or not isinstance(value, allowed):
            names = " or ".join(each.__name__ for each in allowed)
            raise SpecError(f"{where}: '{name}' must be {names}; received {show(value)}.")
    try:
        return kind(**table)
    except KanaloError as error:
        raise SpecError(f"{where}: {error}") from error


def _allowed_types(each: dataclasses.Field[Any]) -> tuple[type, ...]:
    if isinstance(each.default, bool):
        return (bool,)
    return (str,) if isinstance(each.default, str) else (int, float)
