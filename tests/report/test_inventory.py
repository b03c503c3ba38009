"""Nothing that a page or its JSON once had is lost: it is still there, or its new name is listed.

``inventory.json`` holds the names as they were: headings, columns and rows of a fixed comparison in
Markdown, headings and captions of the page's templates, and the keys of the typed model. It grows
by hand when a report gains something worth keeping; it does not shrink.
"""

import ast
import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PARTS = ("markdown", "page", "json")
REPORT = HERE.parents[1] / "kanalo" / "report"
INVENTORY = json.loads((HERE / "inventory.json").read_text(encoding="utf-8"))


def read_markdown(text):
    """Return headings, columns and names of rows of a report in Markdown."""
    lines = text.splitlines()
    tables = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    rules = [i for i, row in enumerate(tables) if set("".join(row)) <= set("-: ")]
    columns = [cell for i in rules for cell in tables[i - 1]]
    rows = [row[0] for i, row in enumerate(tables) if i not in rules and i + 1 not in rules]
    return {
        "headings": sorted({line.lstrip("# ") for line in lines if line.startswith("#")}),
        "columns": sorted({cell.strip() for cell in columns} - {""}),
        "rows": sorted({clean(row) for row in rows} - {""}),
    }


def clean(cell):
    return cell.replace("*", "").replace("\\", "").strip()


def read_templates(folder):
    """Return headings, summaries and captions as the templates of the page write them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html")))
    headings = re.findall(r"<(?:h[1-4]|summary)[^>]*>(.*?)</(?:h[1-4]|summary)>", text)
    captions = re.findall(r'(?:figure|table|monthly)\(([^"\n]*)"', text)
    return {
        "headings": sorted({re.sub(r"\s+", " ", each) for each in headings}),
        "drawn": sorted({each.rstrip(", ") for each in captions} - {""}),
    }


def read_keys(source):
    """Return the keys of every typed part of the model."""
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return {
        node.name: sorted(each.target.id for each in node.body if isinstance(each, ast.AnnAssign))
        for node in classes
    }


def read_all(report, golden):
    return {
        "markdown": read_markdown(golden),
        "page": read_templates(report / "templates"),
        "json": read_keys((report / "compare" / "schema.py").read_text(encoding="utf-8")),
    }


@pytest.fixture(scope="module")
def now():
    return read_all(REPORT, (HERE / "golden" / "report.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("part", "kind"), [(part, kind) for part in PARTS for kind in INVENTORY[part]]
)
def test_everything_is_there_or_has_a_new_name(now, part, kind):
    replaced = INVENTORY["replaced"]
    present = set(now[part].get(kind, ()))
    lost = [name for name in INVENTORY[part][kind] if replaced.get(name, name) not in present]
    assert lost == []


def test_new_names_are_of_things_that_were_there():
    names = {name for part in PARTS for kind in INVENTORY[part].values()
             for name in kind}  # fmt: skip
    assert set(INVENTORY["replaced"]) <= names


def test_a_lost_name_is_found():
    inventory = read_markdown("## Trades\n\n| Strategy | Return |\n|---|--:|\n| **a** | 1 |\n")
    assert inventory == {"headings": ["Trades"], "columns": ["Return", "Strategy"], "rows": ["a"]}
