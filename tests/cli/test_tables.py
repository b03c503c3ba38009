"""Commands print a drawing or JSON, and names of files are never read as markup."""

import json

import pytest
from rich.console import Console

from kanalo.cli.tables import new_table, plain, show


def test_drawing_is_printed_and_json_is_written_beside_it(tmp_path, capsys):
    path = tmp_path / "model.json"
    show({"name": "Wörgl"}, str(path), iter([plain("drawn")]))
    assert capsys.readouterr().out == "drawn\n"
    assert json.loads(path.read_text("utf-8")) == {"name": "Wörgl"}


def test_dash_prints_json_in_place_of_the_drawing(capsys):
    show({"n": 1}, "-", iter([plain("drawn")]))
    assert json.loads(capsys.readouterr().out) == {"n": 1}


def test_nan_never_reaches_the_json():
    with pytest.raises(ValueError, match="not JSON compliant"):
        show({"n": float("nan")}, "-", iter([]))


def test_path_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="File exists"):
        show({"n": 1}, str(tmp_path / "file" / "model.json"), iter([]))


def test_brackets_are_no_markup_and_long_cells_are_folded(capsys):
    table = new_table("File")
    table.add_row(plain("[red]bars[/red].csv"))
    Console(width=10, highlight=False).print(table)
    printed = capsys.readouterr().out
    assert "".join(line.strip() for line in printed.splitlines()[2:]) == "[red]bars[/red].csv"
