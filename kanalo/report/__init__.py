"""One model, shown in the terminal and as HTML, Markdown and JSON."""

from kanalo.report.compare.html import to_html
from kanalo.report.compare.markdown import to_markdown
from kanalo.report.compare.model import SCHEMA, to_model
from kanalo.report.compare.stored import read_report, to_json
from kanalo.report.compare.terminal import print_report
from kanalo.report.compare.write import write_report

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
