"""The skeleton that `kanalo new-strategy` writes: a small, whole rule to be changed."""

from __future__ import annotations

import keyword
import os
import re
import string
import tempfile
from pathlib import Path

from kanalo.errors import ParameterError, WorkspaceError
from kanalo.workspace.workspace import Workspace

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_SKELETON = string.Template('''\
"""One line that says what the rule is about."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.market import Market
from kanalo.signals.levels import stop_below
from kanalo.signals.moving import highest, previous, starts
from kanalo.signals.spans import to_bars
from kanalo.signals.volatility import atr
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class $class_name(Strategy):
    """Buy where the close rises above every high of the last days; hold for a while.

    Write the rule here in words, before the code: when it enters, where the stop and the target
    lie, when it leaves. Whoever reads a report reads this.
    """

    # Each parameter is declared once: its default, its bounds and its help serve the command line,
    # the specs and the sweeps.
    days: int = param(20, low=2, high=200, unit="days", help="Days whose high is to be broken.")
    stop_atr: float = param(2.0, low=0.5, high=10.0, unit="daily ATR", help="Distance of the stop.")
    hold: int = param(10, low=1, high=100, unit="days", help="Longest time in a position.")

    def warm_up(self, market: Market) -> int:
        """Look back as far as the average range does, or the days do."""
        return to_bars(market, days=max(self.days, 25 * 14 + 1)) + 1

    def decide(self, market: Market) -> Decisions:
        """Decide at the close of every bar.

        Row t of everything in `market` was known at the close of bar t. What is decided there
        fills at the open of bar t + 1, so nothing here may look at a later row.
        """
        highs = previous(highest(market.high, to_bars(market, days=self.days)))
        breaks_out = starts(market.close > highs)

        # Signals that several rules share are computed once a market: market.cached(signal, ...).
        stop = stop_below(market.close, self.stop_atr * market.cached(atr))

        return Decisions.from_arrays(
            len(market),
            long=breaks_out & (stop > 0),
            stop=stop,
            max_bars=to_bars(market, days=self.hold),
            tag="new high",
            overlays={"high of the last days": highs},  # what the report draws over the price
        )
''')


def write_skeleton(workspace: Workspace, name: str) -> Path:
    """Write a commented strategy that passes `check_strategy` into a workspace.

    Parameters
    ----------
    workspace : Workspace
        A workspace of one's own; the starter is read-only.
    name : str
        Name of the file and of the command, e.g. ``my_rule``; dashes become underscores.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    ParameterError
        If the name is no name of a Python module.
    WorkspaceError
        If the workspace is the starter, the file exists, or the folder cannot be written.
    """
    module = name.replace("-", "_")
    if not _NAME.fullmatch(module) or keyword.iskeyword(module):
        raise ParameterError(
            "The name of a strategy must be lower-case letters, digits and underscores, like "
            f"'my_rule'; received {name!r}."
        )
    if workspace.starter:
        raise WorkspaceError(
            f"The workspace {workspace.root} came with kanalo and is read-only. Make your own "
            "first: kanalo init DIR."
        )
    path = workspace.strategies_dir / f"{module}.py"
    class_name = "".join(part.capitalize() for part in module.split("_"))
    _write_new(path, _SKELETON.substitute(class_name=class_name))
    return path


def _write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet, whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(text)
        try:
            os.link(file.name, path)
        finally:
            Path(file.name).unlink()
    except FileExistsError as error:
        raise WorkspaceError(f"{path} exists already; choose another name.") from error
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}.") from error
    path.chmod(0o644)
