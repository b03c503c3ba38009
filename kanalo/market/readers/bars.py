"""Read bars of a user's own as a table of the catalog: the same files that `read_bars` takes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kanalo import periods
from kanalo.market.bars import COLUMNS
from kanalo.market.readers.columns import find_columns
from kanalo.market.readers.raw import RawTable, to_floats
from kanalo.market.readers.reading import BARS_KIND, Reading, ReadOptions
from kanalo.market.readers.table import read_bars
from kanalo.market.readers.times import to_utc


def read_bar_file(path: Path, options: ReadOptions) -> Reading:
    """Read a file of bars: CSV, Parquet, feather or JSON, in any of the usual spellings.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        ``symbol``, ``timezone`` and ``period`` where the file does not say them.

    Returns
    -------
    Reading
        ``time open high low close volume``, oldest first; nothing is filled in.

    Raises
    ------
    DataError
        If a row is no bar, with file, row and column.
    """
    interval = None if options.period is None else periods.to_interval(options.period)
    market = read_bars(path, timezone=options.timezone, symbol=options.symbol, interval=interval)
    frame = market.bars.rename_axis("time").reset_index()
    return Reading(BARS_KIND, frame, digests=dict(market.digests))


def read_bar_rows(table: RawTable) -> pd.DataFrame:
    """Return the rows of a table of bars as they stand, of however few there are.

    Returns
    -------
    DataFrame
        ``time open high low close volume`` in the order of the table; not yet checked as bars.
    """
    names = find_columns(table)
    times = to_utc(table, names["time"], "UTC")
    return pd.DataFrame(
        {"time": times, **{column: to_floats(table, names[column]) for column in COLUMNS}}
    )
