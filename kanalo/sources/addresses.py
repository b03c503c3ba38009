"""Where each source is reached, and how patient a download is: the table ``[sources]``.

Every address may be replaced, so that a proxy, a mirror or a test server can stand there; `mirror`
replaces all of them at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanalo.errors import SourceError
from kanalo.workspace.configuration import Declared, resolve

_ADDRESSES = {
    "binance_archive": ("https://data.binance.vision", "Binance's archive of files"),
    "binance_rest": ("https://fapi.binance.com", "Binance USD-M futures, REST"),
    "binance_stream": ("wss://fstream.binance.com", "Binance USD-M futures, streams"),
    "bybit_rest": ("https://api.bybit.com", "Bybit, REST"),
    "bybit_stream": ("wss://stream.bybit.com", "Bybit, streams"),
    "okx_rest": ("https://www.okx.com", "OKX, REST"),
    "okx_stream": ("wss://ws.okx.com:8443", "OKX, streams"),
    "kraken_rest": ("https://api.kraken.com", "Kraken, REST"),
    "bitfinex_rest": ("https://api-pub.bitfinex.com", "Bitfinex, REST"),
    "bitfinex_stream": ("wss://api-pub.bitfinex.com", "Bitfinex, streams"),
    "hyperliquid_rest": ("https://api.hyperliquid.xyz", "Hyperliquid, REST"),
    "hyperliquid_archive": ("", "A folder of Hyperliquid's fills by hour, over HTTP"),
    "tardis": ("https://datasets.tardis.dev", "Tardis, daily files"),
    "coinalyze": ("https://api.coinalyze.net", "Coinalyze, REST"),
    "coinglass": ("https://open-api-v4.coinglass.com", "Coinglass v4, REST"),
}

DECLARED = (
    Declared(
        "sources",
        "mirror",
        "",
        "One address for all sources, each in a folder of its name; for tests and mirrors.",
    ),
    *(Declared("sources", name, *about) for name, about in _ADDRESSES.items()),
    Declared("sources", "timeout", 10.0, "Seconds that an answer may be silent."),
    Declared("sources", "tries", 5, "Times that a request is made before it has failed."),
    Declared("sources", "pause", 1.0, "Seconds before the second try; each later one doubles."),
    Declared(
        "sources",
        "bitfinex_pause",
        20.0,
        "Seconds between two requests for Bitfinex's liquidations: 3 a minute are allowed.",
    ),
    Declared("sources", "at_once", 4, "Requests under way at the same time."),
)
"""The settings of the table ``[sources]``."""

KEYS = {"coinalyze": "COINALYZE_API_KEY", "coinglass": "COINGLASS_API_KEY"}
"""Environment variables with the keys of providers that want one."""


@dataclass(frozen=True)
class Sources:
    """The table ``[sources]`` of a workspace, resolved.

    Attributes
    ----------
    addresses : mapping of str to str
        Base address of each source, without a slash at its end.
    timeout, pause, bitfinex_pause : float
        Seconds.
    tries, at_once : int
        Numbers of requests.
    """

    addresses: Mapping[str, str]
    timeout: float = 10.0
    pause: float = 1.0
    tries: int = 5
    at_once: int = 4
    bitfinex_pause: float = 20.0

    def address(self, name: str) -> str:
        """Return the base address of a source; raise SourceError where it has none."""
        address = self.addresses[name]
        if not address:
            raise SourceError(
                f"The source '{name}' has no address: set sources.{name} in kanalo.toml."
            )
        return address


def read_sources(root: Path, environment: Mapping[str, str] | None = None) -> Sources:
    """Resolve the table ``[sources]`` of a workspace.

    Parameters
    ----------
    root : Path
        The workspace.
    environment : mapping, optional
        That of the process by default.

    Returns
    -------
    Sources
        Addresses without a slash at the end; ``timeout`` and ``pause`` in seconds.
    """
    settings = resolve(root, DECLARED, environment=environment)
    values: dict[str, Any] = {each.declared.name: each.value for each in settings}
    mirror = str(values["mirror"]).rstrip("/")
    addresses = {
        name: _mirrored(mirror, name) if mirror else str(values[name]).rstrip("/")
        for name in _ADDRESSES
    }
    return Sources(
        addresses,
        timeout=float(values["timeout"]),
        pause=float(values["pause"]),
        tries=int(values["tries"]),
        at_once=int(values["at_once"]),
        bitfinex_pause=float(values["bitfinex_pause"]),
    )


def find_key(source: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the key of a provider, which the environment has.

    Parameters
    ----------
    source : str
        A name in `KEYS`.
    environment : mapping, optional
        That of the process by default.

    Returns
    -------
    str
        The key; never empty.

    Raises
    ------
    SourceError
        If there is none; the message names the variable.
    """
    variables = os.environ if environment is None else environment
    key = variables.get(KEYS[source], "").strip()
    if not key:
        raise SourceError(
            f"{source} wants a key: put it into the environment variable {KEYS[source]}; it is "
            "never stored."
        )
    return key


def _mirrored(mirror: str, name: str) -> str:
    if name.endswith("_stream"):
        mirror = mirror.replace("http", "ws", 1)
    return f"{mirror}/{name}"
