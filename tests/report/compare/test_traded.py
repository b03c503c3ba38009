"""The section on what the rules traded has a table for each rule and names the commonest tag."""

import pytest

import kanalo
from kanalo.report.compare import traded


@pytest.fixture(scope="module")
def parts():
    market = kanalo.load_market("xmr_1d").between("2021-01-01", "2023-01-01")
    run = kanalo.run("donchian_breakout", market, parameters={"entry": 20, "leave": 10})
    return traded.build([("donchian", "xmr_1d", "standard", run)])


def test_table_has_a_block_for_each_dimension(parts):
    (section,) = traded.show(parts, {})
    (table,) = section.tables
    assert [row.section for row in table.rows if row.section] == [
        "tag",
        "side",
        "year",
        "weekday",
        "volatility",
        "trend",
    ]
    assert all(len(row.cells) == len(table.columns) for row in table.rows)


def test_terminal_names_the_commonest_tag(parts):
    tags = [each for each in parts[0]["groups"] if each["dimension"] == "tag"]
    most = max(tags, key=lambda each: each["n_trades"])
    (line,) = traded.tell(parts)
    assert line.startswith("donchian on xmr_1d: ")
    assert line.endswith(f"of the closed trades are '{most['group']}'.")


def test_rules_without_a_closed_trade_are_left_out():
    market = kanalo.load_market("xmr_1d").between("2021-01-01", "2021-03-01")
    run = kanalo.run("hold_perpetual", market)
    assert traded.build([("hold", "xmr_1d", "standard", run)]) == []
