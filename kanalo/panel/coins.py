"""The coins of a panel: the bundled one, or a folder of tables of the same layout."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kanalo.errors import DataError
from kanalo.market import Market, load_market
from kanalo.market.alignment import align_benchmark
from kanalo.market.bars import COLUMNS
from kanalo.market.holdout import seal_market
from kanalo.market.manifest import PANEL, read_manifest
from kanalo.market.ticks import decode_ticks, is_ticks
from kanalo.market.times import to_time
from kanalo.periods import find_interval
from kanalo.typing import IntArray

LEAST_COINS = 3
"""Fewest coins beside the benchmark that make a panel."""

DELISTED = ("ftt_1h", "waves_1h")
"""Bundled tables that end because the coin was delisted; a window cut short there is settled."""

LONGEST_GAP = 168
"""Most hours that may be missing within the table of a folder: the longest horizon, a week."""

INTERVAL = "1h"
MONERO = "xmr"
BENCHMARK = "btc"
HOUR = 3_600_000_000_000
_FILE = re.compile(r"(?P<coin>[a-z0-9]+)(?P<kind>_spot|_perp)?_1h\.parquet")


@dataclass(frozen=True, eq=False)
class Coin:
    """One coin of a panel.

    Attributes
    ----------
    name : str
        The coin in lower case, such as ``"eth"``.
    market : Market
        Hourly bars with the panel's benchmark.
    """

    name: str
    market: Market

    @property
    def hours(self) -> IntArray:
        """Hours since 1970 of each bar's OPEN, shape (n_bars,)."""
        return np.asarray(self.market.index.as_unit("ns").asi8 // HOUR, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Panel:
    """Coins that are asked the same questions.

    Attributes
    ----------
    name : str
        Of the panel, for reports.
    coins : tuple of Coin
        Monero and the benchmark among them where they are known.
    digests : mapping of str to str
        sha256 of every table.
    """

    name: str
    coins: tuple[Coin, ...]
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def others(self) -> tuple[Coin, ...]:
        """The coins without Monero and without the benchmark: those that carry a verdict."""
        return tuple(each for each in self.coins if each.name not in (MONERO, BENCHMARK))

    @property
    def studied(self) -> tuple[Coin, ...]:
        """The coins without the benchmark."""
        return tuple(each for each in self.coins if each.name != BENCHMARK)


def load_panel(data_dir: str | Path, *, context: bool = False) -> Panel:
    """Load the bundled panel, Monero's perpetual with it, all against BTC's perpetual.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    context : bool
        Whether funding and what else joins a market comes with it; claims need bars alone.

    Returns
    -------
    Panel
        22 other coins, Monero and BTC.

    Raises
    ------
    DataError
        If the folder carries no panel, or a table is not what the manifest says.
    """
    manifest = read_manifest(data_dir)
    names = [
        name
        for name, entry in manifest.markets.items()
        if manifest.table(entry.bars).file.startswith(f"{PANEL}/")
    ]
    if not names:
        raise DataError(f"{data_dir}: there is no panel in this data folder.")
    markets = {_to_coin(name): load_market(data_dir, name, context=context) for name in names}
    markets[MONERO] = load_market(data_dir, f"{MONERO}_1h", context=context)
    return to_panel("bundled perpetuals", markets)


def read_panel(folder: str | Path) -> Panel:
    """Read a panel from a folder of ``<coin>_1h.parquet`` or ``<coin>_spot_1h.parquet``.

    Parameters
    ----------
    folder : path
        Each table has ``time open high low close volume``, UTC OPEN times; ``btc`` is the
        benchmark.

    Raises
    ------
    DataError
        If the folder holds fewer than three coins beside the benchmark, a coin twice, bars of
        another interval, times that overlap, or a missing week; names the file.
    """
    path = Path(folder)
    if not path.is_dir():
        raise DataError(f"{path}: a panel must be a folder of tables; there is none.")
    markets: dict[str, Market] = {}
    files: dict[str, str] = {}
    for file in sorted(path.glob("*.parquet")):
        match = _FILE.fullmatch(file.name)
        if match is None:
            raise DataError(
                f"{file}: a table of a panel must be named <coin>_1h.parquet or "
                f"<coin>_spot_1h.parquet, hourly bars; received '{file.name}'."
            )
        coin = match["coin"]
        if coin in markets:
            raise DataError(f"{file}: the coin '{coin}' stands in '{files[coin]}' already.")
        markets[coin], files[coin] = (
            _read_coin(file, coin, spot=match["kind"] == "_spot"),
            file.name,
        )
    return to_panel(path.name, markets)


def to_panel(name: str, markets: dict[str, Market]) -> Panel:
    """Make a panel of markets, each with the benchmark's bars beside its own.

    Parameters
    ----------
    name : str
        Of the panel.
    markets : dict of str to Market
        By the coin's name; the benchmark's is ``"btc"``.

    Returns
    -------
    Panel
        In the order of the markets.

    Raises
    ------
    DataError
        If there are fewer than three coins beside the benchmark, or bars are not hourly.
    """
    others = [each for each in markets if each not in (MONERO, BENCHMARK)]
    if len(others) < LEAST_COINS:
        raise DataError(
            f"The panel '{name}' must hold at least {LEAST_COINS} coins beside "
            f"{BENCHMARK} and {MONERO}; received {len(others)} ({', '.join(others) or 'none'})."
        )
    for coin, market in markets.items():
        if market.interval != INTERVAL:
            raise DataError(
                f"The panel '{name}': the coin '{coin}' must have bars of {INTERVAL}; received "
                f"bars of {market.interval}."
            )
    bars = markets[BENCHMARK].bars if BENCHMARK in markets else None
    coins = [Coin(coin, _join(market, coin, bars)) for coin, market in markets.items()]
    digests = {file: value for each in markets.values() for file, value in each.digests.items()}
    return Panel(name, tuple(coins), digests)


def list_absent(panel: Panel, names: Iterable[str]) -> list[str]:
    """Return which of some coins a panel does not have.

    Parameters
    ----------
    panel : Panel
        The coins.
    names : iterable of str
        Coins in lower case.

    Returns
    -------
    list of str
        In the order given.
    """
    present = {each.name for each in panel.coins}
    return [each for each in names if each not in present]


def cut_span(panel: Panel, start: str | None, end: str | None) -> Panel:
    """Return the panel traded within a window; earlier bars warm signals up.

    Parameters
    ----------
    panel : Panel
        The coins; those without a bar in the window are left out.
    start, end : str or None
        UTC, from (included) to (excluded); None for no bound.

    Returns
    -------
    Panel
        The same tables.

    Raises
    ------
    ParameterError
        If one is no time.
    DataError
        If no coin has a bar in the window.
    """
    low, high = (None if each is None else to_time(each) for each in (start, end))
    coins = tuple(
        replace(each, market=each.market.between(start, end))
        for each in panel.coins
        if (high is None or each.market.index[0] < high)
        and (low is None or each.market.index[-1] >= low)
    )
    if not coins:
        raise DataError(f"No coin of the panel has a bar from {start} to {end}.")
    return replace(panel, coins=coins)


def seal_panel(panel: Panel, root: str | Path) -> Panel:
    """Cut every coin where the holdout of a workspace begins, if any bars are sealed.

    Parameters
    ----------
    panel : Panel
        Read from a folder; bundled tables are sealed as they are loaded.
    root : str or Path
        The workspace.

    Returns
    -------
    Panel
        Without the sealed bars.

    Raises
    ------
    DataError
        If a coin has no bar left.
    """
    coins = tuple(replace(each, market=seal_market(each.market, root)) for each in panel.coins)
    return replace(panel, coins=coins)


def _to_coin(market: str) -> str:
    return market.removesuffix("_1h").removesuffix("_perp")


def _join(market: Market, coin: str, bars: pd.DataFrame | None) -> Market:
    if bars is None or coin == BENCHMARK:
        return market
    return replace(market, benchmark=align_benchmark(market, bars))


def _find_interval(path: Path, index: pd.DatetimeIndex) -> str:
    try:
        return find_interval(index)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _check_span(path: Path, index: pd.DatetimeIndex) -> None:
    """Refuse a hole that windows, which count bars, would bridge as if there were none."""
    gaps = np.diff(index.asi8) // HOUR
    row = int(gaps.argmax())
    if gaps[row] > LONGEST_GAP:
        raise DataError(
            f"{path}: {gaps[row] - 1:,} hours are missing after {index[row]:%Y-%m-%d %H:%M}; at "
            f"most {LONGEST_GAP} may be, cut the table at one of its ends."
        )


def _read_coin(path: Path, coin: str, *, spot: bool) -> Market:
    try:
        content = path.read_bytes()
        table = pq.read_table(pa.BufferReader(content))
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: this is not a Parquet file ({error}).") from error
    frame = decode_ticks(table) if is_ticks(table) else table.to_pandas()
    missing = [each for each in ("time", *COLUMNS) if each not in frame.columns]
    if missing:
        raise DataError(f"{path}: the column '{missing[0]}' is missing.")
    try:
        bars = frame.set_index("time")[list(COLUMNS)].astype(np.float64)
        index = pd.DatetimeIndex(bars.index).as_unit("ns")
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: times and numbers are asked for ({error}).") from error
    if index.tz is None:
        raise DataError(f"{path}: the times must be UTC; received times without a zone.")
    if not index.is_monotonic_increasing or index.has_duplicates:
        row = int(np.flatnonzero(np.diff(index.asi8) <= 0)[0]) + 1
        raise DataError(f"{path}: the times must ascend; row {row} ({index[row]}) overlaps.")
    if len(index) < 2:
        raise DataError(f"{path}: there must be at least two bars; received {len(index)}.")
    interval = _find_interval(path, index)
    if interval != INTERVAL:
        raise DataError(f"{path}: the bars must be of {INTERVAL}; received bars of {interval}.")
    _check_span(path, index)
    bars.index = index
    try:
        return Market.from_bars(
            bars,
            symbol=f"{coin.upper()}USDT",
            interval=INTERVAL,
            venue="binance-spot" if spot else "binance-usdm-perp",
            name=path.stem,
            digests={path.name: hashlib.sha256(content).hexdigest()},
        )
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
