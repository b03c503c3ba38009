"""Command-line options made from the parameters that a strategy declares."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kanalo.strategy import Parameter

SCALARS = (bool, int, float, str)


def declared_parameters(strategy: type) -> tuple[Parameter, ...]:
    """Return the parameters of a strategy, hand-written backtrader strategies included.

    Backtrader's ``params`` have a default and no bounds; those whose default is no scalar cannot
    be set from a command line and are left out.
    """
    from kanalo.strategy import Parameter, Strategy

    if issubclass(strategy, Strategy):
        return strategy.declared()
    pairs: Mapping[str, Any] = strategy.params._getpairs()  # type: ignore[attr-defined]
    return tuple(
        Parameter(name, type(default), default, None, None, "", "")
        for name, default in pairs.items()
        if type(default) in SCALARS
    )


def with_target(strategy: type, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Add ``target_vol``, which every rule takes, to the parameters that a rule declares.

    Parameters
    ----------
    strategy : type
        One written for backtrader sizes its own orders and does not take it.
    parameters : tuple of Parameter
        Its own.

    Returns
    -------
    tuple of Parameter
        With the target last, unless the rule declares one itself.
    """
    from kanalo.strategy import Strategy
    from kanalo.strategy.target_vol import NAME, OPTION

    own = not issubclass(strategy, Strategy) or NAME in {each.name for each in parameters}
    return parameters if own else (*parameters, OPTION)


def to_option(parameter: Parameter) -> inspect.Parameter:
    """Make the command-line option of one parameter; its value is None where it is not given."""
    name = parameter.name.replace("_", "-")
    if parameter.type is bool:
        option = typer.Option(f"--{name}/--no-{name}", help=describe(parameter))
        kind: Any = bool | None
    else:
        metavar = parameter.type.__name__.upper()
        option = typer.Option(f"--{name}", metavar=metavar, help=describe(parameter))
        kind = str | None
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, option],
    )


def describe(parameter: Parameter) -> str:
    """Say what a parameter means, its unit, bounds and default.

    Examples
    --------
    >>> from kanalo.strategy import Parameter
    >>> describe(Parameter("weeks", int, 26, 8, 104, "weeks", "Length of the channel."))
    'Length of the channel.  [weeks; 8 to 104; default 26]'
    """
    default = "none" if parameter.default is None else parameter.default
    accepted = ", ".join(parameter.choices) or _bounds(parameter.low, parameter.high)
    facts = (parameter.unit, accepted, f"default {default}")
    return f"{parameter.help}  [{'; '.join(each for each in facts if each)}]".strip()


def parse(parameter: Parameter, value: str | bool, owner: str) -> Any:
    """Convert and check what the command line gave for a parameter.

    Parameters
    ----------
    parameter : Parameter
        Declaration of the parameter.
    value : str or bool
        Text of the option, or whether a flag was set.
    owner : str
        Name of the strategy, for messages.

    Returns
    -------
    int, float, bool or str
        The value in the parameter's type, within its bounds.
    """
    if isinstance(value, str):
        return parameter.parse(value, owner)
    parameter.check(value, owner)
    return value


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return "" if high is None else f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"
