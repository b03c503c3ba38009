"""The command line: one module per verb, one error handler, nothing heavy at ``--help``."""

from kanalo.cli.handler import main as main
