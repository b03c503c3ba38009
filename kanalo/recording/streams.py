"""The four public streams: where they are, what subscribes, what keeps alive, what a frame is.

- Binance (developers.binance.com, "Liquidation Order Streams", undated): the address names the
  streams; ping frames; at most one order a second and symbol; a connection lasts 24 hours.
- Bybit (bybit-exchange.github.io/docs/v5, "All Liquidation" and "Connect", undated):
  ``allLiquidation.SYMBOL``; ``{"op": "ping"}`` every 20 seconds; every liquidation.
- OKX (www.okx.com/docs-v5, "Liquidation orders channel", undated): one channel for all swaps; the
  text ``ping`` within 30 seconds; at most one order a second and contract.
- Bitfinex (docs.bitfinex.com/reference/ws-public-status, undated): ``status`` with
  ``liq:global``, all pairs; a heartbeat every 15 seconds; every liquidation.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kanalo.market.liquidations import Instrument, find_instrument

FRAME, ANSWER, REFUSAL, GARBAGE = "frame", "answer", "refusal", "garbage"
"""What a message is: liquidations, something about the connection, a refusal, or no JSON."""


@dataclass(frozen=True)
class Stream:
    """The stream of a venue.

    Attributes
    ----------
    venue, source : str
        Name in tables; name of the base address among the settings.
    path : callable
        Path and query of the stream of some symbols.
    subscription : callable
        Message that asks for some symbols; None where the address says it.
    ping : str or None
        Message that asks for a sign of life; None where a ping frame does.
    censored : bool
        Whether it shows at most one event a second, so that sums are lower bounds.
    format : str
        Of the frames, by the name of its reader.
    """

    venue: str
    source: str
    path: Callable[[list[str]], str]
    subscription: Callable[[list[str]], dict[str, Any]] | None
    ping: str | None
    censored: bool
    format: str

    def classify(self, text: str) -> str:
        """Tell what a message is.

        Returns
        -------
        str
            `FRAME`, `ANSWER`, `REFUSAL` or `GARBAGE`.
        """
        if text == "pong":
            return ANSWER
        try:
            message = json.loads(text)
        except ValueError:
            return GARBAGE
        if isinstance(message, list):  # of Bitfinex: [channel, rows] or [channel, "hb"]
            return ANSWER if message[-1:] == ["hb"] else FRAME
        if not isinstance(message, dict):
            return GARBAGE
        if message.get("success") is False or message.get("event") == "error":
            return REFUSAL
        return FRAME if "data" in message or "e" in message else ANSWER


def find_parts(symbol: str) -> Instrument:
    """Return coin and currency of a symbol that `check_symbol` let through."""
    instrument = find_instrument(symbol)
    assert instrument is not None
    return instrument


def _binance_path(symbols: list[str]) -> str:
    return "/stream?streams=" + "/".join(f"{each.lower()}@forceOrder" for each in symbols)


def _bybit_topics(symbols: list[str]) -> dict[str, Any]:
    return {"op": "subscribe", "args": [f"allLiquidation.{each}" for each in symbols]}


def _okx_channel(_: list[str]) -> dict[str, Any]:
    return {"op": "subscribe", "args": [{"channel": "liquidation-orders", "instType": "SWAP"}]}


def _bitfinex_key(_: list[str]) -> dict[str, Any]:
    return {"event": "subscribe", "channel": "status", "key": "liq:global"}


STREAMS = {
    each.venue: each
    for each in (
        Stream(
            "binance",
            "binance_stream",
            _binance_path,
            None,
            None,
            censored=True,
            format="binance-force-orders",
        ),
        Stream(
            "bybit",
            "bybit_stream",
            lambda _: "/v5/public/linear",
            _bybit_topics,
            '{"op": "ping"}',
            censored=False,
            format="bybit-liquidations",
        ),
        Stream(
            "okx",
            "okx_stream",
            lambda _: "/ws/v5/public",
            _okx_channel,
            "ping",
            censored=True,
            format="okx-liquidations",
        ),
        Stream(
            "bitfinex",
            "bitfinex_stream",
            lambda _: "/ws/2",
            _bitfinex_key,
            '{"event": "ping"}',
            censored=False,
            format="bitfinex-liquidations",
        ),
    )
}
"""Every stream by its venue."""
