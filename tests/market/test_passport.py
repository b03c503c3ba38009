from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kanalo.market import Market, make_passport
from kanalo.market.passport import CHECKS
from kanalo.market.synthetic import random_bars


@pytest.fixture
def clean() -> pd.DataFrame:
    return random_bars(1_000, 1)


def find(market: Market, name: str):
    finding = make_passport(market).find(name)
    assert finding is not None
    return finding


def test_clean_bars_are_green(clean):
    passport = make_passport(Market.from_bars(clean))
    assert passport.light == "green"
    assert passport.counts == {"green": len(CHECKS), "amber": 0, "red": 0}
    assert passport.n_bars == 1_000


def test_the_overall_light_is_the_worst(clean):
    bars = clean.drop(clean.index[5])
    assert make_passport(Market.from_bars(bars)).light == "amber"
    bars = clean.drop(clean.index[5:500])
    assert make_passport(Market.from_bars(bars)).light == "red"


def test_gaps_are_counted_and_the_longest_is_placed(clean):
    bars = clean.drop(clean.index[[10, 20, 21, 22]])
    finding = find(Market.from_bars(bars), "missing bars")
    assert (finding.value, finding.light) == (4, "amber")
    where = clean.index[19].strftime("%Y-%m-%d %H:%M")
    assert finding.note == f"4 bars in 2 gaps; the longest lacks 3 bars after {where}."


def test_stamps_off_the_grid_are_counted(clean):
    index = clean.index.to_series()
    index.iloc[500] += pd.Timedelta(minutes=7)
    market = Market.from_bars(clean.set_index(pd.DatetimeIndex(index)))
    finding = find(market, "stamps")
    assert finding.light == "amber"
    assert finding.note.startswith("1 bar off the grid of 1h, first 2020-01-26 20:07")


def test_bars_without_volume_are_counted_with_their_longest_run(clean):
    clean.iloc[[3, 7, 8, 9, 20], 4] = 0.0
    finding = find(Market.from_bars(clean), "zero-volume bars")
    assert (finding.value, finding.light) == (5, "amber")
    assert finding.note == "5 bars; the longest run is 3 bars from 2020-01-06 07:00."
    clean["volume"] = 0.0
    assert find(Market.from_bars(clean), "zero-volume bars").light == "red"


@pytest.mark.parametrize(
    ("factor", "light", "value"),
    [
        (1.2, "green", 0.2),
        (1.3, "amber", 0.3),
        (0.7, "amber", -0.3),
        (3.5, "red", 2.5),
        (0.3, "red", -0.7),
    ],
)
def test_the_largest_jump_is_found(factor, light, value):
    close = np.where(np.arange(50) < 30, 100.0, 100.0 * factor)
    frame = dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": 1.0}
    index = pd.date_range("2026-01-05", periods=50, freq="1h", tz="UTC")
    finding = find(Market.from_bars(pd.DataFrame(frame, index=index)), "largest jump")
    assert finding.light == light
    assert finding.value == pytest.approx(value, abs=1e-6)
    assert finding.note.endswith("at 2026-01-06 06:00.")


def test_venue_splices_are_placed(clean):
    venue = np.where(np.arange(1_000) < 400, "a-spot", "b-perp")
    market = Market("X", "1h", clean, venue)
    finding = find(market, "venue splices")
    assert (finding.value, finding.light) == (1, "amber")
    assert "from a-spot to b-perp. Volume is not comparable" in finding.note


def with_context(bars: pd.DataFrame, venue: str = "a-spot", **columns) -> Market:
    return Market.from_bars(bars, venue=venue, context=pd.DataFrame(columns, index=bars.index))


def test_disagreeing_sources_count_among_compared_bars(clean):
    spread = np.full(1_000, np.nan)
    spread[:100] = 0.001
    spread[:5] = [0.03, 0.02, 0.05, 0.021, 0.01]
    finding = find(with_context(clean, spread=spread), "sources differ > 2 %")
    assert finding.value == 0.03
    assert finding.light == "amber"
    assert "3.00 % of the 100 bars with two sources or more; at most 5.00 %" in finding.note


def test_single_source_bars(clean):
    sources = np.where(np.arange(1_000) < 200, 1.0, 3.0)
    finding = find(with_context(clean, sources=sources), "single-source bars")
    assert (finding.value, finding.light) == (0.2, "amber")


def test_positioning_covers_a_share(clean):
    ratio = np.full(1_000, np.nan)
    ratio[:100] = 1.0
    finding = find(with_context(clean, long_short_ratio=ratio), "bars with positioning")
    assert (finding.value, finding.light) == (0.1, "amber")
    assert "2020-01-06 to 2020-01-10; unknown elsewhere" in finding.note
    whole = with_context(clean, long_short_ratio=np.ones(1_000))
    assert find(whole, "bars with positioning").light == "green"


@pytest.mark.parametrize(("known", "light"), [(1.0, "green"), (0.9, "amber"), (0.3, "red")])
def test_funding_covers_a_share_of_the_stamps_due(clean, known, light):
    rate = np.where(np.arange(1_000) < known * 1_000, 0.0001, np.nan)
    finding = find(with_context(clean, "a-perp", funding_rate=rate), "funding covered")
    assert finding.value == pytest.approx(known, abs=0.01)
    assert finding.light == light


def test_a_perpetual_without_funding_is_red_and_spot_is_not(clean):
    assert find(Market.from_bars(clean, venue="a-perp"), "funding covered").light == "red"
    spot = find(Market.from_bars(clean, venue="a-spot"), "funding covered")
    assert (spot.value, spot.light) == (None, "green")


def test_finer_bars_cover_a_share(clean):
    minutes = Market.from_bars(random_bars(60 * 100 - 1, 2, interval="1m"))
    finding = find(Market.from_bars(clean, finer=minutes), "bars with finer bars")
    assert finding.value == 0.099


def test_what_a_market_does_not_have_is_not_judged(clean):
    market = Market.from_bars(clean)
    for name in ("single-source bars", "bars with positioning", "bars with finer bars"):
        assert find(market, name).value is None
        assert find(market, name).note == "Not in this market."


def test_the_passport_of_the_daily_table(xmr_1d):
    passport = make_passport(xmr_1d)
    assert passport.light == "amber"
    assert passport.find("missing bars").note.endswith("lacks 1 bar after 2014-06-04.")
    assert passport.find("venue splices").note.startswith(
        "2020-02-03 from all-venues-spot to binance-usdm-perp."
    )
    assert passport.find("sources differ > 2 %").value == round(251 / 4_295, 6)


def test_the_passport_of_the_hourly_table(xmr_1h):
    passport = make_passport(xmr_1h)
    assert passport.find("missing bars").value == 0
    assert passport.find("sources differ > 2 %").value == round(18 / 40_292, 6)
    assert passport.find("single-source bars").value == round(15_293 / 55_585, 6)
    assert passport.find("bars with positioning").value == round(697 / 55_585, 6)
    assert passport.find("funding covered").value == pytest.approx(0.909, abs=0.0005)
    assert passport.find("bars with finer bars").value == round(1_520 / 55_585, 6)


def test_a_passport_is_plain_values(xmr_1h):
    passport = make_passport(xmr_1h)
    plain = json.loads(json.dumps(passport.to_dict(), allow_nan=False))
    assert plain["light"] == "amber"
    assert plain["market"] == "xmr_1h"
    assert [each["name"] for each in plain["findings"]] == [f.name for f in passport.findings]
    assert passport.find("nothing of the kind") is None
