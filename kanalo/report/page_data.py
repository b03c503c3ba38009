"""Arrays that the page's scripts read: prices, layers, equity and trades, compactly."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from kanalo.market import Market
from kanalo.periods import to_timedelta
from kanalo.report.charts import DOWN, LOSS, NEUTRAL, UP, WIN
from kanalo.report.groups import Entry, Model
from kanalo.report.plain import PRICE_DIGITS, to_numbers

MAX_TRADES = 24_000
"""Trades that one page may hold; of more, each result keeps its latest."""

_NUMBERS = (
    *("entry_price", "exit_price", "quantity", "pnl", "return", "fees", "funding"),
    *("mae", "mfe", "stop", "target"),
)


def to_script(value: Any) -> Markup:
    """Write a value as JSON that can stand inside ``<script>`` whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " "))


def to_prices(market: Model) -> dict[str, Any]:
    """Encode the daily bars of a market: milliseconds and 32-bit floats."""
    prices = market["prices"]
    rising = np.array(prices["close"], dtype=float) >= np.array(prices["open"], dtype=float)
    return {
        "time": _encode(to_milliseconds(prices["dates"]), np.float64),
        **{name: _encode(prices[name]) for name in ("open", "high", "low", "close")},
        "rising": "".join("1" if each else "0" for each in rising),
        "colors": [DOWN, UP],
        "step": to_timedelta(market["interval"]) / pd.Timedelta(milliseconds=1),
    }


def to_bars(market: Market) -> dict[str, Any]:
    """Encode the bars of a market for close views: minutes, and prices on a 16-bit log scale.

    A step of that scale is about 0.005 % where the highest price is thirty times the lowest: finer
    than a pixel, at a quarter of the size of 64-bit floats.
    """
    prices = np.log(np.stack([market.open, market.high, market.low, market.close]))
    low, high = float(prices.min()), float(prices.max())
    scaled = np.round((prices - low) / max(high - low, 1e-12) * 65_535)
    return {
        "minutes": _encode(market.index.as_unit("s").asi8 // 60, np.uint32),
        "prices": _encode(scaled, np.uint16),
        "low": low,
        "high": high,
        "step": market.length / pd.Timedelta(milliseconds=1),
    }


def to_own(entry: Entry) -> dict[str, Any]:
    """Encode what belongs to one result alone: its equity as a multiple and its layers."""
    equity = np.array(entry["equity"]["values"], dtype=np.float64)
    solvent = np.logical_and.accumulate(~(equity <= 0))
    own = {"equity": _encode(np.where(solvent, equity, np.nan) / entry["cash"])}
    for number, overlay in enumerate(entry["overlays"]):
        for key in ("values", "lower", "upper"):
            if key in overlay:
                own[f"layer-{number}-{key}"] = _encode(overlay[key])
    return own


def to_trades(entry: Entry, limit: int) -> dict[str, Any]:
    """Turn the latest trades of a result into columns for the chart and the table.

    Parameters
    ----------
    entry : mapping
        One of the model's results.
    limit : int
        How many to keep.
    """
    trades: Sequence[Model] = entry["trades"][-limit:] if limit else ()
    columns: dict[str, Any] = {
        name: to_numbers(_column(trades, name), PRICE_DIGITS) for name in _NUMBERS
    }
    last = _to_millisecond(entry["equity"]["dates"][-1]) if entry["equity"]["dates"] else 0
    columns |= {name: [trade[name] for trade in trades] for name in ("side", "bars_held")}
    columns |= {name: [str(trade[name]) for trade in trades] for name in ("exit_reason", "tag")}
    columns["entry_time"] = [_to_millisecond(trade["entry_time"]) for trade in trades]
    columns["exit_time"] = [
        None if trade["exit_time"] is None else _to_millisecond(trade["exit_time"])
        for trade in trades
    ]
    return {
        "columns": columns,
        "last": last,
        "colors": {"win": WIN, "loss": LOSS, "even": NEUTRAL},
        "total": len(entry["trades"]),
    }


def to_limit(results: Iterable[Entry]) -> int:
    """Choose how many trades a result may show, so that all together stay within `MAX_TRADES`."""
    counts = sorted(len(each["trades"]) for each in results)
    left, limit = MAX_TRADES, 0
    for done, count in enumerate(counts):
        limit = left // (len(counts) - done)
        if count > limit:
            return limit
        left -= count
    return max(counts, default=0)


def to_milliseconds(dates: Sequence[str]) -> npt.NDArray[np.float64]:
    """Convert UTC days to milliseconds since 1970."""
    return np.array(dates, dtype="datetime64[ms]").astype(np.float64)


def _to_millisecond(time: str) -> int:
    return int(np.datetime64(time.rstrip("Z"), "ms").astype(np.int64))


def _column(trades: Iterable[Model], name: str) -> npt.NDArray[np.float64]:
    return np.array([trade[name] for trade in trades], dtype=np.float64)


def _encode(values: Any, dtype: Any = np.float32) -> str:
    array = np.asarray(values, dtype=dtype)
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode("ascii")
