"""Tables of reported hourly liquidations, to calibrate and to score an estimator with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kanalo import periods
from kanalo.errors import DataError
from kanalo.market import load_table
from kanalo.market.bars import COLUMNS, check_bars
from kanalo.market.catalog import compose
from kanalo.market.liquidation_bars import find_exchanges, usd_column
from kanalo.market.liquidations import SIDES
from kanalo.market.manifest import read_manifest
from kanalo.text import count
from kanalo.typing import BoolArray, FloatArray

WARM_UP = 200
"""Hours at the beginning that are left out: the map starts empty."""

LONGS, SHORTS = "long_liquidation_base", "short_liquidation_base"
NEEDED = ("time", *COLUMNS, LONGS, SHORTS)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Bars and the liquidations reported for them.

    Attributes
    ----------
    name : str
        Coin or file.
    bars : pandas.DataFrame of shape (n, 5)
        ``open high low close volume`` on a UTC index of OPEN times.
    longs, shorts : float64 arrays of shape (n,)
        Reported size in coins by the side of the POSITION; NaN where missing.
    """

    name: str
    bars: pd.DataFrame
    longs: FloatArray
    shorts: FloatArray

    def __len__(self) -> int:
        return len(self.bars)

    def column(self, name: str) -> FloatArray:
        """Return a column of the bars as an array of shape (n,)."""
        return np.ascontiguousarray(self.bars[name].to_numpy(np.float64))

    @property
    def bar_hours(self) -> float:
        """Length of a bar in hours."""
        length = periods.to_timedelta(periods.find_interval(pd.DatetimeIndex(self.bars.index)))
        return length.total_seconds() / 3600

    @property
    def scored(self) -> BoolArray:
        """Whether each bar comes after the warm-up; shape (n,)."""
        return np.arange(len(self)) >= WARM_UP

    @property
    def first_half(self) -> BoolArray:
        """Whether each bar is in the table's first half and after the warm-up; shape (n,)."""
        return self.scored & (np.arange(len(self)) < len(self) // 2)

    @property
    def second_half(self) -> BoolArray:
        """Whether each bar is in the table's second half and after the warm-up; shape (n,)."""
        return self.scored & ~self.first_half

    @property
    def imbalance(self) -> FloatArray:
        """Reported ``(shorts - longs) / (shorts + longs)``; NaN where nothing was reported."""
        total = self.shorts + self.longs
        known = total > 0
        return np.where(known, (self.shorts - self.longs) / np.where(known, total, 1.0), np.nan)


def load_calibration(data_dir: str | Path, coin: str) -> Calibration:
    """Load a bundled table, verified against the manifest.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    coin : str
        ``"btc"`` or ``"eth"``.

    Returns
    -------
    Calibration
        Hours with bars and reported liquidations of both sides in USD.

    Raises
    ------
    UnknownNameError
        If there is no table for the coin.
    ChecksumError
        If the file differs from the manifest.
    """
    table = load_table(data_dir, f"{coin}_liquidations_1h_2024")
    return to_calibration(table.reset_index(), coin.upper())


def load_reported(data_dir: str | Path, name: str) -> Calibration:
    """Load a table of reported liquidations on the hourly bars of the market that joins it.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    name : str
        A table of liquidations that was downloaded, recorded or imported.

    Returns
    -------
    Calibration
        Coins by side, over all exchanges of the table; NaN where one was not heard from end to
        end. Bars before the first and after the last known hour are left out.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    DataError
        If no hourly market joins it, or no hour is known.
    """
    manifest = read_manifest(data_dir)
    manifest.table(name)
    entries = [
        m for m in manifest.markets.values() if name in m.liquidations and m.interval == "1h"
    ]
    if not entries:
        raise DataError(
            f"No hourly market joins the table '{name}': download or import bars of its symbol."
        )
    alone = replace(entries[0], liquidations=(name,))
    market = compose(Path(data_dir), manifest, alone)
    flows = [
        np.column_stack([market.known(usd_column(side, each)) for each in find_exchanges(market)])
        for side in SIDES
    ]
    longs, shorts = (flow.sum(axis=1) / market.close for flow in flows)
    known = np.flatnonzero(~np.isnan(longs + shorts))
    if not len(known):
        raise DataError(f"The table '{name}' knows no hour of {alone.name} from end to end.")
    span = slice(max(0, known[0] - WARM_UP), known[-1] + 1)
    return Calibration(name, market.bars.iloc[span], longs[span], shorts[span])


def read_calibration(path: str | Path) -> Calibration:
    """Read a CSV or Parquet file in the layout of the bundled tables.

    Parameters
    ----------
    path : path
        Columns ``time`` (UTC text or milliseconds since 1970), ``open high low close volume`` and
        ``long_liquidation_base``, ``short_liquidation_base``; further columns are ignored.

    Raises
    ------
    DataError
        If the file cannot be read, a column is missing or holds no numbers, or a row is not a bar.
    """
    path = Path(path)
    parquet = path.suffix.lower() in (".parquet", ".pq")
    try:
        frame = pd.read_parquet(path) if parquet else pd.read_csv(path)
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: the file cannot be read ({error}).") from error
    if "time" not in frame.columns and frame.index.name == "time":
        frame = frame.reset_index()
    return to_calibration(frame, path.stem)


def to_calibration(frame: pd.DataFrame, name: str) -> Calibration:
    """Check a table in the layout of `read_calibration` and take it apart.

    Parameters
    ----------
    frame : DataFrame of n_hours rows
        ``time`` (UTC, or milliseconds), bars, and reported liquidations of both sides.
    name : str
        Name of the table, for messages and reports.

    Returns
    -------
    Calibration
        Bars and reported sizes by hour.

    Raises
    ------
    DataError
        If a column is missing, a time or a number cannot be read, bars are wrong, or there are
        too few rows to warm up.
    """
    missing = [column for column in NEEDED if column not in frame.columns]
    if missing:
        raise DataError(f"{name}: the table lacks the column(s) {', '.join(missing)}.")
    try:
        stamps = frame["time"]
        if pd.api.types.is_numeric_dtype(stamps):
            stamps = pd.to_datetime(stamps, utc=True, unit="ms")
        index = pd.DatetimeIndex(pd.to_datetime(stamps, utc=True)).as_unit("ns")
        numbers = frame.loc[:, [*COLUMNS, LONGS, SHORTS]].astype(np.float64)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name}: a time or a number cannot be read ({error}).") from error
    numbers.index = index
    bars = numbers.loc[:, list(COLUMNS)]
    check_bars(bars, name)
    if len(bars) <= WARM_UP:
        raise DataError(
            f"{name}: {count(len(bars), 'row')}; more than {WARM_UP} are needed to warm up."
        )
    longs, shorts = (_to_size(numbers, column, name) for column in (LONGS, SHORTS))
    return Calibration(name, bars, longs, shorts)


def _to_size(numbers: pd.DataFrame, column: str, name: str) -> npt.NDArray[np.float64]:
    sizes = numbers[column].to_numpy(np.float64)
    wrong = np.flatnonzero(sizes < 0)
    if len(wrong):
        raise DataError(
            f"{name}: row {wrong[0]}: '{column}' must not be negative; received {sizes[wrong[0]]}."
        )
    return np.ascontiguousarray(sizes)
