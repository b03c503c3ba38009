"""Texts use the standard terms of the field: phrases that had to be decoded do not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder, pattern in (
        ("kanalo", "*.py"),
        ("kanalo", "*.html"),
        ("strategies", "*.py"),
        ("docs", "*.md"),
        ("docs", "*.py"),
        ("notebooks", "0[123]*.ipynb"),
        (".", "README.md"),
        (".", "CONTRIBUTING.md"),
        ("data", "*.md"),
    )
    for path in ((ROOT / folder).glob(pattern) if folder == "." else (ROOT / folder).rglob(pattern))
    if "generated" not in path.parts and path.name != "glossary.md"
)
PHRASES = {
    r"against it: ": "failed: …",
    r"not to be told from luck|too little to say": "indistinguishable from luck, too few trades",
    r"about one past|ranks? one past": "all results describe one price history",
    r"lights say what may be claimed|declared before anything": "ratings follow fixed criteria",
    r"sign of (a|the) return hangs|hangs on an assumption": "the return changes sign if …",
    r"chosen on the past|on what came next": "out-of-sample … (in-sample …)",
    r"worthless and independent|worthless, independent": "trials without skill",
    r"least one that would matter|turned to the claimed": "effect / minimum relevant effect",
    r"row less column": "difference (row − column), paired",
    r"drawdowns of half|losses of half": "probability of a 50 % drawdown under resampling",
    r"closed too few trades to say": "too few trades (27; 30 required)",
    r"gives? nothing away": "conservative fill rules",
    r"was not run beside it": "no buy-and-hold benchmark in this run",
    r"could have been seen|would have been seen": "detectable with 80 % power",
    r"(paths|markets) that could have been": "resampled paths",
    r"none but |so many as ": "only, as many as",
}
"""What is not written, and what is written instead."""


@pytest.mark.parametrize("phrase", PHRASES)
def test_phrase_does_not_come_back(phrase):
    pattern = re.compile(phrase.replace(" ", r"[\s\"#*]+"), flags=re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]!r}"
        for path in FILES
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == [], f"write: {PHRASES[phrase]}"


def test_texts_are_searched():
    names = {path.name for path in FILES}
    assert {"README.md", "judgement.html", "verdict.md", "page.py"} <= names
    assert len(FILES) > 200
