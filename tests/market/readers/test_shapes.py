"""Files of bars as libraries and venues export them: read as they are meant, or refused."""

import json

import numpy as np
import pytest

from kanalo import read_bars
from kanalo.errors import DataError
from kanalo.market import make_passport

ROWS = "100,101,99,100.5,7\n"


@pytest.fixture
def read(tmp_path):
    def read(text, name="bars.csv", **options):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_bars(path, **options)

    return read


def rows(*times, delimiter=","):
    return "".join(f"{time}{delimiter}{ROWS.replace(',', delimiter)}" for time in times)


def test_yfinance_with_three_rows_of_header(read):
    market = read(
        "Price,Close,High,Low,Open,Volume\nTicker,XMR-USD,XMR-USD,XMR-USD,XMR-USD,XMR-USD\n"
        "Date,,,,,\n2025-01-01,100.5,101,99,100,7\n2025-01-02,100.5,101,99,100,7\n"
    )
    assert (market.interval, market.close[0], market.volume[0]) == ("1d", 100.5, 7)


def test_yfinance_of_two_tickers_is_refused(read):
    with pytest.raises(DataError, match="received 2 tickers, among them BTC-USD and XMR-USD"):
        read("Price,Close,Close\nTicker,XMR-USD,BTC-USD\nDate,,\n2025-01-01,1,2\n")


def test_metatrader_with_dates_and_clocks_in_two_columns(read):
    header = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<VOL>\n"
    text = header + "".join(
        f"2025.01.01\t{hour:02}:00:00\t100\t101\t99\t100.5\t7\n" for hour in range(3)
    )
    with pytest.raises(DataError, match="this clock has none: name it with --timezone"):
        read(text)
    assert str(read(text, timezone="UTC").index[2]) == "2025-01-01 02:00:00+00:00"


def test_metatrader_daily(read):
    header = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<VOL>\n"
    market = read(header + rows("2025.01.01", "2025.01.02", delimiter="\t"))
    assert str(market.index[1]) == "2025-01-02 00:00:00+00:00"


@pytest.mark.parametrize("as_objects", [False, True])
def test_candles_of_ccxt_and_freqtrade(read, as_objects):
    stamps = (1767225600000, 1767229200000)
    candles = [[stamp, 100, 101, 99, 100.5, 7] for stamp in stamps]
    names = ("timestamp", "open", "high", "low", "close", "volume")
    if as_objects:
        candles = [dict(zip(names, candle, strict=True)) for candle in candles]
    market = read(json.dumps(candles), "XMR_USDT-1h.json")
    assert (market.interval, len(market)) == ("1h", 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"code": 1}', "expected a list of candles"),
        ("[]", "expected a list of candles"),
        ("[[1767225600000, 1, 1, 1, 1, 1], [1]]", "row 2: expected a candle like those before"),
        ("[1, 2]", "row 1: expected a candle"),
        ("[[1, 2", "this is not JSON"),
        (json.dumps([[1, 2, 3]]), "the table has no header and 3 columns"),
    ],
)
def test_json_that_holds_no_candles_is_refused_shortly(read, text, words):
    with pytest.raises(DataError, match=words) as caught:
        read(text, "candles.json")
    assert len(str(caught.value)) <= 400


HEADER = "time,open,high,low,close,volume\n"


@pytest.mark.parametrize(
    "last", ["23:59:59.999Z", "23:59:59.999999Z", "23:59:59Z", "23:59:00Z", "23:59Z"]
)
def test_stamps_just_before_midnight_are_closes(read, last):
    market = read(HEADER + rows(f"2026-01-01T{last}", f"2026-01-02T{last}"))
    assert [str(time)[:19] for time in market.index] == [
        "2026-01-01 00:00:00",
        "2026-01-02 00:00:00",
    ]


def test_open_time_is_preferred_where_both_are_there(read):
    header = "timeOpen,timeClose,open,high,low,close,volume,timestamp\n"
    text = header + "".join(
        f"2026-01-0{day}T00:00:00.000Z,2026-01-0{day}T23:59:59.999Z,100,101,99,100.5,7,"
        f"2026-01-0{day}T23:59:59.999Z\n"
        for day in (1, 2)
    )
    assert str(read(text).index[0]) == "2026-01-01 00:00:00+00:00"


def test_a_time_that_equals_the_close_time_beside_it_is_a_close(read):
    header = "time,open,high,low,close,volume,close_time\n"
    text = header + "".join(
        f"2026-01-01T{hour:02}:00Z,100,101,99,100.5,7,2026-01-01T{hour:02}:00Z\n"
        for hour in (1, 2, 3)
    )
    assert str(read(text).index[0]) == "2026-01-01 00:00:00+00:00"


