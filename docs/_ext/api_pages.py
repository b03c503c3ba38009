"""The API reference: a page for each package, and a list of the public names."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import kanalo

HIDDEN = ("cli", "report")
"""Packages that are used through the command line and the methods of results."""

API = """# Python API

What `import kanalo` offers. Each name links to its docstring with parameters, units and an example.

| name | what it is |
|---|---|
{rows}

## Packages

```{{toctree}}
:maxdepth: 1

{pages}
```
"""


def make_pages() -> dict[str, str]:
    """Return the pages by their names."""
    packages = {
        each.name: each
        for each in pkgutil.iter_modules(kanalo.__path__)
        if not each.name.startswith("_") and each.name not in HIDDEN
    }
    pages = {f"api/{name}.md": _to_page(f"kanalo.{name}") for name in sorted(packages)}
    rows = "\n".join(_to_row(name) for name in kanalo.__all__)
    listed = "\n".join(sorted(packages))
    return {"api/index.md": API.format(rows=rows, pages=listed), **pages}


def _to_row(name: str) -> str:
    value = getattr(kanalo, name)
    home = f"{value.__module__}.{value.__qualname__}"
    return f"| {{py:obj}}`kanalo.{name} <{home}>` | {_first_line(value)} |"


def _first_line(value: object) -> str:
    text = (inspect.getdoc(value) or "").strip().split("\n\n")[0].replace("\n", " ")
    return text.replace("|", "\\|").replace("``", "`")


def _to_page(package: str) -> str:
    module = importlib.import_module(package)
    names = [package, *_find_modules(module)]
    parts = [f"# `{package}`", _first_line(module)]
    for name in names:
        if name != package:
            parts.append(f"## `{name}`")
        own = "   :no-members:\n" if name == package and len(names) > 1 else ""
        parts.append(f"```{{eval-rst}}\n.. automodule:: {name}\n{own}```")
    return "\n\n".join(parts) + "\n"


def _find_modules(package: ModuleType) -> list[str]:
    """Return the public modules below a package, without kernels and their layouts."""
    paths = getattr(package, "__path__", ())
    found = pkgutil.walk_packages(paths, f"{package.__name__}.")
    return sorted(each.name for each in found if "._" not in each.name)
