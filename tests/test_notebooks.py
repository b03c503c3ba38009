"""Every notebook runs from top to bottom, and is committed with what it printed."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def find_outputs(notebook, kind):
    return [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == kind
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}})
    client.execute()  # raises with the cell and its traceback
    spoken = [each.text for each in find_outputs(notebook, "stream") if each.name == "stderr"]
    assert [text for text in spoken if "Warning" in text] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_with_its_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert find_outputs(notebook, "execute_result")
    assert find_outputs(notebook, "error") == []
    assert "/home/" not in path.read_text()


def test_there_are_notebooks():
    assert NOTEBOOKS
