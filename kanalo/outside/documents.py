"""Results of other engines that are JSON: freqtrade, QuantConnect, backtrader's TradeAnalyzer."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kanalo.errors import DataError, ParameterError
from kanalo.outside.cells import to_epochs
from kanalo.outside.record import TRADE_COLUMNS, OutsideRecord
from kanalo.outside.series import describe_gaps, equity_to_daily
from kanalo.outside.trade_lists import trades_to_record
from kanalo.text import count

FREQTRADE, QUANTCONNECT = "freqtrade export", "QuantConnect result"
TRADE_ANALYZER = "backtrader TradeAnalyzer"


def load_document(path: Path) -> Any:
    """Read a JSON file, or the one of a zip file that holds the result.

    Raises
    ------
    DataError
        If it cannot be read, or the zip file holds no result.
    """
    try:
        if path.suffix.lower() != ".zip":
            return json.loads(path.read_text("utf-8-sig"))
        with zipfile.ZipFile(path) as opened:
            for name in sorted(opened.namelist()):
                document = json.loads(opened.read(name)) if name.endswith(".json") else None
                if isinstance(document, dict) and isinstance(document.get("strategy"), dict):
                    return document
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: cannot be read as JSON: {error}") from error
    raise DataError(f"{path}: expected the export of a freqtrade backtest; the zip holds none.")


def count_epochs(path: Path) -> int:
    """Count the parameter sets that a ``.fthypt`` file of freqtrade's hyperopt holds, one a line.

    Raises
    ------
    DataError
        If the file cannot be read, or a line is no JSON.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            return sum(isinstance(json.loads(line), dict) for line in lines if line.strip())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: expected one JSON object a line: {error}") from error


def read_document(path: Path, *, cash: float | None = None) -> list[OutsideRecord]:
    """Read a result that is JSON.

    Parameters
    ----------
    path : Path
        A ``.json`` or ``.zip`` file.
    cash : float, optional
        Equity before the first trade, where the file does not say.

    Returns
    -------
    list of OutsideRecord
        One for each strategy; empty where the layout is not known.

    Raises
    ------
    DataError
        If the file cannot be read or lacks what its layout has.
    """
    document = load_document(path)
    if not isinstance(document, dict):
        return []
    if isinstance(document.get("strategy"), dict):
        return [
            _read_freqtrade(name, each, path, cash) for name, each in document["strategy"].items()
        ]
    backtest = document.get("backtest", document)
    charts = _get(backtest, "charts")
    if charts is not None:
        return [_read_quantconnect(backtest, charts, path)]
    if isinstance(document.get("total"), dict) and "pnl" in document:
        return [_read_trade_analyzer(document, path, cash)]
    return []


# -- freqtrade -------------------------------------------------------------------------------------


def _read_freqtrade(
    name: str, result: Mapping[str, Any], path: Path, cash: float | None
) -> OutsideRecord:
    rows = [each for each in result.get("trades", ()) if not each.get("is_open")]
    needed = ("open_date", "close_date", "profit_abs")
    for row, each in enumerate(rows):
        missing = [key for key in needed if key not in each]
        if missing:
            raise DataError(f"{path}: trade {row} of {name} has no '{missing[0]}'.")
    start = cash if cash is not None else result.get("starting_balance")
    trades = pd.DataFrame(
        {
            "entry_time": pd.to_datetime([each["open_date"] for each in rows], utc=True),
            "exit_time": pd.to_datetime([each["close_date"] for each in rows], utc=True),
            "side": [-1 if each.get("is_short") else 1 for each in rows],
            "profit": [float(each["profit_abs"]) for each in rows],
            "notional": [
                float(each.get("stake_amount", np.nan)) * float(each.get("leverage") or 1)
                for each in rows
            ],
        },
        columns=[*TRADE_COLUMNS],
    )
    n_open = len(result.get("trades", ())) - len(rows)
    notes = [f"{count(n_open, 'open trade')} left out."] if n_open else []
    currency = str(result.get("stake_currency", ""))
    return trades_to_record(trades, name, str(path), FREQTRADE, start, currency, notes)


