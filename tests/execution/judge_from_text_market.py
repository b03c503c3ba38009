"""What the judge from the text needs of a market: prices, funding, tiers, daily turnover.

Written from ``docs/fill_rules.md`` alone; shares no line with the package.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

NAN = math.nan
HOUR = 3600
DAY = 24 * HOUR


@dataclass
class Tier:
    """One step of a venue's margin table."""

    cap: float
    rate: float
    amount: float
    leverage: float


PERPETUAL_TIERS = [Tier(math.inf, 0.01, 0.0, 20.0)]
SPOT_TIERS = [Tier(math.inf, 0.10, 0.0, math.inf)]


@dataclass
class Bars:
    """Bars as plain lists; times are seconds since 1970 in UTC."""

    time: list[int]
    length: int
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float] = field(default_factory=list)
    venue: list[str] = field(default_factory=list)

    def first_extreme(self, t: int) -> str:
        """The extreme nearer to the open; the high if equally near (rule 5)."""
        if self.high[t] - self.open[t] <= self.open[t] - self.low[t]:
            return "high"
        return "low"

    def path(self, t: int) -> list[float]:
        """Open, first extreme, other extreme, close."""
        ends = [self.high[t], self.low[t]]
        if self.first_extreme(t) == "low":
            ends.reverse()
        return [self.open[t], *ends, self.close[t]]


@dataclass
class TextMarket:
    """A market with everything the page speaks of."""

    bars: Bars
    finer: Bars | None = None
    funding: list[tuple[int, float, float]] | None = None  # (stamp, rate, interval in hours)
    tiers: list[tuple[int, list[Tier]]] = field(default_factory=list)  # (day seen, table)
    assumed_rate: float = 0.0
    first: int = 0
    charges: bool = True  # whether funding is paid at all
    earlier: Bars | None = None  # bars of the warm-up

    def perpetual(self, t: int) -> bool:
        return self.bars.venue[t].endswith("-perp")

    def tiers_at(self, t: int) -> list[Tier]:
        """Rule 16: in force from the first bar that opens at or after the day a table was seen."""
        if not self.perpetual(t):
            return SPOT_TIERS
        if not self.tiers:
            return PERPETUAL_TIERS
        table = self.tiers[0][1]
        for day, rows in self.tiers:
            if day <= self.bars.time[t]:
                table = rows
        return table

    def finer_of(self, t: int) -> list[int] | None:
        """Numbers of the finer bars within bar t, None where they do not cover it wholly."""
        if self.finer is None:
            return None
        begin = self.bars.time[t]
        end = begin + self.bars.length
        inside = [i for i, at in enumerate(self.finer.time) if begin <= at < end]
        return inside if len(inside) * self.finer.length == self.bars.length else None


def grid_stamps(begin: int, end: int) -> list[int]:
    """The assumed stamps 00:00, 08:00 and 16:00 UTC in (begin, end]."""
    step = 8 * HOUR
    first = (begin // step + 1) * step
    return list(range(first, end + 1, step))


def funding_of_bars(market: TextMarket) -> list[float]:
    """Rules 9 and 18: the sum of rates that each bar is charged."""
    bars = market.bars
    table = sorted(market.funding or [])
    due: list[tuple[int, float, bool]] = []  # stamp, rate, whether it is assumed
    begins = min((stamp for stamp, rate, _ in table if not math.isnan(rate)), default=-1)
    for number, (stamp, rate, interval) in enumerate(table):
        silent = math.isnan(rate)
        due.append((stamp, market.assumed_rate if silent else rate, silent))
        if number + 1 < len(table):
            step = round((8.0 if math.isnan(interval) else interval) * HOUR)
            at = stamp + step
            while at < table[number + 1][0]:
                due.append((at, market.assumed_rate, True))
                at += step
    sums: list[float] = []
    if not market.charges:
        return [0.0] * len(bars.time)
    for t, begin in enumerate(bars.time):
        end = begin + bars.length
        if not market.perpetual(t):
            sums.append(0.0)
            continue
        rates = [rate for stamp, rate, _ in due if begin < stamp <= end]
        guessed = any(silent for stamp, _, silent in due if begin < stamp <= end)
        grid = grid_stamps(begin, end)
        early = [s for s in grid if not table or s < table[0][0]]
        late = [s for s in grid if table and s > table[-1][0]]
        n = len(early) + len(late)
        if begin < begins <= end and (early or guessed):  # still before the table
            sums.append(market.assumed_rate * (len(rates) + n))
        else:
            sums.append(sum(rates) + market.assumed_rate * n)
    return sums


def daily_law(market: TextMarket) -> list[tuple[float, float]]:
    """Rule 17: (sigma, V) of each bar, (0, 0) where there is no impact."""
    bars = market.bars
    if bars.length > DAY:
        return [(0.0, 0.0)] * len(bars.time)
    days: list[int] = []
    close: dict[int, float] = {}
    money: dict[int, float] = {}
    venues: dict[int, str] = {}  # a day is of the venue of its last bar
    for part in (market.earlier, bars):
        columns = (part.time, part.close, part.volume, part.venue) if part else ((),) * 4
        for at, price, volume, venue in zip(*columns, strict=True):
            day = at // DAY
            if day not in close:
                days.append(day)
                money[day] = 0.0
            close[day] = price
            money[day] += volume * price
            venues[day] = venue
    found: dict[tuple[int, str], tuple[float, float]] = {}
    result = []
    for t, at in enumerate(bars.time):
        key = (at // DAY, bars.venue[t])
        if key not in found:
            found[key] = _law_of(days, close, money, venues, *key)
        result.append(found[key])
    return result


def _law_of(days, close, money, venues, today: int, venue: str) -> tuple[float, float]:
    returns: list[float] = []
    turnover: list[float] = []
    index = days.index(today) - 1
    while index >= 1 and len(returns) < 20:
        day, before = days[index], days[index - 1]
        if venues[day] != venue or venues[before] != venue:
            break
        returns.append(math.log(close[day] / close[before]))
        turnover.append(money[day])
        index -= 1
    n = len(returns)
    if n < 5 or sum(turnover) <= 0:
        return 0.0, 0.0
    mean = sum(returns) / n
    sigma = math.sqrt(sum((x - mean) ** 2 for x in returns) / (n - 1))
    return sigma, sum(turnover) / n


def seconds(text: str) -> int:
    """Seconds of a UTC time such as ``2024-01-01T00:00``."""
    return int(datetime.fromisoformat(text + "+00:00").timestamp())
