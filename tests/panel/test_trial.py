"""A panel is asked coin by coin, in one process or in several with the same answers."""

import numpy as np
import pytest

from kanalo.cluster import open_pool
from kanalo.panel.trial import count_events, draw_panel


def test_processes_give_what_one_process_gives(panel, plan, samples):
    again = draw_panel(panel, plan, plan.claims[:2], workers=2)
    for name in ("rise", "level"):
        for one, other in zip(samples[name], again[name], strict=True):
            assert one.coin == other.coin
            np.testing.assert_array_equal(one.pairs.values, other.pairs.values)


@pytest.mark.slow
def test_a_pool_gives_what_this_process_gives(panel, plan, samples):
    with open_pool(2) as pool:
        again = draw_panel(panel, plan, plan.claims[:2], pool=pool)
    for name in ("rise", "level"):
        for one, other in zip(samples[name], again[name], strict=True):
            assert (one.coin, one.reason) == (other.coin, other.reason)
            for field in ("bars", "values", "weights", "is_event"):
                ours, theirs = (getattr(each.pairs, field) for each in (one, other))
                np.testing.assert_array_equal(ours, theirs)


def test_each_coin_but_the_benchmark_is_asked_in_order(panel, plan):
    done = []
    drawn = draw_panel(panel, plan, plan.claims[2:3], workers=1, progress=done.append)
    assert done == [each.name for each in panel.studied] == [each.coin for each in drawn["silent"]]
    assert "btc" not in done


def test_counts_are_those_of_the_samples(panel, plan, samples):
    counts = {(each.coin, each.claim): each.n_events for each in count_events(panel, plan)}
    for name, of_coins in samples.items():
        for each in of_coins:
            assert counts[each.coin, name] == each.n_events
