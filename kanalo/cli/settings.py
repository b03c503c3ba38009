"""``kanalo settings``: the value of every setting, and who says it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from kanalo.cli.options import Json
from kanalo.cli.tables import new_table, plain, show
from kanalo.file_formats import SETTINGS

if TYPE_CHECKING:
    from rich.console import RenderableType


def settings(context: typer.Context, json_path: Json = None) -> None:
    """Show every setting of the workspace with its value and its origin.

    An option counts before the environment, that before a spec, that before kanalo.toml in the
    workspace, and that before the default. Keys are only said to be there or not.
    """
    from kanalo.cli.configured import list_declared
    from kanalo.market.holdout import find_holdout
    from kanalo.sources.addresses import KEYS
    from kanalo.workspace.configuration import DEFAULT, FILE_NAME, resolve

    root = context.obj.workspace.root
    rows = [
        {
            "name": each.declared.key,
            "value": None if each.value in (math.inf, -math.inf) else each.value,
            "origin": each.origin,
            "variable": each.declared.variable,
            "help": each.declared.help,
        }
        for each in resolve(root, list_declared())
    ]
    sealed = find_holdout(root)
    rows.append(
        {
            "name": "holdout.from",
            "value": "" if sealed is None else f"{sealed:%Y-%m-%dT%H:%MZ}",
            "origin": DEFAULT if sealed is None else FILE_NAME,
            "variable": "",
            "help": "From when on bars are sealed; empty for none.",
        }
    )
    keys = {variable: bool(os.environ.get(variable, "").strip()) for variable in KEYS.values()}
    file = root / FILE_NAME
    model = {
        "schema": SETTINGS.schema,
        "file": str(file) if file.is_file() else None,
        "settings": rows,
        "keys": keys,
    }
    show(model, json_path, _draw(model))


def _draw(model: dict[str, Any]) -> Iterator[RenderableType]:
    table = new_table("Setting", "Value", "Origin")
    for each in model["settings"]:
        value = "" if each["value"] is None else str(each["value"])
        table.add_row(each["name"], plain(value), each["origin"])
    yield table
    for variable, is_set in model["keys"].items():
        yield plain(f"{variable}: {'set' if is_set else 'not set'}")
    yield plain(f"File: {model['file'] or 'none; kanalo.toml in the workspace is read'}")
