"""What became of bars within a horizon: returns, levels that were reached, corridors that held.

Every measure gives a whole path from the close of the bar to the horizon, so that a figure can show
how it came about; the last column is what is tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kanalo.market import Market
from kanalo.study.claims.columns import find_column
from kanalo.study.claims.plan import ClaimOutcome
from kanalo.study.events.paths import to_prices
from kanalo.typing import FloatArray, IntArray

Ways = Mapping[str, FloatArray]
"""Per event: what its levels are, relative to its close."""

_CHUNK = 20_000


@dataclass(frozen=True, eq=False)
class Measure:
    """Measures one kind of outcome on a market.

    Attributes
    ----------
    market : Market
        The bars.
    outcome : ClaimOutcome
        What is measured.
    n_bars : int
        The horizon.
    """

    market: Market
    outcome: ClaimOutcome
    n_bars: int
    _columns: dict[str, FloatArray] = field(default_factory=dict, init=False, repr=False)

    def ways(self, bars: IntArray) -> dict[str, FloatArray]:
        """Return the levels that stand at bars, relative to their closes; NaN where there are none.

        Parameters
        ----------
        bars : int64 array of shape (n,)
            Events.
        """
        outcome = self.outcome
        if outcome.kind == "reaches":
            return {"distance": self._way(outcome.distance, bars)}
        if outcome.kind == "stays":
            names = ("below", "above", "drift")
            return {name: self._way(getattr(outcome, name), bars) for name in names}
        return {}

    def trace(self, bars: IntArray, ways: Ways) -> FloatArray:
        """Follow bars to the horizon.

        Parameters
        ----------
        bars : int64 array of shape (n,)
            Bars; a window beyond the data is unknown.
        ways : mapping
            From `ways` of the EVENTS, one row a bar: controls get those of their event.

        Returns
        -------
        float64 array of shape (n, n_bars + 1)
            Log return, or 1 and 0; of a value the same in all columns. A row is NaN as a whole
            where its horizon is not known.
        """
        parts = [
            self._trace(bars[i : i + _CHUNK], {k: v[i : i + _CHUNK] for k, v in ways.items()})
            for i in range(0, max(len(bars), 1), _CHUNK)
        ]
        path = np.concatenate(parts)
        path[np.isnan(path[:, -1])] = np.nan
        return path

    def _trace(self, bars: IntArray, ways: Ways) -> FloatArray:
        kind = self.outcome.kind
        if kind == "value":
            values = self._column(self.outcome.of)[bars]
            return np.repeat(values[:, None], self.n_bars + 1, axis=1)
        offsets = np.arange(self.n_bars + 1, dtype=np.int64)
        if kind in ("return", "abnormal"):
            prices = self.market.cached(to_prices)
            return (prices.change if kind == "return" else prices.abnormal)(bars, offsets)
        if kind == "reaches":
            return self._reaches(bars, offsets, ways["distance"])
        return self._stays(bars, offsets, ways)

    def _reaches(self, bars: IntArray, offsets: IntArray, distance: FloatArray) -> FloatArray:
        side = self.outcome.side
        extreme = np.log(self.market.high if side > 0 else self.market.low)
        away = side * (self._at(extreme, bars, offsets) - np.log(self.market.close)[bars, None])
        away[:, 0] = -np.inf  # what the bar itself touched was before its close
        touched = np.maximum.accumulate(away, axis=1) >= distance[:, None]
        return self._known(touched, away, distance)

    def _stays(self, bars: IntArray, offsets: IntArray, ways: Ways) -> FloatArray:
        log_close = np.log(self.market.close)
        moved = self._at(log_close, bars, offsets) - log_close[bars, None]
        moved = moved - ways["drift"][:, None] * offsets
        inside = (moved >= -ways["below"][:, None]) & (moved <= ways["above"][:, None])
        held = np.logical_and.accumulate(inside, axis=1)
        return self._known(held, moved, ways["below"] + ways["above"] + ways["drift"])

    def _known(
        self, truth: npt.NDArray[np.bool_], seen: FloatArray, levels: FloatArray
    ) -> FloatArray:
        unknown = np.isnan(seen) | np.isnan(levels)[:, None]
        return np.where(unknown, np.nan, truth.astype(np.float64))

    def _at(self, values: FloatArray, bars: IntArray, offsets: IntArray) -> FloatArray:
        at = bars[:, None] + offsets
        return np.where(at < len(values), values[np.minimum(at, len(values) - 1)], np.nan)

    def _way(self, name: float | str, bars: IntArray) -> FloatArray:
        if isinstance(name, str):
            return self._column(name)[bars]
        side = self.outcome.side
        return np.full(len(bars), side * np.log1p(side * name))

    def _column(self, name: str) -> FloatArray:
        if name not in self._columns:
            self._columns[name] = find_column(self.market, name)
        return self._columns[name]
