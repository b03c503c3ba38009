"""One model, shown in the terminal and as HTML, Markdown and JSON.

The names below are imported when they are first used: a terminal's table needs no charts.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kanalo.report.compare.html import to_html as to_html
    from kanalo.report.compare.markdown import to_markdown as to_markdown
    from kanalo.report.compare.model import SCHEMA as SCHEMA
    from kanalo.report.compare.model import to_model as to_model
    from kanalo.report.compare.stored import read_report as read_report
    from kanalo.report.compare.stored import to_json as to_json
    from kanalo.report.compare.terminal import print_report as print_report
    from kanalo.report.compare.write import write_report as write_report

__all__ = [
    "SCHEMA",
    "print_report",
    "read_report",
    "to_html",
    "to_json",
    "to_markdown",
    "to_model",
    "write_report",
]

_HOMES = {
    "SCHEMA": "model",
    "print_report": "terminal",
    "read_report": "stored",
    "to_html": "html",
    "to_json": "stored",
    "to_markdown": "markdown",
    "to_model": "model",
    "write_report": "write",
}
"""The module of `kanalo.report.compare` that each name comes from."""


def __getattr__(name: str) -> Any:
    """Import a name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kanalo.report' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"kanalo.report.compare.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
