"""Each layout is recognised and read; bad files are refused by a line that names what is wrong."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.outside import read_results
from kanalo.outside.documents import count_epochs

FILES = Path(__file__).parent / "files"


def write(tmp_path, text, name="result.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def write_returns(tmp_path, values, start="2024-01-01", freq="D", header="date,return"):
    days = pd.date_range(start, periods=len(values), freq=freq)
    rows = "\n".join(f"{day.isoformat()},{value}" for day, value in zip(days, values, strict=True))
    return write(tmp_path, f"{header}\n{rows}\n")


# -- files that the engines wrote ------------------------------------------------------------------


def test_equity_and_trades_of_backtesting_py_have_the_growth_of_its_columns():
    (equity,) = read_results(FILES / "backtesting_equity.csv")
    (trades,) = read_results(FILES / "backtesting_trades.csv", cash=10_000)
    profit = pd.read_csv(FILES / "backtesting_trades.csv")["PnL"].sum()
    marks = pd.read_csv(FILES / "backtesting_equity.csv")["Equity"]
    assert trades.total_return == pytest.approx(profit / 10_000)
    assert equity.total_return == pytest.approx(marks.iloc[-1] / marks.iloc[0] - 1)
    assert trades.n_trades == 10
    assert set(trades.trades["side"]) == {1}
    assert trades.trades["notional"].iloc[0] == pytest.approx(10 * 175.9)


def test_prices_of_bt_are_a_strategy_a_column():
    records = read_results(FILES / "bt_prices.csv")
    assert [each.label for each in records] == ["above_mean", "hold"]
    prices = pd.read_csv(FILES / "bt_prices.csv", index_col=0)
    grown = prices["above_mean"].iloc[-1] / prices["above_mean"].iloc[0] - 1
    assert records[0].total_return == pytest.approx(grown)


def test_sums_of_trade_analyzer_are_its_closed_trades():
    (sums,) = read_results(FILES / "backtrader_trade_analyzer.json", cash=10_000)
    kept = json.loads((FILES / "backtrader_trade_analyzer.json").read_text("utf-8"))
    assert (sums.n_trades, len(sums.returns)) == (kept["total"]["closed"], 0)
    assert sums.total_return == pytest.approx(kept["pnl"]["net"]["total"] / 10_000)


def test_trades_of_vectorbt_have_its_profits_and_sizes():
    (record,) = read_results(FILES / "vectorbt_trades.csv", cash=10_000)
    table = pd.read_csv(FILES / "vectorbt_trades.csv")
    closed = table[table["Status"] == "Closed"]
    assert record.n_trades == len(closed)
    assert record.total_return == pytest.approx(closed["PnL"].sum() / 10_000)
    assert record.trades["notional"].iloc[0] == pytest.approx(10 * 175.9)


# -- files written by hand after documented layouts ------------------------------------------------


def test_tradingview_pairs_entries_with_exits_and_finds_the_cash():
    (record,) = read_results(FILES / "tradingview_trades.csv")
    assert (record.n_trades, record.currency) == (2, "USDT")
    assert record.trades["side"].tolist() == [1, -1]
    assert record.trades["profit"].tolist() == [100, -120]
    assert record.trades["notional"].tolist() == [1700, 1680]
    assert record.total_return == pytest.approx(-20 / 10_000)
    assert record.returns.loc["2023-01-20"] == pytest.approx(0.01)
    assert record.notes[:2] == (
        "1 open trade left out.",
        "Starting cash of 10,000, from the cumulative profit in percent.",
    )


def test_tradingview_reads_times_in_the_zone_of_the_chart():
    (record,) = read_results(FILES / "tradingview_trades.csv", zone="Asia/Tokyo")
    assert str(record.trades["entry_time"].iloc[0]) == "2023-01-09 15:00:00+00:00"


def test_freqtrade_export_is_read_as_json_and_as_zip(tmp_path):
    path = FILES / "freqtrade_export.json"
    with zipfile.ZipFile(tmp_path / "backtest.zip", "w") as archive:
        archive.writestr("backtest_config.json", "{}")
        archive.writestr("backtest.json", path.read_text("utf-8"))
    for each in (path, tmp_path / "backtest.zip"):
        (record,) = read_results(each)
        assert (record.label, record.n_trades, record.currency) == ("Breakout", 2, "USDT")
        assert record.total_return == pytest.approx(0.03)
        assert record.trades["notional"].tolist() == [1000, 500]
        assert record.trades["side"].tolist() == [1, -1]


def test_hyperopt_file_counts_its_sets(tmp_path):
    assert count_epochs(FILES / "hyperopt.fthypt") == 3
    with pytest.raises(DataError, match="expected one JSON object a line"):
        count_epochs(write(tmp_path, "no json", "a.fthypt"))


def test_quantconnect_takes_the_close_of_equity_and_profits_after_fees():
    (record,) = read_results(FILES / "quantconnect_result.json")
    marks = json.loads((FILES / "quantconnect_result.json").read_text("utf-8"))
    last = marks["charts"]["Strategy Equity"]["series"]["Equity"]["values"][-1][4]
    assert record.total_return == pytest.approx(last / 100_000 - 1)
    assert record.trades["profit"].tolist() == [98.0]
    assert (record.currency, len(record.returns)) == ("USD", 59)


def test_vectorbt_leaves_open_trades_out(tmp_path):
    path = write(
        tmp_path,
        "Exit Trade Id,Column,Size,Entry Timestamp,Avg Entry Price,Entry Fees,Exit Timestamp,"
        "Avg Exit Price,Exit Fees,PnL,Return,Direction,Status,Position Id\n"
        "0,0,10,2023-01-10,100,0,2023-01-20,110,0,100,0.1,Long,Closed,0\n"
        "1,0,10,2023-02-10,100,0,2023-02-20,110,0,-100,-0.1,Short,Closed,1\n"
        "2,0,10,2023-03-10,100,0,2023-03-20,110,0,100,0.1,Long,Open,2\n",
    )
    (record,) = read_results(path, cash=1_000)
    assert record.trades["side"].tolist() == [1, -1]
    assert record.returns.loc["2023-02-20"] == pytest.approx(-100 / 1_100)


# -- tables of returns -----------------------------------------------------------------------------


def test_returns_of_bars_compound_to_days(tmp_path):
    path = write_returns(tmp_path, [0.01, -0.02] * 24, freq="h")
    (record,) = read_results(path)
    assert len(record.returns) == 2
    assert record.returns.iloc[0] == pytest.approx((1.01 * 0.98) ** 12 - 1)


def test_equity_and_returns_of_one_run_agree(tmp_path):
    values = np.random.default_rng(0).normal(0, 0.02, 50).round(6)
    (returns,) = read_results(write_returns(tmp_path, values))
    equity = 100 * np.cumprod(1 + values)
    path = write_returns(tmp_path, equity.tolist(), header="date,equity")
    (marks,) = read_results(path, cash=100)
    np.testing.assert_allclose(marks.returns, returns.returns, rtol=0, atol=1e-12)


def test_gaps_are_counted_and_a_stock_year_is_found(tmp_path):
    values = np.random.default_rng(0).normal(0, 0.01, 520)
    (record,) = read_results(write_returns(tmp_path, values, freq="B"))
    assert 255 < record.per_year < 265
    assert record.notes[0].endswith("a return after a gap counts as one.")
    assert "(the longest gap is 2 days)" in record.notes[0]


def test_percent_is_asked_for_and_obeyed(tmp_path):
    path = write_returns(tmp_path, [1.5, -2.0, 0.5])
    with pytest.raises(ParameterError, match=r"in percent\? .*--unit percent or --unit fraction"):
        read_results(path)
    (record,) = read_results(path, unit="percent")
    assert record.returns.tolist() == pytest.approx([0.015, -0.02, 0.005])
    (signed,) = read_results(write_returns(tmp_path, ["1.5%", "-2.0%", "0.5%"]))
    assert signed.returns.tolist() == pytest.approx(record.returns.tolist())


# -- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", r"the layout is not known; received the columns 'a, b'. Known: a table of"),
        ("date,open,high,low,close\n2024-01-01,1,1,1,1\n", r"holds the bars of a market"),
        ("date,return\n", r"expected rows below the header"),
        ("date,return\n01/02/2024,0.1\n", r"row 2: '01/02/2024' does not say which number is the"),
        ("date,return\n2024-01-01,0.1\n2024-01-01,0.1\n", r"row 3: .* is not later than the row"),
        ("date,return\n2024-01-01,0.1\n2024-01-02,\n2024-01-03,0\n", r"has no finite value"),
        ("date,return\n2024-01-01,abc\n", r"row 2: expected a number; received 'abc'"),
        (
            "Trade #,Type,Date/Time,Price EUR,Profit USD\n1,Entry long,2024-01-01,1,\n",
            r"profits and prices are in two currencies, EUR and USD",
        ),
        (
            "entry_time,exit_time,profit\n2024-01-02,2024-01-01,5\n",
            r"a trade of 2024-01-02 .* ends at 2024-01-01",
        ),
    ],
)
def test_bad_tables_are_refused_by_a_line(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_results(write(tmp_path, text), cash=100)


def test_profits_in_money_ask_for_the_cash():
    with pytest.raises(ParameterError, match=r"Say what the account began with: --cash 10000"):
        read_results(FILES / "backtesting_trades.csv")


def test_missing_file_and_unknown_json_are_refused(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_results(tmp_path / "no.csv")
    with pytest.raises(DataError, match="the layout is not known; received other keys"):
        read_results(write(tmp_path, '{"a": 1}', "a.json"))
