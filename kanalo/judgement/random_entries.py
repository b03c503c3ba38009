"""Random entries that trade like a rule: the same trades, at bars drawn within strata.

Every trade of the rule keeps its side, size, trail, and the distances of its stop and target from
the close as fractions. It is moved to a random bar of its own stratum: of the same half of the same
year, and of the same third of volatility within it. It is placed where nothing is held while it
lasts, its stop, target and trail included; so the trades of a draw never stand in each other's way
and are as many as the real ones, and as long unless a stop or a target ends one sooner or later.

**How long a trade may last.** Signals and guard lines belong to their bars and cannot move with the
trade, so a number of bars stands in for them: until the next exit signal of the rule after the real
entry (which is when the real trade left, if a signal ended it), or the real holding time where a
guard line may have ended it or it was open at the end. A trade that nothing of this bounds may last
as long as the longest real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from kanalo.execution.compiled import _tape_layout as layout
from kanalo.execution.compiled.simulate import make_table, simulate_trades, to_tape, to_terms
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement._placebo_kernels import (
    DROPPED,
    MOVED,
    Calendar,
    Prices,
    UnplacedTrades,
    place,
)
from kanalo.market import Market
from kanalo.strategy.decisions import ENTRY_FIELDS, Decisions
from kanalo.strategy.orders import OrderType
from kanalo.typing import FloatArray, IntArray

THIRDS = 3
VOLATILITY_DAYS = 7
"""Length of the trailing window whose volatility makes the strata."""

_TRIES = 8  # bars that a trade draws in its stratum before it walks through it
_AT_THE_OPEN = (layout.EXIT_REASON, layout.MAX_BARS_REASON)
_PRICES = tuple(each.name for each in ENTRY_FIELDS if each.is_price)


@dataclass(frozen=True, eq=False)
class Template:
    """The trades of a rule without their place in time; all arrays of shape (n_trades,).

    Attributes
    ----------
    n_bars : int
        Bars of the market.
    bars : int64 array
        The real decisions' bars.
    held : int64 array
        Bars that the real trades were held.
    values : mapping of str to array
        The fields of `Decisions`, those of orders and second targets included, but prices as
        fractions of the close, and ``max_bars`` the bars after which a random trade is closed, at
        least 1.
    """

    n_bars: int
    bars: IntArray
    held: IntArray
    values: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.bars)

    @property
    def max_bars(self) -> IntArray:
        """Bars after which each random trade is closed."""
        limits: IntArray = self.values["max_bars"]
        return limits

    def to_trades(self, strata: Strata) -> UnplacedTrades:
        """Return what kernels take, with the strata of the real decisions' bars.

        A trade with two targets takes room until the second, an order also while it may wait.
        """
        values, second = self.values, self.values["target_2"]
        shared = {name: values[name] for name in UnplacedTrades._fields if name in values}
        shared["target"] = np.where(np.isnan(second), values["target"], second)
        waits = np.where(values["order"] == OrderType.MARKET, 0, np.maximum(values["valid"] - 1, 0))
        shared["max_bars"] = self.max_bars + waits
        return UnplacedTrades(home=strata.of_bar[self.bars], **shared)

    def at(self, bars: IntArray, close: FloatArray) -> Decisions:
        """Decide on the trades at other bars, all different; -1 leaves a trade out.

        Parameters
        ----------
        bars : int64 array of shape (n_trades,)
            Bars of the decisions; -1 leaves a trade out.
        close : float64 array of shape (n_bars,)
            Closes of the market.

        Returns
        -------
        Decisions
            Over the bars of the template.
        """
        order = np.argsort(bars, kind="stable")
        order = order[np.searchsorted(bars[order], 0) :]
        entries = bars[order]
        values = {each.name: each.take(self.values[each.name], order) for each in ENTRY_FIELDS}
        for each in _PRICES:
            values[each] = values[each] * close[entries]
        values["tag"] = ("random",) * len(order)
        return Decisions(n_bars=self.n_bars, entries=entries, **values)


@dataclass(frozen=True, eq=False)
class Strata:
    """Bars by volatility and calendar.

    Attributes
    ----------
    of_bar : int64 array of shape (n_bars,)
        Stratum of every bar: three to a season, seasons in order of time.
    season_start : int64 array of shape (n_seasons + 1,)
        First bar of each half-year, and the number of bars.
    """

    of_bar: IntArray
    season_start: IntArray


@dataclass(frozen=True, eq=False)
class Placements:
    """Where the trades of every draw stand.

    Attributes
    ----------
    bars : int64 array of shape (n_draws, n_trades)
        Bars of the decisions; -1 where there was no room for a trade.
    moved, dropped : float
        Share of trades that had to leave their stratum, and of those without any room.
    """

    bars: IntArray
    moved: float
    dropped: float


def make_template(
    market: Market, decisions: Decisions, costs: Costs, execution: Execution
) -> Template:
    """Run decisions and take their trades as a template for random ones.

    Parameters
    ----------
    market : Market
        Bars to trade, no warm-up.
    decisions : Decisions
        Of the rule, over the same bars.
    costs, execution : Costs, Execution
        Of the run.

    Returns
    -------
    Template
        Without the trades that never opened.
    """
    trades = make_table(len(decisions.entries))
    terms = to_terms(costs, execution)
    n_trades = simulate_trades(to_tape(market, costs, execution), decisions, terms, trades)
    trades = trades[:n_trades]
    entry, leaving = (
        trades[:, column].astype(np.int64) for column in (layout.ENTRY_BAR, layout.EXIT_BAR)
    )
    reason = trades[:, layout.REASON].astype(np.int64)
    ends_inside = ~np.isin(reason, (*_AT_THE_OPEN, layout.OPEN))
    k = trades[:, layout.DECISION].astype(np.int64)
    held = leaving - entry + ends_inside
    close = market.close[decisions.entries[k]]
    values = decisions.pick(k)
    values |= {name: values[name] / close for name in _PRICES}
    values["max_bars"] = _find_limits(decisions, k, entry, held, reason)
    return Template(len(market), decisions.entries[k], held, values)


def _find_limits(
    decisions: Decisions, k: IntArray, entry: IntArray, held: IntArray, reason: IntArray
) -> IntArray:
    """Return the most bars that each trade may last; see the module."""
    never = np.iinfo(np.int64).max
    own = decisions.max_bars[k]
    limits = np.where(own > 0, own, never)
    sides = (
        (1, decisions.exit_long, decisions.guard_long),
        (-1, decisions.exit_short, decisions.guard_short),
    )
    for side, exits, guard in sides:
        mine = decisions.side[k] == side
        signal = np.append(exits, never)[np.searchsorted(exits, entry)]
        until = np.where(signal < never, signal - entry + 1, never)
        limits[mine] = np.minimum(limits, until)[mine]
        if guard is not None:
            guarded = mine & (reason == layout.STOP_REASON)
            limits[guarded] = np.minimum(limits, held)[guarded]
    is_open = reason == layout.OPEN
    limits[is_open] = np.minimum(limits, held)[is_open]
    return np.where(limits == never, held.max(initial=1), limits)


def find_strata(market: Market, volatility: FloatArray | None = None) -> Strata:
    """Sort bars into thirds of volatility within each calendar half-year.

    Parameters
    ----------
    market : Market
        The bars.
    volatility : float64 array of shape (n_bars,), optional
        What to sort by, NaN where unknown; by default the standard deviation of the log returns of
        the last seven days. NaN at the beginning count as the first known value.

    Returns
    -------
    Strata
        Of every bar.
    """
    known = pd.Series(calc_volatility(market) if volatility is None else volatility)
    values = known.bfill().ffill().fillna(0.0).to_numpy(np.float64)
    half = np.asarray(market.index.year * 2 + (market.index.month > 6), dtype=np.int64)
    starts = np.flatnonzero(np.diff(half, prepend=half[0] - 1))
    season_start = np.append(starts, len(market)).astype(np.int64)
    of_bar = np.empty(len(market), dtype=np.int64)
    for season, (start, stop) in enumerate(pairwise(season_start)):
        rank = np.argsort(np.argsort(values[start:stop], kind="stable"), kind="stable")
        of_bar[start:stop] = THIRDS * season + THIRDS * rank // (stop - start)
    return Strata(of_bar, season_start)


def calc_volatility(market: Market) -> FloatArray:
    """Compute the standard deviation of the log returns of the last seven days.

    Returns
    -------
    float64 array of shape (n_bars,)
        Per bar; NaN for the first two bars. Earlier bars of the first week look back as far as
        there are bars. Row t knows nothing of later bars.
    """
    window = max(round(pd.Timedelta(days=VOLATILITY_DAYS) / market.length), THIRDS)
    returns = pd.Series(np.diff(np.log(market.close), prepend=np.nan))
    return np.asarray(returns.rolling(window, min_periods=2).std(), dtype=np.float64)


def place_entries(
    market: Market,
    template: Template,
    strata: Strata,
    *,
    n_draws: int = 1_000,
    seed: int = 0,
    entry_bar_exits: bool = True,
) -> Placements:
    """Draw bars for the trades of a template, the longest first, each with room of its own.

    Parameters
    ----------
    market : Market
        The bars of both, which tell when a stop or a target ends a trade.
    template : Template
        Of `make_template`.
    strata : Strata
        Of `find_strata`.
    n_draws : int
        Number of draws.
    seed : int
        The same seed draws the same bars.
    entry_bar_exits : bool
        As in `Execution`.

    Returns
    -------
    Placements
        Of every draw.
    """
    n_strata = THIRDS * (len(strata.season_start) - 1)
    pool = np.argsort(strata.of_bar, kind="stable")
    pool_start = np.searchsorted(strata.of_bar[pool], np.arange(n_strata + 1))
    calendar = Calendar(pool, pool_start, strata.of_bar, strata.season_start)
    # Copies: a market's own arrays are read-only, which is another type to the compiler.
    prices = Prices(*(np.array(getattr(market, name)) for name in Prices._fields))
    trades = template.to_trades(strata)
    order = np.argsort(-template.max_bars, kind="stable")
    bars = np.empty((n_draws, len(template)), dtype=np.int64)
    states = np.empty((n_draws, len(template)), dtype=np.int8)
    taken = np.empty(template.n_bars, dtype=np.bool_)
    rng = np.random.default_rng(seed)
    first = int(not entry_bar_exits)
    for row, state in zip(bars, states, strict=True):
        uniforms = rng.random((len(template), _TRIES + 1))
        place(prices, trades, calendar, order, uniforms, first, taken, row, state)
    return Placements(bars, float((states == MOVED).mean()), float((states == DROPPED).mean()))


def each_draw(template: Template, placements: Placements, close: FloatArray) -> Iterator[Decisions]:
    """Yield the decisions of every draw; ``close`` is of the market, shape (n_bars,).

    Parameters
    ----------
    template : Template
        Of `make_template`.
    placements : Placements
        Of `place_entries`.
    close : float64 array of shape (n_bars,)
        Closes of the market.

    Returns
    -------
    iterator of Decisions
        One for every draw.
    """
    for bars in placements.bars:
        yield template.at(bars, close)
