"""Write the faces of a report to a folder: all of them whole, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kanalo.errors import WorkspaceError
from kanalo.report.groups import Model
from kanalo.report.html import to_html
from kanalo.report.json_ import to_json
from kanalo.report.markdown import to_markdown

if TYPE_CHECKING:
    from kanalo.experiment import Comparison


def write_report(model: Model, folder: Path, comparison: Comparison | None = None) -> list[Path]:
    """Write ``report.html``, ``report.md`` and ``report.json``.

    Every file is written under a temporary name beside its place and renamed when all are complete,
    so a reader never meets a half-written report and a failure leaves the old one as it was.

    Parameters
    ----------
    model : mapping
        From `to_model`.
    folder : Path
        Made, with its parents, where it does not exist.
    comparison : Comparison, optional
        What the model was made from; its markets' own bars then show in close views of the
        interactive charts, which have daily bars otherwise.

    Returns
    -------
    list of Path
        The files, in the order above.

    Raises
    ------
    WorkspaceError
        If the folder cannot be made or written.
    """
    runs = () if comparison is None else comparison.runs
    markets = {run.market: run.result.market for run in runs}
    texts = {
        "report.html": to_html(model, markets),
        "report.md": to_markdown(model),
        "report.json": to_json(model),
    }
    return write_files(texts, folder)


def write_files(contents: Mapping[str, str | bytes], folder: Path) -> list[Path]:
    """Write files to a folder, all of them whole or none.

    Parameters
    ----------
    contents : mapping of str to str or bytes
        By name within the folder.
    folder : Path
        Made, with its parents, where it does not exist.

    Raises
    ------
    WorkspaceError
        If the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _replace_all(contents, folder)
    except OSError as error:
        raise WorkspaceError(
            f"The report cannot be written to '{folder}': {error.strerror or error}. "
            "Choose another folder with -o."
        ) from error


def _replace_all(contents: Mapping[str, str | bytes], folder: Path) -> list[Path]:
    temporary = {folder / name: folder / f".{name}.{os.getpid()}.tmp" for name in contents}
    try:
        for draft, content in zip(temporary.values(), contents.values(), strict=True):
            draft.write_bytes(content.encode() if isinstance(content, str) else content)
        for path, draft in temporary.items():
            draft.replace(path)
    finally:
        for draft in temporary.values():
            draft.unlink(missing_ok=True)
    return list(temporary)
