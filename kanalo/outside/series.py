"""Returns and equity of other engines, as tables with a column of times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kanalo.analyzers.returns import to_daily_returns
from kanalo.errors import DataError, ParameterError
from kanalo.outside.cells import find_column, simplify, to_numbers, to_times
from kanalo.outside.record import OutsideRecord
from kanalo.text import count
from kanalo.typing import FloatArray

PERCENT, FRACTION = "percent", "fraction"
UNITS = (PERCENT, FRACTION)
"""What a table's returns may be counted in."""

TIMES = ("date", "datetime", "time", "timestamp", "index", "", "unnamed: 0", "open time", "day")
EQUITY = ("equity", "equity curve", "portfolio value", "account value", "value", "nav", "balance")
RETURNS = ("return", "returns", "daily return", "daily returns", "ret", "strategy returns")
PERCENT_RETURNS = ("return %", "return pct", "returns %", "daily return %")
_BARS = frozenset(("open", "high", "low", "close"))
_NO_RESULT = frozenset(("benchmark", "drawdownpct", "drawdownduration", "drawdown", "drawdown %"))
_TYPICAL = 0.2
"""Median size of the daily returns that are not zero from which fractions are not credible."""


def read_series(
    table: pd.DataFrame,
    path: Path,
    *,
    unit: str | None = None,
    zone: str | None = None,
    cash: float | None = None,
) -> list[OutsideRecord]:
    """Read returns or equity from a table; a table of several strategies gives several records.

    Parameters
    ----------
    table : DataFrame of str
        From `kanalo.outside.cells.read_table`.
    path : Path
        The file.
    unit : str, optional
        ``"percent"`` or ``"fraction"``, of returns.
    zone : str, optional
        Zone of times without one; UTC by default.
    cash : float, optional
        Equity before the first row; by default the first mark.

    Returns
    -------
    list of OutsideRecord
        Empty where the table has no column of times or of numbers.

    Raises
    ------
    DataError
        If it holds the bars of a market, or times or values that cannot be used.
    ParameterError
        If returns may be in percent and ``unit`` does not say.
    """
    time = find_column(table, TIMES)
    names = {simplify(name) for name in table.columns}
    if time is None:
        return []
    if names >= _BARS:
        raise DataError(
            f"{path}: holds the bars of a market, not a result. Give it as the market the result "
            "was made on (--data), or name a file of returns, equity or trades."
        )
    times = to_times(table[time], f"{path}, column '{time}'", zone)
    return [
        _to_record(table[name], times, path, label, kind, unit, cash)
        for name, label, kind in _find_series(table, path, time)
    ]


def _find_series(table: pd.DataFrame, path: Path, time: str) -> list[tuple[str, str, str]]:
    """Return column, label and kind of every strategy in a table."""
    kinds = (("equity", EQUITY), ("returns", RETURNS), (PERCENT, PERCENT_RETURNS))
    for kind, names in kinds:
        column = find_column(table, names)
        if column is not None and column != time:
            return [(column, path.stem, kind)]
    others = [name for name in table.columns if name != time and simplify(name) not in _NO_RESULT]
    return [(name, name, "") for name in others] if _are_numbers(table[others]) else []


def _are_numbers(table: pd.DataFrame) -> bool:
    try:
        for name in table:
            to_numbers(table[name], str(name))
    except DataError:
        return False
    return len(table.columns) > 0


def _to_record(
    cells: pd.Series[str],
    times: pd.DatetimeIndex,
    path: Path,
    label: str,
    kind: str,
    unit: str | None,
    cash: float | None,
) -> OutsideRecord:
    source = f"{path}, column '{cells.name}'"
    values = pd.Series(to_numbers(cells, source), index=times)
    if cells.str.contains("%", regex=False).any():
        kind = PERCENT
    values = _check_order(values, source)
    if not kind:
        kind = "equity" if (values > 0).all() else "returns"
    if kind == "equity":
        daily = equity_to_daily(values, source, cash)
    else:
        unit = PERCENT if kind == PERCENT else unit
        daily = returns_to_daily(values, source, unit)
    return to_series_record(daily, label, str(path), f"table of {kind.replace(PERCENT, 'returns')}")


