"""What a market may know beside its bars, by the names of the columns."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kanalo.errors import UnknownNameError, unknown_name
from kanalo.market.bars import COLUMNS

CONTEXT = (
    "funding_rate",
    "funding_stamps",
    "funding_assumed",
    "open_interest",
    "open_interest_usd",
    "top_trader_account_ratio",
    "top_trader_position_ratio",
    "long_short_ratio",
    "taker_buy_sell_ratio",
    "sources",
    "spread",
)
"""Columns that a market's context may have beside those of reported liquidations."""

EXCHANGES = (
    "binance",
    "bitfinex",
    "bitget",
    "bitmex",
    "bybit",
    "coinbase",
    "coinex",
    "crypto_com",
    "deribit",
    "dydx",
    "gate",
    "htx",
    "huobi",
    "hyperliquid",
    "kraken",
    "kucoin",
    "mexc",
    "okx",
)
"""Exchanges that a rule may ask for whether or not the market has their liquidations."""

_LIQUIDATIONS = re.compile(
    r"(?P<kind>liquidation_(?:long_usd|short_usd|coverage)_)(?P<exchange>[a-z0-9_]+)"
)


def check_context_name(column: str, own: Iterable[str]) -> None:
    """Refuse the name of a column that no market can have.

    Parameters
    ----------
    column : str
        What was asked for.
    own : iterable of str
        Columns of the market at hand, which may be its user's own.

    Raises
    ------
    UnknownNameError
        With a suggestion. Liquidations may be asked for of `EXCHANGES`, and of the market's own.
    """
    known = {*CONTEXT, *own}
    reported = _LIQUIDATIONS.fullmatch(column)
    if reported is not None:
        known |= {f"{reported['kind']}{exchange}" for exchange in EXCHANGES}
    if column in known:
        return
    if column in COLUMNS:
        raise UnknownNameError(
            f"'{column}' is a column of bars, not of the context: market.{column} has it."
        )
    raise unknown_name("context column", column, known)