# -- QuantConnect ----------------------------------------------------------------------------------


def _get(mapping: Any, *keys: str) -> Any:
    """Follow keys through mappings; case does not count. None where one is missing."""
    for key in keys:
        if not isinstance(mapping, Mapping):
            return None
        by_name = {str(name).lower(): value for name, value in mapping.items()}
        mapping = by_name.get(key.lower())
    return mapping


def _read_quantconnect(backtest: Any, charts: Any, path: Path) -> OutsideRecord:
    marks = _get(charts, "Strategy Equity", "series", "Equity", "values")
    if not marks:
        raise DataError(f"{path}: expected the chart 'Strategy Equity' with its series 'Equity'.")
    rows = [_to_mark(each) for each in marks]
    equity = pd.Series(
        [value for _, value in rows], index=to_epochs(np.array([time for time, _ in rows]))
    )
    equity = equity.groupby(level=0).last()
    daily = equity_to_daily(equity, str(path))
    trades = _read_closed_trades(_get(backtest, "totalPerformance", "closedTrades"))
    currency = _get(backtest, "algorithmConfiguration", "accountCurrency")
    return OutsideRecord(
        label=path.stem,
        source=str(path),
        layout=QUANTCONNECT,
        returns=daily,
        total_return=float(equity.iloc[-1] / equity.iloc[0] - 1),
        trades=trades,
        n_trades=-1 if trades is None else len(trades),
        currency=str(currency or ""),
        notes=describe_gaps(daily),
    )


def _to_mark(point: Any) -> tuple[float, float]:
    """Read a point of a chart: time and value, time and four prices, or a mapping."""
    if isinstance(point, Mapping):
        return float(point["x"]), float(point["y"])
    return float(point[0]), float(point[-1])


def _read_closed_trades(rows: Any) -> pd.DataFrame | None:
    if rows is None:
        return None
    found = [
        {
            "entry_time": pd.Timestamp(_get(each, "entryTime")),
            "exit_time": pd.Timestamp(_get(each, "exitTime")),
            "side": -1 if str(_get(each, "direction")).lower() in ("1", "short") else 1,
            "profit": float(_get(each, "profitLoss")) - float(_get(each, "totalFees") or 0),
            "notional": abs(float(_get(each, "quantity")) * float(_get(each, "entryPrice"))),
        }
        for each in rows
    ]
    trades = pd.DataFrame(found, columns=[*TRADE_COLUMNS])
    for name in ("entry_time", "exit_time"):
        trades[name] = pd.to_datetime(trades[name], utc=True)
    return trades.sort_values("entry_time", kind="stable", ignore_index=True)


# -- backtrader ------------------------------------------------------------------------------------


def _read_trade_analyzer(
    document: Mapping[str, Any], path: Path, cash: float | None
) -> OutsideRecord:
    profit = _get(document, "pnl", "net", "total")
    closed = _get(document, "total", "closed")
    if profit is None or closed is None:
        raise DataError(f"{path}: expected total.closed and pnl.net.total of TradeAnalyzer.")
    if cash is None or not cash > 0:
        raise ParameterError(
            f"{path}: the profits are money. Say what the account began with: --cash 10000."
        )
    note = (
        "TradeAnalyzer has sums only, no returns and no times; the PyFolio analyzer's returns as "
        "CSV can be judged."
    )
    empty = pd.Series(dtype=np.float64, index=pd.DatetimeIndex([], tz="UTC"), name="return")
    return OutsideRecord(
        label=path.stem,
        source=str(path),
        layout=TRADE_ANALYZER,
        returns=empty,
        total_return=float(profit) / cash,
        n_trades=int(closed),
        notes=(note,),
    )
