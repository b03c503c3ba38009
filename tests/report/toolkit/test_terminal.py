"""Tables that are too wide are split into blocks, so that no figure is cut."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from kanalo.report.toolkit.tables import Cell, Row, Table
from kanalo.report.toolkit.terminal import to_blocks, to_rich

WIDE = Table(
    "Result",
    ("Growth a year", "Sharpe ratio", "Max drawdown", "Layout"),
    tuple(
        Row(
            name,
            (
                Cell("12.3 (−45.6 to 178.9)", 12.3),
                Cell("0.51 (−0.22 to 1.31)", 0.51, best=True),
                Cell("−45.6 (−81.2 to −22.0)", -0.456),
                Cell("backtesting.py trades"),
            ),
        )
        for name in ("my_strategy_returns", "b")
    ),
)


def draw(table, width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for block in to_blocks(table, width):
        console.print(to_rich(block))
    return console.file.getvalue()


def test_every_cell_is_whole_at_80_columns():
    text = draw(WIDE, 80)
    assert "…" not in text
    for row in WIDE.rows:
        for cell in row.cells:
            assert text.count(cell.text) == 2
    assert max(map(len, text.splitlines())) <= 80


def test_what_fits_is_one_table():
    assert to_blocks(WIDE, 200) == [WIDE]


@settings(max_examples=40, deadline=None)
@given(st.integers(40, 200), st.lists(st.integers(1, 30), min_size=1, max_size=9))
def test_blocks_hold_every_column_once_in_order(width, sizes):
    columns = tuple(f"c{i}" for i in range(len(sizes)))
    row = Row("rule", tuple(Cell("9" * size) for size in sizes))
    blocks = to_blocks(Table("Rule", columns, (row,)), width)
    assert tuple(name for block in blocks for name in block.columns) == columns
    assert "".join(cell.text for block in blocks for cell in block.rows[0].cells) == "".join(
        cell.text for cell in row.cells
    )
    for size in sizes:
        if size + 8 <= width:
            assert "9" * size in draw(Table("Rule", columns, (row,)), width)
