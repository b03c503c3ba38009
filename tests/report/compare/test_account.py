"""The section on size and margin says what the runs say."""

import pytest

import kanalo
from kanalo.report import to_model
from kanalo.report.compare import account
from kanalo.report.toolkit.plain import to_plain


@pytest.fixture(scope="module")
def parts():
    market = kanalo.load_market("xmr_1d").between("2021-01-01")
    runs = []
    for margin in ("none", "exchange"):
        leverage = 3.0 if margin == "exchange" else 1.0
        execution = kanalo.Execution(margin=margin, leverage=leverage)
        result = kanalo.run("sma_cross", market, execution=execution)
        runs.append((margin, "xmr_1d", "base", result))
    return runs, to_plain(account.build(runs))


def test_liquidations_are_counted_where_tiers_bind(parts):
    runs, (plain, margined) = parts
    assert plain["liquidated"] is None
    trades = runs[1][3].trades
    assert margined["liquidated"] == (trades["exit_reason"] == "liquidation").sum() > 0
    assert margined["distance"] == 0
    assert margined["shortfall"] == pytest.approx(trades["shortfall"].sum())
    assert margined["assumed"] == pytest.approx(0.215, abs=0.02)
    assert runs[1][3].equity.min() >= 0


def test_the_section_has_a_table_of_margin_only_where_tiers_bind(parts):
    _, made = parts
    both, one = account.show(made, {})[0], account.show(made[:1], {})[0]
    assert [len(table.rows) for table in both.tables] == [2, 1]
    assert len(one.tables) == 1
    assert account.MARGIN_NOTE in both.texts
    assert account.MARGIN_NOTE not in one.texts


def test_the_terminal_warns_of_large_fills_and_of_liquidations(parts):
    _, made = parts
    lines = account.tell(made)
    thin = sum(part["n_thin"] for part in made)
    assert any("above a tenth" in line for line in lines) == (thin > 0)
    assert any("were liquidated" in line for line in lines)
    quiet = [{**part, "n_thin": 0, "liquidated": None} for part in made]
    assert account.tell(quiet) == []


def test_the_report_rounds_shares_and_distances_and_no_prices():
    comparison = kanalo.compare(["sma_cross"], kanalo.load_market("xmr_1d").between("2024-01-01"))
    table = comparison.runs[0].result.trades
    shown = to_model(comparison)["results"][0]["trades"]
    assert [each["entry_price"] for each in shown] == table["entry_price"].tolist()
    for name in ("entry_share", "liquidation_distance"):
        values = [each[name] for each in shown]
        assert values == pytest.approx(table[name].tolist(), rel=1e-5)
        assert values != table[name].tolist()
