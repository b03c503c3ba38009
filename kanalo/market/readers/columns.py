"""Find the columns of bars under the names that venues and libraries give them."""

from __future__ import annotations

import re

from kanalo.errors import DataError, shorten
from kanalo.market.bars import COLUMNS
from kanalo.market.liquidations import find_instrument
from kanalo.market.readers.raw import RawTable
from kanalo.text import to_visible

ALIASES = {
    # Unix stamps come first: where a file has both, they carry no doubt about the zone.
    "time": (
        *("open_time", "opentime", "time_open", "timeopen", "open_timestamp"),
        *("unix", "unix_timestamp", "timestamp", "timestamp_ms"),
        *("time", "datetime", "date", "date_time", "time_utc", "date_utc", "ts", "t", "index", ""),
    ),
    "open": ("open", "o", "open_price", "price_open"),
    "high": ("high", "h", "high_price", "price_high"),
    "low": ("low", "l", "low_price", "price_low"),
    "close": ("close", "c", "close_price", "price_close"),
    "volume": ("volume", "vol", "v", "base_volume", "basevolume", "volumefrom", "volume_base"),
}
"""Spellings of each column, the preferred one first; see `normalise`."""

CLOSE_TIMES = ("close_time", "closetime", "time_close", "timeclose", "close_timestamp")
"""Columns that tell when a bar closes; the time beside them may be of its open or its close."""

_VOLUME = re.compile(r"vol(?:ume)?_([a-z0-9]+)")
_LISTED, _NAME = 12, 24  # names that a message lists, and characters of each
_HOME = "xmr"
"""The coin that a volume may be counted in where no symbol is known."""

_QUOTES = (
    "btc",
    "xbt",
    "eth",
    "bnb",
    "eur",
    "gbp",
    "chf",
    "jpy",
    "aud",
    "cad",
    "try",
    "brl",
    "krw",
)
"""What pairs are quoted in beside USD and its like."""

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?(\.\d+)?(\s*[AP]M)?", re.IGNORECASE)


def normalise(name: object) -> str:
    """Reduce a column's name to lower case with underscores: ``Volume (XMR)`` → ``volume_xmr``."""
    return re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_")


def find_columns(table: RawTable, symbol: str | None = None) -> dict[str, str]:
    """Find the file's own name of ``time`` and of every column of a bar.

    Parameters
    ----------
    table : RawTable
        The file.
    symbol : str, optional
        The traded pair, such as ``"XMRUSDT"``: a volume with a unit must count its base coin.

    Returns
    -------
    dict of str to str
        Canonical name to the name in the file.

    Raises
    ------
    DataError
        If one is missing or stands twice, or the volume counts something else than coins.
    """
    names = [str(name) for name in table.frame.columns]
    by_alias = {normalise(name): name for name in reversed(names)}
    columns = {}
    for column in ("time", *COLUMNS):
        match = next((by_alias[alias] for alias in ALIASES[column] if alias in by_alias), None)
        if match is None and column == "volume":
            match = _find_volume(names, symbol, table.source)
        if match is None:
            raise DataError(
                f"{table.source}: column '{column}' is missing; expected time, "
                f"{', '.join(COLUMNS)} (volume in coins), received {_list(names)}."
            )
        twins = [name for name in names if normalise(name) == normalise(match)]
        if len(twins) > 1:
            raise DataError(
                f"{table.source}: column {shorten(match)} stands {len(twins)} times; "
                "remove or rename all but one."
            )
        columns[column] = match
    return columns


def find_close_time(table: RawTable) -> str | None:
    """Return the file's own name of the column that tells when a bar closes, or None."""
    by_alias = {normalise(name): str(name) for name in table.frame.columns}
    return next((by_alias[alias] for alias in CLOSE_TIMES if alias in by_alias), None)


def join_date_and_time(table: RawTable) -> RawTable:
    """Join a column of dates and a column of clocks, as MetaTrader writes them, to one of times."""
    frame = table.frame
    by_alias = {normalise(name): name for name in frame.columns}
    if not {"date", "time"} <= set(by_alias) or frame.columns.duplicated().any() or not len(frame):
        return table
    date, clock = (frame[by_alias[name]].astype(str).str.strip() for name in ("date", "time"))
    if not _CLOCK.fullmatch(clock.iloc[0]):
        return table
    others = frame.drop(columns=[by_alias["date"], by_alias["time"]])
    return RawTable(table.source, others.assign(time=date + " " + clock), table.rows, table.sha256)


def find_symbol(table: RawTable) -> str | None:
    """Return the one symbol that the file names in a column, or None.

    Raises
    ------
    DataError
        If it names several: the bars of one market are wanted.
    """
    for place, name in enumerate(table.frame.columns):  # a name may come twice
        if normalise(name) in ("symbol", "pair", "ticker"):
            symbols = table.frame.iloc[:, place].astype(str).unique()
            if len(symbols) > 1:
                raise DataError(
                    f"{table.source}, column '{name}': expected the bars of one market; received "
                    f"{len(symbols)} symbols, among them {symbols[0][:40]} and "
                    f"{symbols[1][:40]}."
                )
            return str(symbols[0]) if len(symbols) else None
    return None


def _find_volume(names: list[str], symbol: str | None, source: str) -> str | None:
    """Return the column ``Volume XMR`` or the like that counts the market's coin.

    Raises
    ------
    DataError
        If a volume counts something that is not known to be the coin.
    """
    units = {name: match[1] for name in names if (match := _VOLUME.fullmatch(normalise(name)))}
    for name, unit in units.items():
        if _is_base(unit, symbol or _HOME):
            return name
    if not units:
        return None
    name, unit = next(iter(units.items()))
    coin = f"coins of {symbol}" if symbol else "coins (name the market with --symbol)"
    raise DataError(
        f"{source}: column {shorten(name)} counts {shorten(unit)}; expected a volume in {coin}, "
        "in a column 'volume' where the name tells no unit."
    )


def _is_base(unit: str, symbol: str) -> bool:
    """Tell whether a unit is the coin of a pair: all of it, for the MA of MATIC is an average."""
    instrument = find_instrument(symbol) or find_instrument(symbol.replace("/", ""))
    if instrument is not None:
        return unit == instrument.base.lower()
    pair = normalise(symbol).replace("_", "")
    quote = pair.removeprefix(unit)
    return pair == unit or (quote != pair and quote in _QUOTES)


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(to_visible(name)[:_NAME] for name in names[:_LISTED]) + more
