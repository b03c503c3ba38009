"""Checks of arguments that the public functions share: types, names and how a message shows them.

Every refusal names the function, the argument, the value that it received and what it accepts.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from kanalo.errors import ParameterError, suggestion

LONGEST = 80
"""Characters of a value that a message shows."""


def show(value: object) -> str:
    """Return a value as a message shows it: on one line of at most 80 characters.

    Examples
    --------
    >>> show("xmr_1h")
    "'xmr_1h'"
    >>> show("x" * 500)[-12:]
    'xxxxxxxxxxx…'
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    module = type(value).__module__.partition(".")[0]
    if module in ("pandas", "numpy", "pyarrow") and hasattr(value, "shape") and value.shape:
        return f"a {type(value).__name__} of shape {value.shape}"
    try:
        text = " ".join(repr(value).split())
    except (ValueError, RecursionError):  # an integer of thousands of digits, or a nested list
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def wrong_argument(function: str, argument: str, value: object, accepted: str) -> ParameterError:
    """Build the error for an argument of the wrong type or value.

    Parameters
    ----------
    function, argument : str
        Name of the function, without parentheses, and of its argument.
    value : object
        What was received.
    accepted : str
        What is accepted, to follow "must be".

    Returns
    -------
    ParameterError
        To be raised by the caller.

    Examples
    --------
    >>> print(wrong_argument("run", "costs", 5, "a kanalo.Costs"))
    run(): 'costs' must be a kanalo.Costs; received 5.
    """
    return ParameterError(f"{function}(): '{argument}' must be {accepted}; received {show(value)}.")


def check_type(
    function: str, argument: str, value: object, kind: type | tuple[type, ...], accepted: str
) -> None:
    """Refuse a value of another type.

    Parameters
    ----------
    function, argument : str
        Name of the function, without parentheses, and of its argument.
    value : object
        What was received.
    kind : type or tuple of type
        The types that are accepted. True and False are no numbers here, and scalars of numpy are
        what Python has for them.
    accepted : str
        What is accepted, in words.

    Raises
    ------
    ParameterError
        If the value is of another type.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    plain = to_plain(value)
    if not isinstance(plain, kinds) or (isinstance(plain, bool) and bool not in kinds):
        raise wrong_argument(function, argument, value, accepted)


def check_callable(function: str, argument: str, value: object, accepted: str) -> None:
    """Refuse what cannot be called.

    Parameters
    ----------
    function, argument : str
        Name of the function, without parentheses, and of its argument.
    value : object
        What was received.
    accepted : str
        What is accepted, in words.

    Raises
    ------
    ParameterError
        If the value is no function and has no ``__call__``.
    """
    if not callable(value):
        raise wrong_argument(function, argument, value, accepted)


def check_number(
    function: str, argument: str, value: object, accepted: str, fits: Callable[[float], bool]
) -> None:
    """Refuse what is no number, NaN, or out of bounds.

    Parameters
    ----------
    function, argument : str
        Name of the function, without parentheses, and of its argument.
    value : object
        What was received; numbers of numpy are numbers.
    accepted : str
        What is accepted, in words.
    fits : callable
        Tells whether the number, as a float, is within the bounds.

    Raises
    ------
    ParameterError
        If the value is no such number.
    """
    number = to_number(value)
    if number is None or math.isnan(number) or not fits(number):
        raise wrong_argument(function, argument, value, accepted)


def check_names(owner: str, given: Iterable[Any], accepted: Iterable[str], kind: str) -> None:
    """Refuse a name that does not exist, with a suggestion.

    Parameters
    ----------
    owner : str
        Whose names these are, e.g. the class of a strategy.
    given : iterable
        The names received.
    accepted : iterable of str
        The names that exist.
    kind : str
        What a name stands for: ``"parameter"``, ``"argument"``.

    Raises
    ------
    ParameterError
        At the first name that does not exist.
    """
    names = list(accepted)
    for name in given:
        if not isinstance(name, str) or name not in names:
            hint = suggestion(str(name)[:LONGEST], names)
            raise ParameterError(f"{owner} has no {kind} {show(name)}.{hint}")


def to_number(value: object) -> float | None:
    """Return a number of Python or numpy as a float; None for anything else, True included.

    Examples
    --------
    >>> to_number(5), to_number("5"), to_number(True)
    (5.0, None, None)
    """
    plain = to_plain(value)
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        return None
    try:
        return float(plain)
    except OverflowError:
        return math.inf if plain > 0 else -math.inf


def to_plain(value: Any) -> Any:
    """Return a scalar of numpy as Python's own; every other value as it is.

    Examples
    --------
    >>> import numpy as np
    >>> to_plain(np.int64(5)), to_plain("five")
    (5, 'five')
    """
    is_scalar = type(value).__module__ == "numpy" and getattr(value, "shape", None) == ()
    return value.item() if is_scalar else value


class Named:
    """Base of dataclasses whose constructors refuse a misspelt argument by name.

    Python's own error comes without a suggestion; see `check_names`.
    """

    def __new__(cls, *args: object, **values: object) -> Self:
        """Check the names of the arguments before the constructor sees them."""
        del args
        fields: dict[str, dataclasses.Field[Any]] = getattr(cls, "__dataclass_fields__", {})
        if fields and not fields.keys() >= values.keys():
            names = [name for name, each in fields.items() if each.init]
            check_names(cls.__name__, values, names, "argument")
        return super().__new__(cls)


def shorten(parameters: Mapping[str, object], length: int = 100) -> str:
    """Return parameters as ``name=value`` pairs for a repr, cut to a number of characters.

    Parameters
    ----------
    parameters : mapping of str to object
        Values by parameter name.
    length : int
        Largest number of characters, ≥ 1; a longer text ends with "…".

    Returns
    -------
    str
        At most ``length`` characters.

    Examples
    --------
    >>> shorten({"entry": 55, "exit": 20})
    'entry=55, exit=20'
    """
    text = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
    return text if len(text) <= length else text[: length - 1] + "…"
