"""The table that fills: figures at once, verdicts as they come."""

import io
from types import SimpleNamespace

from rich.console import Console

from kanalo.cli.live import PENDING, LiveTable

FIGURES = {"total_return": 0.5, "max_drawdown": -0.25, "sharpe_ratio": 1.5, "n_trades": 12}


def make_run(label, market="xmr_1d"):
    return SimpleNamespace(label=label, market=market, costs="standard", statistics=FIGURES)


def to_text(table):
    console = Console(file=io.StringIO(), width=80)
    console.print(table.draw())
    return console.file.getvalue()


def judge(label, light):
    judged = SimpleNamespace(verdict=SimpleNamespace(light=light))
    return SimpleNamespace(market="xmr_1d", costs="standard", strategies={label: judged})


def make_table():
    return LiveTable(Console(file=io.StringIO(), width=80))


def test_before_the_first_run_only_what_is_being_done_is_shown():
    table = make_table()
    table.advance("sma_cross on xmr_1d", 0, 4)
    assert to_text(table).strip() == "0/4 sma_cross on xmr_1d"


def test_figures_stand_before_verdicts():
    table = make_table()
    table.show_runs([make_run("sma_cross"), make_run("hold_perpetual")])
    (row,) = [line for line in to_text(table).splitlines() if line.startswith("sma_cross")]
    assert row.split() == ["sma_cross", "xmr_1d", "50.0", "−25.0", "1.50", "12", PENDING]


def test_verdicts_fill_their_own_market_only():
    table = make_table()
    table.show_runs([make_run("sma_cross"), make_run("hold"), make_run("sma_cross", "btc_1d")])
    table.show_verdicts(judge("sma_cross", "amber"))
    last = [line.split()[-1] for line in to_text(table).splitlines()[2:5]]
    assert last == ["amber", "–", PENDING]


def test_it_takes_itself_away():
    file = io.StringIO()
    with LiveTable(Console(file=file, width=80, force_terminal=True)) as table:
        table.show_runs([make_run("sma_cross")])
    assert "sma_cross" in file.getvalue()
    assert file.getvalue().endswith("\x1b[2K")
