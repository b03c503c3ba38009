"""Size by a volatility target, as a parameter that every rule can take: ``target_vol``.

An entry's size is what the rule says times the target over the volatility that was known at its
close: ``size × target / σ``, where σ is the annual deviation of the last 30 days of log returns.
The account's leverage caps what is bought, as it does for any size.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np

from kanalo.market import Market
from kanalo.periods import bars_per_year
from kanalo.signals.spans import to_bars
from kanalo.strategy.base import Parameter, Strategy, param
from kanalo.strategy.decisions import Decisions
from kanalo.strategy.digest import share_source
from kanalo.typing import FloatArray

NAME = "target_vol"
DAYS = 30
"""Days of returns that the volatility is measured on."""

LARGEST = 10.0
"""Most that a size is multiplied by, where prices hardly move."""

LOW, HIGH = 0.01, 5.0
HELP = (
    "Volatility a year that sizes aim at, as a fraction: each entry's size times this over that "
    "of the last 30 days."
)

OPTION = Parameter(NAME, float, None, LOW, HIGH, "a year", HELP)
"""How command lines offer it to rules that do not declare a parameter of that name themselves."""


def realised_volatility(market: Market, days: int = DAYS) -> FloatArray:
    """Return the annual volatility that is known at each close.

    Parameters
    ----------
    market : Market
        The bars.
    days : int
        Days of log returns, at least 2.

    Returns
    -------
    float64 array of shape (n_bars,)
        Deviation (ddof 1) of the last log returns of closes, times the root of the bars a year; NaN
        before there are as many.
    """
    steps = np.log(market.bars["close"]).diff()
    deviation = steps.rolling(max(2, to_bars(market, days=days))).std()
    volatility: FloatArray = deviation.to_numpy(np.float64) * math.sqrt(
        bars_per_year(market.interval)
    )
    return volatility


def to_sizes(decisions: Decisions, volatility: FloatArray, target: float) -> Decisions:
    """Scale the sizes of entries to a volatility target.

    Parameters
    ----------
    decisions : Decisions
        As the rule made them.
    volatility : float64 array of shape (n_bars,)
        Known at each close, annual; where it is NaN the size stays as it is.
    target : float
        Annual, a fraction.

    Returns
    -------
    Decisions
        The same entries with other sizes, at most ten times their own.
    """
    known = volatility[decisions.entries]
    with np.errstate(divide="ignore"):
        factor = np.minimum(target / known, LARGEST)
    factor = np.where(np.isnan(factor), 1.0, factor)
    return dataclasses.replace(decisions, size=decisions.size * factor)


def create(cls: type[Strategy], values: Mapping[str, Any]) -> Strategy:
    """Build a rule from its class and parameters, of which ``target_vol`` may be one.

    Parameters
    ----------
    cls : type of Strategy
        As the rule's file defines it.
    values : mapping
        Parameters by name.

    Returns
    -------
    Strategy
        With its parameters.

    Raises
    ------
    ParameterError
        If a parameter does not exist or is out of bounds.
    """
    return widen(cls, values).with_parameters(values)


def widen(cls: type[Strategy], names: Iterable[str]) -> type[Strategy]:
    """Return a class that has the parameter ``target_vol`` too, where that is among the names.

    Parameters
    ----------
    cls : type of Strategy
        As the rule's file defines it; one that declares the parameter itself is left as it is.
    names : iterable of str
        Of parameters.

    Returns
    -------
    type of Strategy
        The class, or one like it.
    """
    declared = {each.name for each in cls.declared()}
    return to_targeted(cls) if NAME in names and NAME not in declared else cls


@functools.cache
def to_targeted(cls: type[Strategy]) -> type[Strategy]:
    """Make the class of a rule that takes ``target_vol`` beside its own parameters.

    The class keeps the rule's name, module and source, so that it is the same rule in every record;
    the parameter tells it apart.
    """

    def decide(self: Any, market: Market) -> Decisions:
        """Decide as the rule does, with sizes that aim at the target."""
        decisions = cls.decide(self, market)
        return to_sizes(decisions, realised_volatility(market), self.target_vol)

    def warm_up(self: Any, market: Market) -> int | None:
        """Look back as far as the rule, and at least as far as the volatility."""
        own = cls.warm_up(self, market)
        return None if own is None else max(own, to_bars(market, days=DAYS) + 1)

    def reduce(self: Any) -> tuple[Any, ...]:
        """Travel as the rule's own class and the parameters."""
        return create, (cls, self.parameters)

    body = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "__annotations__": {NAME: float},
        NAME: param(0.4, low=LOW, high=HIGH, unit="a year", help=HELP),
        "rule": cls,
        "decide": decide,
        "warm_up": warm_up,
        "__reduce__": reduce,
    }
    made = cast("type[Strategy]", type(cls)(cls.__name__, (cls,), body))  # type: ignore[misc]
    share_source(cls, made)
    return dataclasses.dataclass(frozen=True)(made)


def find_rule(cls: type[Strategy]) -> type[Strategy]:
    """Return the class that the rule's file defines."""
    rule: type[Strategy] = getattr(cls, "rule", cls) if NAME in vars(cls) else cls
    return rule
