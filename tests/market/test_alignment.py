from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.market import align_benchmark, align_funding, align_positioning, funding_due
from kanalo.market.funding import join_funding

PERP = "binance-usdm-perp"


def funding_table(rates: dict[str, float]) -> pd.DataFrame:
    index = pd.DatetimeIndex(list(rates)).tz_localize("UTC")
    return pd.DataFrame({"funding_rate": list(rates.values())}, index=index)


def positioning_table(known_at: list[str], ratios: list[float]) -> pd.DataFrame:
    times = pd.DatetimeIndex(known_at).tz_localize("UTC")
    frame = pd.DataFrame({"known_at": times, "long_short_ratio": ratios})
    return frame.set_index(times - pd.Timedelta(minutes=10))


def test_a_stamp_belongs_to_the_bar_that_closes_at_it(flat_market):
    market = flat_market(10, start="2026-01-05T06:00", venue=PERP)
    table = funding_table({"2026-01-05 08:00": 0.01, "2026-01-05 16:00": 0.02})
    assert align_funding(market, table).tolist() == [0, 0.01, 0, 0, 0, 0, 0, 0, 0, 0.02]
    assert funding_due(market).tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_a_stamp_at_the_open_belongs_to_the_bar_before(flat_market):
    market = flat_market(2, interval="8h", venue=PERP)
    table = funding_table(
        {"2026-01-05 00:00": 9.0, "2026-01-05 08:00": 0.01, "2026-01-05 16:00": 0.02}
    )
    assert align_funding(market, table).tolist() == [0.01, 0.02]


def test_a_day_sums_its_three_stamps(flat_market):
    market = flat_market(2, interval="1d", venue=PERP)
    stamps = ["05 08:00", "05 16:00", "06 00:00", "06 08:00", "06 16:00", "07 00:00"]
    table = funding_table({f"2026-01-{stamp}": 2.0**n for n, stamp in enumerate(stamps)})
    assert align_funding(market, table).tolist() == [1 + 2 + 4, 8 + 16 + 32]
    assert funding_due(market).tolist() == [3, 3]


def test_a_due_stamp_without_a_rate_is_assumed_and_the_others_are_charged(flat_market):
    market = flat_market(3, interval="1d", venue=PERP)
    table = funding_table(
        {"2026-01-05 08:00": 0.01, "2026-01-05 16:00": 0.01, "2026-01-06 00:00": 0.01}
        | {"2026-01-06 08:00": 0.01, "2026-01-06 16:00": np.nan, "2026-01-07 00:00": 0.02}
        | {"2026-01-07 08:00": 0.04}
    )
    joined = join_funding(market, table)
    assert joined["funding_rate"].tolist() == [0.01 + 0.01 + 0.01, 0.01 + 0.02, 0.04]
    assert joined["funding_stamps"].tolist() == [3, 3, 3]
    assert joined["funding_assumed"].tolist() == [0, 1, 2]


def to_stamps(start, hours, n, leave_out=()):
    """Stamps of one interval, without those that the data lack."""
    step = pd.Timedelta(hours=hours)
    first = pd.Timestamp(start, tz="UTC")
    return pd.DatetimeIndex([first + i * step for i in range(n) if i not in leave_out])


@pytest.mark.parametrize("hours", [1, 4, 8])
@pytest.mark.parametrize("hole", [(), (3,), (3, 4)])
def test_stamps_are_charged_at_the_interval_that_the_table_says(flat_market, hours, hole):
    stamps = to_stamps("2026-01-05 00:00", hours, 9, hole)
    table = pd.DataFrame({"funding_rate": 0.001, "interval_hours": float(hours)}, index=stamps)
    market = flat_market(8 * hours, venue=PERP)
    joined = join_funding(market, table)
    closes = (market.closes_at - market.index[0]) / pd.Timedelta(hours=1)
    due = np.array([close % hours == 0 for close in closes])
    missing = np.isin(closes, [hours * i for i in hole])
    assert joined["funding_stamps"].tolist() == due.astype(int).tolist()
    assert joined["funding_assumed"].tolist() == missing.astype(int).tolist()
    expected = np.where(missing, np.nan, np.where(due, 0.001, 0.0))
    np.testing.assert_array_equal(joined["funding_rate"], expected)


