"""A market that shows other liquidations than its own: sides swapped, moved in time, or borrowed.

Bars, venue and everything else stay. A rule that reads liquidations through ``market.cached`` (the
functions of `SOURCES`) or ``market.known`` (reported columns) decides on the altered ones;
`FlowMarket.reads_flow` tells afterwards whether it read any.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd

from kanalo.market import Market
from kanalo.market.bars import COLUMNS
from kanalo.market.market import BoolArray, FloatArray
from kanalo.signals.liquidation_book import NearestZones
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_flow import LiquidationFlow, liquidation_flow
from kanalo.signals.liquidation_levels import liquidation_levels
from kanalo.signals.liquidation_map import LiquidationMap, liquidation_map

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
        """Return what one of `SOURCES` tells of the altered market; ``base`` is unaltered."""

    @abstractmethod
    def to_column(self, base: Market, name: str) -> FloatArray:
        """Return a context column of reported liquidations, shape (n_bars,)."""


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
        """Swap the sides of a flow or a map."""
        return cast(T, _swap(base.cached(function, *args, **values)))

    def to_column(self, base: Market, name: str) -> FloatArray:
        """Return the column of the other side."""
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
        """Move a flow or the zones of a map."""
        return cast(T, _change_series(base.cached(function, *args, **values), self._move))

    def to_column(self, base: Market, name: str) -> FloatArray:
        """Move a column."""
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
        """Estimate from the bars of the benchmark."""
        known = _find_known(base)
        donor = base.cached(to_donor)
        spread = partial(_spread, known=known)
        return cast(T, _change_series(donor.cached(function, *args, **values), spread))

    def to_column(self, base: Market, name: str) -> FloatArray:  # noqa: ARG002
        """Return nothing but NaN."""
        return np.full(len(base), np.nan)


@dataclass(frozen=True, eq=False)
class FlowMarket(Market):
    """A market with altered liquidations; made by `alter_flow`.

    Attributes
    ----------
    base : Market or None
        The market as it is.
    alteration : Alteration or None
        What to change.
    apart : set
        Keys of cached signals that read no liquidations: they are taken from the base's cache.
        Markets of one base share it.
    """

    base: Market | None = None
    alteration: Alteration | None = None
    apart: set[Any] = field(default_factory=set)
    _asked: list[str] = field(default_factory=list)
    _touched: set[Any] = field(default_factory=set)

    @property
    def reads_flow(self) -> bool:
        """Whether anybody has read liquidations of this market."""
        return bool(self._asked)

    def cached(
        self,
        function: Callable[Concatenate[Market, P], T],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> T:
        """Return a signal, computed from the altered liquidations where it reads them."""
        base, alteration = cast(Market, self.base), cast(Alteration, self.alteration)
        key = (function.__module__, function.__qualname__, args, tuple(sorted(parameters.items())))
        if function in SOURCES:
            self._asked.append(function.__qualname__)
            if key not in self._cache:
                self._cache[key] = alteration.to_signal(base, function, args, dict(parameters))
            return cast(T, self._cache[key])
        if key in self.apart:
            return base.cached(function, *args, **parameters)
        if key in self._touched:
            self._asked.append(function.__qualname__)
        before = len(self._asked)
        value = super().cached(function, *args, **parameters)
        if len(self._asked) > before:
            self._touched.add(key)
        elif key not in self._touched:
            self.apart.add(key)
        return value

    def known(self, name: str) -> FloatArray:
        """Return a context column; altered where it tells of liquidations."""
        if name.startswith((_LONG, _SHORT)) and name in self.context:
            self._asked.append(name)
            return cast(Alteration, self.alteration).to_column(cast(Market, self.base), name)
        return super().known(name)

    def rows(self, start: int, stop: int) -> Market:
        """Return bars start to stop (exclusive), altered likewise."""
        part = cast(FlowMarket, super().rows(start, stop))
        # Signals of a part are others than those of the whole.
        base = cast(Market, self.base).rows(start, stop)
        return replace(part, base=base, apart=set(), _asked=self._asked, _touched=set())


def alter_flow(market: Market, alteration: Alteration) -> FlowMarket:
    """Return a market whose liquidations are altered and whose bars are the same."""
    fields = {name: getattr(market, name) for name in Market.__dataclass_fields__}
    del fields["_cache"]
    apart = market.cached(_start_apart)
    return FlowMarket(**fields, base=market, alteration=alteration, apart=apart)


def _start_apart(_: Market) -> set[Any]:
    return set()


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
    return int(np.argmin(np.char.endswith(market.venue.astype(str), "-spot")))


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
