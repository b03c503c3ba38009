"""The table of a comparison as it fills: figures first, verdicts as they come."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kanalo.analyzers.statistics import get_statistic
from kanalo.cli.console import new_console
from kanalo.report.toolkit.formats import format_value
from kanalo.report.toolkit.terminal import LIGHTS

if TYPE_CHECKING:
    from kanalo.experiment.comparison import Run
    from kanalo.judgement.judge import GroupJudgement

COLUMNS = ("total_return", "max_drawdown", "sharpe_ratio", "n_trades")
"""Keys of the statistics that are shown while the rest is computed."""

PENDING = "…"
"""What stands in place of a verdict that is not there yet."""


class LiveTable:
    """A table on stderr that vanishes at the end, when the whole report is printed.

    Parameters
    ----------
    console : Console, optional
        Where it stands; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        """Open no display yet."""
        self._rows: dict[tuple[str, str, str], list[Any]] = {}
        self._status = ""
        self._live = Live(
            console=console or new_console(stderr=True),
            transient=True,
            get_renderable=self.draw,
            refresh_per_second=4,
            vertical_overflow="ellipsis",
        )

    def __enter__(self) -> LiveTable:
        """Start to show."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the table away."""
        self._live.stop()

    def advance(self, label: str, done: int, total: int) -> None:
        """Say what is being done.

        Parameters
        ----------
        label : str
            What.
        done : int
            Parts done.
        total : int
            Parts in all.
        """
        self._status = f"{done}/{total} {label}"
        self._live.refresh()

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Show the figures of every run, verdicts still open.

        Parameters
        ----------
        runs : sequence of Run
            In the order of the table.
        """
        for run in runs:
            cells = [
                format_value(run.statistics.get(key), get_statistic(key).unit) for key in COLUMNS
            ]
            self._rows[run.market, run.costs, run.label] = [*cells, Text(PENDING)]
        self._live.refresh()

    def show_verdicts(self, group: GroupJudgement) -> None:
        """Fill in the verdicts of one market and cost set.

        Parameters
        ----------
        group : GroupJudgement
            Verdicts by label.
        """
        for (market, costs, label), cells in self._rows.items():
            if (market, costs) == (group.market, group.costs):
                judged = group.strategies.get(label)
                light = "–" if judged is None else judged.verdict.light
                cells[-1] = Text(light, style=LIGHTS.get(light, ""))
        self._live.refresh()

    def draw(self) -> Group:
        """Return what is shown now."""
        if not self._rows:
            return Group(Text(self._status, style="dim"))
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("Strategy", no_wrap=True)
        table.add_column("Market", no_wrap=True)
        for key in COLUMNS:
            table.add_column(get_statistic(key).label, justify="right")
        table.add_column("Verdict")
        for (market, _, label), cells in self._rows.items():
            table.add_row(Text(label), Text(market), *cells)
        return Group(table, Text(self._status, style="dim"))
