"""The identity of a rule: the digest of the code that runs, captured when its class is made.

Two rules have one digest where their modules hold the same code: comments, docstrings, blank lines
and formatting do not count, everything else does. The digest is that of the parsed module, written
in a form of its own, so that Python 3.11, 3.12 and 3.13 give the same one (their bytecode and the
output of `ast.dump` differ).

The text is read once, when the class is made, and compared with what Python compiled. A file that
is edited later therefore changes nothing for classes that exist already.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import sys
import weakref
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

UNKNOWN = "unknown"
"""The digest of a class whose source Python does not know, or that no longer fits what runs."""

_PACKAGE = "strategies"
_IGNORED = {"ctx", "kind", "type_comment", "type_ignores"}
"""Fields of the syntax tree that say nothing about what the code does."""

_captured: weakref.WeakKeyDictionary[type, str] = weakref.WeakKeyDictionary()


def to_name(cls: type) -> str:
    """Return the file that a strategy stands in, or its class where it has none of its own.

    Examples
    --------
    >>> to_name(type("Dip", (), {"__module__": "strategies.dip_buyer"}))
    'dip_buyer'
    """
    package, _, module = cls.__module__.rpartition(".")
    return module if package == _PACKAGE else cls.__name__


def digest_source(cls: type) -> str:
    """Return the digest of the code that defines a class, as it was when the class was made.

    Returns
    -------
    str
        64 hexadecimal digits; `UNKNOWN` where Python does not know the source. A class that was
        not captured when it was made, such as a strategy written for backtrader, is captured at
        the first call.
    """
    if cls not in _captured:
        capture_source(cls)
    return _captured[cls]


def capture_source(cls: type) -> None:
    """Read the source of a class now and keep its digest for as long as the class lives."""
    _captured[cls] = _digest_class(cls)


def share_source(cls: type, other: type) -> None:
    """Give a class that was made of another one the digest of that one.

    Parameters
    ----------
    cls : type
        The class whose file it is.
    other : type
        Made from it while the program runs.
    """
    _captured[other] = digest_source(cls)


def digest_text(text: str, *, only: str = "") -> str:
    """Return the digest of Python source: sha256 of its canonical syntax tree.

    Parameters
    ----------
    text : str
        Source of a module.
    only : str
        Name of a class at the top level to which the digest is limited; the whole module by
        default.

    Returns
    -------
    str
        64 hexadecimal digits, the same on every supported Python.

    Raises
    ------
    SyntaxError
        If the text is not Python.

    Examples
    --------
    >>> digest_text("x = 1  # one") == digest_text("x = 1")
    True
    >>> digest_text("x = 1") == digest_text("x = 2")
    False
    """
    tree: ast.AST = ast.parse(text)
    if only:
        tree = next(node for node in ast.walk(tree) if _is_class(node, only))
    return hashlib.sha256("".join(_to_canonical(tree)).encode()).hexdigest()


def find_edited(module: str) -> list[str]:
    """Name the modules that a module imports from its own package and that were edited since.

    Parameters
    ----------
    module : str
        Dotted name of an imported module. One that stands in no package imports none.

    Returns
    -------
    list of str
        Dotted names of modules, imported by it or by those, whose files no longer hold the
        functions that run; sorted. The module itself is not among them: see `digest_source`.
    """
    package = module.rpartition(".")[0]
    reached, todo = set[str](), [module] if package else []
    while todo:
        name = todo.pop()
        if name not in reached and name in sys.modules:
            reached.add(name)
            todo += _find_imported(sys.modules[name], f"{package}.")
    others = reached - {module}
    return sorted(name for name in others if not _is_as_in_file(sys.modules[name]))


def _find_imported(module: ModuleType, prefix: str) -> list[str]:
    """Name the modules of a package that the globals of a module come from."""
    values = vars(module).values()
    names = [
        each.__name__ if isinstance(each, ModuleType) else getattr(each, "__module__", "")
        for each in values
    ]
    return [name for name in names if isinstance(name, str) and name.startswith(prefix)]


def _is_as_in_file(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file)) if file.endswith(".py") else ""
    own = [
        each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__
    ]
    functions = [each for each in own if isinstance(each, FunctionType)]
    try:
        compiled = {each.co_qualname: each for each in _walk_code(compile(text, file, "exec"))}
    except (SyntaxError, ValueError):
        return False
    codes = [each.__code__ for each in functions if each.__code__.co_filename == file]
    codes += [code for each in own if isinstance(each, type) for code in _find_codes(each)]
    return all(
        code.co_qualname in compiled and _is_same_code(code, compiled[code.co_qualname])
        for code in codes
    )


def _digest_class(cls: type) -> str:
    file = _find_file(cls)
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file)) if file else ""
    try:
        if not text or not _is_what_runs(cls, text, file):
            return UNKNOWN
        in_module = getattr(sys.modules.get(cls.__module__), "__file__", None) == file
        digest = digest_text(text, only="" if in_module else cls.__name__)
    except (SyntaxError, StopIteration, RecursionError):
        return UNKNOWN
    if cls.__module__.startswith(f"{_PACKAGE}."):  # one class a file: the text alone tells
        return digest
    return hashlib.sha256(f"{digest} {cls.__qualname__}".encode()).hexdigest()


def _find_file(cls: type) -> str:
    """Return the file of the class: that of its methods, or of its module where it has none."""
    for code in _find_codes(cls):
        return code.co_filename
    return getattr(sys.modules.get(cls.__module__), "__file__", None) or ""


def _find_codes(cls: type) -> Iterator[CodeType]:
    """Yield the code of each method that was written in the class, not generated by a decorator."""
    for member in vars(cls).values():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if not isinstance(function, FunctionType):
            continue
        written_here = function.__code__.co_qualname.startswith(f"{cls.__qualname__}.")
        if written_here and function.__code__.co_filename != "<string>":
            yield function.__code__


def _is_what_runs(cls: type, text: str, file: str) -> bool:
    """Tell whether compiling the text gives the code of every method of the class."""
    compiled = {
        code.co_qualname: code
        for code in _walk_code(compile(text, file, "exec", dont_inherit=True))
    }
    return all(
        code.co_qualname in compiled and _is_same_code(code, compiled[code.co_qualname])
        for code in _find_codes(cls)
    )


def _walk_code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _walk_code(each)


def _is_same_code(mine: CodeType, other: CodeType) -> bool:
    """Compare bytecode, names and constants; line numbers may differ, as in a notebook's cell."""
    if (mine.co_code, mine.co_names, mine.co_varnames) != (
        other.co_code,
        other.co_names,
        other.co_varnames,
    ):
        return False
    if len(mine.co_consts) != len(other.co_consts):
        return False
    return all(
        _is_same_code(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else a == b
        for a, b in zip(mine.co_consts, other.co_consts, strict=True)
    )


def _is_class(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == name


def _to_canonical(node: Any) -> Iterator[str]:
    """Write a syntax tree without positions, docstrings, empty fields and what versions add."""
    if isinstance(node, ast.JoinedStr):
        node = _join_constants(node)
    if not isinstance(node, ast.AST):
        yield _to_literal(node)
        return
    yield f"{type(node).__name__}("
    for name, value in ast.iter_fields(node):
        if name in _IGNORED or value is None or value == []:
            continue
        yield f"{name}="
        if isinstance(value, list):
            for each in _without_docstring(node, name, value):
                yield from _to_canonical(each)
                yield ","
        else:
            yield from _to_canonical(value)
        yield ";"
    yield ")"


def _without_docstring(node: ast.AST, name: str, values: list[Any]) -> list[Any]:
    """Leave out the docstring of a module, class or function."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = values[0]
    is_docstring = (
        name == "body"
        and isinstance(node, owners)
        and isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return values[1:] if is_docstring else values


def _join_constants(node: ast.JoinedStr) -> ast.JoinedStr:
    """Join neighbouring pieces of text in an f-string, which Pythons cut differently."""
    pieces: list[ast.expr] = []
    for each in node.values:
        text = each.value if isinstance(each, ast.Constant) else None
        if text == "":
            continue
        last = pieces[-1] if pieces else None
        if isinstance(text, str) and isinstance(last, ast.Constant):
            pieces[-1] = ast.Constant(str(last.value) + text)
        else:
            pieces.append(each)
    return ast.JoinedStr(pieces)


def _to_literal(value: Any) -> str:
    """Write a constant or a name; ``ascii`` does not depend on Python's table of characters."""
    return f"{type(value).__name__}:{value!a}"
