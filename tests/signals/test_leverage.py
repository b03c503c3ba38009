"""Tiers and the exact liquidation price, against worked values and a simulated margin account."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.errors import DataError, ParameterError, UnknownNameError
from kanalo.signals.leverage import (
    LONG,
    SHORT,
    Tiers,
    fitted_prior,
    ladder,
    liquidation_price,
    load_tiers,
    tiered_prior,
)

TIERS = load_tiers("XMRUSDT")
AMOUNTS = (0, 25, 75, 325, 1155, 4077.5, 16577.5, 35327.5, 97877.5, 472727.5, 2347727.5)


def one_tier(rate):
    return Tiers("TEST", date(2026, 1, 1), (1e12,), (rate,), (125.0,))


def maintenance_by_hand(notional):
    """Walk up the tiers and charge each slice at its own rate."""
    margin, floor = 0.0, 0.0
    for cap, rate in zip((*TIERS.caps[:-1], np.inf), TIERS.rates, strict=True):
        margin += rate * max(min(notional, cap) - floor, 0.0)
        floor = cap
    return margin


def test_amounts_follow_from_the_rates():
    assert TIERS.amounts == pytest.approx(AMOUNTS, abs=1e-6)


def test_a_third_of_ten_per_cent_would_give_another_amount():
    thirds = Tiers(
        "T", TIERS.since, TIERS.caps[:5], (*TIERS.rates[:4], 1 / 30), (75, 50, 25, 20, 15)
    )
    assert thirds.amounts[-1] == pytest.approx(1158.33, abs=0.01)


@pytest.mark.parametrize(
    ("leverage", "price"), [(75, 99.66), (50, 98.99), (25, 96.97), (10, 90.91)]
)
def test_worked_long_prices_of_the_first_tier(leverage, price):
    found = liquidation_price(100, leverage, LONG, notional=1_000, tiers=TIERS)
    assert float(found) == pytest.approx(price, abs=0.005)


def test_worked_long_price_at_five_per_cent():
    found = liquidation_price(100, 10, LONG, notional=1_000, tiers=one_tier(0.05))
    assert float(found) == pytest.approx(94.74, abs=0.005)


@given(
    entry=st.floats(1, 1000),
    leverage=st.floats(1.01, 75),
    notional=st.floats(100, 12e6),
    side=st.sampled_from([LONG, SHORT]),
)
def test_margin_balance_equals_maintenance_margin_at_the_price(entry, leverage, notional, side):
    allowed = TIERS.max_leverage[int(TIERS.find(notional))]
    leverage = min(leverage, allowed)
    price = float(liquidation_price(entry, leverage, side, notional=notional, tiers=TIERS))
    if np.isnan(price):
        assert side == LONG
        return
    balance = notional / leverage + side * notional * (price / entry - 1)
    needed = maintenance_by_hand(notional * price / entry)
    assert balance == pytest.approx(needed, abs=1e-9 * notional)


@given(
    leverage=st.floats(2, 15), notional=st.floats(1e3, 170e3), side=st.sampled_from([LONG, SHORT])
)
def test_first_tick_that_a_simulated_account_is_short_of_margin(leverage, notional, side):
    price = float(liquidation_price(100, leverage, side, notional=notional, tiers=TIERS))

    def is_short_of_margin(mark):
        balance = notional / leverage + side * notional * (mark / 100 - 1)
        return balance < maintenance_by_hand(notional * mark / 100)

    assert not is_short_of_margin(price * (1 + side * 1e-6))
    assert is_short_of_margin(price * (1 - side * 1e-6))


def test_tier_is_that_of_the_notional_at_the_price():
    # A short of 4,900 USDT at 10x is worth over 5,000 when it is liquidated: the second tier's.
    found = float(liquidation_price(100, 10, SHORT, notional=4_900, tiers=TIERS))
    assert found == pytest.approx(100 * (1 + 0.1 + 25 / 4_900) / 1.015)
    assert found != pytest.approx(100 * 1.1 / 1.01)


def test_prices_are_computed_for_arrays():
    found = liquidation_price(
        np.array([100.0, 200.0]), np.array([10, 20]), LONG, notional=1_000, tiers=TIERS
    )
    assert found == pytest.approx([100 * 0.9 / 0.99, 200 * 0.95 / 0.99])


def test_long_without_leverage_is_never_liquidated():
    assert np.isnan(liquidation_price(100, 1, LONG, notional=1_000, tiers=TIERS))


def test_leverage_above_the_tier_is_refused():
    message = r"'leverage' of XMRUSDT at that notional must be in \[1, 25\]; received 50"
    with pytest.raises(ParameterError, match=message):
        liquidation_price(100, 50, LONG, notional=40_000, tiers=TIERS)


def test_side_is_one_or_minus_one():
    with pytest.raises(ParameterError, match="must be 1 or -1; received 0"):
        liquidation_price(100, 5, 0, notional=1_000, tiers=TIERS)


def test_notional_at_a_cap_belongs_to_the_lower_tier():
    assert TIERS.find(np.array([5_000.0, 5_000.01, 2e7])).tolist() == [0, 1, 10]


@given(st.floats(1, 2e7))
def test_maintenance_is_charged_by_slices(notional):
    assert float(TIERS.maintenance(notional)) == pytest.approx(maintenance_by_hand(notional))


def test_tables_are_dated_and_the_first_serves_earlier_days():
    assert load_tiers("XMRUSDT", on=date(2026, 6, 1)).since == date(2026, 1, 1)
    assert load_tiers("XMRUSDT", on=date(2021, 1, 1)).since == date(2026, 1, 1)


def test_symbol_without_a_table_is_refused():
    with pytest.raises(UnknownNameError, match="no table of leverage tiers for 'BTCUSDT'"):
        load_tiers("BTCUSDT")


def test_table_whose_rates_fall_is_refused():
    with pytest.raises(DataError, match="must be positive and rise"):
        Tiers("T", date(2026, 1, 1), (1.0, 2.0), (0.02, 0.01), (5.0, 5.0))


def test_table_with_a_short_column_is_refused():
    with pytest.raises(DataError, match="differ in length"):
        Tiers("T", date(2026, 1, 1), (1.0, 2.0), (0.02,), (5.0, 5.0))


def test_prior_of_one_tier_without_size_is_the_isolated_formula():
    prior = fitted_prior(0.0, cap=50, maintenance=0.01)
    price = liquidation_price(100, ladder(50), LONG, notional=1, tiers=one_tier(0.01))
    assert prior.longs[:, 0] == pytest.approx(np.sort(np.log(100 / price)))
    assert prior.longs[:, 1] == pytest.approx(1 / 20)


def test_power_moves_the_prior_towards_high_leverage():
    flat, steep = fitted_prior(0.0), fitted_prior(2.0)
    assert steep.shorts[0, 1] > 2 * flat.shorts[0, 1]
    assert steep.shorts[:, 1].sum() == pytest.approx(1)


def test_prior_by_size_never_stands_nearer_than_the_highest_leverage_allows():
    prior = tiered_prior(TIERS, sizes=(400_000.0,), shares=(1.0,))
    nearest = liquidation_price(1, 5, LONG, notional=400_000, tiers=TIERS)
    assert prior.longs[0, 0] == pytest.approx(-np.log(nearest))


def test_prior_by_size_sums_to_one_and_ascends():
    prior = tiered_prior(TIERS)
    for side in (prior.longs, prior.shorts):
        assert side[:, 1].sum() == pytest.approx(1)
        assert (np.diff(side[:, 0]) >= 0).all()
        assert side[0, 0] > 0
