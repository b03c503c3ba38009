"""Build the panel's tables and their manifest in this folder from a folder of source tables.

Usage: ``python data/panel/build.py SOURCE_FOLDER``

SOURCE_FOLDER holds ``panel/<coin>_1h.parquet`` (hourly bars), ``panel_funding/<coin>_funding.csv``
and ``leverage_tiers.csv``. Every number comes back exactly: bars are stored as differences of ticks
(`kanalo.market.ticks`). The same source gives the same bytes; ``manifest.json`` of this folder is
read together with that of the folder above, which `data/build_tables.py` writes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kanalo.market.ticks import decode_ticks, encode_ticks

MANIFEST_VERSION = 1
FOLDER = "panel"
VENUE = "binance-usdm-perp"
BENCHMARK = "btc"
DELISTED = {"ftt": "delisted by the venue 2022-11", "waves": "delisted by the venue 2024-06"}
SOURCE_ENDS = dict.fromkeys(
    ("comp", "eos", "mkr", "matic"), "the source ends here, the market went on"
)
NOTES = {**DELISTED, **SOURCE_ENDS, "1000lunc": "begins after the crash of 2022-05"}
COLUMNS = ["open", "high", "low", "close", "volume"]
BARS_SOURCE = "Binance USD-M klines; the hours 2024-10-28 20:00 and 21:00 are left out as faulty"


def main(arguments: Sequence[str] | None = None) -> None:
    """Build every table of the panel, then the manifest that vouches for them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder of the source tables")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent, help="folder to write to"
    )
    options = parser.parse_args(arguments)
    folder: Path = options.output
    tables, markets = build_bars(options.source / "panel", folder)
    tables |= build_funding(options.source / "panel_funding", folder, markets)
    tables |= build_tiers(options.source / "leverage_tiers.csv", folder, markets)
    manifest = {"version": MANIFEST_VERSION, "tables": tables, "markets": markets}
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    replace_file(folder / "manifest.json", text.encode())


def build_bars(source: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the bars of every coin; return the entries of the tables and of the markets."""
    tables, markets = {}, {}
    benchmark = to_name(BENCHMARK)
    for path in sorted(source.glob("*_1h.parquet")):
        coin = path.name.removesuffix("_1h.parquet")
        name, symbol = to_name(coin), f"{coin.upper()}USDT"
        frame = pd.read_parquet(path).set_index("time")[COLUMNS]
        content = to_bytes(encode_ticks(frame), "BYTE_STREAM_SPLIT")
        check_exact(content, frame, path)
        note = f"; {NOTES[coin]}" if coin in NOTES else ""
        what = f"{symbol} perpetual, hourly bars{note}"
        tables[name] = put(folder / f"{name}.parquet", content, what, BARS_SOURCE, to_times(frame))
        markets[name] = {"bars": name, "symbol": symbol, "venue": VENUE, "interval": "1h"}
        if name != benchmark:
            markets[name]["benchmark"] = benchmark
    return tables, markets


def build_funding(source: Path, folder: Path, markets: dict[str, Any]) -> dict[str, Any]:
    """Write the funding rates of the coins that have any, and join them to their markets."""
    tables = {}
    for path in sorted(source.glob("*_funding.csv")):
        coin = path.name.removesuffix("_funding.csv")
        market = markets.get(to_name(coin))
        if market is None:
            continue
        frame = pd.read_csv(path)
        frame["time"] = pd.to_datetime(frame["time"], utc=True).dt.as_unit("ms")
        name = f"{coin.removeprefix('1000')}_funding"
        what = f"Funding rate of the {market['symbol']} perpetual where it is known"
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        tables[name] = put(
            folder / f"{name}.parquet",
            to_bytes(table),
            what,
            "Binance USD-M funding rates",
            pd.DatetimeIndex(frame["time"]),
        )
        market["funding"] = name
    return tables


def build_tiers(path: Path, folder: Path, markets: dict[str, Any]) -> dict[str, Any]:
    """Write the maintenance tiers of the panel's symbols and of XMRUSDT by the day first seen."""
    frame = pd.read_csv(path)
    symbols = {"XMRUSDT", *(each["symbol"] for each in markets.values())}
    frame = frame[frame["symbol"].isin(symbols)].drop(columns="commit")
    frame = frame.sort_values(["seen_from", "symbol", "tier"], kind="stable")
    time = pd.to_datetime(frame["seen_from"], utc=True).dt.as_unit("ms")
    frame = frame.drop(columns="seen_from")
    frame.insert(0, "time", time)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    entry = put(
        folder / "leverage_tiers.parquet",
        to_bytes(table),
        "Maintenance tiers of the panel's perpetuals by the day a version was first seen",
        "Binance USD-M leverage brackets as kept by public repositories; none before 2022-02",
        pd.DatetimeIndex(time),
    )
    return {"leverage_tiers": entry}


def to_name(coin: str) -> str:
    """Name a coin's table: BTC's perpetual beside the spot table, no name begins with a digit."""
    if coin == BENCHMARK:
        return "btc_perp_1h"
    return f"{coin.removeprefix('1000')}_1h"


def to_times(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the times of a frame's rows."""
    return pd.DatetimeIndex(frame.index)


def to_bytes(table: pa.Table, encoding: str | None = None) -> bytes:
    """Return a table as small Parquet."""
    sink = pa.BufferOutputStream()
    more: dict[str, Any] = {"use_dictionary": False, "column_encoding": encoding}
    pq.write_table(
        table, sink, compression="zstd", compression_level=19, **(more if encoding else {})
    )
    return bytes(sink.getvalue())


def check_exact(content: bytes, frame: pd.DataFrame, path: Path) -> None:
    """Stop unless the bars come back to the last bit."""
    back = decode_ticks(pq.read_table(pa.BufferReader(content))).set_index("time")
    same = to_times(back).equals(to_times(frame).as_unit("ns"))
    if not (same and (back.to_numpy() == frame.to_numpy()).all()):
        raise SystemExit(f"{path}: the bars do not come back exactly")


def put(
    path: Path, content: bytes, what: str, source: str, times: pd.DatetimeIndex
) -> dict[str, Any]:
    """Write a file and return its entry of the manifest."""
    replace_file(path, content)
    return {
        "file": f"{FOLDER}/{path.name}",
        "what": what,
        "source": source,
        "start": to_text(times[0]),
        "end": to_text(times[-1]),
        "rows": len(times),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }


def to_text(time: pd.Timestamp) -> str:
    """Return a time as text in whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def replace_file(path: Path, content: bytes) -> None:
    """Write under a temporary name, then rename: a reader never sees half a file."""
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(content)
    temporary.replace(path)


if __name__ == "__main__":
    main()
