"""Answers of Binance's REST interface: positioning known late, funding on the hour."""

import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market.readers import binance_rest
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()
HOUR = 3_600_000
START = 1_767_225_600_000  # 2026-01-01


def answers(n=3, **fields):
    return [{"symbol": "XMRUSDT", "timestamp": START + n * HOUR, **fields} for n in range(n)]


def test_open_interest(save):
    rows = answers(sumOpenInterest="66125.8", sumOpenInterestValue="29865933.0")
    rows = [{**row, "CMCCirculatingSupply": "18446744"} for row in rows]
    frame = binance_rest.read_open_interest(save(rows), PLAIN).frame
    assert frame["time"][0] == pd.Timestamp("2026-01-01T00:00Z")
    assert frame["open_interest"].tolist() == [66125.8] * 3
    assert frame["open_interest_usd"].tolist() == [29865933.0] * 3


def test_a_stamp_may_be_the_start_of_its_hour(save):
    rows = answers(sumOpenInterest="1", sumOpenInterestValue="1")
    frame = binance_rest.read_open_interest(save(rows), PLAIN).frame
    assert frame["known_at"][0] == pd.Timestamp("2026-01-01T01:05Z")


@pytest.mark.parametrize(
    ("read", "column"),
    [
        (binance_rest.read_long_short, "long_short_ratio"),
        (binance_rest.read_top_accounts, "top_trader_account_ratio"),
        (binance_rest.read_top_positions, "top_trader_position_ratio"),
    ],
)
def test_ratios_that_look_alike_go_where_the_format_says(save, read, column):
    rows = answers(longShortRatio="1.063", longAccount="0.5153", shortAccount="0.4847")
    frame = read(save(rows), PLAIN).frame
    assert frame.columns.tolist() == ["time", "known_at", column]
    assert frame[column].tolist() == [1.063] * 3


def test_the_taker_ratio_names_no_symbol(save):
    rows = answers(buySellRatio="1.5586", buyVol="387.3", sellVol="248.5")
    rows = [{key: value for key, value in row.items() if key != "symbol"} for row in rows]
    frame = binance_rest.read_taker_ratio(save(rows), PLAIN).frame
    assert frame["taker_buy_sell_ratio"].tolist() == [1.5586] * 3


def test_funding_is_a_fraction_on_the_hour(save):
    row = {"symbol": "XMRUSDT", "fundingRate": "-0.00025", "markPrice": "150.1"}
    rows = [{**row, "fundingTime": START + 8 * HOUR * n + 4} for n in range(2)]
    reading = binance_rest.read_funding_rate(save(rows), PLAIN)
    assert reading.kind == "funding"
    assert reading.frame["funding_rate"].tolist() == [-0.00025] * 2
    assert reading.frame["time"].tolist() == [
        pd.Timestamp("2026-01-01T00:00Z"),
        pd.Timestamp("2026-01-01T08:00Z"),
    ]


def test_pages_that_overlap_lose_their_repetitions(save):
    rows = answers(longShortRatio="1.063")
    reading = binance_rest.read_long_short(save([*rows, rows[-1]]), PLAIN)
    assert (len(reading.frame), reading.duplicates) == (3, 1)


def test_another_answer_is_refused(save):
    path = save(answers(longShortRatio="1.063"))
    with pytest.raises(DataError, match=r"row 1: column 'sumOpenInterest' is missing"):
        binance_rest.read_open_interest(path, PLAIN)


def test_a_negative_ratio_is_refused(save):
    path = save(answers(longShortRatio="-1"))
    with pytest.raises(DataError, match=r"row 1, column 'longShortRatio': expected zero or more"):
        binance_rest.read_long_short(path, PLAIN)