def to_series_record(
    daily: pd.Series[float], label: str, source: str, layout: str
) -> OutsideRecord:
    """Make the record of a strategy of which nothing but daily returns is known.

    Parameters
    ----------
    daily : Series of shape (n_days,)
        Daily returns on midnights UTC.
    label, source, layout : str
        See `OutsideRecord`.

    Returns
    -------
    OutsideRecord
        With a note on the days that have no return.
    """
    total = float(np.prod(1 + daily.to_numpy()) - 1)
    return OutsideRecord(label, source, layout, daily, total, notes=describe_gaps(daily))


def describe_gaps(daily: pd.Series[float]) -> tuple[str, ...]:
    """Say how many days between the first and the last have no return; empty where none."""
    if len(daily) < 2:
        return ()
    steps = np.diff(daily.index.to_numpy()) // np.timedelta64(1, "D")
    missing = int(steps.sum()) - len(steps)
    if not missing:
        return ()
    return (
        f"{count(missing, 'day')} between the first and the last have no return (the longest gap "
        f"is {count(int(steps.max()) - 1, 'day')}); a return after a gap counts as one.",
    )


def _check_order(values: pd.Series[float], source: str) -> pd.Series[float]:
    """Sort rows that run backwards, drop empty ones at the ends, refuse doubles and holes."""
    if values.index.is_monotonic_decreasing and len(values) > 1:
        values = values[::-1]
    twice = np.flatnonzero(np.diff(pd.DatetimeIndex(values.index).as_unit("ns").asi8) <= 0)
    if len(twice):
        row = int(twice[0]) + 1
        raise DataError(
            f"{source}, row {row + 2}: {values.index[row]} is not later than the row before it."
        )
    known = np.flatnonzero(np.isfinite(values.to_numpy()))
    if not len(known):
        raise DataError(f"{source}: expected numbers; every cell is empty.")
    values = values.iloc[known[0] : known[-1] + 1]
    holes = np.flatnonzero(~np.isfinite(values.to_numpy()))
    if len(holes):
        raise DataError(f"{source}: {values.index[holes[0]]} has no finite value.")
    return values


def equity_to_daily(
    equity: pd.Series[float], source: str, cash: float | None = None
) -> pd.Series[float]:
    """Turn marks of equity into daily returns.

    Parameters
    ----------
    equity : Series of shape (n_marks,)
        On increasing UTC times.
    source : str
        Where it comes from, for messages.
    cash : float, optional
        Equity before the first mark; by default that mark itself.

    Returns
    -------
    Series of shape (n_days,)
        Fractions, until ruin.

    Raises
    ------
    DataError
        If equity does not begin above zero.
    """
    start = float(equity.iloc[0]) if cash is None else cash
    if not start > 0:
        raise DataError(f"{source}: equity must begin above zero; received {start:g}.")
    daily = to_daily_returns(equity, start).dropna()
    opens = pd.DatetimeIndex(equity.index).normalize()
    alone = cash is None and int((opens == opens[0]).sum()) == 1
    return daily.iloc[1:] if alone else daily


def returns_to_daily(
    returns: pd.Series[float], source: str, unit: str | None = None
) -> pd.Series[float]:
    """Compound returns of bars to returns of UTC days.

    Parameters
    ----------
    returns : Series of shape (n_rows,)
        On increasing UTC times.
    source : str
        Where they come from, for messages.
    unit : str, optional
        ``"percent"`` or ``"fraction"``.

    Returns
    -------
    Series of shape (n_days,)
        Fractions.

    Raises
    ------
    ParameterError
        If they may be in percent and ``unit`` does not say.
    DataError
        If a return is below -1.
    """
    values: FloatArray = np.asarray(returns, dtype=np.float64)
    if unit is None:
        _ask_for_unit(values, source)
    growth = pd.Series(1 + values / (100 if unit == PERCENT else 1), index=returns.index)
    if (growth < 0).any():
        raise DataError(
            f"{source}: a return below -1 loses more than everything; received "
            f"{float(growth.min()) - 1:g} on {growth.idxmin():%Y-%m-%d}."
        )
    days = pd.DatetimeIndex(growth.index).normalize()
    return (growth.groupby(days).prod() - 1).rename("return")


def _ask_for_unit(values: FloatArray, source: str) -> None:
    moved = np.abs(values[values != 0])
    if len(moved) and (values.min() < -1 or float(np.median(moved)) > _TYPICAL):
        raise ParameterError(
            f"{source}: are these returns in percent? The typical one is "
            f"{float(np.median(moved)):.3g}, the lowest {values.min():.3g}. "
            "Say --unit percent or --unit fraction."
        )
