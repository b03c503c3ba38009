"""The entry point, and the one place where errors become a line of text and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import TextIO

from kanalo.errors import KanaloError, KanaloWarning
from kanalo.text import to_visible

FAILED = 1
INTERRUPTED = 130
COMPLETION = "_KANALO_COMPLETE"
"""Environment variable by which a shell asks for completions."""
_RED, _YELLOW = "31", "33"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; those of the process by default.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _accept_all_characters()
    with warnings.catch_warnings():
        _show_warnings()
        try:
            code = _invoke(arguments)
        except BrokenPipeError:
            _silence_stdout()
            code = FAILED
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one error handler
            code = _report(error, debug="--debug" in arguments)
    return code


def _invoke(arguments: list[str]) -> int:
    # Inside the handler, so that an interrupt during these imports is one line too.
    import typer

    from kanalo.cli.app import app, hoist

    command = typer.main.get_command(app)
    if COMPLETION in os.environ:  # the shell asks what may follow
        command.main(prog_name="kanalo", args=arguments)
    code = 0
    try:
        with command.make_context("kanalo", hoist(arguments)) as context:
            command.invoke(context)
    except typer.Exit as finished:
        code = finished.exit_code
    typer.echo(nl=False)  # flushes stdout, so that a full disk is noticed here
    return code


def _report(error: BaseException, *, debug: bool) -> int:
    """Print what went wrong on stderr and return the exit code."""
    if debug:
        traceback.print_exception(error)
    if _is_interrupt(error):
        _print("interrupted", "", _YELLOW)
        return INTERRUPTED
    message, code = _describe(error)
    _print("error:", message, _RED)
    return code


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether an error is Ctrl-C, or what a library made of it in an import or a compilation."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _describe(error: BaseException) -> tuple[str, int]:
    import typer

    if isinstance(error, KanaloError):
        return str(error), error.exit_code
    if isinstance(error, typer.TyperException):
        return error.format_message() + _usage_hint(error), error.exit_code
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}", FAILED
    advice = "Run the command again with --debug to see where."
    return f"unexpected {type(error).__name__}: {error}. {advice}", FAILED


def _usage_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"\nTry '{context.command_path} --help'." if context else ""


def _print(label: str, message: str, color: str) -> None:
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        label = f"\033[{color}m{label}\033[0m"
    sys.stderr.write(f"{label} {to_visible(message)}".rstrip() + "\n")


def _show_warnings() -> None:
    """Show kanalo's own warnings as one line each; those of other packages as Python does."""
    others = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, KanaloWarning):
            _print("warning:", str(message), _YELLOW)
        else:
            others(message, category, filename, lineno, file, line)

    warnings.showwarning = show


def _accept_all_characters() -> None:
    """Print a question mark for a sign that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _silence_stdout() -> None:
    """Point stdout to nowhere, so that flushing it at exit does not complain once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
