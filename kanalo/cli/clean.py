"""``kanalo clean``: what the results take on the disk, and removing what is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from kanalo.cli.options import Json
from kanalo.file_formats import CLEAN

SCHEMA = CLEAN.schema
_KEPT = ("ledger", "certificates", "findings", "returns", "runs")
"""What the ledger and its records live in: never offered."""


def clean(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Results to remove; without one all are listed."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    json_path: Json = None,
) -> None:
    """List results with their sizes, and remove those that are named.

    The ledger and what it needs are kept, so trials count on; `kanalo verify` of a removed sweep
    compares its statistics only.
    """
    from kanalo.cli.output import note
    from kanalo.cli.tables import show
    from kanalo.errors import unknown_name

    folder: Path = context.obj.workspace.results_dir
    sizes = find_results(folder)
    if not names:
        rows = [{"name": name, "bytes": size} for name, size in sizes.items()]
        show({"schema": SCHEMA, "folder": str(folder), "results": rows}, json_path, _draw(rows))
        return
    for name in names:
        if name not in sizes:
            raise unknown_name("result", name, sizes)
    total = sum(sizes[name] for name in set(names))
    if not yes:
        typer.confirm(f"Remove {', '.join(names)} ({_to_text(total)})?", abort=True)
    for name in set(names):
        shutil.rmtree(folder / name)
    note(f"Removed {', '.join(sorted(set(names)))}: {_to_text(total)}.")


def find_results(folder: Path) -> dict[str, int]:
    """Return the results in a folder with their sizes, the largest first.

    Parameters
    ----------
    folder : Path
        Folder of a workspace's results.

    Returns
    -------
    dict of str to int
        Bytes by name; a sweep is named ``sweeps/<name>``. Links are not followed.
    """
    sizes: dict[str, int] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.is_symlink() or not path.is_dir() or path.name.startswith((".", *_KEPT)):
            continue
        if path.name == "sweeps":
            inside = [each for each in path.iterdir() if each.is_dir() and not each.is_symlink()]
            sizes |= {f"sweeps/{each.name}": _measure(each) for each in inside}
        else:
            sizes[path.name] = _measure(path)
    return dict(sorted(sizes.items(), key=lambda each: (-each[1], each[0])))


def _measure(folder: Path) -> int:
    return sum(each.lstat().st_blocks * 512 for each in folder.rglob("*") if each.is_file())


def _draw(rows: list[dict[str, Any]]) -> Any:
    from kanalo.cli.tables import plain

    if not rows:
        yield plain("There are no results.")
    for row in rows:
        yield plain(f"{_to_text(row['bytes']):>12}  {row['name']}")


def _to_text(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"
