"""How a rule is written: `Strategy` with its `param` fields, and the `Decisions` that it makes."""

from __future__ import annotations

import dataclasses
import functools
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kanalo.decisions import Decisions as Decisions
from kanalo.decisions import FloatArray as FloatArray
from kanalo.errors import ParameterError, StrategyError, suggestion
from kanalo.market import Market


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a strategy: the only place that knows its type and bounds."""

    name: str
    type: type
    default: Any
    low: float | None
    high: float | None
    unit: str
    help: str

    def check(self, value: Any, owner: str) -> None:
        """Raise `ParameterError` unless the value has the type and lies within the bounds."""
        if not (self._has_type(value) and self._is_within(value)):
            raise ParameterError(
                f"The '{self.name}' parameter of {owner} must be {self.constraint}; "
                f"received {value!r}."
            )

    @property
    def constraint(self) -> str:
        """What a value must be, in words."""
        article = "an" if self.type is int else "a"
        kind = f"{article} {self.type.__name__}"
        if self.low is None and self.high is None:
            return kind
        if self.high is None:
            return f"{kind} of at least {self.low}"
        if self.low is None:
            return f"{kind} of at most {self.high}"
        return f"{kind} in [{self.low}, {self.high}]"

    def parse(self, text: str, owner: str) -> Any:
        """Convert text from a command line to a value, and check it."""
        value: Any = text
        if self.type is bool:
            value = {"true": True, "false": False, "yes": True, "no": False}.get(text.lower(), text)
        elif self.type in (int, float):
            try:
                value = self.type(text)
            except ValueError:
                value = text
        self.check(value, owner)
        return value

    def _has_type(self, value: Any) -> bool:
        if isinstance(value, bool) or self.type is bool:
            return isinstance(value, bool) and self.type is bool
        if self.type is float:
            return isinstance(value, (int, float))
        return isinstance(value, self.type)

    def _is_within(self, value: Any) -> bool:
        if self.low is not None and not value >= self.low:
            return False
        return self.high is None or bool(value <= self.high)


def param(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    help: str = "",  # noqa: A002 - the word that command lines use
) -> Any:
    """Declare a parameter of a strategy; its bounds, CLI option and sweep grid come from here.

    Parameters
    ----------
    default : int, float, bool or str
        Value where none is given.
    low, high : float, optional
        Inclusive bounds.
    unit : str
        Unit of the value, e.g. ``"weeks"``; shown in ``--help``.
    help : str
        One sentence for ``--help``.
    """
    metadata = {"low": low, "high": high, "unit": unit, "help": help}
    return field(default=default, metadata={"kanalo": metadata})


@dataclass(frozen=True)
class Strategy(ABC):
    """Base of all rules: a frozen dataclass whose fields are parameters, and one method.

    A subclass is decorated with ``@dataclass(frozen=True)``, declares its parameters with `param`
    and implements `decide`. Its docstring is the rule in words.
    """

    def __post_init__(self) -> None:
        """Check every parameter against its declaration."""
        for parameter in self.declared():
            parameter.check(getattr(self, parameter.name), type(self).__name__)

    @abstractmethod
    def decide(self, market: Market) -> Decisions:
        """Decide at the close of every bar, from what is known then.

        Parameters
        ----------
        market : Market
            Bars and context; row t may be used for decisions at t and later, never before.
        """

    def warm_up(self, market: Market) -> int | None:  # noqa: ARG002 - subclasses need the market
        """Return how many bars a decision looks back, at most; None for unbounded memory."""
        return 0

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the declared parameters."""
        return {parameter.name: getattr(self, parameter.name) for parameter in self.declared()}

    @classmethod
    @functools.cache
    def declared(cls) -> tuple[Parameter, ...]:
        """Return the declared parameters, in order.

        Raises
        ------
        StrategyError
            If the class is not a frozen dataclass of its own or a field was not made by `param`.
        """
        undecorated = [k for k, v in vars(cls).items() if isinstance(v, dataclasses.Field)]
        if undecorated:
            raise StrategyError(
                f"{cls.__name__} declares '{undecorated[0]}' but is not decorated: "
                "write @dataclass(frozen=True) above the class."
            )
        hints = typing.get_type_hints(cls)
        return tuple(_to_parameter(cls, each, hints) for each in dataclasses.fields(cls))

    @classmethod
    def with_parameters(cls, values: Mapping[str, Any]) -> Strategy:
        """Build the strategy from a mapping, naming any parameter that does not exist."""
        known = [parameter.name for parameter in cls.declared()]
        for name in values:
            if name not in known:
                raise ParameterError(
                    f"{cls.__name__} has no parameter '{name}'.{suggestion(name, known)}"
                )
        return cls(**values)


def _to_parameter(
    cls: type[Strategy], each: dataclasses.Field[Any], hints: Mapping[str, Any]
) -> Parameter:
    if "kanalo" not in each.metadata:
        raise StrategyError(
            f"The field '{each.name}' of {cls.__name__} was not declared with param()."
        )
    kind = hints[each.name]
    if kind not in (int, float, bool, str):
        raise StrategyError(
            f"The parameter '{each.name}' of {cls.__name__} must be annotated as int, float, "
            f"bool or str; received {kind!r}."
        )
    return Parameter(name=each.name, type=kind, default=each.default, **each.metadata["kanalo"])
