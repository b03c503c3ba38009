"""Names of what is known beside the bars."""

import pytest

from kanalo.errors import UnknownNameError
from kanalo.market.context import CONTEXT, EXCHANGES, check_context_name


def test_what_a_market_can_have_passes():
    for name in (*CONTEXT, *(f"liquidation_long_usd_{each}" for each in EXCHANGES)):
        check_context_name(name, ())


def test_an_exchange_of_the_market_itself_passes():
    check_context_name("liquidation_coverage_mydesk", ["liquidation_coverage_mydesk"])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("liquidation_long_usd_binanec", "liquidation_long_usd_binance"),
        ("liquidation_short_usd_bybitt", "liquidation_short_usd_bybit"),
        ("liquidation_coverage_okex", "liquidation_coverage_okx"),
        ("funding", "funding_rate"),
        ("open_intrest", "open_interest"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(name, near):
    with pytest.raises(UnknownNameError, match=f"Did you mean '{near}'"):
        check_context_name(name, ())


def test_a_column_of_bars_is_said_to_be_one():
    with pytest.raises(UnknownNameError, match=r"market\.close has it"):
        check_context_name("close", ())
