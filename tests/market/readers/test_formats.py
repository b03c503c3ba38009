"""Several files of one format, the spans that they cover, and the real events of three venues."""

import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.market import load_table
from kanalo.market.readers.formats import FORMATS, find_format, read_files
from kanalo.market.readers.reading import ReadOptions

HEADER = "time,exchange,symbol,side,price,quantity\n"


def row(minute, exchange="binance", side="long"):
    return f"2026-01-31T12:{minute:02}:00Z,{exchange},XMRUSDT,{side},480,10\n"


def test_files_that_overlap_are_one_table(save):
    first = save(HEADER + row(0) + row(1) + row(1), "first.csv")
    second = save(HEADER + row(1) + row(5), "second.csv")
    reading = read_files("liquidations", [first, second])
    assert reading.frame["time"].dt.minute.tolist() == [0, 1, 5]
    assert reading.duplicates == 2
    assert sorted(reading.digests) == ["first.csv", "second.csv"]


def test_every_file_covers_the_span_from_its_first_to_its_last_event(save):
    first = save(HEADER + row(0) + row(9, "bybit") + row(4), "first.csv")
    second = save(HEADER + row(20) + row(30), "second.csv")
    windows = read_files("liquidations", [first, second]).windows
    spans = [(each.exchange, each.start.minute, each.end.minute) for each in windows]
    assert spans == [("binance", 0, 4), ("bybit", 9, 9), ("binance", 20, 30)]


def test_a_recording_may_be_longer_than_its_events(save):
    path = save(HEADER + row(10) + row(20), "log.csv")
    options = ReadOptions(
        start=pd.Timestamp("2026-01-31T12:00Z"), end=pd.Timestamp("2026-01-31T13:00Z")
    )
    (window,) = read_files("liquidations", [path], options).windows
    assert (window.start, window.end) == (options.start, options.end)


def test_a_recording_must_hold_its_events(save):
    path = save(HEADER + row(10) + row(20), "log.csv")
    late = ReadOptions(start=pd.Timestamp("2026-01-31T12:15Z"))
    with pytest.raises(ParameterError, match="The span of a recording must hold its events"):
        read_files("liquidations", [path], late)
    turned = ReadOptions(
        start=pd.Timestamp("2026-01-31T13:00Z"), end=pd.Timestamp("2026-01-31T12:00Z")
    )
    with pytest.raises(ParameterError, match="The span must end after it starts"):
        read_files("liquidations", [path], turned)


def test_sums_of_two_files_that_differ_are_refused(save):
    options = ReadOptions(exchange="binance", symbol="XMRUSDT", unit="base")
    first = save("t,l,s\n1767225600,1,1\n1767229200,1,1\n", "first.csv")
    second = save("t,l,s\n1767229200,1,2\n1767232800,1,1\n", "second.csv")
    with pytest.raises(DataError, match="2 files, column 'time': expected one row for 2026-01-01"):
        read_files("coinalyze-liquidations", [first, second], options)


def test_an_unknown_format_is_refused_with_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"no format 'bybit-liq'.*'bybit-liquidations'\?"):
        find_format("bybit-liq")
    assert find_format("bybit_liquidations") is FORMATS["bybit-liquidations"]


def test_no_file_and_a_missing_one_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="At least one file"):
        read_files("liquidations", [])
    for name in FORMATS:
        with pytest.raises(DataError, match="there is no such file"):
            read_files(name, [tmp_path / "none.csv"], ReadOptions(unit="usd"))


def binance(event):
    order = {"s": event.symbol, "S": event.raw_side, "q": str(event.qty), "p": str(event.price)}
    return {"e": "forceOrder", "E": event.stamp, "o": {**order, "T": event.stamp}}


def bybit(event):
    entry = {"T": event.stamp, "s": event.symbol, "S": event.raw_side}
    data = [{**entry, "v": str(event.qty), "p": str(event.price)}]
    topic = f"allLiquidation.{event.symbol}"
    return {"topic": topic, "type": "snapshot", "ts": event.stamp, "data": data}


def okx(event):
    position, _, side = event.raw_side.partition(":")
    detail = {"side": side, "posSide": position, "bkPx": str(event.price), "sz": str(event.qty)}
    group = {"instId": "ETH-USDT-SWAP", "details": [{**detail, "ts": str(event.stamp)}]}
    return {"arg": {"channel": "liquidation-orders"}, "data": [group]}


@pytest.mark.parametrize(
    ("venue", "name", "make", "n_events"),
    [
        ("binance", "binance-force-orders", binance, 15),
        ("bybit", "bybit-liquidations", bybit, 2),
        ("okx", "okx-liquidations", okx, 1),
    ],
)
def test_real_events_of_three_venues_get_the_right_side(
    save, data_dir, venue, name, make, n_events
):
    """The venues' own sides, laid out as each of them sends them, become the known positions."""
    table = load_table(data_dir, "eth_liquidation_events_2026_04").reset_index()
    events = table[table["exchange"] == venue].reset_index(drop=True)
    events["stamp"] = events["time"].astype("int64") // 1_000_000
    path = save(tuple(make(event) for event in events.itertuples()))
    frame = read_files(name, [path]).frame
    assert len(frame) == n_events
    assert frame["side"].tolist() == events["side"].tolist()
    assert frame["time"].tolist() == events["time"].tolist()
    # OKX's value is taken at the mark price, the others' at the price of the event.
    assert frame["notional_usd"].to_numpy() == pytest.approx(events["notional_usd"], rel=1e-3)
