"""How a field of `Costs` or `Execution` is declared, once.

A field says what it takes and what it does. The check of its value, the command-line option and
its ``--help`` follow from that, as its key in a spec follows from its name.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Callable
from typing import Any

from kanalo.arguments import check_number, check_type, show, to_plain
from kanalo.errors import ParameterError, suggestion

_KEY = "kanalo setting"


@dataclasses.dataclass(frozen=True)
class Setting:
    """The declaration of one field.

    Attributes
    ----------
    name : str
        Name of the attribute and key in a spec; with dashes the command-line option.
    kind : object
        Type of its value: float, bool, str, or one of these and None.
    default : object
        Value where none is given.
    help : str
        One sentence for ``--help``.
    accepted : str
        What a number must be, in words.
    is_within : callable or None
        Tells whether a number is within the bounds.
    choices : tuple of str
        The words that are accepted; empty where it is no word.
    """

    name: str
    kind: Any
    default: Any
    help: str
    accepted: str = ""
    is_within: Callable[[float], bool] | None = None
    choices: tuple[str, ...] = ()

    def check(self, owner: str, value: object) -> None:
        """Refuse a value that the field does not take.

        Parameters
        ----------
        owner : str
            Class of the settings, for the message.
        value : object
            What was received, as a plain value.

        Raises
        ------
        ParameterError
            Naming the field, the value and what is accepted.
        """
        if value is None and type(None) in typing.get_args(self.kind):
            return
        if self.kind is bool:
            check_type(owner, self.name, value, bool, "True or False")
        elif self.is_within is not None:
            check_number(owner, self.name, value, self.accepted, self.is_within)
        elif self.choices and value not in self.choices:
            raise ParameterError(
                f"{owner}(): '{self.name}' must be one of {', '.join(self.choices)}; received "
                f"{show(value)}.{suggestion(show(value), self.choices)}"
            )


def setting(
    default: Any,
    *,
    help: str,  # noqa: A002 - the word that --help shows
    accepted: str = "",
    is_within: Callable[[float], bool] | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a field of costs or account.

    Parameters
    ----------
    default : object
        Value where none is given.
    help, accepted, is_within, choices
        See `Setting`.

    Returns
    -------
    dataclasses.Field
        With the declaration in its metadata.
    """
    about = {"help": help, "accepted": accepted, "is_within": is_within, "choices": choices}
    return dataclasses.field(default=default, metadata={_KEY: about})


@functools.cache
def list_settings(cls: type) -> tuple[Setting, ...]:
    """Return the declared fields of a class, in order."""
    kinds = typing.get_type_hints(cls)
    return tuple(
        Setting(each.name, kinds[each.name], each.default, **each.metadata[_KEY])
        for each in dataclasses.fields(cls)
    )


def check_settings(settings: Any) -> None:
    """Check every field of a frozen dataclass of settings; numbers of numpy become Python's.

    Raises
    ------
    ParameterError
        At the first value that its field does not take.
    """
    owner: Any = type(settings)
    for each in list_settings(owner):
        object.__setattr__(settings, each.name, to_plain(getattr(settings, each.name)))
        each.check(owner.__name__, getattr(settings, each.name))
