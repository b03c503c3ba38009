"""One side of the liquidation map: what it assumes, the book it keeps, what the book says.

`kanalo.signals.liquidation_map` explains the method and joins both sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kanalo.errors import ParameterError
from kanalo.signals import _map_kernels as kernels
from kanalo.signals.leverage import LeveragePrior, fitted_prior
from kanalo.signals.map_half_life import HALF_LIFE, calc_kept
from kanalo.typing import FloatArray, IntArray

DEFAULT_PRIOR = fitted_prior(power=1.0)
"""For markets without a table of tiers: leverage 3 to 125, weighted by itself."""


@dataclass(frozen=True)
class MapSettings:
    """What a map assumes.

    Attributes
    ----------
    prior : LeveragePrior
        Distances from entry to liquidation.
    share : float
        Share of turnover that opens contracts where open interest is unknown.
    half_life : float
        Hours after which half of the levels are gone where open interest is unknown.
    width : float
        Width of a bin in log price.
    cell, density, reach : float
        A zone is a run of cells of ``cell`` log price, each with at least ``density`` times the
        mean cell within ``reach`` of the close.
    """

    prior: LeveragePrior = DEFAULT_PRIOR
    share: float = 0.05
    half_life: float = HALF_LIFE
    width: float = 0.0005
    cell: float = 0.0025
    density: float = 2.0
    reach: float = 0.20

    def __post_init__(self) -> None:
        """Refuse settings without a meaning."""
        for name in ("share", "half_life", "width", "cell", "density", "reach"):
            value = getattr(self, name)
            if not value > 0:
                raise ParameterError(
                    f"The '{name}' parameter of MapSettings must be above 0; received {value!r}."
                )
        if self.cell > self.reach:
            raise ParameterError(
                f"The 'cell' parameter of MapSettings must not exceed 'reach' ({self.reach}); "
                f"received {self.cell!r}."
            )


@dataclass(frozen=True)
class Accounts:
    """Where every contract of one side has gone, in coins: ``born`` is the sum of the others."""

    born: float
    consumed: float
    closed: float
    decayed: float
    alive: float


@dataclass(frozen=True, eq=False)
class NearestZones:
    """The nearest dense zone of one side after each bar; all arrays of shape (n_bars,).

    Attributes
    ----------
    near, far : float64 arrays
        Distances of its edges from the close in log price, positive; NaN where there is none.
    mass : float64 array
        Size in it; NaN where there is none.
    within_reach : float64 array
        Size of all levels of this side within reach of the close.
    """

    near: FloatArray
    far: FloatArray
    mass: FloatArray
    within_reach: FloatArray


@dataclass(frozen=True, eq=False)
class Side:
    """One side's book; for longs in negated log price.

    Attributes
    ----------
    flow : float64 array of shape (n_bars,)
        Size consumed by each bar.
    zones : NearestZones
        Empty arrays if they were not asked for.
    shots : float64 array of shape (m, n_bins)
        The book after each bar that was asked for.
    origin : int
        Number of the first bin: bin i covers ``[(i + origin)·width, (i + origin + 1)·width)``.
    accounts : Accounts
        Over all bars.
    """

    flow: FloatArray
    zones: NearestZones
    shots: FloatArray
    origin: int
    accounts: Accounts


def find_changes(
    volume: FloatArray, open_interest: FloatArray | None, bar_hours: float, settings: MapSettings
) -> FloatArray:
    """Return new contracts, fall of open interest, surviving share and what was open, per bar.

    ``born = max(ΔOI, 0)`` and ``fall = max(-ΔOI, 0)``, nothing ageing, where the open interest of
    this bar and the one before is known; else ``born = share·volume``, no fall, and
    ``kept = 2**(-hours / half_life)``. A bar of unknown volume opens nothing.

    Parameters
    ----------
    volume : float64 array of shape (n,)
        Traded volume of each bar in coins; NaN if unknown.
    open_interest : float64 array of shape (n,), optional
        Open contracts at each close, in coins; NaN if unknown.
    bar_hours : float
        Length of a bar in hours, > 0.
    settings : MapSettings
        Its ``share`` of volume that opens positions, and its ``half_life`` in hours.

    Returns
    -------
    float64 array of shape (n, 4)
        The last column is the open interest before the bar, infinite where unknown.
    """
    changes = np.empty((len(volume), 4))
    changes[:, 0] = settings.share * np.where(volume > 0, volume, 0.0)
    changes[:, 1] = 0.0
    changes[:, 2] = calc_kept(bar_hours, settings.half_life)
    changes[:, 3] = np.inf
    if open_interest is not None:
        rise = np.diff(open_interest, prepend=np.nan)
        known = np.isfinite(rise)
        changes[known, 0] = np.maximum(rise[known], 0.0)
        changes[known, 1] = np.maximum(-rise[known], 0.0)
        changes[known, 2] = 1.0
        changes[known, 3] = (open_interest - rise)[known]
    return changes


def build_side(
    bars: FloatArray,
    changes: FloatArray,
    prior: FloatArray,
    settings: MapSettings,
    wanted: IntArray,
    *,
    zones: bool,
) -> Side:
    """Keep one side's book over all bars.

    Parameters
    ----------
    bars : float64 array of shape (n, 3)
        Log price at bottom, top and close; for longs negated, with bottom and top exchanged.
    changes : float64 array of shape (n, 4)
        From `find_changes`.
    prior : float64 array of shape (k, 2)
        Distance, ascending, and share.
    settings : MapSettings
        Bins and zones.
    wanted : int64 array of shape (m,)
        Bars, ascending, after which the book is copied.
    zones : bool
        Whether to find the nearest zone after every bar.

    Returns
    -------
    Side
        Liquidated contracts of each bar, shape (n,); nearest zones after each bar; the book
        after the wanted bars.
    """
    n = len(bars)
    first = math.floor(bars[:, 0].min() / settings.width) - 1
    last = math.ceil((bars[:, 1].max() + prior[-1, 0]) / settings.width) + 1
    book, flow, accounts = np.zeros(last - first), np.empty(n), np.zeros(4)
    zone_rows = np.empty((n if zones else 0, 4))
    shots = np.empty((len(wanted), len(book)))
    zoning = np.array([settings.cell, settings.density, settings.reach])
    kernels.build_levels(
        np.ascontiguousarray(bars), changes, prior, zoning, settings.width, first, wanted,
        book, flow, zone_rows, shots, accounts,
    )  # fmt: skip
    born, consumed, closed, decayed = (float(each) for each in accounts)
    near = NearestZones(*(np.ascontiguousarray(column) for column in zone_rows.T))
    ending = Accounts(born, consumed, closed, decayed, alive=float(book.sum()))
    return Side(flow, near, shots, first, ending)
