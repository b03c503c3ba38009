"""Tables of reported hourly liquidations, to calibrate and to score an estimator with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kanalo import periods
from kanalo.errors import DataError
from kanalo.market import load_table
from kanalo.market.bars import COLUMNS, check_bars
from kanalo.market.market import BoolArray, FloatArray, find_interval

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
        length = periods.to_timedelta(find_interval(pd.DatetimeIndex(self.bars.index)))
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
    """
    table = load_table(data_dir, f"{coin}_liquidations_1h_2024")
    return to_calibration(table.reset_index(), coin.upper())


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
    """Check a table in the layout of `read_calibration` and take it apart."""
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
        raise DataError(f"{name}: {len(bars)} rows; more than {WARM_UP} are needed to warm up.")
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
