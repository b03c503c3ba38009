"""Terms of use of what is fetched, as far as they are known: none of them is a licence."""

from __future__ import annotations

NO_LICENCE = "No licence is known; that no rights are claimed here is no licence either."

TERMS = {
    "binance": (
        "Binance publishes these files and answers for the use of its customers under its Terms of "
        "Use; the archive states no licence of its own. Read them before you pass the data on."
    ),
    "bybit": "Bybit's Terms of Service apply; no licence to pass the data on is stated.",
    "okx": "OKX's Terms of Service apply; no licence to pass the data on is stated.",
    "kraken": "Kraken's Terms of Service apply; no licence to pass the data on is stated.",
    "bitfinex": "Bitfinex's Terms of Service apply; no licence to pass the data on is stated.",
    "hyperliquid": NO_LICENCE,
    "tardis": (
        "Tardis gives the first day of each month without a key; its Terms of Service apply, and "
        "forbid passing raw data on."
    ),
    "coinalyze": "Coinalyze is free and asks to be cited with a link where data are published.",
    "coinglass": "Coinglass' Terms of Service apply; what is allowed depends on the plan.",
    "recording": "Recorded from public streams; the Terms of Service of each venue apply.",
}
"""By source; what is not here has `NO_LICENCE`."""


def find_terms(source: str) -> str:
    """Return the terms of a source in a sentence or two."""
    return TERMS.get(source, NO_LICENCE)
