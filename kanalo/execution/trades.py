"""Fills netted into round trips: the table of trades, whichever engine made the fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kanalo.execution.compiled.pairs import find_certain, is_paired, to_pairs
from kanalo.execution.records import AT_CLOSE, FILL_DTYPE, Reason, Records
from kanalo.execution.trade_columns import OPEN, RoundTrips, to_table
from kanalo.execution.trade_columns import TRADE_COLUMNS as TRADE_COLUMNS
from kanalo.market import Market
from kanalo.strategy import Decisions

_DUST = 1e-12
_WHOLE = ("entry_bar", "exit_bar", "reason", "decision", "partial", "at_close")  # whole numbers
_LABELS = np.array([reason.label for reason in Reason], dtype=object)


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
    exit's bar only at prices that were certainly seen: its open and the exit itself. Of a bar that
    filled an entry inside they look at the close, and at the extreme beyond the order.

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
    if decisions is not None and len(records.fills) and is_paired(records.fills):
        return to_table(to_pairs(records, market), market, decisions)
    return to_table(net_fills(records, market), market, decisions)


def net_fills(records: Records, market: Market) -> RoundTrips:
    """Net fills of any kind into round trips, one after another.

    Parameters
    ----------
    records : Records
        What an engine left behind.
    market : Market
        The market it ran over.

    Returns
    -------
    RoundTrips
        In order of their entries.
    """
    rows = [_to_row(trip, records, market) for trip in _find_round_trips(records.fills)]
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in rows], dtype=np.int64 if name in _WHOLE else float)
        for name in RoundTrips._fields
    }
    return RoundTrips(**columns)


def to_fill_table(records: Records, market: Market) -> pd.DataFrame:
    """Return the fills as a frame: ``time price quantity level fee reason``.

    Parameters
    ----------
    records : Records
        What an engine gave.
    market : Market
        The market that was traded.

    Returns
    -------
    DataFrame
        A row for each fill, in order; ``time`` is the open of its bar, UTC.
    """
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


def _to_row(trip: _RoundTrip, records: Records, market: Market) -> dict[str, float]:
    """Return a round trip by the fields of `RoundTrips`."""
    first, fills = trip.entries[0], trip.entries + trip.exits
    quantity = float(sum(abs(fill["quantity"]) for fill in trip.entries))
    entry_price = _average_price(trip.entries)
    funding = float(records.funding[_funded_bars(trip, len(market))].sum())
    value = -sum(float(fill["quantity"]) * float(fill["price"]) for fill in fills)
    fees = float(sum(fill["fee"] for fill in fills))
    lacking = float(sum(fill["shortfall"] for fill in trip.exits))
    left = trip.held if not _is_closed(trip) else 0.0
    mae, mfe = _excursions(trip, market, entry_price)
    return {
        "quantity": trip.side * quantity,
        "entry_bar": int(first["bar"]),
        "entry_price": entry_price,
        **_to_exit(trip, len(market)),
        "pnl": value + left * float(market.close[-1]) - fees + funding + lacking,
        "fees": fees,
        "funding": funding,
        "slippage": float(sum(abs(f["quantity"]) * abs(f["price"] - f["level"]) for f in fills)),
        "mae": mae,
        "mfe": mfe,
        "clipped": 1 - quantity / float(sum(fill["wanted"] for fill in trip.entries)),
        "stop": float(first["stop"]),
        "decision": int(first["decision"]),
        "partial": max(len(trip.exits) - _is_closed(trip), 0),
        "at_close": _is_closed(trip) and _ends_at_close(trip.exits[-1]),
    }


def _to_exit(trip: _RoundTrip, n_bars: int) -> dict[str, float]:
    """Tell how a round trip ended, or that it is open."""
    if not _is_closed(trip):
        return {
            "exit_bar": n_bars,
            "exit_price": np.nan,
            "exit_level": np.nan,
            "reason": OPEN,
        }
    last = trip.exits[-1]
    return {
        "exit_bar": int(last["bar"]),
        "exit_price": _average_price(trip.exits),
        "exit_level": float(last["level"]),
        "reason": int(last["reason"]),
    }


def _is_closed(trip: _RoundTrip) -> bool:
    most = max(abs(float(fill["quantity"])) for fill in trip.entries)
    return bool(trip.exits) and abs(trip.held) <= _DUST * most


def _ends_at_close(exit_: np.void) -> bool:
    """Tell whether an exit comes after the funding of its bar."""
    return bool(exit_["reason"] == Reason.RUIN or exit_["inside"] == AT_CLOSE)


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
    return slice(start, int(last["bar"]) + _ends_at_close(last))


def _excursions(trip: _RoundTrip, market: Market, entry_price: float) -> tuple[float, float]:
    """Return the most adverse and the most favourable move from the entry price, as fractions."""
    start = int(trip.entries[0]["bar"])
    stop = len(market)
    seen = [entry_price, *(float(fill["level"]) for fill in trip.exits)]
    if _is_closed(trip):
        last = trip.exits[-1]
        stop = int(last["bar"]) + _ends_at_close(last)
        if last["bar"] > start:
            seen.append(float(market.open[last["bar"]]))
    if trip.entries[0]["inside"] and start < stop:
        seen += find_certain(market, start, trip.side, int(trip.entries[0]["inside"]))
        start += 1
    lowest = min([*seen, *market.low[start:stop].min(initial=np.inf, keepdims=True)])
    highest = max([*seen, *market.high[start:stop].max(initial=-np.inf, keepdims=True)])
    down, up = lowest / entry_price - 1, highest / entry_price - 1
    return (down, up) if trip.side > 0 else (0.0 - up, 0.0 - down)
