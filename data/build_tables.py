"""Build the tables and the manifest of this folder from a folder of source tables.

Usage: ``python data/build_tables.py SOURCE_FOLDER``

Every value is carried over unchanged: only the container differs (Parquet with zstd, times as
milliseconds UTC). The same source gives the same bytes, so a rebuild that changes nothing leaves
the working tree clean.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

MANIFEST_VERSION = 1
BARS = ("time", "open", "high", "low", "close", "volume")
CHECKED_BARS = (*BARS, "venue", "sources", "spread")
LIQUIDATED_BARS = (
    *BARS,
    *("buy_volume", "trades", "buy_trades", "oi_open", "oi_high", "oi_low", "oi_close"),
    *("long_liquidation_base", "short_liquidation_base", "long_short_ratio"),
)
PERPETUAL = "Binance USD-M klines of XMRUSDT"
CALIBRATION = "Coinalyze aggregates of the Binance USD-M perpetual"


@dataclass(frozen=True)
class Table:
    """One table: where it comes from and what it holds."""

    name: str
    origin: str
    what: str
    source: str
    columns: tuple[str, ...]
    kind: str | None = None


TABLES = (
    Table(
        "xmr_1d",
        "xmr_1d.csv",
        "XMR/USD daily bars: spot to 2020-02-02, then the XMRUSDT perpetual",
        "CoinMarketCap to 2020-02-02, then Binance USD-M klines; compared with Kraken, Yahoo, "
        "Binance spot and Bybit",
        CHECKED_BARS,
    ),
    Table(
        "xmr_1h",
        "xmr_1h.parquet",
        "XMRUSDT perpetual, hourly bars",
        f"{PERPETUAL}; compared with Bitfinex",
        CHECKED_BARS,
    ),
    Table(
        "xmr_1m_2025_05",
        "minute/xmr_1m_2025-05-04_2025-06-03.parquet",
        "XMRUSDT perpetual, minute bars of a quiet month",
        PERPETUAL,
        BARS,
    ),
    Table(
        "xmr_1m_2026_01",
        "minute/xmr_1m_2026-01-04_2026-02-06.parquet",
        "XMRUSDT perpetual, minute bars over the rise to 800.87 and the fall to 276",
        PERPETUAL,
        BARS,
    ),
    Table(
        "btc_1d",
        "btc_1d.csv",
        "BTC/USD daily bars: all venues to 2017-08-16, then Binance spot",
        "CoinMarketCap to 2017-08-16, then Binance spot klines",
        CHECKED_BARS,
    ),
    Table(
        "btc_1h",
        "btc_1h.parquet",
        "BTCUSDT spot, hourly bars; hours of venue outages are absent",
        "Binance spot klines",
        CHECKED_BARS,
    ),
    Table(
        "xmr_funding_8h",
        "xmr_funding_8h.csv",
        "Funding rate of the XMRUSDT perpetual, every 8 hours",
        "Binance USD-M funding rates",
        ("time", "funding_rate"),
    ),
    Table(
        "xmr_positioning_1h",
        "xmr_positioning_1h.csv",
        "Open interest, long/short and taker ratios of XMRUSDT with the time they were known at",
        "Binance USD-M metrics",
        (
            *("time", "known_at", "open_interest", "open_interest_usd"),
            *("top_trader_account_ratio", "top_trader_position_ratio"),
            *("long_short_ratio", "taker_buy_sell_ratio"),
        ),
    ),
    Table(
        "xmr_liquidation_orders",
        "xmr_liquidation_orders.csv",
        "Liquidation orders of XMRUSDT in four capture windows; unknown between the windows",
        "Binance USD-M force-order stream",
        (
            *("time", "exchange", "symbol", "side", "order_type"),
            *("quantity", "price", "capture_window"),
        ),
        kind="binance_force_orders",
    ),
    Table(
        "btc_liquidations_1h_2024",
        "calibration/btc_liquidations_1h_2024.csv",
        "Reported hourly liquidations of the BTC perpetual with its bars and open interest",
        CALIBRATION,
        LIQUIDATED_BARS,
    ),
    Table(
        "eth_liquidations_1h_2024",
        "calibration/eth_liquidations_1h_2024.csv",
        "Reported hourly liquidations of the ETH perpetual with its bars and open interest",
        CALIBRATION,
        LIQUIDATED_BARS,
    ),
    Table(
        "eth_liquidation_events_2026_04",
        "calibration/eth_liquidation_events_three_venues.csv",
        "Liquidations of ETHUSDT with each venue's own side, to test the sign",
        "Liquidation streams of Binance, Bybit and OKX",
        (
            *("time", "exchange", "symbol", "side", "raw_side"),
            *("qty", "price", "mark_price", "notional_usd"),
        ),
    ),
)

XMR_CONTEXT = {"funding": "xmr_funding_8h", "positioning": "xmr_positioning_1h"}
XMR_LIQUIDATIONS = ["xmr_liquidation_orders"]
XMR_MINUTES = ["xmr_1m_2025_05", "xmr_1m_2026_01"]


def market(bars: str, symbol: str, venue: str | None, interval: str, **more: Any) -> dict[str, Any]:
    """Return the manifest's entry of a market; a venue of None stands in the table."""
    return {"bars": bars, "symbol": symbol, "venue": venue, "interval": interval, **more}


