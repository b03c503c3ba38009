"""Reported liquidations on bars: zero inside a recording, NaN outside, never mixed up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market import Market, load_table, make_passport
from kanalo.market.liquidation_bars import (
    align_events,
    align_sums,
    combine,
    find_exchanges,
    usd_column,
)
from kanalo.market.liquidations import (
    EVENTS,
    SUMS,
    Coverage,
    Window,
    drop_repeats,
    find_instrument,
    find_windows,
    from_force_orders,
)

LONG, SHORT = usd_column("long", "binance"), usd_column("short", "binance")
STATE = "liquidation_coverage_binance"


def at(clock: str) -> pd.Timestamp:
    return pd.Timestamp(f"2026-01-05T{clock}Z")


def make_events(*rows, exchange="binance", symbol="XMRUSDT", censored=True) -> pd.DataFrame:
    """Rows of (clock, side, USD) at a price of 100."""
    cells = [
        (at(clock), exchange, symbol, side, 100.0, usd / 100, usd, "bankruptcy", censored, "A")
        for clock, side, usd in rows
    ]
    return pd.DataFrame(cells, columns=list(EVENTS))


def make_sums(*rows, exchange="binance", symbol="XMRUSDT", usd=True) -> pd.DataFrame:
    """Rows of (start, end, long, short), in USD or in coins."""
    none = (np.nan, np.nan)
    cells = [
        (at(start), at(end), exchange, symbol, *(sides if usd else none), *(none if usd else sides))
        for start, end, *sides in rows
    ]
    return pd.DataFrame([(*row, True) for row in cells], columns=list(SUMS))


@pytest.fixture
def market(flat_market) -> Market:
    """Six hours from midnight of 2026-01-05 that close at 100 to 105."""
    return flat_market(6, symbol="XMRUSDT")


def test_a_recording_from_half_past_one_to_half_past_four(market):
    """Hours 2 and 3 are whole: 2 has events, 3 has none; 1 and 4 are partial; 0 and 5 unknown."""
    events = make_events(
        ("01:45", "long", 5),
        ("02:00", "long", 10),
        ("02:59:59.999", "long", 1),
        ("02:10", "short", 7),
    )
    aligned = align_events(market, events, [Window("binance", at("01:30"), at("04:30"))])
    nan = np.nan
    assert aligned[STATE].tolist() == [0, 1, 2, 2, 1, 0]
    np.testing.assert_array_equal(aligned[LONG], [nan, nan, 11, 0, nan, nan])
    np.testing.assert_array_equal(aligned[SHORT], [nan, nan, 7, 0, nan, nan])


def test_an_event_at_the_close_belongs_to_the_next_bar(market):
    events = make_events(("03:00", "long", 10))
    aligned = align_events(market, events, [Window("binance", at("02:00"), at("04:00"))])
    assert aligned[LONG].tolist()[2:4] == [0, 10]


def test_windows_that_touch_are_one_and_a_gap_between_them_is_unknown(market):
    events = make_events(("02:30", "long", 10))
    spans = [("00:00", "01:30"), ("01:30", "03:00"), ("03:10", "05:00")]
    windows = [Window("binance", at(start), at(end)) for start, end in reversed(spans)]
    aligned = align_events(market, events, windows)
    assert aligned[STATE].tolist() == [2, 2, 2, 1, 2, 0]


def test_a_feed_that_shows_everything_is_reported(market):
    events = make_events(("02:30", "long", 10), exchange="bybit", censored=False)
    aligned = align_events(market, events, [Window("bybit", at("02:00"), at("03:00"))])
    assert aligned["liquidation_coverage_bybit"].tolist() == [0, 0, 3, 0, 0, 0]


def test_only_the_markets_coin_counts_whatever_the_quote(market):
    events = pd.concat(
        [
            make_events(("02:30", "long", 10), symbol="XMRUSDC"),
            make_events(("02:30", "long", 99), symbol="BTCUSDT"),
        ]
    )
    windows = [Window("binance", at("02:00"), at("03:00"))]
    assert align_events(market, events, windows)[LONG].iloc[2] == 10
    with pytest.raises(DataError, match="expected liquidations of XMRUSDT; received those of BTC"):
        align_events(market, events[events["symbol"] == "BTCUSDT"], windows)


def test_an_exchange_that_never_showed_the_coin_is_unknown(market):
    """It may have been subscribed to other coins only: no column, so no zeros."""
    other = make_events(("02:30", "long", 99), symbol="BTCUSDT", exchange="okx")
    events = pd.concat([make_events(("02:30", "long", 10)), other])
    windows = [Window(each, at("02:00"), at("03:00")) for each in ("binance", "okx")]
    assert list(align_events(market, events, windows)) == [LONG, SHORT, STATE]


def test_events_without_a_window_are_refused(market):
    with pytest.raises(DataError, match="The events of binance have no capture window"):
        align_events(market, make_events(("02:30", "long", 10)), [])


def test_appending_bars_changes_no_earlier_row(market):
    events = make_events(("01:45", "long", 5), ("03:10", "short", 7))
    windows = [Window("binance", at("01:00"), at("04:30"))]
    whole = align_events(market, events, windows)
    for n_bars in range(1, 6):
        part = align_events(market.rows(0, n_bars), events, windows)
        pd.testing.assert_frame_equal(part, whole.iloc[:n_bars])


def test_sums_count_where_they_fill_the_bar(market):
    """Hour 0 by two halves, hour 1 by one half only, hours 2 and 3 by one that spans both."""
    sums = make_sums(
        ("00:00", "00:30", 1, 2),
        ("00:30", "01:00", 10, 20),
        ("01:00", "01:30", 5, 5),
        ("02:00", "04:00", 9, 9),
    )
    aligned = align_sums(market, sums)
    nan = np.nan
    assert aligned[STATE].tolist() == [2, 1, 1, 1, 0, 0]
    np.testing.assert_array_equal(aligned[LONG], [11, nan, nan, nan, nan, nan])
    np.testing.assert_array_equal(aligned[SHORT], [22, nan, nan, nan, nan, nan])


def test_coins_become_dollars_at_the_bars_close(market):
    aligned = align_sums(market, make_sums(("02:00", "03:00", 2, 3), usd=False))
    assert (aligned[LONG].iloc[2], aligned[SHORT].iloc[2]) == (2 * 102, 3 * 102)


def test_a_missing_sum_is_unknown_not_zero(market):
    aligned = align_sums(market, make_sums(("02:00", "03:00", 2, np.nan)))
    assert np.isnan(aligned[LONG].iloc[2])
    assert np.isnan(aligned[SHORT].iloc[2])
    assert aligned[STATE].iloc[2] == Coverage.PARTIAL


def test_the_first_source_counts_where_it_is_whole(market):
    first = align_sums(market, make_sums(("00:00", "01:00", 1, 1), ("01:00", "01:30", 1, 1)))
    second = align_sums(
        market, make_sums(("00:00", "01:00", 8, 8), ("01:00", "02:00", 8, 8), exchange="binance")
    )
    other = align_sums(market, make_sums(("00:00", "01:00", 4, 4), exchange="okx"))
    joined = combine(combine(first, second), other)
    assert joined[LONG].tolist()[:2] == [1, 8]
    assert joined[STATE].tolist() == [2, 2, 0, 0, 0, 0]
    assert joined[usd_column("long", "okx")].iloc[0] == 4
    assert first[LONG].isna().sum() == 5, "the sources themselves are not changed"


def test_the_bundled_orders_on_hourly_bars(xmr_1h: Market):
    assert find_exchanges(xmr_1h) == ("binance",)
    longs = pd.Series(xmr_1h.known(LONG), index=xmr_1h.index)
    shorts = pd.Series(xmr_1h.known(SHORT), index=xmr_1h.index)
    assert longs["2023-12-11T02:00Z"] == pytest.approx(140098.66, abs=0.01)
    assert shorts["2023-12-11T02:00Z"] == pytest.approx(187.55, abs=0.01)
    assert longs["2023-12-11T00:00Z"] == 0, "window D was open and nothing was seen"
    gap = slice("2023-12-02T10:00Z", "2023-12-07T02:00Z")
    assert longs[gap].isna().all()
    assert shorts[gap].isna().all()
    assert longs.notna().sum() == 25 + 18 + 121 + 96


def test_the_bundled_sums_are_those_of_the_orders_in_whole_hours(xmr_1h: Market, data_dir):
    events = from_force_orders(load_table(data_dir, "xmr_liquidation_orders"))
    known = ~np.isnan(xmr_1h.known(LONG))
    inside = events["time"].dt.floor("h").isin(xmr_1h.index[known])
    for column, side in ((LONG, "long"), (SHORT, "short")):
        expected = events[inside & (events["side"] == side)]["notional_usd"].sum()
        assert np.nansum(xmr_1h.known(column)) == pytest.approx(expected, rel=1e-12)


def test_daily_bars_need_whole_days(xmr_1d: Market):
    days = xmr_1d.index[~np.isnan(xmr_1d.known(LONG))]
    expected = ["2023-11-28", "2023-11-29", "2023-11-30", "2023-12-01"]
    assert [str(day.date()) for day in days] == [
        *expected,
        "2023-12-08",
        "2023-12-09",
        "2023-12-10",
    ]


def test_the_passport_says_how_many_bars_have_reported_liquidations(xmr_1h: Market, market):
    finding = make_passport(xmr_1h).find("reported liquidations")
    assert finding.value == round(260 / 55585, 6)
    assert "0.47 % of the bars, 2023-11-24 to 2023-12-11, by binance" in finding.note
    assert "260 bars with lower bounds only; unknown elsewhere, not zero" in finding.note
    assert make_passport(market).find("reported liquidations").value is None


def test_windows_are_those_of_exchange_and_recording(data_dir):
    events = from_force_orders(load_table(data_dir, "xmr_liquidation_orders"))
    windows = find_windows(events)
    assert [each.exchange for each in windows] == ["binance"] * 4
    assert windows[0].start == pd.Timestamp("2023-11-24T17:30:38.840Z")
    assert windows[3].end == pd.Timestamp("2023-12-11T04:04:53.394Z")
    assert [Window.from_dict(each.to_dict()) for each in windows] == list(windows)


@pytest.mark.parametrize("values", [{}, {"exchange": "a", "start": "x", "end": "2026-01-01Z"}])
def test_a_wrong_window_is_refused(values):
    with pytest.raises(DataError, match="A capture window needs 'exchange', 'start' and 'end'"):
        Window.from_dict(values)


def test_an_order_of_unknown_side_is_refused(data_dir):
    orders = load_table(data_dir, "xmr_liquidation_orders").head(3).assign(side="long")
    with pytest.raises(DataError, match="column 'side': expected BUY or SELL; received 'long'"):
        from_force_orders(orders)


def test_repetitions_in_two_recordings_are_one_event():
    events = make_events(("02:00", "long", 10), ("02:00", "long", 10), ("02:00", "short", 10))
    events.loc[1, "capture_window"] = "B"
    kept, repeated = drop_repeats(events)
    assert (len(kept), repeated) == (2, 1)


@pytest.mark.parametrize(
    ("symbol", "neutral", "base", "inverse"),
    [
        ("XMRUSDT", "XMRUSDT", "XMR", False),
        ("xmrusdc", "XMRUSDC", "XMR", False),
        ("BTCUSD_PERP", "BTCUSD_PERP", "BTC", True),
        ("BTCUSDT_230929", "BTCUSDT_230929", "BTC", False),
        ("BTC-USD-SWAP", "BTCUSD", "BTC", True),
        ("XMR-USDT-SWAP", "XMRUSDT", "XMR", False),
        ("BTC-USDT-230929", "BTCUSDT_230929", "BTC", False),
        ("XMRUSDT_PERP.A", "XMRUSDT", "XMR", False),
        ("1000SHIBUSDT", "1000SHIBUSDT", "1000SHIB", False),
        ("BTCFDUSD", "BTCFDUSD", "BTC", False),
    ],
)
def test_symbols_are_taken_apart(symbol, neutral, base, inverse):
    instrument = find_instrument(symbol)
    assert (instrument.symbol, instrument.base, instrument.inverse) == (neutral, base, inverse)


@pytest.mark.parametrize("symbol", ["ETHBTC", "USDT", "", "XMR", "XMR/EUR", "BTCPERP"])
def test_what_is_not_quoted_in_dollars_is_no_instrument(symbol):
    assert find_instrument(symbol) is None
