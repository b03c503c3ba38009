"""What the verbs on data ask before they begin: a workspace to write to, and their packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kanalo.workspace import Workspace


def check_workspace(workspace: Workspace) -> Workspace:
    """Refuse the starter, which is read-only, before anything is fetched or read.

    Raises
    ------
    WorkspaceError
        If the workspace cannot be written.
    """
    from kanalo.cli.output import check_writable
    from kanalo.errors import WorkspaceError

    if workspace.starter:
        raise WorkspaceError(
            "The tables that kanalo brings along are read-only: `kanalo init DIR` makes a "
            "workspace of your own to import into."
        )
    check_writable(workspace.data_dir)
    return workspace


def check_extra() -> None:
    """Refuse where the packages of the extra 'data' are not installed.

    Raises
    ------
    SourceError
        With the command that installs them.
    """
    import importlib.util

    from kanalo.errors import SourceError

    for package in ("aiohttp", "ccxt"):
        if importlib.util.find_spec(package) is None:
            raise SourceError(
                f"The package {package} is not installed: python -m pip install 'kanalo[data]'."
            )
