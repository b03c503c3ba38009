"""Pages are written whole or refused; tables escape what stands in them."""

import pandas as pd
import pytest

import kanalo
from kanalo.errors import ParameterError, WorkspaceError
from kanalo.report.methods.show import to_html_table, write_walk_forward_html


def test_names_in_tables_are_escaped():
    table = pd.DataFrame({"<script>x</script>": [1.5]}, index=["<b>"])
    html = to_html_table(table, "<i>")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<p>&lt;i&gt;</p>" in html


def test_missing_values_are_blank():
    assert "NaN" not in to_html_table(pd.DataFrame({"a": [float("nan")]}), "")


@pytest.mark.parametrize(
    ("path", "error"),
    [(5, ParameterError), (None, ParameterError), (".", WorkspaceError)],
)
def test_wrong_places_are_refused_before_the_page_is_made(path, error):
    with pytest.raises(error, match="to_html"):
        write_walk_forward_html(None, path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    market = kanalo.load_market("xmr_1d").between("2026-01-01")
    swept = kanalo.run_sweep("sma_cross", market, {"fast": [5, 10]})
    with pytest.raises(WorkspaceError, match="cannot be written"):
        swept.to_html(tmp_path / "file" / "page.html")
