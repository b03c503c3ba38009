"""Conditions over named variables: a small language of its own that is parsed, never executed.

::

    condition  = all {("|" | "or") all}
    all        = one {("&" | "and") one}
    one        = ("~" | "!" | "not") one | comparison
    comparison = sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}
    sum        = product {("+" | "-") product}
    product    = factor {("*" | "/") factor}
    factor     = "-" factor | number | name | "abs" "(" sum ")" | "(" condition ")"

Unlike in Python, ``&`` and ``|`` bind more weakly than comparisons, so that ``a > 0.6 & b > 0.9``
says what it seems to say; ``0.2 < a < 0.4`` is a range. Truth has three values: a comparison with
an unknown (NaN) is unknown, ``false & unknown`` is false, ``true & unknown`` unknown (Kleene).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from kanalo.errors import ParameterError, unknown_name
from kanalo.typing import FloatArray

MAX_LENGTH = 500
"""Characters of the longest condition."""

MAX_DEPTH = 20
"""Parentheses and signs that may be nested."""

Columns = Callable[[str], FloatArray]
"""Gives the values of a variable; truth as 1, 0 and NaN."""

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![A-Za-z_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/()<>&|~!])",
    re.ASCII,
)
_WORDS = {"and": "&", "or": "|", "not": "~", "!": "~"}
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Node:
    """A number, a variable or an operation on nodes; ``truth`` tells whether it is true or false.

    Attributes
    ----------
    operation : str
        ``"number"``, ``"name"`` or a sign of the grammar.
    parts : tuple of Node
        What the operation takes.
    value : float or str
        Of a number or a name.
    truth : bool
        Whether the node is a truth value.
    """

    operation: str
    parts: tuple[Node, ...] = ()
    value: float | str = ""
    truth: bool = False

    def evaluate(self, columns: Columns) -> FloatArray:
        """Return the node's values; truth as 1, 0 and NaN where unknown."""
        if self.operation == "number":
            return np.array(float(self.value))
        if self.operation == "name":
            return columns(str(self.value))
        return _OPERATIONS[self.operation](*(part.evaluate(columns) for part in self.parts))


@dataclass(frozen=True)
class Condition:
    """A condition that was read.

    Attributes
    ----------
    text : str
        As it was written.
    names : tuple of str
        The variables it uses, in the order of their appearance.
    root : Node
        Its meaning.
    """

    text: str
    names: tuple[str, ...]
    root: Node = field(repr=False)

    def evaluate(self, columns: Columns) -> FloatArray:
        """Return 1 where the condition holds, 0 where it does not, NaN where nobody knows."""
        return self.root.evaluate(columns)


