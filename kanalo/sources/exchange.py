"""Venues over REST, through ccxt: contracts, candles, funding, open interest and ratios.

ccxt (docs.ccxt.com, manual, read 2026) loads the venue's list of contracts first, keeps to its rate
limit, and lays answers out alike: candles ``[ms, open, high, low, close, volume in coins]``. Its
addresses are replaced where ``[sources]`` says so.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from kanalo import periods
from kanalo.errors import SourceError, suggestion
from kanalo.market.liquidations import find_instrument
from kanalo.sources.addresses import Sources
from kanalo.sources.http import CONNECT, LONGEST_WAIT, Fetcher, Pause

CLASSES = {
    "binance": "binanceusdm",
    "bybit": "bybit",
    "okx": "okx",
    "kraken": "kraken",
    "bitfinex": "bitfinex",
    "hyperliquid": "hyperliquid",
}
TYPES = {
    "binance": ["linear"],
    "bybit": ["linear"],
    "okx": ["swap"],
    "hyperliquid": ["swap"],
}
"""Kinds of contracts that are loaded, where a venue has several lists."""

LIMITS = {"binance": 1_500, "bybit": 1_000, "okx": 100, "kraken": 720, "bitfinex": 1_000}
"""Candles in an answer, at most."""

NO_END = ("okx", "kraken")
"""Venues that are asked for what begins at a time, and not for what ends at one."""

NO_FUNDING = {
    "kraken": "its spot markets pay none",
    "bitfinex": "its interface tells states of a contract and no stamps at which it was paid",
}
"""Venues without a history of funding, and why."""

_HOUR = 3_600_000

Row = dict[str, Any]


class Exchange:
    """A venue, with its contracts loaded.

    Parameters
    ----------
    venue : str
        A key of `CLASSES`.
    sources : Sources
        Addresses and patience.
    fetcher : Fetcher
        Hears the venue's clock.
    pause : callable
        Waits some seconds.
    """

    def __init__(
        self, venue: str, sources: Sources, fetcher: Fetcher, pause: Pause = asyncio.sleep
    ) -> None:
        self.venue = venue
        self._sources = sources
        self._fetcher = fetcher
        self._pause = pause
        self._client: Any = None

    async def __aenter__(self) -> Exchange:
        base = self._sources.address(f"{self.venue}_rest")
        await self._fetcher.reach(base)
        self._client = _make_client(self.venue, base, self._sources.timeout)
        try:
            await self.call(self._client.load_markets)
        except BaseException:
            await self._client.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    def find(self, symbol: str) -> Row | None:
        """Return ccxt's description of a contract that is traded now, or None."""
        wanted = find_instrument(symbol)
        quotes = ("USDT", "USD", "USDC") if wanted and wanted.quote == "USDT" else ("USD", "USDT")
        for quote in quotes:
            for each in self._client.markets.values():
                if wanted is None or each["base"] != wanted.base or each["quote"] != quote:
                    continue
                is_swap = bool(each.get("swap") and each.get("linear"))
                if (is_swap or self.venue == "kraken") and each.get("active") is not False:
                    return dict(each)
        return None

    def refuse(self, symbol: str) -> SourceError:
        """Say that a venue does not trade a symbol, with one that it does."""
        names = {
            f"{each['base']}{each['quote']}"
            for each in self._client.markets.values()
            if each.get("swap") or self.venue == "kraken"
        }
        near = suggestion(symbol, names)
        hint = near if "Did you mean" in near else ""
        return SourceError(f"{self.venue} does not trade {symbol} (or no longer).{hint}")

    def page_span(self, what: str, interval: str) -> int:
        """Return the milliseconds that one answer spans.

        Parameters
        ----------
        what : str
            ``bars``, ``funding``, ``open_interest`` or ``ratios``.
        interval : str
            Of bars.

        Returns
        -------
        int
            Positive.
        """
        if what == "bars":
            length = int(periods.to_timedelta(interval) / pd.Timedelta(milliseconds=1))
            return length * LIMITS.get(self.venue, 500)
        if what == "funding":  # stamps come every hour at most
            return _HOUR * (1_000 if self.venue == "binance" else 100)
        return _HOUR * 48

    async def fetch_page(
        self, what: str, market: Row, interval: str, start: int, stop: int
    ) -> list[Any]:
        """Return the rows of one answer in [start, stop).

        Parameters
        ----------
        what, interval : str
            As in `page_span`.
        market : dict
            From `find`.
        start, stop : int
            Unix ms, at most `page_span` apart.

        Returns
        -------
        list
            Of bars: ``[ms, open, high, low, close, volume]``; else objects with ``timestamp``.
        """
        symbol, client = market["symbol"], self._client
        until = {"until": stop - 1} if self.venue not in NO_END else {}
        if what == "bars":
            limit = LIMITS.get(self.venue, 500)
            end = until if self.venue in ("bitfinex", "hyperliquid") else {}
            rows = await self.call(client.fetch_ohlcv, symbol, interval, start, limit, end)
            return [row for row in rows if start <= row[0] < stop]
        if what == "funding":
            fetch, limit = client.fetch_funding_rate_history, (stop - start) // _HOUR + 1
            rows = await self.call(fetch, symbol, start, limit, until)
        elif what == "open_interest":
            rows = await self.call(
                client.fetch_open_interest_history, symbol, "1h", start, 50, until
            )
        else:
            fetch = client.fetch_long_short_ratio_history
            if self.venue == "bybit":  # ccxt leaves the span out of this request
                until = {"startTime": start, "endTime": stop - 1}
            rows = await self.call(fetch, symbol, "1h", start, 50, until)
        return [row for row in rows if start <= row["timestamp"] < stop]

    def has(self, ability: str) -> bool:
        """Tell whether ccxt can ask a venue for something, e.g. ``fetchOpenInterestHistory``."""
        return bool(self._client.has.get(ability))

    async def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function of ccxt patiently: limits obeyed, faults tried again.

        Parameters
        ----------
        function : callable
            A method of the client.
        *args
            What it takes.

        Returns
        -------
        object
            What the function returns.

        Raises
        ------
        SourceError
            If the venue refuses, or gives no answer in all tries.
        """
        import ccxt

        problem = ""
        for attempt in range(self._sources.tries):
            if attempt:
                await self._pause(self._sources.pause * 2 ** (attempt - 1))
            try:
                answer = await function(*args)
            except (ccxt.DDoSProtection, ccxt.RateLimitExceeded) as error:
                problem = "it limits requests (429)"
                await self._pause(self._check_limit(str(error)))
            except ccxt.NetworkError as error:
                problem = _describe(error)
            except ccxt.BaseError as error:
                raise SourceError(
                    f"{self.venue} refuses the request: {_shorten(error)}."
                ) from error
            else:
                headers = self._client.last_response_headers or {}
                self._fetcher.hear_clock(headers.get("Date"))
                return answer
        raise SourceError(
            f"{self.venue} gave no usable answer in {self._sources.tries} tries: {problem}. What "
            "came is kept: the same command goes on from there."
        )

    def _check_limit(self, problem: str) -> float:
        """Return the seconds to wait, or raise where the venue has banned this address."""
        headers = self._client.last_response_headers or {}
        try:
            wait = float(headers.get("Retry-After") or 0)
        except ValueError:
            wait = 0.0
        until = f"; try again in {wait:,.0f} seconds" if wait else ""
        if " 418 " in problem:
            raise SourceError(
                f"{self.venue} has banned this address for too many requests (418){until}."
            )
        if wait > LONGEST_WAIT:
            raise SourceError(f"{self.venue} limits requests (429){until}.")
        return wait


def to_page(rows: list[Any], names: tuple[str, ...] = ()) -> bytes:
    """Write rows as a page: JSON, of objects only the fields that are wanted.

    Parameters
    ----------
    rows : list
        Of lists or objects.
    names : tuple of str
        Fields; all by default.

    Returns
    -------
    bytes
        UTF-8.
    """
    if names:
        rows = [{name: row.get(name) for name in ("timestamp", *names)} for row in rows]
    return json.dumps(rows).encode()


def _make_client(venue: str, base: str, timeout: float) -> Any:
    import ccxt.async_support as library

    config: dict[str, Any] = {
        "enableRateLimit": not _is_local(base),
        "timeout": int(max(timeout, CONNECT) * 1000),
        "aiohttp_trust_env": True,
        "options": {"defaultType": "spot" if venue == "kraken" else "swap"},
    }
    if venue in TYPES:
        config["options"]["fetchMarkets"] = {"types": TYPES[venue]}
    client = getattr(library, CLASSES[venue])(config)
    client.urls["api"] = _rebase(client.urls["api"], base)
    client.has["fetchCurrencies"] = False  # wants a key at some venues, and is not needed
    return client


def _rebase(urls: Any, base: str) -> Any:
    """Let every address of ccxt begin with the one of the settings; its path stays."""
    if isinstance(urls, dict):
        return {name: _rebase(url, base) for name, url in urls.items()}
    if isinstance(urls, str):
        return base + urlsplit(urls.replace("{hostname}", "host")).path
    return urls


def _is_local(base: str) -> bool:
    return urlsplit(base).hostname in ("127.0.0.1", "localhost", "::1")


def _describe(error: Exception) -> str:
    name = type(error).__name__
    return {
        "RequestTimeout": "no answer in time",
        "ExchangeNotAvailable": "it is not available",
    }.get(name, "the connection broke off")


def _shorten(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:120]
