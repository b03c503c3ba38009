"""Read answers of Binance's futures REST interface: open interest, long/short ratios, funding.

``openInterestHist``, ``globalLongShortAccountRatio``, ``topLongShortAccountRatio``,
``topLongShortPositionRatio``, ``takerlongshortRatio`` and ``fundingRate``, saved as JSON or CSV.
The three ratios of accounts and positions look alike: the format says which one a file is.

Source: Binance, USD-M futures market data endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from kanalo.market.liquidations import drop_repeats
from kanalo.market.readers.cells import check_columns, to_amounts, to_numbers
from kanalo.market.readers.contracts import pick_symbol
from kanalo.market.readers.messages import Messages, Record, read_records
from kanalo.market.readers.raw import RawTable
from kanalo.market.readers.reading import (
    FUNDING_KIND,
    POSITIONING_KIND,
    Reader,
    Reading,
    ReadOptions,
    find_period,
    make_positioning,
)
from kanalo.market.readers.series import check_unique, one_symbol, round_stamps
from kanalo.market.readers.times import to_utc

OPEN_INTEREST = {"sumOpenInterest": "open_interest", "sumOpenInterestValue": "open_interest_usd"}
_ACCOUNTS = ("longAccount", "shortAccount")


def _positioning_reader(
    columns: Mapping[str, str], required: tuple[str, ...], optional: tuple[str, ...]
) -> Reader:
    """Return a reader of one endpoint: its columns of positioning, and what else it has."""

    def read(path: Path, options: ReadOptions) -> Reading:
        table = _open(path, options, (*columns, *required), optional)
        times = to_utc(table, "timestamp", options.timezone or "UTC")
        values = {new: to_amounts(table, old, zero=True) for old, new in columns.items()}
        frame = make_positioning(times, values, find_period(table, times, options))
        frame, duplicates = drop_repeats(frame)
        check_unique(table.source, frame)
        return Reading(POSITIONING_KIND, frame, duplicates, digests={path.name: table.sha256})

    return read


read_open_interest = _positioning_reader(
    OPEN_INTEREST, ("symbol", "timestamp"), ("CMCCirculatingSupply",)
)
"""Read ``openInterestHist``: open interest in coins and USD."""

read_long_short = _positioning_reader(
    {"longShortRatio": "long_short_ratio"}, ("symbol", "timestamp"), _ACCOUNTS
)
"""Read ``globalLongShortAccountRatio``: accounts long per account short."""

read_top_accounts = _positioning_reader(
    {"longShortRatio": "top_trader_account_ratio"}, ("symbol", "timestamp"), _ACCOUNTS
)
"""Read ``topLongShortAccountRatio``: the same of the largest traders."""

read_top_positions = _positioning_reader(
    {"longShortRatio": "top_trader_position_ratio"}, ("symbol", "timestamp"), _ACCOUNTS
)
"""Read ``topLongShortPositionRatio``: sizes long per size short of the largest traders."""

read_taker_ratio = _positioning_reader(
    {"buySellRatio": "taker_buy_sell_ratio"}, ("timestamp",), ("symbol", "buyVol", "sellVol")
)
"""Read ``takerlongshortRatio``: volume that takers bought per volume that they sold."""


def read_funding_rate(path: Path, options: ReadOptions) -> Reading:
    """Read ``fundingRate``; the rate is a fraction and its stamp is rounded to the full hour.

    Parameters
    ----------
    path : Path
        File of the venue's answer: JSON, CSV, or either in gzip or zip.
    options : ReadOptions
        What the file does not say: symbol, exchange, unit, period or time zone.

    Returns
    -------
    Reading
        Rows in the project's schema with times in UTC, repeats dropped and counted.
    """
    table = _open(path, options, ("symbol", "fundingTime", "fundingRate"), ("markPrice",))
    times = to_utc(table, "fundingTime", options.timezone or "UTC")
    columns = {
        "time": round_stamps(table, "fundingTime", times),
        "funding_rate": to_numbers(table, "fundingRate"),
    }
    frame, duplicates = drop_repeats(pd.DataFrame(columns))
    check_unique(table.source, frame)
    return Reading(FUNDING_KIND, frame, duplicates, digests={path.name: table.sha256})


def _open(
    path: Path, options: ReadOptions, required: tuple[str, ...], optional: tuple[str, ...]
) -> RawTable:
    def unwrap(messages: Messages) -> Iterator[tuple[int, Record]]:
        for row, message in messages.items:
            answers = message if isinstance(message, list) else [message]
            for answer in answers:
                yield row, messages.check_fields(row, answer, required, optional)

    table = read_records(path, unwrap, "an answer of Binance")
    check_columns(table, required, optional)
    if "symbol" in table.frame.columns:
        table = pick_symbol(table, "symbol", options)
        one_symbol(table, "symbol")
    return table
