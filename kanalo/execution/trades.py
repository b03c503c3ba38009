"""Fills netted into round trips: the table of trades, whichever engine made the fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.execution.pairs import is_paired, to_pair_columns
from kanalo.execution.records import FILL_DTYPE, Reason, Records
from kanalo.market import Market
from kanalo.strategy import Decisions

TRADE_COLUMNS = (
    "side",  # +1 long, -1 short
    "entry_time",  # OPEN time of the bar of the entry fill
    "entry_price",  # average, slippage included
    "exit_time",  # NaT while open
    "exit_price",  # average; NaN while open
    "quantity",  # coins, positive: the most that was held
    "pnl",  # quote currency, after fees and funding; open trades are marked at the last close
    "return",  # pnl / (entry price × quantity)
    "fees",
    "funding",  # negative where paid
    "slippage",  # cost of slippage, positive
    "bars_held",  # bars in which it was held: those before an exit at the open, the exit's own else
    "exit_reason",  # exit, stop, target, max-bars, ruin, order; "open" while open
    "mae",  # most adverse excursion from the entry price, a fraction ≤ 0
    "mfe",  # most favourable excursion, a fraction ≥ 0
    "clipped",  # share of the wanted quantity that the account could not cover
    "stop",  # at entry; NaN for none
    "target",
    "tag",
    "entry_bar",
    "exit_bar",  # -1 while open
)
"""Columns of the table of trades, one row a round trip."""

_DUST = 1e-12
_LABELS = np.array([reason.label for reason in Reason], dtype=object)
_AT_THE_OPEN = (Reason.EXIT, Reason.MAX_BARS)


@dataclass(eq=False)
class _RoundTrip:
    """The fills from flat to flat."""

    entries: list[np.void] = field(default_factory=list)
    exits: list[np.void] = field(default_factory=list)

    @property
    def side(self) -> int:
        return 1 if self.entries[0]["quantity"] > 0 else -1

    @property
    def held(self) -> float:
        return float(sum(fill["quantity"] for fill in self.entries + self.exits))


def to_trades(records: Records, market: Market, decisions: Decisions | None) -> pd.DataFrame:
    """Net fills into round trips, one row each, with what they earned and how they ended.

    A round trip lasts from flat to flat; a fill that turns the position over ends one and begins
    the next. Fills that add to a position or reduce it belong to the same round trip, at average
    prices. ``mae`` and ``mfe`` look at the whole range of the bars before the exit's, and in the
    exit's bar only at prices that were certainly seen: its open and the exit itself.

    Parameters
    ----------
    records : Records
        What an engine left behind.
    market : Market
        The market it ran over.
    decisions : Decisions or None
        For tags and targets; None for a hand-written backtrader strategy.

    Returns
    -------
    DataFrame with the columns of `TRADE_COLUMNS`
        Empty, with those columns, where nothing was traded. ``pnl`` of an open trade is marked at
        the last close.
    """
    trades: pd.DataFrame
    if decisions is not None and len(records.fills) and is_paired(records.fills):
        columns = to_pair_columns(records, market, decisions)
        trades = pd.DataFrame(columns, columns=list(TRADE_COLUMNS))
    else:
        trades = pd.DataFrame(to_rows(records, market, decisions), columns=list(TRADE_COLUMNS))
    times = ("entry_time", "exit_time")
    for column in times:  # a column of NaT alone would have no zone
        trades[column] = pd.to_datetime(trades[column], utc=True).astype(market.index.dtype)
    counts = {"side": np.int64, "bars_held": np.int64, "entry_bar": np.int64, "exit_bar": np.int64}
    words = {"exit_reason": object, "tag": object}
    numbers = {
        column: np.float64 for column in TRADE_COLUMNS if column not in {*times, *counts, *words}
    }
    return trades.astype({**counts, **words, **numbers})


def to_rows(records: Records, market: Market, decisions: Decisions | None) -> list[dict[str, Any]]:
    """Net fills of any kind into round trips, one after another."""
    return [_to_row(trip, records, market, decisions) for trip in _find_round_trips(records.fills)]


def to_fill_table(records: Records, market: Market) -> pd.DataFrame:
    """Return the fills as a frame: ``time price quantity level fee reason``."""
    fills = records.fills
    return pd.DataFrame(
        {
            "time": market.index[fills["bar"]],
            "price": fills["price"],
            "quantity": fills["quantity"],
            "level": fills["level"],
            "fee": fills["fee"],
            "reason": _LABELS[fills["reason"]],
        }
    )


def _find_round_trips(fills: npt.NDArray[np.void]) -> Iterator[_RoundTrip]:
    trip = _RoundTrip()
    for fill in fills:
        held = trip.held if trip.entries else 0.0
        quantity = float(fill["quantity"])
        after = held + quantity
        if abs(after) <= _DUST * max(abs(held), abs(quantity)):
            trip.exits.append(fill)
            yield trip
            trip = _RoundTrip()
        elif held * quantity >= 0:
            trip.entries.append(fill)
        elif held * after > 0:
            trip.exits.append(fill)
        else:
            trip.exits.append(_part(fill, -held))
            yield trip
            trip = _RoundTrip(entries=[_part(fill, after)])
    if trip.entries:
        yield trip


def _part(fill: np.void, quantity: float) -> Any:
    """Return the share of a fill that closes, or that opens, a position."""
    part = np.array([fill], dtype=FILL_DTYPE)[0]
    part["fee"] = fill["fee"] * quantity / fill["quantity"]
    part["quantity"] = quantity
    part["wanted"] = abs(quantity)
    return part


def _to_row(
    trip: _RoundTrip, records: Records, market: Market, decisions: Decisions | None
) -> dict[str, Any]:
    first, fills = trip.entries[0], trip.entries + trip.exits
    entry_bar, side = int(first["bar"]), trip.side
    quantity = float(sum(abs(fill["quantity"]) for fill in trip.entries))
    entry_price = _average_price(trip.entries)
    funding = float(records.funding[_funded_bars(trip, len(market))].sum())
    value = -sum(float(fill["quantity"]) * float(fill["price"]) for fill in fills)
    fees = float(sum(fill["fee"] for fill in fills))
    left = trip.held if not _is_closed(trip) else 0.0
    pnl = value + left * float(market.close[-1]) - fees + funding
    mae, mfe = _excursions(trip, market, entry_price)
    k = int(first["decision"])
    known = decisions is not None and k >= 0
    return {
        "side": side,
        "entry_time": market.index[entry_bar],
        "entry_price": entry_price,
        "quantity": quantity,
        "pnl": pnl,
        "return": pnl / (entry_price * quantity),
        "fees": fees,
        "funding": funding,
        "slippage": float(sum(abs(f["quantity"]) * abs(f["price"] - f["level"]) for f in fills)),
        "mae": mae,
        "mfe": mfe,
        "clipped": 1 - quantity / float(sum(fill["wanted"] for fill in trip.entries)),
        "stop": float(first["stop"]),
        "target": float(decisions.target[k]) if decisions is not None and known else np.nan,
        "tag": decisions.tag[k] if decisions is not None and known else "",
        "entry_bar": entry_bar,
        **_to_exit(trip, market),
    }


def _to_exit(trip: _RoundTrip, market: Market) -> dict[str, Any]:
    """Tell how a round trip ended, or that it is open."""
    entry_bar = int(trip.entries[0]["bar"])
    if not _is_closed(trip):
        return {
            "exit_time": pd.NaT,
            "exit_price": np.nan,
            "bars_held": len(market) - entry_bar,
            "exit_reason": "open",
            "exit_bar": -1,
        }
    last = trip.exits[-1]
    exit_bar = int(last["bar"])
    return {
        "exit_time": market.index[exit_bar],
        "exit_price": _average_price(trip.exits),
        "bars_held": exit_bar - entry_bar + int(Reason(last["reason"]) not in _AT_THE_OPEN),
        "exit_reason": Reason(last["reason"]).label,
        "exit_bar": exit_bar,
    }


def _is_closed(trip: _RoundTrip) -> bool:
    most = max(abs(float(fill["quantity"])) for fill in trip.entries)
    return bool(trip.exits) and abs(trip.held) <= _DUST * most


def _average_price(fills: list[np.void]) -> float:
    if len(fills) == 1:  # the division below would lose the last bit
        return float(fills[0]["price"])
    quantity = sum(float(fill["quantity"]) for fill in fills)
    return sum(float(fill["quantity"]) * float(fill["price"]) for fill in fills) / quantity


def _funded_bars(trip: _RoundTrip, n_bars: int) -> slice:
    """Return the bars at whose close the position was held."""
    start = int(trip.entries[0]["bar"])
    if not _is_closed(trip):
        return slice(start, n_bars)
    last = trip.exits[-1]
    return slice(start, int(last["bar"]) + int(last["reason"] == Reason.RUIN))


def _excursions(trip: _RoundTrip, market: Market, entry_price: float) -> tuple[float, float]:
    """Return the most adverse and the most favourable move from the entry price, as fractions."""
    start = int(trip.entries[0]["bar"])
    stop = len(market)
    seen = [entry_price]
    if _is_closed(trip):
        last = trip.exits[-1]
        stop = int(last["bar"]) + int(last["reason"] == Reason.RUIN)
        seen.append(float(last["level"]))
        if last["bar"] > start:
            seen.append(float(market.open[last["bar"]]))
    lowest = min([*seen, *market.low[start:stop].min(initial=np.inf, keepdims=True)])
    highest = max([*seen, *market.high[start:stop].max(initial=-np.inf, keepdims=True)])
    down, up = lowest / entry_price - 1, highest / entry_price - 1
    return (down, up) if trip.side > 0 else (0.0 - up, 0.0 - down)
