"""Orders that were written down as addresses come back as they were."""

import numpy as np
import pytest

from kanalo._jit import hot_kernel
from kanalo.execution.compiled._address_kernels import (
    N_PLACES,
    find_orders,
    note_decisions,
    note_orders,
)
from kanalo.execution.compiled.simulate import to_orders
from kanalo.strategy import Decisions


def weigh(places, sums):
    orders = find_orders(places)
    for i in range(len(orders.entries)):
        sums[0] += orders.entries[i] * (i + 1)
        sums[1] += orders.side[i] * (i + 1)
        sums[2] += orders.stop[i] + orders.target[i] * (i + 1)
        sums[3] += orders.trail[i] - orders.size[i] * (i + 1)
        sums[4] += orders.max_bars[i] * (i + 1)
    for i in range(len(orders.exit_long)):
        sums[5] += orders.exit_long[i]
    for i in range(len(orders.exit_short)):
        sums[6] += orders.exit_short[i]
    sums[7] += len(orders.guard_long)
    for i in range(len(orders.guard_short)):
        sums[7] += orders.guard_short[i]


weigh_compiled = hot_kernel(weigh)


@pytest.mark.parametrize("n_bars", [40, 4000])
def test_noted_orders_are_found_again(n_bars):
    rng = np.random.default_rng(n_bars)
    draw = rng.random(n_bars)
    decisions = Decisions.from_arrays(
        n_bars,
        long=draw < 0.2,
        short=draw > 0.8,
        exit_long=rng.random(n_bars) < 0.1,
        exit_short=rng.random(n_bars) < 0.3,
        trail=rng.random(n_bars) / 2 + 0.1,
        size=rng.random(n_bars) + 0.1,
        max_bars=rng.integers(0, 9, n_bars),
        guard_short=rng.random(n_bars),
    )
    orders = to_orders(decisions)._replace(
        stop=rng.random(len(decisions.entries)), target=rng.random(len(decisions.entries))
    )
    places, sums = np.empty(N_PLACES, dtype=np.int64), np.zeros(8)
    note_orders(orders, places)
    weigh_compiled(places, sums)
    rank = np.arange(1, len(orders.entries) + 1)
    expected = [
        (orders.entries * rank).sum(),
        (orders.side * rank).sum(),
        (orders.stop + orders.target * rank).sum(),
        (orders.trail - orders.size * rank).sum(),
        (orders.max_bars * rank).sum(),
        orders.exit_long.sum(),
        orders.exit_short.sum(),
        orders.guard_short.sum(),
    ]
    np.testing.assert_allclose(sums, expected, rtol=1e-12)


@pytest.mark.parametrize("guard", [True, False])
def test_decisions_are_noted_as_their_orders_are(guard):
    draw = np.random.default_rng(3).random(300)
    decisions = Decisions.from_arrays(
        300,
        long=draw < 0.2,
        short=draw > 0.8,
        stop=lambda bars: bars * 0.0 + 1,
        max_bars=7,
        exit_long=np.arange(0, 300, 2)[::3],  # every other number of a longer array
        guard_long=draw + 1 if guard else None,
    )
    for each in (decisions, decisions.since(40)):
        ours, theirs = np.empty(N_PLACES, dtype=np.int64), np.empty(N_PLACES, dtype=np.int64)
        sums = np.zeros((2, 8))
        kept = note_decisions(each, ours)
        orders = to_orders(each)
        note_orders(orders, theirs)
        assert ours[::2].tolist() == theirs[::2].tolist()
        assert len(kept) == (each is decisions)
        weigh_compiled(ours, sums[0])
        weigh_compiled(theirs, sums[1])
        np.testing.assert_array_equal(*np.nan_to_num(sums, nan=-1.0))
