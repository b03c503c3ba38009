"""A causal map of where positions would be liquidated: estimated, relative, and it says so.

Bar by bar, per side and in bins of log price: levels age; the bar consumes those that it reaches
(its estimated liquidation flow); what is left of a fall of open interest closes the same share of
every level that it is of all open interest (much of which is older than the book, entry unknown);
then the bar's own new contracts are added, one long and one short each, opened evenly over its
range, at the distances of a `LeveragePrior`. So a level that is born in bar t can be hit from bar
t + 1 on. A level that the close of its own bar has already passed belongs to nobody any more: such
contracts count as closed in their own bar.

New contracts are rises of open interest where it is known. Elsewhere they are an assumed share of
turnover, and levels age with a half-life, because nobody reports that they were closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kanalo.errors import ParameterError
from kanalo.market import Market
from kanalo.market.altered import alterable
from kanalo.signals.liquidation_book import (
    Accounts,
    MapSettings,
    NearestZones,
    Side,
    build_side,
    find_changes,
)
from kanalo.signals.liquidation_flow import LiquidationFlow
from kanalo.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Cluster:
    """A dense zone of one side at one bar.

    Attributes
    ----------
    side : str
        ``"short"`` (above price) or ``"long"`` (below).
    low, high : float
        Its edges, prices.
    centre : float
        Its centre of mass, a price.
    mass : float
        Its size, in the map's relative coins.
    distance : float
        From the close to its nearer edge, a fraction of the close.
    """

    side: str
    low: float
    high: float
    centre: float
    mass: float
    distance: float

    @property
    def width(self) -> float:
        """Its height over its lower edge, a fraction."""
        return self.high / self.low - 1.0


@dataclass(frozen=True, eq=False)
class LiquidationMap:
    """A map over a market's bars; all of it is ESTIMATED and relative.

    Attributes
    ----------
    settings : MapSettings
        What was assumed.
    flow : LiquidationFlow
        Size consumed per bar and side, shape (n_bars,).
    short_zones, long_zones : NearestZones
        The nearest zone above and below every close.
    prices : float64 array of shape (n_bins,)
        Price at the centre of each bin, ascending.
    bars : int64 array of shape (m,)
        The bars that were asked for.
    shorts, longs : float64 arrays of shape (m, n_bins)
        Size at each bin's price after those bars.
    closes : float64 array of shape (m,)
        Closes of those bars.
    accounts : tuple of Accounts
        Of the shorts and of the longs, over all bars.
    """

    settings: MapSettings
    flow: LiquidationFlow
    short_zones: NearestZones
    long_zones: NearestZones
    prices: FloatArray
    bars: IntArray
    shorts: FloatArray
    longs: FloatArray
    closes: FloatArray
    accounts: tuple[Accounts, Accounts]

    @property
    def asymmetry(self) -> FloatArray:
        """``(above - below) / (above + below)`` of the sizes within reach, shape (n_bars,).

        Positive: more shorts above than longs below. NaN where there is neither.
        """
        above, below = self.short_zones.within_reach, self.long_zones.within_reach
        total = above + below
        known = total > 0
        balance = np.full(len(total), np.nan)
        balance[known] = (above[known] - below[known]) / total[known]
        return balance

    def clusters(self, bar: int) -> list[Cluster]:
        """List the dense zones of both sides after a bar that was asked for, nearest first.

        Raises
        ------
        ParameterError
            If the map was not asked for that bar.
        """
        if bar not in self.bars:
            raise ParameterError(f"The map was not asked for bar {bar}: name it in 'at'.")
        shot = int(np.searchsorted(self.bars, bar))
        sides = (("short", 1, self.shorts[shot]), ("long", -1, self.longs[shot]))
        clusters = [
            cluster
            for name, sign, sizes in sides
            for cluster in _find_clusters(name, sign, sizes, self, float(self.closes[shot]))
        ]
        return sorted(clusters, key=lambda each: each.distance)


def build_map(
    high: FloatArray,
    low: FloatArray,
    close: FloatArray,
    volume: FloatArray,
    *,
    open_interest: FloatArray | None = None,
    bar_hours: float = 1.0,
    settings: MapSettings | None = None,
    at: Sequence[int] = (),
    zones: bool = True,
) -> LiquidationMap:
    """Build the map from arrays.

    Parameters
    ----------
    high, low, close, volume : float64 arrays of shape (n,)
        Bars; volume in coins.
    open_interest : float64 array of shape (n,), optional
        Coins at each close, NaN where unknown.
    bar_hours : float
        Length of a bar in hours.
    settings : MapSettings, optional
        What to assume.
    at : sequence of int
        Bars after which to keep the whole density.
    zones : bool
        Whether to find the nearest zones after every bar; without them it is quicker, and the zones
        and the asymmetry are empty.

    Returns
    -------
    LiquidationMap
        Causal: a prefix of the bars gives a prefix of the flow and of the zones.

    Raises
    ------
    ParameterError
        If a bar in ``at`` does not exist.

    Notes
    -----
    Memory grows with bars + bins × (bars asked for). The map starts empty: what it says of the
    first few half-lives is too small.
    """
    settings = settings or MapSettings()
    wanted = np.unique(np.asarray(at, dtype=np.int64))
    if len(wanted) and not 0 <= wanted[0] <= wanted[-1] < len(close):
        raise ParameterError(
            f"The 'at' parameter of build_map must name bars in [0, {len(close) - 1}]; "
            f"received {list(at)}."
        )
    changes = find_changes(volume, open_interest, bar_hours, settings)
    logs = np.log(np.column_stack([low, high, close]))
    above = build_side(logs, changes, settings.prior.shorts, settings, wanted, zones=zones)
    negated = -logs[:, [1, 0, 2]]
    below = build_side(negated, changes, settings.prior.longs, settings, wanted, zones=zones)
    return _join(above, below, settings, wanted, np.asarray(close, dtype=np.float64)[wanted])


@alterable
def liquidation_map(
    market: Market, settings: MapSettings | None = None, at: tuple[int, ...] = ()
) -> LiquidationMap:
    """Build the map of a market: from its open interest where known, else from its turnover.

    Parameters
    ----------
    market : Market
        The bars and, where known, ``open_interest``.
    settings : MapSettings, optional
        What to assume; for XMRUSDT give its tiers:
        ``MapSettings(tiered_prior(load_tiers("XMRUSDT")))``.
    at : tuple of int
        Bars after which to keep the whole density.

    Returns
    -------
    LiquidationMap
        Nearest zones and liquidated size at each close, in units that are relative to one another.
    """
    return build_map(
        market.high,
        market.low,
        market.close,
        market.volume,
        open_interest=market.known("open_interest"),
        bar_hours=market.length.total_seconds() / 3600,
        settings=settings,
        at=at,
    )


def _join(
    above: Side, below: Side, settings: MapSettings, wanted: IntArray, closes: FloatArray
) -> LiquidationMap:
    """Put both sides on one ascending grid of prices; a bin of the longs is mirrored."""
    n_above, n_below = above.shots.shape[1], below.shots.shape[1]
    start_below = -below.origin - n_below
    first = min(above.origin, start_below)
    n_bins = max(above.origin + n_above, start_below + n_below) - first
    shorts, longs = np.zeros((len(wanted), n_bins)), np.zeros((len(wanted), n_bins))
    shorts[:, above.origin - first : above.origin - first + n_above] = above.shots
    longs[:, start_below - first : start_below - first + n_below] = below.shots[:, ::-1]
    return LiquidationMap(
        settings=settings,
        flow=LiquidationFlow(longs=below.flow, shorts=above.flow),
        short_zones=above.zones,
        long_zones=below.zones,
        prices=np.exp((np.arange(n_bins) + first + 0.5) * settings.width),
        bars=wanted,
        shorts=shorts,
        longs=longs,
        closes=closes,
        accounts=(above.accounts, below.accounts),
    )


def _find_clusters(
    side: str, sign: int, sizes: FloatArray, book: LiquidationMap, close: float
) -> Iterator[Cluster]:
    """Yield the runs of dense cells of one side; ``sign`` is +1 above the close, -1 below."""
    settings = book.settings
    distances = sign * np.log(book.prices / close)
    n_cells = round(settings.reach / settings.cell)
    cell = np.floor(distances / settings.cell).astype(np.int64)
    inside = (cell >= 0) & (cell < n_cells) & (distances >= 0)
    masses = np.bincount(cell[inside], weights=sizes[inside], minlength=n_cells)
    dense = (masses >= settings.density * masses.mean()) & (masses > 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], dense.astype(np.int64), [0]])))
    for start, stop in edges.reshape(-1, 2):
        member = inside & (cell >= start) & (cell < stop)
        mass = float(sizes[member].sum())
        centre = float(np.exp((sizes[member] * np.log(book.prices[member])).sum() / mass))
        low, high = sorted(close * np.exp(sign * settings.cell * np.array([start, stop])))
        nearest = abs(float(np.exp(sign * settings.cell * start)) - 1.0)
        yield Cluster(side, float(low), float(high), centre, mass, nearest)
