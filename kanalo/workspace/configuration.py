"""The settings of a workspace: options, the environment, ``kanalo.toml`` and defaults, in order.

The first of these that says something counts: an option of the command line, an environment
variable, the spec of an experiment, ``kanalo.toml`` in the workspace, the default. `kanalo
settings` shows every value with its origin. Keys of data providers come from the environment alone
and are never shown.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanalo.errors import SpecError, shorten, suggestion

FILE_NAME = "kanalo.toml"
TABLES = ("defaults", "costs", "execution", "sources")
"""Tables that ``kanalo.toml`` may hold; each is declared where it is used."""

HOLDOUT = "holdout"
"""A table with rules of its own; see `kanalo.market.holdout`."""

DEFAULT, ENVIRONMENT, OPTION = "default", "environment", "option"

Value = str | int | float | None


@dataclass(frozen=True)
class Declared:
    """A setting that a table of ``kanalo.toml`` may hold.

    Attributes
    ----------
    table, name : str
        Its table and key.
    default : str, int, float or None
        Value where nothing is said; its type is that of all values.
    help : str
        One sentence.
    """

    table: str
    name: str
    default: Value
    help: str

    @property
    def key(self) -> str:
        """The dotted name, such as ``sources.timeout``."""
        return f"{self.table}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable, such as ``KANALO_SOURCES_TIMEOUT``."""
        return f"KANALO_{self.table}_{self.name}".upper()

    def read(self, value: object, where: str) -> Value:
        """Return a value of the setting's type.

        Parameters
        ----------
        value : object
            What was said; text where it comes from the environment.
        where : str
            Who said it, for the message.

        Returns
        -------
        str, int or float
            Of the type of the default.

        Raises
        ------
        SpecError
            If it is of another type, or a number that is not positive.
        """
        kind: Any = type(self.default)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise self._refuse(value, where)
        if kind is str and not isinstance(value, str):
            raise self._refuse(value, where)
        try:
            converted: str | int | float = kind(value)
        except ValueError as error:
            raise self._refuse(value, where) from error
        whole = kind is not int or float(value) == converted
        if kind is not str and not (whole and 0 < float(converted) < float("inf")):
            raise self._refuse(value, where)
        return converted

    def _refuse(self, value: object, where: str) -> SpecError:
        accepted = "text" if isinstance(self.default, str) else "a positive number"
        return SpecError(f"{where}: '{self.key}' must be {accepted}; received {shorten(value)}.")


@dataclass(frozen=True)
class Setting:
    """A setting with its value.

    Attributes
    ----------
    declared : Declared
        Which.
    value : str, int, float or None
        What counts.
    origin : str
        Who says so: ``"option"``, ``"environment KANALO_…"``, ``"kanalo.toml"`` or ``"default"``.
    """

    declared: Declared
    value: Value
    origin: str


DEFAULTS = (
    Declared("defaults", "market", "xmr_1h", "Market where a command names none."),
    Declared(
        "defaults",
        "results",
        "",
        "Folder of results and ledger, in the workspace; backtests/results where it is empty.",
    ),
)
"""The settings of the table ``[defaults]``."""


def read_file(root: Path, declared: Sequence[Declared]) -> dict[str, Any]:
    """Read ``kanalo.toml`` of a workspace as values by their dotted names; empty without one.

    Parameters
    ----------
    root : Path
        The workspace.
    declared : sequence of Declared
        The settings that are asked for; keys of other tables are not looked at.

    Returns
    -------
    dict
        Dotted name to value, unchecked.

    Raises
    ------
    SpecError
        If it is no TOML, or a table or key does not exist.
    """
    path = root / FILE_NAME
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError(f"{path}: this is not TOML ({shorten(error)}).") from error
    values: dict[str, Any] = {}
    sealed = content.pop(HOLDOUT, None)
    if sealed is not None:
        from kanalo.market.holdout import read_date

        read_date(sealed, path)
    for table, keys in content.items():
        if table not in TABLES or not isinstance(keys, dict):
            raise SpecError(
                f"{path}: there is no table [{table}].{suggestion(table, (*TABLES, HOLDOUT))}"
            )
        names = {each.name for each in declared if each.table == table}
        if not names:
            continue
        for name, value in keys.items():
            if name not in names:
                raise SpecError(f"{path}: [{table}] has no key '{name}'.{suggestion(name, names)}")
            values[f"{table}.{name}"] = value
    return values


def resolve(
    root: Path,
    declared: Sequence[Declared],
    options: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Setting, ...]:
    """Find the value of every setting and who says it.

    Parameters
    ----------
    root : Path
        The workspace, which may have a ``kanalo.toml``.
    declared : sequence of Declared
        The settings.
    options : mapping, optional
        Values of the command line by dotted names; None stands for one that was not given.
    environment : mapping, optional
        That of the process by default.

    Returns
    -------
    tuple of Setting
        In the order of the declarations.

    Raises
    ------
    SpecError
        If the file or a value is wrong.
    """
    from_file = read_file(root, declared)
    variables = os.environ if environment is None else environment
    given = options or {}
    settings = []
    for each in declared:
        if given.get(each.key) is not None:
            settings.append(Setting(each, each.read(given[each.key], "the option"), OPTION))
        elif variables.get(each.variable):
            origin = f"{ENVIRONMENT} {each.variable}"
            settings.append(Setting(each, each.read(variables[each.variable], origin), origin))
        elif each.key in from_file:
            value = each.read(from_file[each.key], str(root / FILE_NAME))
            settings.append(Setting(each, value, FILE_NAME))
        else:
            settings.append(Setting(each, each.default, DEFAULT))
    return tuple(settings)
