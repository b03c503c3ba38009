"""How a rule is written: `Strategy` with its `param` fields, and the `Decisions` that it makes."""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from kanalo.arguments import Named, check_number, check_type, show, wrong_argument
from kanalo.errors import ParameterError, StrategyError, suggestion
from kanalo.market.market import Market
from kanalo.strategy.decisions import Decisions as Decisions
from kanalo.strategy.digest import capture_source


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
    choices: tuple[str, ...] = ()

    def check(self, value: Any, owner: str) -> None:
        """Raise `ParameterError` unless the value has the type and lies within the bounds.

        Parameters
        ----------
        value : object
            The value received.
        owner : str
            Name of the strategy, for the message.

        Raises
        ------
        ParameterError
            Unless the value has the type and lies within the bounds.
        """
        if not (self._has_type(value) and self._is_within(value)):
            raise ParameterError(
                f"The '{self.name}' parameter of {owner} must be {self.constraint}; "
                f"received {show(value)}."
            )

    def convert(self, value: Any, owner: str) -> Any:
        """Return a value as the declared type, so that 3, 3.0 and ``np.float64(3)`` are one.

        Parameters
        ----------
        value : object
            The value received; a numpy scalar counts as the number that it holds.
        owner : str
            Name of the strategy, for the message.

        Returns
        -------
        int, float, bool or str
            The value in the declared type.

        Raises
        ------
        ParameterError
            Unless the value, or the number that a numpy scalar holds, has the type and lies within
            the bounds.
        """
        if type(value) is self.type and self._is_within(value):
            return value
        plain = value.item() if isinstance(value, np.generic) else value
        self.check(plain, owner)
        return self.type(plain)

    @property
    def constraint(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
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
        """Convert text from a command line to a value, and check it.

        Parameters
        ----------
        text : str
            What the command line gave.
        owner : str
            Name of the strategy, for the message.

        Returns
        -------
        int, float, bool or str
            The value in the declared type, within its bounds.
        """
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
        if self.choices and value not in self.choices:
            return False
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
    choices: tuple[str, ...] = (),
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
    choices : tuple of str
        The words that a text may be; any by default.

    Returns
    -------
    dataclasses.Field
        For the class body of a `Strategy`.

    Raises
    ------
    ParameterError
        If the default is no scalar, out of its bounds or none of the choices, a bound is no number,
        a text no text, or the choices are no tuple of texts.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import kanalo
    >>> @dataclass(frozen=True)
    ... class Wait(kanalo.Strategy):
    ...     days: int = kanalo.param(5, low=1, high=90, unit="days", help="Days to wait.")
    >>> Wait.declared()[0].constraint
    'an int in [1, 90]'
    """
    default = default.item() if isinstance(default, np.generic) else default
    check_type("param", "default", default, (bool, int, float, str), "an int, float, bool or str")
    for name, bound in (("low", low), ("high", high)):
        if bound is not None:
            check_number("param", name, bound, "a number", lambda _: True)
    for name, text in (("unit", unit), ("help", help)):
        check_type("param", name, text, str, "text")
    _check_default(default, low, high)
    _check_choices(default, choices)
    metadata = {"low": low, "high": high, "unit": unit, "help": help, "choices": choices}
    return field(default=default, metadata={"kanalo": metadata})


@dataclass(frozen=True)
class Strategy(Named, ABC):
    """Base of all rules: a frozen dataclass whose fields are parameters, and one method.

    A subclass is decorated with ``@dataclass(frozen=True)``, declares its parameters with `param`
    and implements `decide`. Its docstring is the rule in words.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import kanalo
    >>> @dataclass(frozen=True)
    ... class UpDays(kanalo.Strategy):
    ...     "Hold after a day that closed above its open, leave after one that did not."
    ...
    ...     def decide(self, market):
    ...         up = market.bars["close"] > market.bars["open"]
    ...         return kanalo.Decisions.from_arrays(len(market), long=up, exit_long=~up)
    >>> len(kanalo.run(UpDays(), kanalo.load_market("xmr_1d").between("2025-01-01")).trades) > 100
    True
    """

    pays_funding: ClassVar[bool] = True
    """Whether positions pay a perpetual's funding; only a rule that buys once and never sells, and
    so stands for the coin itself, may say False."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Capture the source of the class while it is surely the one that runs."""
        super().__init_subclass__(**keywords)
        capture_source(cls)

    def __post_init__(self) -> None:
        """Check every parameter against its declaration, and store it with its declared type."""
        for parameter in self.declared():
            given = getattr(self, parameter.name)
            value = parameter.convert(given, type(self).__name__)
            if value is not given:
                object.__setattr__(self, parameter.name, value)

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


def _check_default(default: Any, low: float | None, high: float | None) -> None:
    """Refuse a default out of its bounds, and bounds of what is no number."""
    if low is None and high is None:
        return
    within = "a number within the bounds" if high is None or low is None else f"in [{low}, {high}]"
    least, most = (-math.inf if low is None else low), (math.inf if high is None else high)
    check_number("param", "default", default, within, lambda number: least <= number <= most)


def _check_choices(default: Any, choices: Any) -> None:
    """Refuse choices that are no words, and a default that is none of them."""
    words = isinstance(choices, tuple) and all(isinstance(each, str) for each in choices)
    if not words:
        raise wrong_argument("param", "choices", choices, "a tuple of texts such as ('a', 'b')")
    if choices and default not in choices:
        raise wrong_argument("param", "default", default, f"one of {', '.join(choices)}")


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