MARKETS = {
    "xmr_1h": market(
        "xmr_1h",
        "XMRUSDT",
        None,
        "1h",
        **XMR_CONTEXT,
        benchmark="btc_1h",
        finer=XMR_MINUTES,
        liquidations=XMR_LIQUIDATIONS,
    ),
    "xmr_1d": market(
        "xmr_1d",
        "XMRUSD",
        None,
        "1d",
        **XMR_CONTEXT,
        benchmark="btc_1d",
        finer=["xmr_1h"],
        liquidations=XMR_LIQUIDATIONS,
    ),
    "btc_1h": market("btc_1h", "BTCUSDT", None, "1h"),
    "btc_1d": market("btc_1d", "BTCUSD", None, "1d"),
    "xmr_1m_2025_05": market(
        "xmr_1m_2025_05", "XMRUSDT", "binance-usdm-perp", "1m", funding="xmr_funding_8h"
    ),
    "xmr_1m_2026_01": market("xmr_1m_2026_01", "XMRUSDT", "binance-usdm-perp", "1m", **XMR_CONTEXT),
}

TERMS = {
    "CoinMarketCap": "CoinMarketCap's Terms of Use apply to its part and restrict passing data on",
    "Coinalyze": "Coinalyze is free and asks to be cited with a link where data are published",
    "Binance": "the venues' Terms of Use apply to what they published; they state no licence",
}
"""A word of a table's source → what its terms say."""

ARTICLE = {
    "file": "article.toml",
    "what": "Figures and claims of the article under test, and what the tables say of its hours",
    "source": "A press article with data of 2026-01-31; the last section is computed",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Build every table, then the manifest that vouches for them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder of the source tables")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent, help="folder to write to"
    )
    options = parser.parse_args(arguments)
    tables = {table.name: build(table, options.source, options.output) for table in TABLES}
    article = {**ARTICLE, **digest(options.output / ARTICLE["file"])}
    manifest = {
        "version": MANIFEST_VERSION,
        "tables": tables,
        "markets": MARKETS,
        "documents": {"article": article},
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    replace_file(options.output / "manifest.json", text.encode())


def build(table: Table, source: Path, output: Path) -> dict[str, Any]:
    """Write one table and return its entry of the manifest."""
    frame = read(source / table.origin)
    if tuple(frame.columns) != table.columns:
        raise SystemExit(f"{table.origin}: expected {table.columns}, received {(*frame.columns,)}")
    if not frame["time"].is_monotonic_increasing:
        raise SystemExit(f"{table.origin}: the rows are not sorted by time")
    path = output / f"{table.name}.parquet"
    write(frame, path)
    return {
        "file": path.name,
        "what": table.what,
        "source": table.source,
        "start": to_text(frame["time"].iloc[0]),
        "end": to_text(frame["time"].iloc[-1]),
        "rows": len(frame),
        **digest(path),
        **({"kind": table.kind} if table.kind else {}),
        "terms": find_terms(table.source),
    }


def find_terms(source: str) -> str:
    """Say what is known of the terms of use of a source: none of them is a licence."""
    known = [terms for name, terms in TERMS.items() if name in source] or ["no licence is known"]
    text = "; ".join(known)
    return f"{text[0].upper()}{text[1:]}. That no rights are claimed here is no licence."


def read(path: Path) -> pd.DataFrame:
    """Read a source table with its times in UTC."""
    parquet = path.suffix == ".parquet"
    frame = pd.read_parquet(path) if parquet else csv.read_csv(path).to_pandas()
    if "event_ts" in frame.columns:
        frame.insert(0, "time", pd.to_datetime(frame.pop("event_ts"), unit="ms", utc=True))
    for column in ("time", "known_at"):
        if column in frame.columns:
            frame[column] = pd.to_datetime(frame[column], utc=True).dt.as_unit("ms")
    return frame


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as small Parquet: differences for times, a dictionary where values recur."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    fields = [
        field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field
        for field in table.schema
    ]
    times = [name for name in ("time", "known_at") if name in frame.columns]
    temporary = path.with_suffix(".partial")
    pq.write_table(
        table.cast(pa.schema(fields)),
        temporary,
        compression="zstd",
        compression_level=19,
        use_dictionary=[
            field.name for field in fields if field.name == "spread" or field.type == pa.string()
        ],
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
    )
    temporary.replace(path)


def digest(path: Path) -> dict[str, Any]:
    """Return the sha256 and the size of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def to_text(time: pd.Timestamp) -> str:
    """Return a time as text, with milliseconds only where there are any."""
    return time.isoformat(timespec="milliseconds").replace(".000", "").replace("+00:00", "Z")


def replace_file(path: Path, content: bytes) -> None:
    """Write under a temporary name, then rename: a reader never sees half a file."""
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(content)
    temporary.replace(path)


if __name__ == "__main__":
    main()
