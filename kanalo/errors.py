"""Every exception and warning that kanalo raises, in one tree.

::

    KanaloError
    ├── DataError(ValueError)            a table, a market or a manifest is not usable
    │   ├── ChecksumError                a bundled table differs from its manifest
    │   └── MissingFileError             a manifest names a file that is not there
    ├── ParameterError(ValueError)       a parameter has the wrong type or is out of bounds
    ├── DecisionError(ValueError)        a strategy returned decisions that contradict themselves
    ├── StrategyError(TypeError)         a strategy class is not written as kanalo needs it
    ├── SpecError(ValueError)            an experiment's TOML has a wrong key or value
    ├── UnknownNameError(LookupError)    no strategy, market or table of that name
    ├── WorkspaceError(OSError)          no workspace, two workspaces, or one that cannot be written
    ├── SourceError(OSError)             a venue or an aggregator gave no answer, or refused
    ├── ClusterError(ConnectionError)    workers cannot be reached, or run other versions
    ├── EngineError(RuntimeError)        an engine met something that its rules exclude
    └── CheckError(AssertionError)       a strategy did not pass `check_strategy`

    KanaloWarning(UserWarning)
    └── DataWarning                      legal but odd data

Each error is also the builtin that a caller would expect, so existing ``except`` clauses work.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 60
"""Characters of a received value that a message shows."""


_LISTED = 200
"""Characters of the names that exist which a message lists."""


class KanaloError(Exception):
    """Base of all errors that kanalo raises on purpose."""

    exit_code = 1


class DataError(KanaloError, ValueError):
    """A table, a market or a manifest is not usable; the message names file, row and column."""


class ChecksumError(DataError):
    """A bundled table differs from what its manifest says."""


class MissingFileError(DataError):
    """A manifest names a file that is not there: it has gone, or the manifest has been renewed."""


class ParameterError(KanaloError, ValueError):
    """A parameter has the wrong type or lies outside its bounds."""

    exit_code = 2


class DecisionError(KanaloError, ValueError):
    """A strategy returned decisions that contradict themselves."""


class StrategyError(KanaloError, TypeError):
    """A strategy class is not written as kanalo needs it."""


class SpecError(KanaloError, ValueError):
    """An experiment's TOML has a wrong key or value."""

    exit_code = 2


class UnknownNameError(KanaloError, LookupError):
    """No strategy, market or table has that name."""

    exit_code = 2


class WorkspaceError(KanaloError, OSError):
    """There is no workspace, there are two, or it cannot be written."""


class SourceError(KanaloError, OSError):
    """A venue or an aggregator gave no usable answer, or refused to give one."""


class ClusterError(KanaloError, ConnectionError):
    """Workers of a cluster cannot be reached, die again and again, or run other versions."""


class EngineError(KanaloError, RuntimeError):
    """An engine met something that its fill rules exclude."""


class CheckError(KanaloError, AssertionError):
    """A strategy did not pass `check_strategy`; the message names field, bar and cut."""


class KanaloWarning(UserWarning):
    """Base of all warnings that kanalo gives."""


class DataWarning(KanaloWarning):
    """The data are legal but odd."""


def shorten(value: object) -> str:
    """Quote what was received in at most 60 characters; ``nothing`` where it is empty.

    Examples
    --------
    >>> shorten("x" * 100)[-4:]
    "xx…'"
    >>> shorten(None)
    'nothing'
    """
    text = "" if value is None else str(value)
    if not text.strip() or text == "nan":
        return "nothing"
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}…"


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that does not exist, with a suggestion where one is near.

    Parameters
    ----------
    kind : str
        What was looked for, e.g. ``"strategy"``.
    name : str
        The name received.
    known : iterable of str
        The names that exist.

    Returns
    -------
    UnknownNameError
        To be raised by the caller.
    """
    return UnknownNameError(f"There is no {kind} '{_cut(name)}'.{suggestion(name, known)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` or the list of what exists, to end a message with.

    Parameters
    ----------
    name : str
        The name received.
    known : iterable of str
        The names accepted.

    Returns
    -------
    str
        Begins with a space; empty if no name is accepted.
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f" Did you mean '{near[0]}'?"
    text = ", ".join(names)
    if len(text) > _LISTED:
        text = f"{text[:_LISTED].rpartition(', ')[0]} …"
    return f" Known: {text}{'' if text.endswith('…') else '.'}" if names else ""
