"""Any table of liquidations, if its columns mean what they should."""

import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market.readers.liquidation_table import read_liquidation_table
from kanalo.market.readers.reading import ReadOptions

PLAIN = ReadOptions()
GIVEN = ReadOptions(exchange="Bitget", symbol="XMRUSDT")
HEADER = "time,exchange,symbol,side,price,quantity\n"
ROW = "2026-01-31T12:00:01Z,binance,XMRUSDT,short,480,10\n"


def test_a_full_table(save):
    row = read_liquidation_table(save(HEADER + ROW, "t.csv"), PLAIN).frame.iloc[0]
    assert row["time"] == pd.Timestamp("2026-01-31T12:00:01Z")
    assert (row["side"], row["quantity"], row["notional_usd"]) == ("short", 10, 4800)
    assert (row["price_kind"], row["censored"]) == ("unknown", False)


def test_exchange_and_symbol_may_be_given(save):
    path = save("time,side,price,notional_usd\n2026-01-31T12:00Z,Long,480,4800\n", "t.csv")
    row = read_liquidation_table(path, GIVEN).frame.iloc[0]
    assert (row["exchange"], row["symbol"], row["quantity"]) == ("bitget", "XMRUSDT", 10)
    with pytest.raises(ParameterError, match="does not say its exchange"):
        read_liquidation_table(path, PLAIN)


def test_labels_and_parquet(tmp_path):
    frame = pd.DataFrame(
        {
            "time": pd.to_datetime(["2026-01-31T12:00Z"]),
            "side": ["long"],
            "price": [480.0],
            "quantity": [10.0],
            "price_kind": ["fill"],
            "censored": [True],
            "capture_window": ["A"],
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    row = read_liquidation_table(tmp_path / "t.parquet", GIVEN).frame.iloc[0]
    assert (row["price_kind"], row["censored"], row["capture_window"]) == ("fill", True, "A")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEADER + ROW.replace("short", "BUY"), r"row 2, column 'side': expected long or short"),
        (HEADER + ROW.replace("short", ""), r"row 2, column 'side': .*received nothing"),
        (HEADER + ROW + ROW.replace("480", "-1"), r"row 3, column 'price': expected a positive"),
        (HEADER + ROW.replace("Z,", ","), r"row 2, column 'time': expected a time zone"),
        (HEADER + ROW.replace("XMRUSDT", "XMRBTC"), r"column 'symbol': expected a symbol quoted"),
        ("time,side,price\n2026-01-31T12:00Z,long,480\n", "column 'quantity' is missing"),
        ("time,side,price,sz\n2026-01-31T12:00Z,long,480,1\n", "column 'sz' is unknown"),
        (
            "time,side,price,quantity,notional_usd\n2026-01-31T12:00Z,long,480,100,4800\n",
            r"row 2, column 'notional_usd': expected about price × quantity.*48,000",
        ),
    ],
)
def test_what_is_not_known_is_refused(save, text, expected):
    with pytest.raises(DataError, match=expected):
        read_liquidation_table(save(text, "t.csv"), PLAIN if "XMR" in text else GIVEN)
