"""Measure the package: sizes of functions and files, import circles and the longest import chain.

``python tools/measure_house.py`` prints the figures; `tests/test_house.py` holds them to the bounds
of CONTRIBUTING.md. A function counts with the lines that hold code: its signature and its body
without docstring, comments and blank lines. Imports count wherever they stand: at the top, inside a
function, or for types only.
"""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "kanalo"

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_files(root: Path = PACKAGE) -> list[Path]:
    """Return the modules of the package, without the starter workspace of an installed wheel."""
    return sorted(path for path in root.rglob("*.py") if "starter" not in path.parts)


def measure_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and line with the number of lines of code of each function of a file."""
    text = path.read_text(encoding="utf-8")
    code = find_code_lines(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            lines = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            yield f"{path}:{node.lineno} {node.name}", len(lines & code - _docstring_lines(node))


def find_code_lines(text: str) -> set[int]:
    """Return the numbers of the lines that hold a token of code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _docstring_lines(node: Function) -> set[int]:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if not is_docstring or not isinstance(first.value.value, str):  # type: ignore[attr-defined]
        return set()
    return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))


def find_imports(root: Path = PACKAGE) -> dict[str, set[str]]:
    """Return the modules of the package that each module imports, wherever it does."""
    names = {to_module(path, root): path for path in find_files(root)}
    return {name: set(_each_import(path, names)) - {name} for name, path in names.items()}


def to_module(path: Path, root: Path = PACKAGE) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _each_import(path: Path, names: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                whole = f"{node.module}.{each.name}"
                if whole in names:
                    yield whole
                elif node.module in names:
                    yield node.module


def find_circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or by way of others."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(name: str) -> None:  # Tarjan's strongly connected components
        order[name] = low[name] = len(order)
        stack.append(name)
        for each in sorted(imports[name]):
            if each not in order:
                visit(each)
            if each in stack:
                low[name] = min(low[name], low[each])
        if low[name] == order[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                circles.append(sorted(group))

    for name in sorted(imports):
        if name not in order:
            visit(name)
    return circles


def find_longest_chain(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the longest chain of imports, the importing module first; circles are cut."""
    best: dict[str, list[str]] = {}

    def follow(name: str, seen: frozenset[str]) -> list[str]:
        if name in best:
            return best[name]
        chains = [follow(each, seen | {name}) for each in sorted(imports[name] - seen - {name})]
        longest = [name, *max(chains, key=len, default=[])]
        best[name] = longest
        return longest

    return max((follow(name, frozenset()) for name in sorted(imports)), key=len)


def main() -> None:
    """Print every figure."""
    files = find_files()
    functions = [each for path in files for each in measure_functions(path)]
    sizes = sorted(size for _, size in functions)
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in files}
    imports = find_imports()
    print(f"functions: {len(sizes)}, median {statistics.median(sizes):.0f}, ", end="")
    print(f"95 % {sizes[int(0.95 * len(sizes))]}, largest {sizes[-1]}")
    for name, size in sorted(functions, key=lambda each: -each[1])[:10]:
        print(f"  {size:4} {name}")
    print(f"files: {len(files)}, largest {max(lengths.values())}")
    for path, size in sorted(lengths.items(), key=lambda each: -each[1])[:5]:
        print(f"  {size:4} {path.relative_to(ROOT)}")
    print(f"import circles: {len(find_circles(imports))}")
    for circle in find_circles(imports):
        print(f"  {', '.join(circle)}")
    chain = find_longest_chain(imports)
    print(f"longest import chain: {len(chain)}: {' <- '.join(chain)}")


if __name__ == "__main__":
    main()