def parse_condition(text: str, kinds: Mapping[str, bool]) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : str
        In the grammar of this module.
    kinds : mapping of str to bool
        The variables that exist, and whether each is a truth value.

    Returns
    -------
    Condition
        The text, the variables that it names, and how to evaluate it.

    Raises
    ------
    ParameterError
        If the text is not in the grammar, too long, too deep, mixes truth with numbers, or names no
        variable.
    UnknownNameError
        If a variable does not exist; the message suggests one.
    """
    if len(text) > MAX_LENGTH:
        raise ParameterError(
            f"A condition has at most {MAX_LENGTH} characters; received {len(text)}."
        )
    parser = _Parser(text, kinds)
    root = parser.read_whole()
    if not parser.names:
        raise ParameterError(f"The condition '{text}' names no variable.")
    return Condition(text, tuple(parser.names), root)


class _Parser:
    def __init__(self, text: str, kinds: Mapping[str, bool]) -> None:
        self.text = text
        self.kinds = kinds
        self.names: dict[str, None] = {}
        self.depth = 0
        self.start = self.end = 0
        self.kind = self.token = ""
        self.advance()

    def advance(self) -> None:
        """Go on to the next token; an empty one is the end."""
        rest = self.text[self.end :]
        self.start = self.end + len(rest) - len(rest.lstrip())
        if self.start == len(self.text):
            self.kind, self.token, self.end = "end", "", self.start
            return
        match = _TOKEN.match(self.text, self.start)
        if match is None:
            hint = "; compare with ==" if self.text[self.start] == "=" else ""
            raise self.error(f"'{self.text[self.start]}' does not belong there{hint}")
        self.kind, self.token, self.end = str(match.lastgroup), match[0], match.end()
        if self.token in _WORDS:
            self.kind, self.token = "sign", _WORDS[self.token]

    def error(self, why: str) -> ParameterError:
        return ParameterError(
            f"The condition '{self.text}' cannot be read at character {self.start + 1}: {why}."
        )

    def take(self, *signs: str) -> str:
        """Return the sign that comes next and go past it, or an empty text."""
        if self.kind != "sign" or self.token not in signs:
            return ""
        sign = self.token
        self.advance()
        return sign

    def nest(self, read: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"more than {MAX_DEPTH} parentheses or signs are nested")
        node = read()
        self.depth -= 1
        return node

    def read_whole(self) -> Node:
        node = self.need(self.read_any(), truth=True)
        if self.kind != "end":
            raise self.error(f"'{self.token}' does not belong there")
        return node

    def need(self, node: Node, *, truth: bool) -> Node:
        if node.truth is not truth:
            wanted, received = ("true or false", "a number") if truth else ("a number", "a truth")
            raise self.error(f"what stands before it is {received} and should be {wanted}")
        return node

    def read_any(self) -> Node:
        return self.join("|", self.read_all)

    def read_all(self) -> Node:
        return self.join("&", self.read_one)

    def join(self, sign: str, read: Callable[[], Node]) -> Node:
        node = read()
        while self.kind == "sign" and self.token == sign:
            left = self.need(node, truth=True)
            self.advance()
            node = Node(sign, (left, self.need(read(), truth=True)), truth=True)
        return node

    def read_one(self) -> Node:
        if self.take("~"):
            return Node("~", (self.need(self.nest(self.read_one), truth=True),), truth=True)
        return self.read_comparison()

    def read_comparison(self) -> Node:
        left = self.read_sum()
        node: Node | None = None
        while self.kind == "sign" and self.token in _COMPARISONS:
            self.need(left, truth=False)
            sign = self.take(*_COMPARISONS)
            right = self.need(self.read_sum(), truth=False)
            pair = Node(sign, (left, right), truth=True)
            node = pair if node is None else Node("&", (node, pair), truth=True)
            left = right
        return left if node is None else node

    def read_sum(self) -> Node:
        return self.calculate(("+", "-"), self.read_product)

    def read_product(self) -> Node:
        return self.calculate(("*", "/"), self.read_factor)

    def calculate(self, signs: tuple[str, ...], read: Callable[[], Node]) -> Node:
        node = read()
        while self.kind == "sign" and self.token in signs:
            left = self.need(node, truth=False)
            sign = self.take(*signs)
            node = Node(sign, (left, self.need(read(), truth=False)))
        return node

    def read_factor(self) -> Node:
        if self.take("-"):
            return Node("negate", (self.need(self.nest(self.read_factor), truth=False),))
        if self.take("("):
            return self.close(self.nest(self.read_any))
        if self.kind == "number":
            value = float(self.token)
            self.advance()
            return Node("number", value=value)
        if self.kind == "name":
            return self.read_name()
        token = f"'{self.token}'" if self.token else "the end"
        raise self.error(f"a variable or a number should stand there, not {token}")

    def read_name(self) -> Node:
        name = self.token
        self.advance()
        if name == "abs" and self.take("("):
            return Node("abs", (self.need(self.close(self.nest(self.read_sum)), truth=False),))
        if name not in self.kinds:
            raise unknown_name("variable", name, self.kinds)
        self.names[name] = None
        return Node("name", value=name, truth=self.kinds[name])

    def close(self, node: Node) -> Node:
        if not self.take(")"):
            raise self.error("a parenthesis is not closed")
        return node


def _compare(function: Callable[[FloatArray, FloatArray], FloatArray]) -> Callable[..., FloatArray]:
    def compare(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.where(np.isnan(a) | np.isnan(b), np.nan, function(a, b))

    return compare


def _both(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.where((a == 0) | (b == 0), 0.0, a * b)


def _either(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.where((a == 1) | (b == 1), 1.0, np.maximum(a, b))


def _divide(a: FloatArray, b: FloatArray) -> FloatArray:
    """Divide; unknown where the divisor is zero, for an infinite ratio says nothing."""
    return np.where(b == 0, np.nan, a / np.where(b == 0, 1.0, b))


_OPERATIONS: Mapping[str, Callable[..., FloatArray]] = {
    "<": _compare(np.less),
    "<=": _compare(np.less_equal),
    ">": _compare(np.greater),
    ">=": _compare(np.greater_equal),
    "==": _compare(np.equal),
    "!=": _compare(np.not_equal),
    "&": _both,
    "|": _either,
    "~": lambda a: 1.0 - a,
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _divide,
    "negate": np.negative,
    "abs": np.abs,
}
