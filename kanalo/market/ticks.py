"""Bars as differences of whole ticks: a third of the size, and every float returned as it was.

Prices of an exchange are decimals with few places. Written as whole numbers of the last place they
are exact, and a bar differs little from the one before: the open is stored less the close before
it, the close less the open, the high and the low as their way beyond both. Times are stored as
differences, volumes as whole numbers of their own last place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from kanalo.errors import DataError
from kanalo.market.bars import COLUMNS
from kanalo.typing import FloatArray, IntArray

KEY = b"kanalo.ticks"
"""Key of the schema's metadata that says how many decimals prices and volumes have."""

MOST_DECIMALS = 12
_PRICES = ("open", "high", "low", "close")


def encode_ticks(frame: pd.DataFrame) -> pa.Table:
    """Turn bars into differences of ticks.

    Parameters
    ----------
    frame : DataFrame
        ``open high low close volume`` (float64, no NaN) on a UTC index of OPEN times.

    Returns
    -------
    pyarrow.Table
        ``time open high low close volume`` as whole numbers, with `KEY` in its metadata.

    Raises
    ------
    DataError
        If a number is no decimal of at most `MOST_DECIMALS` places, so that it would change.
    """
    price_places = _find_places(frame, _PRICES)
    volume_places = _find_places(frame, ("volume",))
    opened, high, low, close = (_to_ticks(frame, each, price_places) for each in _PRICES)
    milliseconds = pd.DatetimeIndex(frame.index).as_unit("ms").asi8
    columns = {
        "time": np.diff(milliseconds, prepend=0),
        "open": opened - np.concatenate([[0], close[:-1]]),
        "high": high - np.maximum(opened, close),
        "low": np.minimum(opened, close) - low,
        "close": close - opened,
        "volume": _to_ticks(frame, "volume", volume_places),
    }
    places = json.dumps({"price": price_places, "volume": volume_places})
    arrays = {name: _narrow(values) for name, values in columns.items()}
    return pa.table(arrays).replace_schema_metadata({KEY: places.encode()})


def is_ticks(table: pa.Table) -> bool:
    """Return whether a table was made by `encode_ticks`."""
    return KEY in (table.schema.metadata or {})


def decode_ticks(table: pa.Table) -> pd.DataFrame:
    """Return the bars that `encode_ticks` was given.

    Parameters
    ----------
    table : pyarrow.Table
        From `encode_ticks`.

    Returns
    -------
    DataFrame
        ``time`` (ns, UTC) and ``open high low close volume`` (float64).
    """
    places = json.loads(table.schema.metadata[KEY])
    steps = {name: table[name].to_numpy().astype(np.int64) for name in table.column_names}
    close = np.cumsum(steps["open"] + steps["close"])
    opened = close - steps["close"]
    ticks = {
        "open": opened,
        "high": np.maximum(opened, close) + steps["high"],
        "low": np.minimum(opened, close) - steps["low"],
        "close": close,
    }
    frame = pd.DataFrame({"time": pd.to_datetime(np.cumsum(steps["time"]), unit="ms", utc=True)})
    frame["time"] = frame["time"].dt.as_unit("ns")
    for name, values in ticks.items():
        frame[name] = values / 10.0 ** places["price"]
    frame["volume"] = steps["volume"] / 10.0 ** places["volume"]
    return frame[["time", *COLUMNS]]


def _find_places(frame: pd.DataFrame, names: Sequence[str]) -> int:
    """Return the fewest decimals by which every number of the columns comes back exactly."""
    values = frame.loc[:, list(names)].to_numpy(np.float64)
    for places in range(MOST_DECIMALS + 1):
        scaled = np.rint(values * 10.0**places)
        if np.array_equal(scaled / 10.0**places, values) and np.abs(scaled).max() < 2**53:
            return places
    raise DataError(
        f"encode_ticks(): the columns {', '.join(names)} must hold decimals of at most "
        f"{MOST_DECIMALS} places; received other numbers, which would not come back exactly."
    )


def _to_ticks(frame: pd.DataFrame, name: str, places: int) -> IntArray:
    values: FloatArray = frame[name].to_numpy(np.float64)
    return np.rint(values * 10.0**places).astype(np.int64)


def _narrow(values: IntArray) -> pa.Array:
    small = np.abs(values).max(initial=0) < 2**31
    return pa.array(values.astype(np.int32) if small else values)
