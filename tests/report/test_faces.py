"""Terminal, Markdown, HTML and files: complete, escaped, atomic, and as the golden files say."""

import dataclasses
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from kanalo import files
from kanalo.errors import WorkspaceError
from kanalo.report import print_report, to_html, to_json, to_markdown, to_model, write_report

GOLDEN = Path(__file__).parent / "golden"


def to_terminal(model):
    file = io.StringIO()
    print_report(model, Console(file=file, width=80, color_system=None, legacy_windows=False))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "face"), [("report.md", to_markdown), ("report.txt", to_terminal)]
)
def test_faces_match_their_golden_files(model, name, face):
    """Regenerate with ``KANALO_GOLDEN=1 pytest tests/report/test_faces.py``; review the diff."""
    text = face(model)
    if os.environ.get("KANALO_GOLDEN"):
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_terminal_stays_within_80_columns_without_cutting_a_figure(model):
    lines = to_terminal(model).splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if line.startswith(("hold_perpetual", "sma_cross"))]
    assert len(rows) == 2
    assert not any("…" in row for row in rows)


def test_the_best_of_a_column_shows_without_colours(model):
    (row,) = [line for line in to_terminal(model).splitlines() if line.startswith("hold_perpetual")]
    assert "19.9*" in row


def test_markup_in_names_is_printed_as_it_is(model):
    assert "[bold]Five[/bold]" in to_terminal(model | {"title": "[bold]Five[/bold]"})


class Collector(HTMLParser):
    """Collect the tags of a page."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def to_tags(text):
    collector = Collector()
    collector.feed(text)
    return collector.tags


def test_the_page_asks_the_network_for_nothing(page):
    for tag, attributes in to_tags(page):
        for name in ("src", "href", "xlink:href"):
            link = attributes.get(name) or "#"
            assert link.startswith(("#", "data:")), f"{tag} {link}"


def test_every_link_of_the_page_has_a_target(page):
    tags = to_tags(page)
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    links = {attributes["href"][1:] for tag, attributes in tags if tag == "a"}
    assert links <= ids


def test_ids_are_unique_and_references_resolve(page):
    ids = [attributes["id"] for _, attributes in to_tags(page) if "id" in attributes]
    assert len(ids) == len(set(ids))
    drawn = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    references = re.findall(r'url\(#([^)]*)\)|xlink:href="#([^"]*)"', drawn)
    assert references
    assert {a or b for a, b in references} <= set(ids)


def test_names_cannot_become_markup_in_html(hostile_page, page):
    scripts = [tag for tag, _ in to_tags(hostile_page) if tag == "script"]
    assert len(scripts) == len([tag for tag, _ in to_tags(page) if tag == "script"])
    assert "<script>alert" not in hostile_page


def test_names_cannot_become_markup_in_markdown(hostile_model):
    text = to_markdown(hostile_model)
    assert "<script>" not in text.replace("\\<script\\>", "")
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert tables
    assert all(len(re.findall(r"(?<!\\)\|", line)) >= 3 for line in tables)


@pytest.mark.slow
def test_the_same_model_gives_the_same_page(model, page):
    assert to_html(model) == page


def test_the_page_stays_small(page):
    assert len(page.encode()) < 1.1e6


@pytest.mark.parametrize(
    ("n_bars", "interval"),
    [
        (2, "1D"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [(5, "1h"), (30, "1h"), (40, "1min"), (60, "7D")]
        ),
    ],
)
def test_short_and_odd_histories_make_a_report(build, build_market, n_bars, interval):
    market = build_market(n_bars, interval=interval)
    model = to_model(build({"xmr": market}))
    assert "<svg" in to_html(model, {"xmr": market})
    assert to_markdown(model)
    assert to_terminal(model)


@pytest.mark.slow
def test_yardsticks_alone_make_a_report(model):
    results = [each for each in model["results"] if each["role"] == "holding"]
    assert "<svg" in to_html(model | {"results": results})


def test_all_faces_are_written_whole(model, page, tmp_path, monkeypatch):
    monkeypatch.setattr("kanalo.report.compare.write.to_html", lambda *_: page)
    paths = write_report(model, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["report.html", "report.md", "report.json"]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(p.name for p in paths)
    assert paths[0].read_text("utf-8") == page
    assert json.loads(paths[2].read_text())["name"] == "article"


def test_a_folder_that_cannot_be_written_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setattr("kanalo.report.compare.write.to_html", lambda model, *_: model["title"])
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorkspaceError, match=re.escape(str(tmp_path / "file" / "sub"))):
        write_report(model, tmp_path / "file" / "sub")


def test_a_failure_leaves_the_old_report_and_no_drafts(model, tmp_path, monkeypatch):
    monkeypatch.setattr("kanalo.report.compare.write.to_html", lambda model, *_: model["title"])
    write_report(model, tmp_path)
    before = (tmp_path / "report.html").read_bytes()
    draft = files._draft

    def fail_on_json(path, content):
        if "json" in path.name:
            raise OSError(28, "No space left on device")
        return draft(path, content)

    monkeypatch.setattr(files, "_draft", fail_on_json)
    with pytest.raises(WorkspaceError, match="No space left"):
        write_report(model | {"title": "Another"}, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3


def test_no_face_holds_a_character_that_terminals_obey(build):
    comparison = build()
    runs = tuple(
        dataclasses.replace(run, label=f"{run.label}\x1b[31m\u202e") for run in comparison.runs
    )
    model = to_model(dataclasses.replace(comparison, runs=runs, title="a\x1b]0;b\x07"))
    for text in (to_terminal(model), to_markdown(model), to_json(model)):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
