"""The reference of the variables that conditions of events may use."""

from __future__ import annotations

from kanalo.study.variables import VARIABLES

HEAD = """# Variables of conditions

What `kanalo study --event "…"` and the plans of claims may name. Row t holds what was known at the
close of bar t. *From*: bars (prices and volumes), reported (by an exchange) or estimated (by kanalo
from bars). `kanalo study --variables` prints the same list.

| name | from | what it is |
|---|---|---|
"""


def make_pages() -> dict[str, str]:
    """Return the page of the variables."""
    rows = (f"| `{each.name}` | {each.origin} | {each.help} |" for each in VARIABLES.values())
    return {"variables.md": HEAD + "\n".join(rows) + "\n"}
