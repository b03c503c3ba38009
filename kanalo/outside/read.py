"""`read_results`: recognise the layout of a file of another engine and read it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kanalo.errors import DataError, shorten
from kanalo.outside.cells import read_table
from kanalo.outside.documents import read_document
from kanalo.outside.record import OutsideRecord
from kanalo.outside.series import read_series
from kanalo.outside.trade_lists import read_trades
from kanalo.outside.tradingview import read_tradingview

KNOWN = (
    "a table of a time and returns or equity (quantstats, PyFolio, bt, backtesting.py, vectorbt)",
    "trades of backtesting.py or vectorbt",
    "a list of trades of TradingView",
    "an export of freqtrade (JSON or zip)",
    "a result of QuantConnect (JSON)",
    "a TradeAnalyzer of backtrader (JSON)",
)
"""What can be read, for people."""

_DOCUMENTS = (".json", ".zip")


def read_results(
    path: str | Path,
    *,
    unit: str | None = None,
    zone: str | None = None,
    cash: float | None = None,
) -> list[OutsideRecord]:
    """Read the result of another engine; the layout is recognised by its columns or keys.

    Parameters
    ----------
    path : str or Path
        CSV, Parquet, JSON or zip.
    unit : str, optional
        ``"percent"`` or ``"fraction"``, where a table of returns may be either.
    zone : str, optional
        Zone of times without one; UTC by default.
    cash : float, optional
        Equity before the first row or trade, where the file does not say.

    Returns
    -------
    list of OutsideRecord
        One for each strategy that the file holds.

    Raises
    ------
    DataError
        If the file is missing, has an unknown layout, or cannot be read.
    ParameterError
        If ``unit`` or ``cash`` is needed and missing.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    if path.suffix.lower() in _DOCUMENTS:
        records, columns = read_document(path, cash=cash), None
    else:
        table = read_table(path)
        records, columns = _read_table(table, path, unit, zone, cash), list(table.columns)
    if not records:
        raise DataError(_describe_unknown(path, columns))
    return records


def _read_table(
    table: pd.DataFrame, path: Path, unit: str | None, zone: str | None, cash: float | None
) -> list[OutsideRecord]:
    for reader in (read_tradingview, read_trades):
        record = reader(table, path, zone=zone, cash=cash)
        if record is not None:
            return [record]
    return read_series(table, path, unit=unit, zone=zone, cash=cash)


def _describe_unknown(path: Path, columns: list[str] | None) -> str:
    received = "other keys" if columns is None else f"the columns {shorten(', '.join(columns))}"
    return f"{path}: the layout is not known; received {received}. Known: {'; '.join(KNOWN)}."
