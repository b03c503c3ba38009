"""Conditions between parameters, such as ``fast < slow``: which sets of a grid are tried.

The text is parsed by Python's own parser and evaluated here, node by node: comparisons, ``and``,
``or``, ``not``, arithmetic, names of parameters and constants. Nothing else is accepted, so no
text can call a function or read an attribute.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kanalo.errors import ParameterError, shorten, suggestion
from kanalo.strategy import Strategy

LONGEST = 200
"""Characters of a constraint."""

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_ACCEPTED = "comparisons (< <= > >= == !=), and, or, not, + - * / // %, parameters and numbers"


@dataclass(frozen=True)
class Constraint:
    """A condition that a set of parameters meets or not.

    Attributes
    ----------
    text : str
        As it was written.
    names : tuple of str
        The parameters that it reads.

    Examples
    --------
    >>> import kanalo
    >>> rule = kanalo.find_workspace().load_strategy("sma_cross")
    >>> parse_constraint("fast < slow", rule).is_met({"fast": 20, "slow": 10})
    False
    """

    text: str
    names: tuple[str, ...]
    _tree: ast.expr = field(repr=False, compare=False)

    def is_met(self, values: Mapping[str, Any]) -> bool:
        """Tell whether a set meets it.

        Raises
        ------
        ParameterError
            If it cannot be computed, as a division by zero or a comparison of text with a number.
        """
        try:
            return bool(_evaluate(self._tree, values))
        except (TypeError, ArithmeticError) as error:
            shown = ", ".join(f"{name}={values[name]!r}" for name in self.names)
            raise ParameterError(
                f"The constraint {self.text!r} cannot be computed with {shown}: {error}."
            ) from error


def parse_constraint(text: str, strategy: type[Strategy]) -> Constraint:
    """Read a constraint.

    Parameters
    ----------
    text : str
        For example ``"fast < slow"`` or ``"2 * leave <= entry and shorts"``; at most 200
        characters.
    strategy : type of Strategy
        Whose parameters it names.

    Returns
    -------
    Constraint

    Raises
    ------
    ParameterError
        If it is no such expression, compares nothing, or names no parameter or one that the
        strategy does not have.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise ParameterError(
            f"A constraint is text of 1 to {LONGEST} characters such as 'fast < slow'; received "
            f"{shorten(text)}."
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ParameterError(_refuse(text)) from error
    nodes = list(ast.walk(tree))
    if not all(map(_is_accepted, nodes)) or not _is_condition(tree):
        raise ParameterError(_refuse(text))
    names = tuple(dict.fromkeys(each.id for each in nodes if isinstance(each, ast.Name)))
    _check_names(text, names, strategy)
    return Constraint(text.strip(), names, tree)


def select_sets(
    sets: Iterable[tuple[Any, ...]],
    names: tuple[str, ...],
    fixed: Mapping[str, Any],
    constraints: Iterable[Constraint],
) -> list[tuple[Any, ...]]:
    """Return the sets that meet every constraint, in their order.

    Parameters
    ----------
    sets : iterable of tuple
        Values of the parameters in ``names``.
    names : tuple of str
        The parameters that the grid names.
    fixed : mapping of str to object
        Values of the other parameters.
    constraints : iterable of Constraint
        All must be met.

    Returns
    -------
    list of tuple

    Raises
    ------
    ParameterError
        If no set meets them.
    """
    conditions, total, kept = tuple(constraints), 0, []
    for values in sets:
        total += 1
        named = {**fixed, **dict(zip(names, values, strict=True))}
        if all(each.is_met(named) for each in conditions):
            kept.append(values)
    if not kept:
        asked = " and ".join(repr(each.text) for each in conditions)
        raise ParameterError(f"No set of the grid meets {asked}; it has {total:,} of them.")
    return kept


def _refuse(text: str) -> str:
    return (
        f"The constraint {shorten(text)} is no condition on parameters. Accepted: {_ACCEPTED}; "
        "for example 'fast < slow'."
    )


def _is_accepted(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (bool, int, float, str))
    known = (*_COMPARE, *_ARITHMETIC, *_UNARY, ast.And, ast.Or, ast.Load)
    return isinstance(node, (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Name, *known))


def _is_condition(tree: ast.expr) -> bool:
    """Tell a condition from a number: ``fast + slow`` would be met by nearly all sets."""
    if isinstance(tree, ast.BoolOp):
        return all(map(_is_condition, tree.values))
    if isinstance(tree, ast.UnaryOp):
        return isinstance(tree.op, ast.Not) and _is_condition(tree.operand)
    return isinstance(tree, (ast.Compare, ast.Name))  # a name: a switch such as ``shorts``


def _check_names(text: str, names: tuple[str, ...], strategy: type[Strategy]) -> None:
    known = {each.name: each for each in strategy.declared()}
    if not names:
        raise ParameterError(
            f"The constraint {shorten(text)} names no parameter of {strategy.__name__}."
            f"{suggestion('', known)}"
        )
    for name in names:
        if name not in known:
            raise ParameterError(
                f"The constraint {shorten(text)} names '{name}', which {strategy.__name__} does "
                f"not have.{suggestion(name, known)}"
            )


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return values[node.id]
        case ast.UnaryOp():
            return _UNARY[type(node.op)](_evaluate(node.operand, values))
        case ast.BinOp():
            return _ARITHMETIC[type(node.op)](
                _evaluate(node.left, values), _evaluate(node.right, values)
            )
        case ast.BoolOp():
            decide = all if isinstance(node.op, ast.And) else any
            return decide(_evaluate(each, values) for each in node.values)
        case ast.Compare():
            return _compare(node, values)
        case _:  # the parser let nothing else through
            raise TypeError(f"{type(node).__name__} is no part of a constraint")


def _compare(node: ast.Compare, values: Mapping[str, Any]) -> bool:
    """Compare in a chain as Python does: ``1 < fast < slow``."""
    left = _evaluate(node.left, values)
    for operation, comparator in zip(node.ops, node.comparators, strict=True):
        right = _evaluate(comparator, values)
        if not _COMPARE[type(operation)](left, right):
            return False
        left = right
    return True
