"""What is asked of which venue, and how the table is called that holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kanalo import periods
from kanalo.errors import ParameterError, suggestion
from kanalo.market.liquidations import find_instrument
from kanalo.market.times import to_time

KINDS = ("bars", "funding", "positioning", "liquidations")
VENUES = ("binance", "bybit", "okx", "kraken", "bitfinex", "hyperliquid")
LIQUIDATION_SOURCES = ("tardis", "bitfinex", "coinalyze", "coinglass", "hyperliquid")
INTERVALS = ("1m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")


@dataclass(frozen=True)
class Request:
    """One table: what, of which symbol, from which venue, since when.

    Attributes
    ----------
    venue : str
        One of `VENUES`.
    symbol : str
        The contract by its neutral name, such as ``XMRUSDT``.
    what : str
        One of `KINDS`.
    start : Timestamp
        First time that is wanted, UTC.
    end : Timestamp or None
        Rows before this; None for all up to now.
    interval : str
        Of bars, and of sums of liquidations; one of `INTERVALS`.
    source : str
        Of liquidations: one of `LIQUIDATION_SOURCES`.
    name : str
        Of the table; made of the parts where it is empty.
    """

    venue: str
    symbol: str
    what: str
    start: pd.Timestamp
    end: pd.Timestamp | None = None
    interval: str = "1h"
    source: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse what no venue has."""
        _check("venue", self.venue, VENUES)
        _check("what", self.what, KINDS)
        _check("interval", self.interval, INTERVALS)
        if self.what == "liquidations":
            _check("source of liquidations", self.source, LIQUIDATION_SOURCES)
        if find_instrument(self.symbol) is None:
            raise ParameterError(
                "The symbol must be a coin and USD or the like, such as XMRUSDT; received "
                f"{self.symbol!r}."
            )
        if self.end is not None and self.end <= self.start:
            raise ParameterError(
                f"--to must be after --from; received {self.end} and {self.start}."
            )

    @property
    def table(self) -> str:
        """Name of the table, such as ``ethusdt_1h`` or ``ethusdt_liquidations_tardis``."""
        if self.name:
            return self.name
        pair = re.sub(r"[^a-z0-9]+", "", self.symbol.lower())
        pair = pair if pair[:1].isalpha() else f"c{pair}"
        parts = [pair, self.interval if self.what == "bars" else self.what]
        if self.what == "liquidations":
            parts.append(self.source)
        if self.venue not in ("binance", self.source):
            parts.append(self.venue)
        return "_".join(parts)

    @property
    def step(self) -> pd.Timedelta:
        """Time from one row to the next, where there is one."""
        fine = "5m" if self.venue == "binance" else "1h"
        steps = {"bars": self.interval, "funding": "8h", "positioning": fine}
        return periods.to_timedelta(steps.get(self.what, self.interval))

    def to_dict(self) -> dict[str, Any]:
        """Return what the manifest keeps, so that `kanalo data update` can ask again."""
        values = {
            "venue": self.venue,
            "symbol": self.symbol,
            "what": self.what,
            "start": self.start.isoformat().replace("+00:00", "Z"),
            "interval": self.interval,
            "name": self.table,
        }
        return values | ({"source": self.source} if self.source else {})


def from_dict(values: Mapping[str, Any]) -> Request:
    """Read a request that `Request.to_dict` wrote."""
    fields = {**values, "start": to_time(values["start"], "the request's start")}
    return Request(**fields)


def _check(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ParameterError(
            f"The {what} must be one of {', '.join(known)}; received {value!r}."
            f"{suggestion(value, known)}"
        )
