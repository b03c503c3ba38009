"""Reported liquidations: the one schema into which every venue's format is brought.

Two shapes exist. **Events** are single liquidations; **sums** are totals per interval, as
aggregators publish them. In both, the side is that of the POSITION that was closed by force, sizes
are in coins and USD (USDT and its like count as USD), times are UTC. What no feed covered is absent
here and NaN on the bars, never zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pandas as pd

from kanalo.errors import DataError

SIDES = ("long", "short")
"""Sides of the position that was liquidated."""

PRICE_KINDS = ("bankruptcy", "fill", "mark", "unknown")
"""What the price of an event is: of the order, of its execution, of the mark, or not said."""

EVENTS = (
    *("time", "exchange", "symbol", "side", "price", "quantity", "notional_usd"),
    *("price_kind", "censored", "capture_window"),
)
"""Columns of events.

``quantity`` in coins, ``notional_usd`` in USD; ``censored``: the feed shows at most one event a
second, so sums are lower bounds; ``capture_window``: the recording that the event stems from.
"""

SUMS = (
    *("time", "end", "exchange", "symbol", "long_usd", "short_usd"),
    *("long_quantity", "short_quantity", "censored"),
)
"""Columns of sums over [time, end): USD where the source gives them, else coins, the other NaN."""

EVENTS_KIND, SUMS_KIND = "liquidation_events", "liquidation_sums"
ORDERS_KIND = "binance_force_orders"
"""Kinds of tables of liquidations in a manifest; the last has the side of the ORDER."""

_SYMBOL = re.compile(r"([A-Z0-9]+?)(USDT|USDC|FDUSD|BUSD|TUSD|USD)(_PERP|_\d{6})?")


class Coverage(IntEnum):
    """How much of a bar's liquidations an exchange reported; the higher, the more.

    ``UNKNOWN``: no feed ran. ``PARTIAL``: one ran in a part of the bar, so its sums are not used.
    ``CENSORED``: one ran all the time, but shows one event a second at most: sums are lower bounds.
    ``REPORTED``: every liquidation.
    """

    UNKNOWN = 0
    PARTIAL = 1
    CENSORED = 2
    REPORTED = 3


@dataclass(frozen=True)
class Instrument:
    """A contract by its parts.

    Attributes
    ----------
    symbol : str
        The venue-neutral name: ``XMRUSDT``, ``BTCUSD_PERP``.
    base, quote : str
        Coin and currency of the price.
    """

    symbol: str
    base: str
    quote: str

    @property
    def inverse(self) -> bool:
        """Whether it is margined in the coin, so that a contract is worth a fixed sum of USD."""
        return self.quote == "USD"


def find_instrument(symbol: str) -> Instrument | None:
    """Take a symbol apart; None where it is not quoted in USD or a coin pegged to it.

    ``XMRUSDT``, ``BTCUSD_PERP``, ``BTCUSDT_230929``, ``XMR-USDT-SWAP`` and ``XMRUSDT_PERP.A`` are
    understood.

    Examples
    --------
    >>> find_instrument("XMR-USDT-SWAP").symbol
    'XMRUSDT'
    >>> find_instrument("ETHBTC") is None
    True
    """
    plain = symbol.strip().upper().removesuffix("-SWAP")
    plain = re.sub(r"\.[A-Z0-9]+$", "", plain)
    if "-" in plain:
        base, quote, *expiry = plain.split("-")
        plain = "_".join([base + quote, *expiry])
    match = _SYMBOL.fullmatch(plain)
    if match is None:
        return None
    base, quote, suffix = match[1], match[2], match[3] or ""
    if quote != "USD":
        suffix = suffix.removesuffix("_PERP")
    return Instrument(base + quote + suffix, base, quote)


@dataclass(frozen=True)
class Window:
    """A span in which the feed of an exchange was recorded without a break.

    Attributes
    ----------
    exchange : str
        Whose feed.
    start, end : Timestamp
        UTC. A bar is covered if it lies within.
    symbol : str or None
        The contract that was asked for; then a feed without an event is zero, not unknown.
    censored : bool or None
        Whether the feed shows one event a second at most; None where only its events tell.
    """

    exchange: str
    start: pd.Timestamp
    end: pd.Timestamp
    symbol: str | None = None
    censored: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the window as plain values, ready for JSON."""
        start, end = (time.isoformat().replace("+00:00", "Z") for time in (self.start, self.end))
        window: dict[str, Any] = {"exchange": self.exchange, "start": start, "end": end}
        more = {"symbol": self.symbol, "censored": self.censored}
        return window | {name: value for name, value in more.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Window:
        """Read a window that `to_dict` wrote.

        Raises
        ------
        DataError
            If a key is missing or a time cannot be read.
        """
        try:
            times = [pd.Timestamp(values[key]).tz_convert("UTC") for key in ("start", "end")]
            symbol, censored = values.get("symbol"), values.get("censored")
            return cls(values["exchange"], times[0], times[1], symbol, censored)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                "A capture window needs 'exchange', 'start' and 'end' (UTC); "
                f"received {dict(values)}."
            ) from error


def find_windows(events: pd.DataFrame) -> tuple[Window, ...]:
    """Return the span from the first to the last event of every exchange in every recording.

    It is the least that a recording can have covered: the time before its first and after its last
    event stays unknown.
    """
    groups = events.groupby(["exchange", "capture_window"], sort=True)["time"]
    spans = groups.agg(["min", "max"]).reset_index()
    return tuple(
        Window(exchange, start, end)
        for exchange, start, end in spans[["exchange", "min", "max"]].itertuples(index=False)
    )


def drop_repeats(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Sort by time, drop rows that repeat another one in every column, and count them.

    Two liquidations of one venue that agree in the millisecond, side, price and size cannot be told
    from one that was sent twice; they count as one.
    """
    columns = [name for name in frame.columns if name != "capture_window"]
    repeated = frame.duplicated(columns)
    kept = frame.loc[~repeated].sort_values("time", kind="stable", ignore_index=True)
    return kept, int(repeated.sum())


def from_force_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Bring a table of Binance's force orders into the schema of events.

    Parameters
    ----------
    orders : DataFrame
        ``exchange symbol side quantity price capture_window`` on a UTC index, the side being that
        of the ORDER: SELL closed a long.

    Returns
    -------
    DataFrame
        `EVENTS`; the price is that of bankruptcy, the feed censored.

    Raises
    ------
    DataError
        If a side is neither BUY nor SELL.
    """
    sides = orders["side"].map({"SELL": "long", "BUY": "short"})
    if sides.isna().any():
        wrong = orders["side"][sides.isna()].iloc[0]
        raise DataError(f"column 'side': expected BUY or SELL; received {wrong!r}.")
    frame = orders.assign(
        time=pd.DatetimeIndex(orders.index),
        side=sides,
        notional_usd=orders["price"] * orders["quantity"],
        price_kind="bankruptcy",
        censored=True,
    )
    return frame.loc[:, list(EVENTS)].reset_index(drop=True)


def list_exchanges(names: Iterable[str]) -> str:
    """Join names of exchanges for a message."""
    return ", ".join(sorted(set(names))) or "none"
