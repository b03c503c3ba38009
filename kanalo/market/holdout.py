"""The sealed holdout: bars that no verb loads until they are unsealed, once, for a reason.

``kanalo.toml`` beside the data folder says from when on bars are sealed::

    [holdout]
    from = 2025-10-01

Every market and table is cut here, where it is loaded: a bar is sealed unless it had closed by
then. What is stored and verified stays whole.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

import pandas as pd

from kanalo.errors import DataError, ParameterError, SpecError, shorten
from kanalo.market.market import Market
from kanalo.market.times import to_time

FILE = "kanalo.toml"
TABLE, KEY = "holdout", "from"

_unsealed: ContextVar[bool] = ContextVar("unsealed", default=False)


@contextmanager
def unsealed() -> Iterator[None]:
    """Load sealed bars inside: for `kanalo unseal`, for the state of a rule now, to store them."""
    token = _unsealed.set(True)
    try:
        yield
    finally:
        _unsealed.reset(token)


def find_holdout(root: str | Path) -> pd.Timestamp | None:
    """Return from when on the bars of a workspace are sealed, whether or not they are just now.

    Parameters
    ----------
    root : str or Path
        The workspace.

    Returns
    -------
    Timestamp or None
        UTC; None where nothing is sealed.

    Raises
    ------
    SpecError
        If the file is no TOML, or the date is none.
    """
    path = Path(root) / FILE
    if not path.is_file():
        return None
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(TABLE)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError(f"{path}: this is not TOML ({shorten(error)}).") from error
    return None if table is None else read_date(table, path)


def read_date(table: object, path: Path) -> pd.Timestamp:
    """Read the table ``[holdout]``.

    Parameters
    ----------
    table : object
        What the file holds under ``holdout``.
    path : Path
        The file, for messages.

    Returns
    -------
    Timestamp
        UTC.

    Raises
    ------
    SpecError
        If it is anything but a date under ``from``.
    """
    if not isinstance(table, dict) or set(table) != {KEY}:
        received = ", ".join(table) or "none" if isinstance(table, dict) else shorten(table)
        raise SpecError(
            f"{path}: [{TABLE}] must hold one key, from = 2025-10-01; received {received}."
        )
    value = table[KEY]
    if not isinstance(value, (str, datetime.date)):
        raise SpecError(
            f"{path}: '{TABLE}.{KEY}' must be a date, such as 2025-10-01; received "
            f"{shorten(value)}."
        )
    text = value if isinstance(value, str) else value.isoformat()
    try:
        return to_time(text, f"{path}: '{TABLE}.{KEY}'")
    except ParameterError as error:
        raise SpecError(str(error)) from error


def seal_market(market: Market, root: str | Path) -> Market:
    """Cut a market where the holdout of a workspace begins.

    Parameters
    ----------
    market : Market
        As it was loaded.
    root : str or Path
        The workspace.

    Returns
    -------
    Market
        The bars that had closed before; the same market where nothing is sealed.

    Raises
    ------
    DataError
        If no bar is left.
    """
    start = _find_seal(root)
    if start is None:
        return market
    n_open = _count_closed(market, start)
    if n_open == len(market):
        return _seal_finer(market, start)
    if not n_open:
        raise DataError(
            f"{market.name or market.symbol}: every bar is sealed ([{TABLE}] from = "
            f"{start:%Y-%m-%d} in {FILE}); `kanalo unseal RULE --because TEXT` runs a rule on them."
        )
    return _seal_finer(market.rows(0, n_open), start)


def seal_table(frame: pd.DataFrame, root: str | Path) -> pd.DataFrame:
    """Leave out the rows of a table from the holdout on; see `seal_market`.

    Parameters
    ----------
    frame : DataFrame
        Indexed by UTC times.
    root : str or Path
        The workspace.

    Returns
    -------
    DataFrame
        The rows before; the same frame where nothing is sealed.
    """
    start = _find_seal(root)
    return frame if start is None else frame[frame.index < start]


def _find_seal(root: str | Path) -> pd.Timestamp | None:
    return None if _unsealed.get() else find_holdout(root)


def _count_closed(market: Market, time: pd.Timestamp) -> int:
    return int(market.closes_at.searchsorted(time, side="right"))


def _seal_finer(market: Market, start: pd.Timestamp) -> Market:
    finer = market.finer
    if finer is None:
        return market
    n_open = _count_closed(finer, start)
    if n_open == len(finer):
        return market
    return replace(market, finer=finer.rows(0, n_open) if n_open else None)
