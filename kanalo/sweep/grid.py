"""Which parameter sets a sweep tries: a grid of values, or random draws from it.

A grid is written as ``name=low:high:step`` (both ends included), ``name=a,b,c`` or ``name=value``.
Steps are counted in decimals, so that ``0.1:0.5:0.1`` gives 0.3 and not 0.30000000000000004.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.errors import ParameterError, suggestion
from kanalo.strategy import Parameter, Strategy
from kanalo.text import count

MAX_SETS = 100_000
"""A sweep of more sets has to be asked for twice."""

_MAX_VALUES = 1_000_000
_MAX_INDEX = 2**62
_DIGITS = 6  # significant ones of a drawn number: as many as fit on a command line


@dataclass(frozen=True)
class Span:
    """Every number from ``low`` to ``high``: only random draws can sample it."""

    low: float
    high: float


Axis = tuple[Any, ...] | Span


@dataclass(frozen=True)
class Grid:
    """The values to try of each parameter; those that it does not name keep their defaults.

    Attributes
    ----------
    axes : mapping of str to tuple or Span
        Values by the name of the parameter. The last axis varies fastest.
    draws : int or None
        How many sets to draw at random; None for all of them.
    seed : int
        Of the draws.
    constraints : tuple of str
        Conditions that every set tried must meet, such as ``"fast < slow"``; see
        `kanalo.sweep.parse_constraint`. ``n_sets`` and `expand` do not look at them.
    """

    axes: Mapping[str, Axis]
    draws: int | None = None
    seed: int = 0
    constraints: tuple[str, ...] = ()

    @property
    def n_sets(self) -> int:
        """How many sets it has."""
        total = self._total
        if self.draws is None:
            return int(total)
        return int(min(total, self.draws))

    @property
    def _total(self) -> float:
        sizes = [math.inf if isinstance(axis, Span) else len(axis) for axis in self.axes.values()]
        return math.prod(sizes)

    def expand(self) -> list[tuple[Any, ...]]:
        """Return the sets in order, each as the values of the axes.

        Drawn sets are distinct; those from a grid come in the grid's order.
        """
        if self.draws is None or self._total <= self.draws:
            return list(itertools.product(*map(_to_values, self.axes.values())))
        if self._total < _MAX_INDEX:
            return self._draw_from_grid(self.draws)
        return self._draw_from_spans(self.draws)

    def describe(self) -> str:
        """Say how large it is, e.g. ``225 sets: 25 weeks × 9 stop_atr``."""
        sizes = [
            f"any {name}" if isinstance(axis, Span) else f"{len(axis):,} {name}"
            for name, axis in self.axes.items()
        ]
        drawn = "" if self.draws is None else " drawn from"
        return f"{count(self.n_sets, 'set')}{drawn or ':'} {' × '.join(sizes)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the grid as plain values."""
        axes = {
            name: {"low": axis.low, "high": axis.high} if isinstance(axis, Span) else list(axis)
            for name, axis in self.axes.items()
        }
        drawn = {} if self.draws is None else {"draws": self.draws, "seed": self.seed}
        asked = {"constraints": list(self.constraints)} if self.constraints else {}
        return {"axes": axes, **drawn, **asked}

    def _draw_from_grid(self, draws: int) -> list[tuple[Any, ...]]:
        axes = [_to_values(axis) for axis in self.axes.values()]
        generator = np.random.default_rng(self.seed)
        chosen = np.sort(generator.choice(int(self._total), draws, replace=False, shuffle=False))
        indices = np.unravel_index(chosen, [len(axis) for axis in axes])
        columns = [[axis[i] for i in each] for axis, each in zip(axes, indices, strict=True)]
        return list(zip(*columns, strict=True))

    def _draw_from_spans(self, draws: int) -> list[tuple[Any, ...]]:
        generator = np.random.default_rng(self.seed)
        columns = [_draw(axis, draws, generator) for axis in self.axes.values()]
        return list(dict.fromkeys(zip(*columns, strict=True)))


def _to_values(axis: Axis) -> tuple[Any, ...]:
    if isinstance(axis, Span):
        raise ParameterError(
            f"A range without a step ({axis.low:g} to {axis.high:g}) can only be drawn from: "
            "give it a step, or say how many sets to draw."
        )
    return axis


def _draw(axis: Axis, draws: int, generator: np.random.Generator) -> list[Any]:
    if isinstance(axis, Span):
        numbers: npt.NDArray[np.float64] = generator.uniform(axis.low, axis.high, draws)
        rounded = (float(f"{number:.{_DIGITS}g}") for number in numbers)
        return [min(max(number, axis.low), axis.high) for number in rounded]
    return [axis[i] for i in generator.integers(len(axis), size=draws)]


# -- from text and from mappings -------------------------------------------------------------------


