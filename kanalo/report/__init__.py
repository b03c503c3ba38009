"""One model, shown in the terminal and as HTML, Markdown and JSON."""

from kanalo.report.html import to_html
from kanalo.report.json_ import to_json
from kanalo.report.markdown import to_markdown
from kanalo.report.model import SCHEMA, to_model
from kanalo.report.terminal import print_report
from kanalo.report.write import write_report

__all__ = [
    "SCHEMA",
    "print_report",
    "to_html",
    "to_json",
    "to_markdown",
    "to_model",
    "write_report",
]
