"""Decisions that were written down as addresses come back as they were."""

import numpy as np
import pytest

from kanalo._jit import hot_kernel
from kanalo.execution.compiled._address_kernels import N_PLACES, find_orders
from kanalo.execution.compiled.addresses import _ask_address, _find_address, note_decisions
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


def assert_found_again(decisions):
    """Compare what kernels read at the noted places with the orders; return what was copied."""
    places, sums = np.empty(N_PLACES, dtype=np.int64), np.zeros(8)
    copied = note_decisions(decisions, places)
    weigh_compiled(places, sums)
    orders = to_orders(decisions)
    assert places[::2].tolist() == list(map(len, orders))
    rank = np.arange(1, len(orders.entries) + 1)
    expected = [
        (orders.entries * rank).sum(),
        (orders.side * rank).sum(),
        (orders.stop + orders.target * rank).sum(),
        (orders.trail - orders.size * rank).sum(),
        (orders.max_bars * rank).sum(),
        orders.exit_long.sum(),
        orders.exit_short.sum(),
        len(orders.guard_long) + orders.guard_short.sum(),
    ]
    np.testing.assert_allclose(sums, expected, rtol=1e-12)
    return copied


@pytest.mark.parametrize("n_bars", [40, 4000])
def test_noted_decisions_are_found_again(n_bars):
    rng = np.random.default_rng(n_bars)
    draw = rng.random(n_bars)
    near, far = 1 + rng.random(n_bars), 3 + rng.random(n_bars)
    decisions = Decisions.from_arrays(
        n_bars,
        long=draw < 0.2,
        short=draw > 0.8,
        exit_long=rng.random(n_bars) < 0.1,
        exit_short=rng.random(n_bars) < 0.3,
        stop=np.where(draw < 0.2, near, far),
        target=np.where(draw < 0.2, far, near),
        trail=rng.random(n_bars) / 2 + 0.1,
        size=rng.random(n_bars) + 0.1,
        max_bars=rng.integers(0, 9, n_bars),
        guard_short=rng.random(n_bars),
    )
    assert not assert_found_again(decisions)


@pytest.mark.parametrize("guard", [True, False])
def test_numbers_that_kernels_cannot_read_in_place_are_copied(guard):
    draw = np.random.default_rng(3).random(300)
    decisions = Decisions.from_arrays(
        300,
        long=draw < 0.2,
        short=draw > 0.8,
        trail=lambda bars: bars * 0.0 + 1 / 3,
        stop=lambda bars: bars * 0.0 + 1,
        target=lambda bars: np.where(draw[bars] < 0.2, 2.0, 0.5),
        max_bars=7,
        exit_long=np.arange(0, 300, 2)[::3],  # every other number of a longer array
        guard_long=draw + 1 if guard else None,
    )
    assert len(assert_found_again(decisions)) == 1
    assert not assert_found_again(decisions.since(40))


def test_addresses_are_those_that_numpy_tells():
    for each in (np.arange(9.0), np.arange(9)[2:], np.zeros(3, dtype=np.int8)):
        assert _find_address(each) == _ask_address(each) == each.ctypes.data
