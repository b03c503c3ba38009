"""`write_pdf` prints with the browser that it is given, and says what is missing."""

import pytest

from kanalo.errors import WorkspaceError
from kanalo.report.toolkit import pdf

PRINTER = """#!/bin/sh
for each in "$@"; do
  case "$each" in --print-to-pdf=*) printf '%%PDF of ' > "${each#*=}"; out="${each#*=}";; esac
done
printf '%s' "$each" >> "$out"
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("<p>page</p>")
    return path


def make_program(folder, text):
    path = folder / "chromium"
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_the_page_is_printed_beside_itself(page, tmp_path):
    written = pdf.write_pdf(page, make_program(tmp_path, PRINTER))
    assert written == page.with_suffix(".pdf")
    assert written.read_text() == f"%PDF of {page.as_uri()}"


def test_a_browser_that_prints_nothing_is_an_error(page, tmp_path):
    silent = make_program(tmp_path, "#!/bin/sh\necho no display >&2\n")
    with pytest.raises(WorkspaceError, match="wrote no PDF of .*: no display"):
        pdf.write_pdf(page, silent)
    assert not page.with_suffix(".pdf").exists()


def test_without_a_browser_the_message_names_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkspaceError, match="needs Chromium.*style for paper"):
        pdf.find_browser()


def test_a_browser_on_the_path_is_found(monkeypatch, tmp_path):
    program = make_program(tmp_path, PRINTER)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pdf.find_browser() == program
