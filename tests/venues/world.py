"""What is traded here: made-up markets of a few symbols, the same in every run."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

HOUR, DAY = 3_600_000, 86_400_000
INTERVALS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": HOUR, "4h": 4 * HOUR, "1d": DAY}


@dataclass(frozen=True)
class Listing:
    """A contract with the days it was traded: unix ms; a delisted one has an end."""

    symbol: str
    start: int
    end: int | None = None
    price: float = 100.0


@dataclass
class World:
    """All venues share one market for each symbol.

    ``now`` is the venues' clock (unix ms). ``revised`` scales the volume of single bars, as venues
    revise them; ``missing`` are days (unix ms) that neither archive nor REST has.
    """

    now: int
    listings: dict[str, Listing]
    revised: dict[tuple[str, int], float] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)

    def last(self, symbol: str) -> int:
        """Return when trading ended, or now."""
        return min(self.listings[symbol].end or self.now, self.now)

    @cached_property
    def _cache(self) -> dict[tuple[str, str], np.ndarray]:
        return {}

    def bars(self, symbol: str, interval: str, start: int, end: int) -> list[list[float]]:
        """Return ``time open high low close volume`` of bars that open in [start, end).

        The last may be open: then its close is that of the moment.
        """
        step = INTERVALS[interval]
        key = (symbol, interval)
        first = -(-self.listings[symbol].start // step) * step
        stop = self.last(symbol)
        n_bars = max(0, -(-(stop - first) // step))
        if key not in self._cache or len(self._cache[key]) < n_bars:
            self._cache[key] = _make(self.listings[symbol], interval, first, n_bars + 400)
        low, high = max(0, -(-(start - first) // step)), max(0, -(-(end - first) // step))
        table = self._cache[key][low : min(high, n_bars)]
        rows = [[int(row[0]), *row[1:]] for row in table.tolist()]
        for row in rows:
            row[5] = round(row[5] * self.revised.get((symbol, row[0]), 1.0), 3)
            if row[0] + step > self.now:  # still open
                row[4] = row[1]
                row[5] = round(row[5] / 2, 3)
        return [row for row in rows if row[0] // DAY * DAY not in self.missing]

    def funding(self, symbol: str, start: int, end: int) -> list[tuple[int, float]]:
        """Return stamps (with some ms of jitter) and rates in [start, end)."""
        step = 8 * HOUR
        first = -(-max(start, self.listings[symbol].start) // step) * step
        stamps = range(first, min(end, self.last(symbol)), step)
        return [
            (time + time // step % 7, round((time // step % 11 - 4) * 1e-5, 8)) for time in stamps
        ]

    def positioning(self, symbol: str, start: int, end: int) -> list[list[float]]:
        """Return rows of five minutes in [start, end): time, contracts, USD and four ratios."""
        step = INTERVALS["5m"]
        first = -(-max(start, self.listings[symbol].start) // step) * step
        rows = []
        for time in range(first, min(end, self.last(symbol)), step):
            wave = time // step % 97 / 97
            held = round(1_000 + 50 * wave, 3)
            ratios = [round(1 + wave / k, 4) for k in (2, 3, 4, 5)]
            rows.append([time, held, round(held * 100, 2), *ratios])
        return rows

    def liquidations(self, symbol: str, start: int, end: int) -> list[dict[str, float | str | int]]:
        """Return liquidations in [start, end): about one each quarter of an hour."""
        step = 900_000
        first = -(-max(start, self.listings[symbol].start) // step) * step
        rows: list[dict[str, float | str | int]] = []
        for time in range(first, min(end, self.last(symbol)), step):
            n = time // step
            side = "long" if n % 3 else "short"
            entry = round(100 + n % 13, 2)
            away = 0.03 + n % 5 / 50
            price = round(entry * (1 - away if side == "long" else 1 + away), 4)
            rows.append(
                {"time": time + n % 800, "id": n, "side": side, "entry": entry, "price": price}
                | {"quantity": round(0.5 + n % 17 / 10, 3)}
            )
        return rows


def _make(listing: Listing, interval: str, first: int, n_bars: int) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(f"{listing.symbol} {interval}".encode()))
    closes = np.round(listing.price * np.exp(np.cumsum(rng.normal(0, 0.004, n_bars))), 2) + 1
    opens = np.concatenate([[listing.price + 1], closes[:-1]])
    up, down = np.round(np.abs(rng.normal(0, 0.2, (2, n_bars))), 2)
    highs = np.maximum(opens, closes) + up
    lows = np.maximum(np.minimum(opens, closes) - down, 0.01)
    times = first + INTERVALS[interval] * np.arange(n_bars, dtype=np.float64)
    volume = np.round(rng.lognormal(5, 1, n_bars), 3)
    return np.round(np.column_stack([times, opens, highs, lows, closes, volume]), 3)


def make_world(now: int | None = None, days: int = 60) -> World:
    """Make three live markets, one that was delisted and one that got its name later."""
    import time

    moment = int(time.time() * 1000) if now is None else now
    start = moment // DAY * DAY - days * DAY
    half = start + days // 2 * DAY
    listings = (
        Listing("XMRUSDT", start, price=150.0),
        Listing("ETHUSDT", start, price=2_000.0),
        Listing("BTCUSDT", start, price=40_000.0),
        Listing("FTTUSDT", start, half, price=30.0),
        Listing("MATICUSDT", start, half, price=1.0),
        Listing("POLUSDT", half, price=1.0),
    )
    return World(moment, {each.symbol: each for each in listings})
