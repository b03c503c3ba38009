"""What altered liquidations are: sides swapped, moved in time, or borrowed from another coin.

`kanalo.judgement.flow_market` shows them to a rule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.market.bars import COLUMNS
from kanalo.signals.liquidation_book import NearestZones
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_flow import LiquidationFlow, liquidation_flow
from kanalo.signals.liquidation_levels import liquidation_levels
from kanalo.signals.liquidation_map import LiquidationMap, liquidation_map
from kanalo.typing import BoolArray, FloatArray

P = ParamSpec("P")
T = TypeVar("T")

SOURCES: tuple[Callable[..., Any], ...] = (
    liquidation_flow,
    estimated_flow,
    liquidation_levels,
    liquidation_map,
)
"""The signals that tell of liquidations: `LiquidationFlow` or `LiquidationMap` of a market."""

_LONG, _SHORT = "liquidation_long_usd_", "liquidation_short_usd_"


class Alteration(ABC):
    """How the liquidations of a market are altered."""

    @abstractmethod
    def to_signal(
        self,
        base: Market,
        function: Callable[..., T],
        args: tuple[Any, ...],
        values: dict[str, Any],
    ) -> T:
        """Return what one of `SOURCES` tells of the altered market; ``base`` is unaltered.

        Parameters
        ----------
        base : Market
            The market as it is.
        function : callable
            One of `SOURCES`.
        args : tuple
            Positional arguments of the call.
        values : dict
            Keyword arguments of the call.

        Returns
        -------
        LiquidationFlow or LiquidationMap
            Of the altered market.
        """

    @abstractmethod
    def to_column(self, base: Market, name: str) -> FloatArray:
        """Return a context column of reported liquidations, shape (n_bars,).

        Parameters
        ----------
        base : Market
            The market as it is.
        name : str
            Name of the column.

        Returns
        -------
        float64 array of shape (n_bars,)
            Of the altered market; USD, NaN where unknown.
        """


@dataclass(frozen=True)
class SwapSides(Alteration):
    """Longs become shorts and shorts longs: the sign of the imbalance is flipped.

    Zones of a map change their side at the same distance from the close in log price.
    """

    def to_signal(
        self,
        base: Market,
        function: Callable[..., T],
        args: tuple[Any, ...],
        values: dict[str, Any],
    ) -> T:
        """Swap the sides of a flow or a map.

        Parameters
        ----------
        base : Market
            The market as it is.
        function : callable
            One of `SOURCES`.
        args : tuple
            Positional arguments of the call.
        values : dict
            Keyword arguments of the call.

        Returns
        -------
        LiquidationFlow or LiquidationMap
            Of the altered market.
        """
        return cast(T, _swap(base.cached(function, *args, **values)))

    def to_column(self, base: Market, name: str) -> FloatArray:
        """Return the column of the other side.

        Parameters
        ----------
        base : Market
            The market as it is.
        name : str
            Name of the column.

        Returns
        -------
        float64 array of shape (n_bars,)
            Of the altered market; USD, NaN where unknown.
        """
        ours, theirs = (_LONG, _SHORT) if name.startswith(_LONG) else (_SHORT, _LONG)
        return base.known(name.replace(ours, theirs, 1))


@dataclass(frozen=True)
class MoveInTime(Alteration):
    """Every series of liquidations is moved by some bars, around from the end to the beginning.

    Attributes
    ----------
    n_bars : int
        Bars to move it.
    first : int
        Bar from which on there are liquidations; earlier ones stay as they are.
    """

    n_bars: int
    first: int = 0

    def to_signal(
        self,
        base: Market,
        function: Callable[..., T],
        args: tuple[Any, ...],
        values: dict[str, Any],
    ) -> T:
        """Move a flow or the zones of a map.

        Parameters
        ----------
        base : Market
            The market as it is.
        function : callable
            One of `SOURCES`.
        args : tuple
            Positional arguments of the call.
        values : dict
            Keyword arguments of the call.

        Returns
        -------
        LiquidationFlow or LiquidationMap
            Of the altered market.
        """
        return cast(T, _change_series(base.cached(function, *args, **values), self._move))

    def to_column(self, base: Market, name: str) -> FloatArray:
        """Move a column.

        Parameters
        ----------
        base : Market
            The market as it is.
        name : str
            Name of the column.

        Returns
        -------
        float64 array of shape (n_bars,)
            Of the altered market; USD, NaN where unknown.
        """
        return self._move(base.known(name))

    def _move(self, values: FloatArray) -> FloatArray:
        return np.concatenate((values[: self.first], np.roll(values[self.first :], self.n_bars)))


@dataclass(frozen=True)
class BorrowBenchmark(Alteration):
    """The estimated liquidations of the benchmark coin, on the same bars; NaN where it has none.

    Reported columns are unknown: the market carries none of another coin.
    """

    def to_signal(
        self,
        base: Market,
        function: Callable[..., T],
        args: tuple[Any, ...],
        values: dict[str, Any],
    ) -> T:
        """Estimate from the bars of the benchmark.

        Parameters
        ----------
        base : Market
            The market as it is.
        function : callable
            One of `SOURCES`.
        args : tuple
            Positional arguments of the call.
        values : dict
            Keyword arguments of the call.

        Returns
        -------
        LiquidationFlow or LiquidationMap
            Of the altered market.
        """
        known = _find_known(base)
        donor = base.cached(to_donor)
        spread = partial(_spread, known=known)
        return cast(T, _change_series(donor.cached(function, *args, **values), spread))

    def to_column(self, base: Market, name: str) -> FloatArray:  # noqa: ARG002
        """Return nothing but NaN.

        Parameters
        ----------
        base : Market
            The market as it is.
        name : str
            Name of the column.

        Returns
        -------
        float64 array of shape (n_bars,)
            Of the altered market; USD, NaN where unknown.
        """
        return np.full(len(base), np.nan)


def is_flow(column: str) -> bool:
    """Tell whether a context column holds liquidations."""
    return column.startswith((_LONG, _SHORT))


def to_donor(market: Market) -> Market:
    """Make a market of the benchmark's bars, without those that it lacks, on the same venues.

    An empty benchmark makes an empty market, whose signals are not to be asked for.
    """
    known = _find_known(market)
    bars = cast(pd.DataFrame, market.benchmark).loc[known, list(COLUMNS)].astype(np.float64)
    return Market(
        "benchmark", market.interval, bars, market.venue[known], f"benchmark of {market.name}"
    )


def has_benchmark(market: Market) -> bool:
    """Tell whether a market has bars of a benchmark to borrow from."""
    return bool(_find_known(market).sum() > 1)


def find_first_flow(market: Market) -> int:
    """Return the first bar that was not traded on a spot venue, 0 if there is none."""
    return int(np.argmin(market.spot))


def _find_known(market: Market) -> BoolArray:
    if market.benchmark is None or not set(COLUMNS) <= set(market.benchmark.columns):
        return np.zeros(len(market), dtype=np.bool_)
    return np.asarray(market.benchmark.loc[:, list(COLUMNS)].notna().all(axis=1), dtype=np.bool_)


def _spread(values: FloatArray, known: BoolArray) -> FloatArray:
    spread = np.full(len(known), np.nan)
    spread[known] = values
    return spread


def _swap(value: Any) -> Any:
    if isinstance(value, LiquidationFlow):
        return replace(value, longs=value.shorts, shorts=value.longs)
    zones = {"short_zones": value.long_zones, "long_zones": value.short_zones}
    return replace(value, flow=_swap(value.flow), **zones)


def _change_series(value: Any, change: Callable[[FloatArray], FloatArray]) -> Any:
    """Change every series per bar of a flow or a map; a map's densities stay."""
    if isinstance(value, LiquidationFlow):
        return replace(value, longs=change(value.longs), shorts=change(value.shorts))
    if isinstance(value, NearestZones):
        changed = {name: change(getattr(value, name)) for name in value.__dataclass_fields__}
        return NearestZones(**changed)
    book = cast(LiquidationMap, value)
    parts = ("flow", "short_zones", "long_zones")
    return replace(book, **{name: _change_series(getattr(book, name), change) for name in parts})