def test_the_interval_may_change_and_a_hole_takes_that_of_its_earlier_stamp(flat_market):
    eights, fours = to_stamps("2026-01-05 00:00", 8, 2), to_stamps("2026-01-06 00:00", 4, 2)
    ones = to_stamps("2026-01-06 10:00", 1, 1)
    stamps = eights.append(fours).append(ones)
    table = pd.DataFrame(
        {"funding_rate": 0.001, "interval_hours": [8.0, 8.0, 4.0, 1.0, 1.0]}, index=stamps
    )
    market = flat_market(48, venue=PERP)
    joined = join_funding(market, table)
    hours = (market.closes_at - market.index[0]) // pd.Timedelta(hours=1)
    assert hours[joined["funding_stamps"] == 1].tolist() == [8, 16, 24, 28, *range(29, 35), 40, 48]
    assert hours[joined["funding_assumed"] == 1].tolist() == [16, *range(29, 34), 40, 48]


def test_without_an_interval_eight_hours_are_assumed_in_a_hole_only(flat_market):
    stamps = to_stamps("2026-01-05 00:00", 4, 3).append(to_stamps("2026-01-06 00:00", 4, 1))
    market = flat_market(24, venue=PERP)
    joined = join_funding(market, pd.DataFrame({"funding_rate": 0.001}, index=stamps))
    assert np.flatnonzero(joined["funding_stamps"]).tolist() == [3, 7, 15, 23]
    assert np.flatnonzero(joined["funding_assumed"]).tolist() == [15]


def test_a_day_in_which_the_table_begins_is_before_it(flat_market):
    market = flat_market(2, interval="1d", venue=PERP)
    table = funding_table({"2026-01-06 00:00": 0.01, "2026-01-06 08:00": 0.02})
    joined = join_funding(market, table)
    np.testing.assert_array_equal(joined["funding_rate"], [np.nan, 0.02])
    assert joined["funding_assumed"].tolist() == [3, 2]


def test_spot_owes_no_funding(flat_market):
    market = flat_market(3, interval="1d", venue="binance-spot")
    assert align_funding(market, funding_table({"2026-01-05 08:00": 0.01})).tolist() == [0, 0, 0]


def test_an_empty_funding_table_covers_nothing(flat_market):
    market = flat_market(2, interval="1d", venue=PERP)
    assert np.isnan(align_funding(market, funding_table({}))).all()


def test_positioning_is_joined_by_the_time_it_was_known(flat_market):
    market = flat_market(3)
    table = positioning_table(["2026-01-05 01:00", "2026-01-05 02:01"], [1.1, 1.2])
    # The second row was published a minute after the second bar closed.
    assert align_positioning(market, table)["long_short_ratio"].tolist() == [1.1, 1.1, 1.2]


def test_positioning_before_the_first_row_is_unknown(flat_market):
    table = positioning_table(["2026-01-05 01:01"], [1.1])
    ratios = align_positioning(flat_market(2), table)["long_short_ratio"]
    assert np.isnan(ratios.iloc[0])
    assert ratios.iloc[1] == 1.1


def test_positioning_older_than_two_hours_is_unknown(flat_market):
    table = positioning_table(["2026-01-05 01:00"], [1.1])
    ratios = align_positioning(flat_market(5), table)["long_short_ratio"].to_numpy()
    assert ratios[:3].tolist() == [1.1, 1.1, 1.1]
    assert np.isnan(ratios[3:]).all()


def test_positioning_needs_to_say_when_it_was_known(flat_market):
    table = positioning_table(["2026-01-05 01:00"], [1.1]).drop(columns="known_at")
    with pytest.raises(DataError, match="must have a column 'known_at'"):
        align_positioning(flat_market(2), table)


def test_positioning_must_be_sorted_by_the_time_it_was_known(flat_market):
    table = positioning_table(["2026-01-05 02:00", "2026-01-05 01:00"], [1.1, 1.2])
    with pytest.raises(DataError, match="'known_at' of a positioning table must be sorted"):
        align_positioning(flat_market(2), table)


def test_no_context_is_known_before_its_time(xmr_1h):
    """Cutting the table at a bar's close changes nothing at or before that bar."""
    market = xmr_1h.rows(52_300, 52_700)
    rng = np.random.default_rng(1)
    known_at = market.index[::2] + pd.to_timedelta(rng.integers(0, 120, 200), unit="min")
    table = pd.DataFrame({"known_at": known_at.sort_values(), "x": np.arange(200.0)})
    whole = align_positioning(market, table)
    for row in range(0, 400, 37):
        seen = table[table["known_at"] <= market.closes_at[row]]
        cut = align_positioning(market, seen)
        pd.testing.assert_frame_equal(cut.iloc[: row + 1], whole.iloc[: row + 1])


def test_a_benchmark_is_nan_where_it_has_no_bar(flat_market):
    market = flat_market(4)
    aligned = align_benchmark(market, flat_market(4).bars.iloc[[0, 2, 3]])
    assert aligned.index.equals(market.index)
    assert aligned["close"].isna().tolist() == [False, True, False, False]