def parse_grid(
    texts: Sequence[str], strategy: type[Strategy], *, draws: int | None = None, seed: int = 0
) -> Grid:
    """Read a grid as it is written on a command line.

    Parameters
    ----------
    texts : sequence of str
        ``name=low:high:step``, ``name=a,b,c`` or ``name=value``; with ``draws`` also
        ``name=low:high`` for any number between.
    strategy : type of Strategy
        Whose parameters they are.
    draws, seed : int
        See `Grid`.

    Returns
    -------
    Grid
        Values in the parameters' types.

    Raises
    ------
    ParameterError
        If there is nothing to try, a text is no grid, a name is unknown or given twice, or a value
        has the wrong type or is out of bounds.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from kanalo.strategy import param
    >>> @dataclass(frozen=True)
    ... class Rule(Strategy):
    ...     weeks: int = param(26, low=8, high=104)
    ...     def decide(self, market): ...
    >>> parse_grid(["weeks=8:16:4"], Rule).axes
    {'weeks': (8, 12, 16)}
    """
    axes: dict[str, Axis] = {}
    for text in texts:
        name, _, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not name or not values.strip():
            raise ParameterError(
                f"A grid is written name=low:high:step or name=a,b,c; received {text!r}."
            )
        if name in axes:
            raise ParameterError(f"The grid names '{name}' twice.")
        axes[name] = _parse_axis(_find_parameter(strategy, name), values.strip(), strategy.__name__)
    return make_grid(strategy, axes, draws=draws, seed=seed)


def make_grid(
    strategy: type[Strategy],
    axes: Mapping[str, Iterable[Any] | Span],
    *,
    draws: int | None = None,
    seed: int = 0,
) -> Grid:
    """Check a mapping of names to values and make a grid of it.

    Values are converted to the parameter's type, so that numpy's numbers and whole floats serve;
    repeated ones are tried once.

    Parameters
    ----------
    strategy : type of Strategy
        Whose parameters they are.
    axes : mapping of str to iterable or Span
        Values to try by name.
    draws, seed : int
        See `Grid`.

    Returns
    -------
    Grid
        Values in the parameters' types.

    Raises
    ------
    ParameterError
        As `parse_grid`.
    """
    if not axes:
        known = ", ".join(each.name for each in strategy.declared()) or "none"
        raise ParameterError(
            f"The grid is empty: name the parameters to vary. {strategy.__name__} has: {known}."
        )
    if draws is not None and draws < 1:
        raise ParameterError(f"At least 1 set must be drawn; received {draws}.")
    checked = {name: _check_axis(_find_parameter(strategy, name), axis, strategy.__name__)
               for name, axis in axes.items()}  # fmt: skip
    grid = Grid(checked, draws, seed)
    if draws is None:
        for axis in checked.values():
            _to_values(axis)
    return grid


def check_size(grid: Grid, max_sets: int | None = MAX_SETS) -> None:
    """Refuse a grid of more than so many sets, saying how large it is; None allows any.

    Parameters
    ----------
    grid : Grid
        Grid of ``n_sets`` sets.
    max_sets : int or None
        Largest number allowed, ≥ 1.

    Raises
    ------
    ParameterError
        If it is larger.
    """
    if max_sets is not None and grid.n_sets > max_sets:
        raise ParameterError(
            f"The grid has {grid.describe()}. More than {max_sets:,} are tried only with --yes "
            "(max_sets=None); --random N draws some of them."
        )


def _find_parameter(strategy: type[Strategy], name: str) -> Parameter:
    known = {each.name: each for each in strategy.declared()}
    if name not in known:
        raise ParameterError(
            f"{strategy.__name__} has no parameter '{name}'.{suggestion(name, known)}"
        )
    return known[name]


def _parse_axis(parameter: Parameter, text: str, owner: str) -> Axis:
    if ":" in text and parameter.type in (int, float):
        return _parse_range(parameter, text, owner)
    return tuple(parameter.parse(each.strip(), owner) for each in text.split(","))


def _parse_range(parameter: Parameter, text: str, owner: str) -> Axis:
    numbers = _to_decimals(parameter.name, text)
    low, high = numbers[:2]
    step = numbers[2] if len(numbers) == 3 else Decimal(1)
    if low > high or step <= 0:
        raise ParameterError(
            f"The range '{parameter.name}={text}' has no values: "
            "it runs from low to high in steps above 0."
        )
    if len(numbers) == 2 and parameter.type is float:
        return Span(float(low), float(high))
    n_values = int((high - low) / step) + 1
    if n_values > _MAX_VALUES:
        raise ParameterError(f"The range '{parameter.name}={text}' has {n_values:,} values.")
    return tuple(parameter.parse(_to_text(low + i * step), owner) for i in range(n_values))


def _to_decimals(name: str, text: str) -> list[Decimal]:
    parts = text.split(":")
    try:
        numbers = [Decimal(part.strip()) for part in parts]
    except InvalidOperation:
        numbers = []
    if len(numbers) not in (2, 3) or not all(number.is_finite() for number in numbers):
        raise ParameterError(
            f"A range is written {name}=low:high:step with numbers; received '{name}={text}'."
        )
    return numbers


def _to_text(number: Decimal) -> str:
    whole = number.to_integral_value()
    return str(int(whole)) if number == whole else str(number)


def _check_axis(parameter: Parameter, axis: Iterable[Any] | Span, owner: str) -> Axis:
    if isinstance(axis, Span):
        for bound in (axis.low, axis.high):
            parameter.check(bound, owner)
        return axis
    if isinstance(axis, str):
        raise ParameterError(f"The values of '{parameter.name}' must be a list; received {axis!r}.")
    values = tuple(dict.fromkeys(_to_type(parameter, value) for value in axis))
    if not values:
        raise ParameterError(f"The grid has no values for '{parameter.name}'.")
    for value in values:
        parameter.check(value, owner)
    return values


def _to_type(parameter: Parameter, value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if parameter.type is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if parameter.type is int and isinstance(plain, float) and plain.is_integer():
        return int(plain)
    return plain
