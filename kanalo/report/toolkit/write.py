"""Write the faces of a report to a folder: all of them whole, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kanalo import files
from kanalo.errors import WorkspaceError
from kanalo.report.toolkit.json_ import to_json
from kanalo.report.toolkit.model import Model
from kanalo.report.toolkit.page import Page, page_to_html, page_to_markdown


def write_files(contents: Mapping[str, str | bytes], folder: Path) -> list[Path]:
    """Write files to a folder, all of them whole or none.

    Parameters
    ----------
    contents : mapping of str to str or bytes
        By name within the folder.
    folder : Path
        Made, with its parents, where it does not exist.

    Returns
    -------
    list of Path
        The files in the order of the contents.

    Raises
    ------
    WorkspaceError
        If the folder cannot be made or written.
    """
    try:
        return files.write_files({folder / name: each for name, each in contents.items()})
    except WorkspaceError as error:
        raise WorkspaceError(f"The report: {error} Choose another folder with -o.") from error


def write_page(
    page: Page,
    model: Model,
    folder: Path,
    name: str = "report",
    others: Mapping[str, str | bytes] | None = None,
) -> list[Path]:
    """Write a document as ``name.html`` and ``name.md`` and its model as ``name.json``.

    Parameters
    ----------
    page : Page
        The document.
    model : mapping
        What it was made from.
    folder : Path
        Made, with its parents, where it does not exist.
    name : str
        Of the files, without suffix.
    others : mapping of str to str or bytes, optional
        Further files by name.

    Returns
    -------
    list of Path
        The three files in this order, then the others.

    Raises
    ------
    WorkspaceError
        If the folder cannot be made or written.
    """
    contents: dict[str, str | bytes] = {
        f"{name}.html": page_to_html(page),
        f"{name}.md": page_to_markdown(page),
        f"{name}.json": to_json(model),
    }
    return write_files({**contents, **(others or {})}, folder)
