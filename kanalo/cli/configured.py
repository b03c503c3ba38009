"""What counts where several say something: option, environment, spec, ``kanalo.toml``, default.

The tables ``[costs]`` and ``[execution]`` of ``kanalo.toml`` hold the fields of `kanalo.Costs` and
`kanalo.Execution` under their own names, and so do variables such as ``KANALO_COSTS_FEE_BPS``.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kanalo.errors import ParameterError, SpecError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.execution.settings_fields import Setting as Field
from kanalo.execution.settings_fields import list_settings
from kanalo.workspace.configuration import DEFAULTS, FILE_NAME, Declared, Setting, resolve

if TYPE_CHECKING:
    import typer

ACCOUNT: Mapping[str, Any] = {"costs": Costs, "execution": Execution}
"""Tables of ``kanalo.toml`` whose keys are the fields of a class."""

_UNKNOWN = Field("", str, "", "")
_WORDS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


@dataclass(frozen=True)
class DeclaredField(Declared):
    """A field of costs or account, which its class checks.

    Attributes
    ----------
    owner : str
        Name of the class.
    about : Setting
        Its declaration.
    """

    owner: str = ""
    about: Field = _UNKNOWN

    def read(self, value: object, where: str) -> Any:
        """Return a value of the field's type.

        Parameters
        ----------
        value : object
            What was said; text where it comes from the environment.
        where : str
            Who said it, for the message.

        Returns
        -------
        object
            As the class takes it.

        Raises
        ------
        SpecError
            If the class does not take it.
        """
        try:
            converted = self._convert(value)
            self.about.check(self.owner, converted)
        except ParameterError as error:
            raise SpecError(f"{where}: '{self.key}': {error}") from error
        return converted

    def _convert(self, value: object) -> object:
        """Make text of the environment a number or a truth value, where the field is one."""
        kinds = typing.get_args(self.about.kind) or (self.about.kind,)
        if not isinstance(value, str):
            return value
        if bool in kinds:
            return _WORDS.get(value.strip().lower(), value)
        try:
            return float(value) if float in kinds else value
        except ValueError:  # the check that follows says what is accepted
            return value


@dataclass(frozen=True)
class Layers:
    """What stands above a spec and below it: by table and field.

    Attributes
    ----------
    above : mapping of str to mapping
        Values of options and of the environment.
    below : mapping of str to mapping
        Values of ``kanalo.toml``.
    """

    above: Mapping[str, Mapping[str, Any]]
    below: Mapping[str, Mapping[str, Any]]


def list_declared() -> tuple[Declared, ...]:
    """Return every setting that there is, in the order in which they are shown."""
    from kanalo.sources.addresses import DECLARED

    return (*DEFAULTS, *list_account(), *DECLARED)


def find_layers(context: typer.Context, root: Path) -> Layers:
    """Collect what is said of costs and account beside a spec.

    Parameters
    ----------
    context : Context
        Of a verb that takes the options of both.
    root : Path
        The workspace.

    Returns
    -------
    Layers
        Fields about which nothing is said are left out.

    Raises
    ------
    SpecError
        If ``kanalo.toml`` or a variable says something that the field does not take.
    """
    return split_layers(_resolve_account(context, root))


def split_layers(settings: Iterable[Setting]) -> Layers:
    """Divide settings of costs and account into what counts before a spec and what after it."""
    above: dict[str, dict[str, Any]] = {table: {} for table in ACCOUNT}
    below: dict[str, dict[str, Any]] = {table: {} for table in ACCOUNT}
    for each in settings:
        layer = below if each.origin == FILE_NAME else above
        if each.origin != "default":
            layer[each.declared.table][each.declared.name] = each.value
    return Layers(above, below)


def find_account(context: typer.Context, root: Path) -> dict[str, Any]:
    """Return costs and account of a verb without a spec.

    Parameters
    ----------
    context : Context
        Of a verb that takes the options of both.
    root : Path
        The workspace.

    Returns
    -------
    dict
        ``costs`` and ``execution``.

    Raises
    ------
    ParameterError
        If a value is out of bounds.
    """
    values: dict[str, dict[str, Any]] = {table: {} for table in ACCOUNT}
    for each in _resolve_account(context, root):
        values[each.declared.table][each.declared.name] = each.value
    return {table: cls(**values[table]) for table, cls in ACCOUNT.items()}


def _resolve_account(context: typer.Context, root: Path) -> tuple[Setting, ...]:
    """Resolve all fields; options keep their value as it was given, for their class checks it."""
    given = {}
    for declared in list_account():
        source = context.get_parameter_source(declared.name)
        if source is not None and source.name == "COMMANDLINE":
            given[declared.key] = context.params[declared.name]
    return tuple(
        Setting(each.declared, given[each.declared.key], "option")
        if each.declared.key in given
        else each
        for each in resolve(root, list_account())
    )


def list_account() -> tuple[DeclaredField, ...]:
    """Return the settings of costs and account."""
    return tuple(
        DeclaredField(table, each.name, each.default, each.help, cls.__name__, each)
        for table, cls in ACCOUNT.items()
        for each in list_settings(cls)
    )
