"""Tables of a single result."""

from kanalo.report.compare import tables_strategy as tables


def test_months_carry_the_year_at_their_end(model):
    table = tables.to_monthly(model["results"][0])
    assert table.columns[-1] == "Year"
    (row,) = table.rows
    assert row.name == "2020"
    assert [cell.text for cell in row.cells[8:12]] == ["–"] * 4
    growth = 1.0
    for cell in row.cells[:8]:
        growth *= 1 + cell.value
    assert abs(growth - 1 - row.cells[12].value) < 1e-9


def test_heat_has_five_shades_each_way():
    returns = (0.004, 0.005, 0.02, 0.05, 0.1, 0.2, -0.3)
    shades = ["", "up-1", "up-2", "up-3", "up-4", "up-5", "down-5"]
    assert [tables.to_heat(value) for value in returns] == shades


def test_drawdowns_come_deepest_first_and_name_those_not_recovered(model):
    table = tables.to_drawdowns(model["results"][0])
    depths = [each["depth"] for each in model["results"][0]["drawdowns"]]
    assert depths == sorted(depths)
    assert any(row.cells[2].text == "not yet" for row in table.rows)


def test_exit_shares_add_up(model):
    table = tables.to_exits(model["results"][0])
    assert {row.name for row in table.rows} == {"stop", "target"}
    assert abs(sum(row.cells[1].value for row in table.rows) - 1) < 1e-12


def test_facts_tell_parameters_ambiguity_and_coverage(model):
    entry = model["results"][0] | {"parameters": {"weeks": 26}}
    entry["coverage"] = entry["coverage"] | {"funding_coverage": 0.909}
    text = tables.to_facts(entry).replace("\N{NO-BREAK SPACE}", " ")
    assert text == (
        "Parameters: weeks=26; bars that leave open which level came first: 3, "
        "of which finer bars put 1 in order; funding known for 90.9 % of its stamps."
    )


def test_facts_tell_how_many_trades_were_of_which_tag(model):
    entry = model["results"][0]
    tags = ["filter unknown", "filters checked", "filter unknown", ""]
    trades = [{**entry["trades"][0], "tag": tag} for tag in tags]
    text = tables.to_facts(entry | {"trades": trades}).replace("\N{NO-BREAK SPACE}", " ")
    told = "trades by tag: filter unknown 50.0 %, filters checked 25.0 %, untagged 25.0 %."
    assert text.endswith(told)
    assert "tag" not in tables.to_facts(entry | {"trades": []})
    assert "tag" not in tables.to_facts(entry)  # whose trades have none


def test_an_exposure_of_a_holding_above_its_equity_is_explained(model):
    (held,) = [each for each in model["results"] if each["role"] == "holding"]
    high = held | {"statistics": held["statistics"] | {"average_exposure": 1.687}}
    text = tables.to_facts(high).replace("\N{NO-BREAK SPACE}", " ")
    assert "average exposure 168.7 %: bought once and never trimmed" in text
    low = held | {"statistics": held["statistics"] | {"average_exposure": 1.0}}
    assert "never trimmed" not in tables.to_facts(low)
