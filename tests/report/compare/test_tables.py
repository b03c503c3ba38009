"""Rows and marks that all faces share."""

from kanalo.report.compare.groups import to_groups
from kanalo.report.compare.tables import to_cells, to_headline, to_side_by_side
from kanalo.report.toolkit.tables import to_named

CAGR = {"key": "cagr", "unit": "fraction", "better": 1, "group": "Return"}


def entry(value, n_trades=1, exit_time=None, matches=""):
    trades = [{"exit_time": exit_time}] * n_trades
    return {"statistics": {"cagr": value}, "trades": trades, "matches": matches}


def marked(*entries, better=1):
    return [cell.best for cell in to_cells(entries, CAGR | {"better": better})]


def test_random_entries_that_match_a_rule_are_never_best():
    assert marked(entry(0.1), entry(0.2), entry(0.9, matches="a")) == [False, True, False]


def test_the_best_value_is_marked_in_the_statistics_own_direction():
    assert marked(entry(0.1), entry(0.3), entry(None)) == [False, True, False]
    assert marked(entry(0.1), entry(0.3), better=-1) == [True, False]
    assert marked(entry(0.1), entry(0.3), better=0) == [False, False]


def test_ties_for_the_best_are_all_marked_but_general_equality_is_not():
    assert marked(entry(0.3), entry(0.3), entry(0.1)) == [True, True, False]
    assert marked(entry(0.3), entry(0.3)) == [False, False]


def test_a_result_without_trades_is_never_the_best():
    assert marked(entry(0.9, n_trades=0), entry(0.1), entry(0.2)) == [False, False, True]
    tied = marked(entry(0.2, n_trades=0), entry(0.1), entry(0.2))
    assert tied == [False, False, True]


def test_what_is_told_of_closed_trades_cannot_be_best_without_any():
    entries = [entry(0.9), entry(0.1, exit_time="x"), entry(0.2, exit_time="x")]
    cells = to_cells(entries, CAGR | {"group": "Trades"})
    assert [cell.best for cell in cells] == [False, False, True]


def test_the_headline_has_a_row_a_strategy_and_known_columns_only(model):
    (group,) = to_groups(model)
    table = to_headline(model, group)
    assert [row.name for row in table.rows] == [each["label"] for each in group.results]
    assert table.columns[:3] == ("Return [%]", "CAGR [%]", "Max. Drawdown [%]")
    assert {len(row.cells) for row in table.rows} == {len(table.columns)}


def test_the_full_table_has_every_statistic_under_its_group(model):
    (group,) = to_groups(model)
    table = to_side_by_side(model, group)
    assert [row.name for row in table.rows] == [each["label"] for each in model["statistics"]]
    assert [row.section for row in table.rows if row.section][:2] == ["Return", "Risk"]


def test_nested_values_get_dotted_names():
    table = to_named({"versions": {"numpy": "2.4"}, "empty": {}}, "What", "Value")
    assert [(row.name, row.cells[0].text) for row in table.rows] == [
        ("versions.numpy", "2.4"),
        ("empty", "–"),
    ]