@pytest.mark.parametrize("unit", ["TRY", "CHF", "AUD", "FDUSD", "BTC", "MA", "24h", "USD"])
def test_a_volume_of_something_else_is_refused(read, unit):
    header = f"time,open,high,low,close,Volume {unit}\n"
    with pytest.raises(DataError, match=f"column 'Volume {unit}' counts '{unit.lower()}'"):
        read(header + rows("2026-01-01", "2026-01-02"))


@pytest.mark.parametrize(
    ("unit", "options", "name"),
    [
        ("XMR", {}, "bars.csv"),
        ("BTC", {"symbol": "BTC/USDT"}, "bars.csv"),
        ("ETH", {}, "ETHUSDT-1d.csv"),
        ("1000LUNC", {"symbol": "1000LUNCUSDT"}, "bars.csv"),
    ],
)
def test_a_volume_in_the_coin_of_the_market_is_read(read, unit, options, name):
    header = f"time,open,high,low,close,Volume {unit}\n"
    assert read(header + rows("2026-01-01", "2026-01-02"), name, **options).volume[0] == 7


def test_the_coin_is_taken_where_both_volumes_are_there(read):
    text = "time,open,high,low,close,Volume USDT,Volume XMR\n"
    text += "".join(f"2026-01-0{day},100,101,99,100.5,700,7\n" for day in (1, 2))
    assert read(text).volume[0] == 7


def test_an_empty_twin_of_a_column_does_not_count(read):
    text = "time,open,high,low,close,Volume,Volume,MA\n"
    text += "".join(f"2026-01-0{day},100,101,99,100.5,7,,\n" for day in (1, 2))
    assert read(text).volume[0] == 7


def test_a_column_that_stands_twice_is_refused_by_name(read):
    text = "time,open,high,low,close,Volume,Volume\n"
    text += "".join(f"2026-01-0{day},100,101,99,100.5,7,8\n" for day in (1, 2))
    with pytest.raises(DataError, match="column 'Volume' stands 2 times") as caught:
        read(text)
    assert len(str(caught.value)) <= 400


def test_months_are_refused(read):
    with pytest.raises(DataError, match="Months, quarters and years are no interval"):
        read(HEADER + rows("2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"))


def test_bars_that_overlap_are_refused(read):
    times = ("00:00", "01:00", "02:00", "02:30", "03:30")
    text = HEADER + rows(*(f"2026-01-01T{time}Z" for time in times))
    with pytest.raises(DataError, match="steps from 0 days 00:30:00 to 0 days 01:00:00.*overlap"):
        read(text)


def test_one_ulp_outside_the_range_is_kept_and_counted(read):
    close = np.nextafter(101.0, 200)
    text = f"{HEADER}2026-01-01,100,101,99,{close!r},7\n2026-01-02,100,101,99,100,7\n"
    market = read(text.replace("np.float64(", "").replace(")", ""))
    assert market.close[0] == close
    finding = make_passport(market).find("bars out of range")
    assert (finding.value, finding.light) == (1, "green")


def test_more_than_rounding_outside_the_range_is_refused_with_the_bounds(read):
    with pytest.raises(
        DataError, match=r"'close': expected a price in \[99, 101\]; received 101.1"
    ):
        read(f"{HEADER}2026-01-01,100,101,99,101.1,7\n2026-01-02,100,101,99,100,7\n")


@pytest.mark.parametrize(
    ("name", "unit", "reads"),
    [
        ("MATICUSDT.csv", "MATIC", True),
        ("MATICUSDT.csv", "MA", False),  # of MATIC, but a moving average
        ("bars.csv", "X", False),
        ("XMRBTC.csv", "XMR", True),
        ("XMRBTC.csv", "BTC", False),
    ],
)
def test_a_unit_is_the_whole_name_of_the_coin(read, name, unit, reads):
    symbol = None if name == "bars.csv" else name.removesuffix(".csv")
    text = f"time,open,high,low,close,Volume {unit}\n" + rows("2025-01-01", "2025-01-02")
    if reads:
        assert read(text, name, symbol=symbol).volume.tolist() == [7, 7]
    else:
        with pytest.raises(DataError, match=f"column 'Volume {unit}' counts '{unit.lower()}'"):
            read(text, name, symbol=symbol)


@pytest.mark.parametrize("header", ["Close,close,volume", "close,Volume,volume"])
def test_two_spellings_of_one_column_are_refused(read, header):
    fields = header.split(",")
    numbers = ",".join("100" for _ in fields)
    text = f"time,open,high,low,{header}\n2025-01-01,100,101,99,{numbers}\n"
    with pytest.raises(DataError, match="stands 2 times; remove or rename all but one"):
        read(text)
