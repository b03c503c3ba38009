"""What the rules of a workspace are about, read from their docstrings without importing them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kanalo.workspace import Workspace


def summarise(workspace: Workspace) -> dict[str, str]:
    """Return the first docstring line of every strategy, by name."""
    folder = workspace.strategies_dir
    return {name: first_line(folder / f"{name}.py") for name in workspace.list_strategies()}


def first_line(path: Path) -> str:
    """Return the first docstring line of a file's public class, else of the file.

    A file that is not Python says so here and raises nothing: one broken rule does not hide the
    others.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        return f"(broken: {error.msg}, line {error.lineno})"
    documented: list[ast.ClassDef | ast.Module] = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    texts = [ast.get_docstring(node) for node in (*documented, tree)]
    return next((text.strip().splitlines()[0] for text in texts if text and text.strip()), "")
