"""Arrays that the page's scripts read: prices, layers, equity and trades, compactly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from kanalo.market import Market
from kanalo.periods import to_timedelta
from kanalo.report.compare.charts import DOWN, LOSS, NEUTRAL, UP, WIN
from kanalo.report.compare.schema import MarketModel, ResultModel, TradeModel
from kanalo.report.toolkit.packing import SHORTEST, pack_array, pack_text, round_floats
from kanalo.report.toolkit.plain import PRICE_DIGITS, to_numbers

_EQUITY_BITS, _DRAWN_BITS, _PRICE_BITS = 11, 12, 15
"""Bits of a fraction that are drawn: the equity stands in a low panel, prices in a high one."""

_LEVELS = 32_767

MAX_TRADES = 24_000
"""Trades that one page may hold; of more, each result keeps its latest."""

_DIGITS = {
    **dict.fromkeys(("entry_price", "exit_price", "stop", "target"), PRICE_DIGITS),
    **dict.fromkeys(("pnl", "fees", "funding"), PRICE_DIGITS),
    **dict.fromkeys(("return", "mae", "mfe"), 4),
}
"""Columns of numbers and how many of their digits the page shows at most."""


def to_packed(value: Any) -> Markup:
    """Write a value as JSON for a script block, packed where it is long."""
    return Markup(pack_text(to_script(value)))


def to_script(value: Any) -> Markup:
    """Write a value as JSON that can stand inside ``<script>`` whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " "))


def to_prices(market: MarketModel) -> dict[str, Any]:
    """Encode the daily bars of a market: milliseconds and 32-bit floats."""
    prices = market["prices"]
    rising = np.array(prices["close"], dtype=float) >= np.array(prices["open"], dtype=float)
    return {
        "time": pack_array(to_milliseconds(prices["dates"]), np.float64),
        **{
            name: pack_array(round_floats(prices[name], _PRICE_BITS))
            for name in ("open", "high", "low", "close")
        },
        "rising": pack_array(rising, np.uint8),
        "colors": [DOWN, UP],
        "step": to_timedelta(market["interval"]) / pd.Timedelta(milliseconds=1),
    }


def to_bars(market: Market) -> dict[str, Any]:
    """Encode the bars of a market for close views: minutes, and prices on a 15-bit log scale.

    Minutes are those since the bar before; prices are written as `_to_steps` says. A step of that
    scale is about 0.01 % where the highest price is thirty times the lowest: finer than a pixel of
    a day's view, at a fifth of the size of 64-bit floats.
    """
    prices = np.log(np.stack([market.open, market.high, market.low, market.close]))
    low, high = float(prices.min()), float(prices.max())
    scaled = np.round((prices - low) / max(high - low, 1e-12) * _LEVELS)
    return {
        "minutes": pack_array(np.diff(market.index.as_unit("s").asi8 // 60, prepend=0), np.uint32),
        "prices": [pack_array(each, np.uint16) for each in _to_steps(scaled.astype(np.uint16))],
        "low": low,
        "high": high,
        "levels": _LEVELS,
        "step": market.length / pd.Timedelta(milliseconds=1),
    }


def _to_steps(levels: npt.NDArray[np.uint16]) -> Sequence[npt.NDArray[np.uint16]]:
    """Reduce open, high, low and close to small numbers, modulo 65,536.

    They are the open less the close before, the high less the higher of open and close, the lower
    of both less the low, and the close less the open.
    """
    opens, highs, lows, closes = levels
    before = np.concatenate([np.zeros(1, np.uint16), closes[:-1]])
    upper, lower = np.maximum(opens, closes), np.minimum(opens, closes)
    return opens - before, highs - upper, lower - lows, closes - opens


def to_own(entry: ResultModel) -> dict[str, str]:
    """Encode what belongs to one result alone: its equity as a multiple and its layers."""
    equity = np.array(entry["equity"]["values"], dtype=np.float64)
    solvent = np.logical_and.accumulate(~(equity <= 0))
    multiples = np.where(solvent, equity, np.nan) / entry["cash"]
    own = {"equity": pack_array(round_floats(multiples, _EQUITY_BITS))}
    for number, overlay in enumerate(entry["overlays"]):
        for key in ("values", "lower", "upper"):
            if key in overlay:
                own[f"layer-{number}-{key}"] = _pack_drawn(overlay[key])
    return own


def share_layers(owns: Sequence[dict[str, str]], slugs: Sequence[str]) -> list[dict[str, str]]:
    """Let results whose layers are equal share them.

    Parameters
    ----------
    owns : sequence of dict
        From `to_own`.
    slugs : sequence of str
        Id of the section of each.

    Returns
    -------
    list of dict
        The same; a packed array that an earlier section holds is ``"=slug name"``.
    """
    first: dict[str, str] = {}
    shared = []
    for own, slug in zip(owns, slugs, strict=True):
        shared.append(
            {
                name: f"={first[text]}" if len(text) >= SHORTEST and text in first else text
                for name, text in own.items()
            }
        )
        for name, text in own.items():
            first.setdefault(text, f"{slug} {name}")
    return shared


def _pack_drawn(values: Any) -> str:
    """Pack what is only drawn: within 0.012 % of the value, less than a pixel of a month's view."""
    return pack_array(round_floats(values, _DRAWN_BITS))


def to_trades(entry: ResultModel, limit: int) -> dict[str, Any]:
    """Turn the latest trades of a result into columns for the chart and the table.

    Parameters
    ----------
    entry : mapping
        One of the model's results.
    limit : int
        How many to keep.

    Returns
    -------
    dict
        Columns of one length by name; times in milliseconds since the epoch, None where missing.
    """
    trades: Sequence[TradeModel] = entry["trades"][-limit:] if limit else ()
    columns: dict[str, Any] = {
        name: to_numbers(_column(trades, name), digits) for name, digits in _DIGITS.items()
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


def to_limit(results: Iterable[ResultModel]) -> int:
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


def _column(trades: Iterable[TradeModel], name: str) -> npt.NDArray[np.float64]:
    return np.array([trade[name] for trade in trades], dtype=np.float64)
