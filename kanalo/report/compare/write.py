"""Write the faces of a comparison to a folder."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from kanalo.report.compare.beside import draw_beside
from kanalo.report.compare.html import to_html
from kanalo.report.compare.markdown import to_markdown
from kanalo.report.compare.schema import ComparisonModel
from kanalo.report.compare.stored import to_json
from kanalo.report.toolkit.write import write_files

if TYPE_CHECKING:
    from kanalo.experiment.comparison import Comparison


def write_report(
    model: ComparisonModel,
    folder: Path,
    comparison: Comparison | None = None,
    *,
    side_by_side: bool = False,
) -> list[Path]:
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
    side_by_side : bool
        Draw the figures of many results in a second process meanwhile.

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
    drawing = draw_beside(model) if side_by_side else nullcontext()
    with drawing as views:
        texts = {"report.md": to_markdown(model), "report.json": to_json(model)}
        texts = {"report.html": to_html(model, markets, views), **texts}
    return write_files(texts, folder)
