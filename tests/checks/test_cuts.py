"""Cuts lie where a look ahead shows."""

import numpy as np
import pandas as pd

from kanalo.checks.cuts import anywhere, to_cuts
from kanalo.market.synthetic import random_walk_market


def with_minutes(n_days=60, *, days=(20, 21, 40)):
    """Return hours of which some days have minutes."""
    market = random_walk_market(n_days * 24, 1, "1h")
    times = [market.index[day * 24] + pd.Timedelta(minutes=k) for day in days for k in range(1440)]
    minutes = random_walk_market(len(times), 2, "1m")
    bars = minutes.bars.set_axis(pd.DatetimeIndex(times))
    return market.__class__(**{**fields(market), "finer": minutes.__class__.from_bars(bars)})


def fields(market):
    return {n: getattr(market, n) for n in market.__dataclass_fields__ if n != "_cache"}


def test_the_first_cut_is_where_finer_bars_begin_if_rare_data_are_asked_for():
    market = with_minutes()
    assert anywhere(market, 5, 0)[0] == 20 * 24
    assert 20 * 24 not in anywhere(market, 5, 0, rare=False)


def test_cuts_without_rare_data_are_a_part_of_the_same_draw():
    market = random_walk_market(500, 1, "1h")
    assert anywhere(market, 30, 4) == anywhere(market, 30, 4, rare=False)
    assert min(anywhere(market, 400, 4)) >= 50


def test_cuts_lie_right_after_entries_and_exits():
    cuts = to_cuts(np.array([3, 9, 27]), np.array([5, 11]), 2, 1)
    assert cuts.tolist() == [4, 6, 28]
