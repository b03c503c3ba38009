"""Maintenance tiers, the price at which a position is liquidated, and priors over leverage.

Formulas are those of USDT-margined perpetuals with isolated margin. What traders' leverage really
was is published nowhere: every prior here is a guess that says so, and is calibrated elsewhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

import numpy as np

from kanalo.errors import DataError, ParameterError, unknown_name
from kanalo.typing import FloatArray

TABLES = {"XMRUSDT": "xmr_leverage_tiers.toml"}
"""Symbols whose tiers are here; for others the cap on leverage has to be fitted."""

LONG, SHORT = 1, -1


@dataclass(frozen=True)
class Tiers:
    """Maintenance tiers of one symbol, valid from a day on.

    Attributes
    ----------
    symbol : str
        For example ``"XMRUSDT"``.
    since : date
        Day that the table was read on.
    caps : tuple of float
        Largest notional of each tier in USDT, ascending.
    rates : tuple of float
        Maintenance-margin rate of each tier, a fraction of the notional.
    max_leverage : tuple of float
        Highest leverage that a position of the tier may be opened with.
    """

    symbol: str
    since: date
    caps: tuple[float, ...]
    rates: tuple[float, ...]
    max_leverage: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse tables whose maintenance margin would jump, fall or miss a column."""
        if not len(self.caps) == len(self.rates) == len(self.max_leverage) > 0:
            raise DataError(f"{self.symbol}: the tiers' columns differ in length or are empty.")
        if (np.diff((0.0, *self.caps)) <= 0).any() or (np.diff((0.0, *self.rates)) <= 0).any():
            raise DataError(
                f"{self.symbol}: caps and rates of the tiers must be positive and rise."
            )

    @property
    def floors(self) -> tuple[float, ...]:
        """Notional that each tier starts at, in USDT."""
        return (0.0, *self.caps[:-1])

    @property
    def amounts(self) -> tuple[float, ...]:
        """Maintenance amounts in USDT: ``c[n] = floor[n]·(m[n] - m[n-1]) + c[n-1]``, ``c[0] = 0``.

        They make the maintenance margin ``m[n]·notional - c[n]`` continuous across tiers.
        """
        steps = np.diff((self.rates[0], *self.rates))
        return tuple(float(c) for c in np.cumsum(np.array(self.floors) * steps))

    def find(self, notional: FloatArray | float) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """Return the tier of each notional in USDT; one at a cap still belongs to that tier."""
        return np.asarray(np.searchsorted(self.caps[:-1], notional, side="left"), dtype=np.int64)

    def maintenance(self, notional: FloatArray | float) -> FloatArray:
        """Return the maintenance margin in USDT of each notional."""
        tier = self.find(notional)
        return np.asarray(np.array(self.rates)[tier] * notional - np.array(self.amounts)[tier])


def load_tiers(symbol: str = "XMRUSDT", on: date | None = None) -> Tiers:
    """Load the tiers of a symbol that were valid on a day.

    Parameters
    ----------
    symbol : str
        A key of `TABLES`.
    on : date, optional
        The latest table by default. Before the first table, the first one: older tiers are not
        recorded here, and using these is an assumption.

    Returns
    -------
    Tiers
        The latest table that had been seen by that day.

    Raises
    ------
    UnknownNameError
        If there is no table for the symbol.
    """
    if symbol not in TABLES:
        raise unknown_name("table of leverage tiers for", symbol, TABLES)
    text = files("kanalo.signals").joinpath(TABLES[symbol]).read_text(encoding="utf-8")
    tables = [_read_table(symbol, each) for each in tomllib.loads(text)["tables"]]
    tables.sort(key=lambda table: table.since)
    valid = [table for table in tables if on is None or table.since <= on]
    return valid[-1] if valid else tables[0]


def _read_table(symbol: str, table: dict[str, object]) -> Tiers:
    columns = (table[key] for key in ("notional_up_to", "maintenance_rate", "max_leverage"))
    caps, rates, leverage = (tuple(float(value) for value in each) for each in columns)  # type: ignore[attr-defined]
    since = table["since"]
    if not isinstance(since, date):
        raise DataError(
            f"{symbol}: 'since' of a table of tiers must be a date; received {since!r}."
        )
    return Tiers(symbol, since, caps, rates, leverage)


def liquidation_price(
    entry: FloatArray | float,
    leverage: FloatArray | float,
    side: int,
    *,
    notional: FloatArray | float,
    tiers: Tiers,
) -> FloatArray:
    """Calculate the mark price at which an isolated position is liquidated.

    ``long = EP·(1 - 1/L - c/N) / (1 - m)`` and ``short = EP·(1 + 1/L + c/N) / (1 + m)``, with
    rate m and amount c of the tier of the notional AT that price: there the margin balance
    ``N/L ± N·(P/EP - 1)`` equals the maintenance margin ``m·N·P/EP - c``. They cross once, so one
    tier fits.

    Parameters
    ----------
    entry : float or array of shape (n,)
        Entry price.
    leverage : float or array of shape (n,)
        Notional at entry / initial margin.
    side : int
        +1 for a long, -1 for a short.
    notional : float or array of shape (n,)
        Notional at entry in USDT.
    tiers : Tiers
        The symbol's tiers.

    Returns
    -------
    float64 array of shape (n,)
        Prices; NaN where no positive price liquidates the position (a long without leverage).

    Raises
    ------
    ParameterError
        If the side is neither, or a leverage is below 1 or above what the tier allows at entry.

    Notes
    -----
    Funding and fees paid in the meantime are left out. The trigger is the mark price.
    """
    if side not in (LONG, SHORT):
        raise ParameterError(f"The 'side' of a position must be 1 or -1; received {side!r}.")
    entries, leverages, notionals = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (entry, leverage, notional))
    )
    _check_leverage(leverages, notionals, tiers)
    ratios = _find_ratio(leverages, notionals, side, tiers)
    return np.asarray(np.where(ratios > 0, entries * ratios, np.nan))


def _check_leverage(leverage: FloatArray, notional: FloatArray, tiers: Tiers) -> None:
    allowed = np.array(tiers.max_leverage)[tiers.find(notional)]
    wrong = (leverage < 1) | (leverage > allowed)
    if wrong.any():
        most, received = allowed[wrong].flat[0], leverage[wrong].flat[0]
        raise ParameterError(
            f"The 'leverage' of {tiers.symbol} at that notional must be in [1, {most:g}]; "
            f"received {received:g}."
        )


def _find_ratio(leverage: FloatArray, notional: FloatArray, side: int, tiers: Tiers) -> FloatArray:
    """Return liquidation price over entry price, from the tier that it falls into itself."""
    shape = (-1,) + (1,) * leverage.ndim
    rates = np.reshape(tiers.rates, shape)
    amounts = np.reshape(tiers.amounts, shape)
    ratios = (1 - side * (1 / leverage + amounts / notional)) / (1 - side * rates)
    # The maintenance margin is the largest of all tiers' lines (rates rise and the lines meet at
    # the caps), so the tier that fits is the one whose line the balance meets first.
    return np.asarray(ratios.max(axis=0) if side == LONG else ratios.min(axis=0))


@dataclass(frozen=True, eq=False)
class LeveragePrior:
    """Assumed distances from entry to liquidation and the share of new contracts at each.

    Attributes
    ----------
    longs, shorts : float64 arrays of shape (k, 2)
        Distance in log price (ascending, positive) and share (summing to 1).
    name : str
        What was assumed, for legends.
    """

    longs: FloatArray
    shorts: FloatArray
    name: str


def fitted_prior(power: float, cap: float = 125.0, maintenance: float = 0.004) -> LeveragePrior:
    """Assume leverage spread evenly over its logarithm up to a cap, weighted by ``L**power``.

    Parameters
    ----------
    power : float
        0 for an even spread; 1 doubles the share of twice the leverage.
    cap, maintenance : float
        Highest leverage and one maintenance rate. Where no tier table is known these are fitted or
        assumed parameters, not facts.

    Returns
    -------
    LeveragePrior
        For each side distances from the entry to the liquidation as log prices, ascending, with
        shares that sum to 1.
    """
    leverage = ladder(cap)
    shares = leverage**power
    longs = -np.log((1 - 1 / leverage) / (1 - maintenance))
    shorts = np.log((1 + 1 / leverage) / (1 + maintenance))
    name = f"leverage 3-{cap:g}, weight L^{power:.2f}, maintenance {maintenance:.2%}"
    return LeveragePrior(_to_prior(longs, shares), _to_prior(shorts, shares), name)


SIZES = (2_500.0, 7_500.0, 25_000.0, 75_000.0, 150_000.0, 400_000.0)
SIZE_SHARES = (0.30, 0.20, 0.25, 0.13, 0.07, 0.05)
"""Assumed position sizes in USDT and the share of contracts that they hold: a stated guess."""


def tiered_prior(
    tiers: Tiers,
    power: float = 1.0,
    *,
    sizes: Sequence[float] = SIZES,
    shares: Sequence[float] = SIZE_SHARES,
) -> LeveragePrior:
    """Assume leverage by position size, each size capped by its tier.

    Parameters
    ----------
    tiers : Tiers
        Caps and maintenance margins.
    power : float
        As in `fitted_prior`.
    sizes, shares : sequences of float
        Notionals of positions in USDT and the share of the contracts that each holds.

    Returns
    -------
    LeveragePrior
        For each side distances from the entry to the liquidation as log prices, ascending, with
        shares that sum to 1.
    """
    rows: list[tuple[float, float, float]] = []
    for size, share in zip(sizes, shares, strict=True):
        leverage = ladder(float(np.array(tiers.max_leverage)[tiers.find(size)]), steps=12)
        weights = leverage**power
        longs, shorts = (
            np.abs(np.log(liquidation_price(1.0, leverage, side, notional=size, tiers=tiers)))
            for side in (LONG, SHORT)
        )
        rows += zip(longs, shorts, share * weights / weights.sum(), strict=True)
    table = np.array(rows)
    name = f"tiers of {tiers.symbol} since {tiers.since}, weight L^{power:.2f}"
    return LeveragePrior(
        _to_prior(table[:, 0], table[:, 2]), _to_prior(table[:, 1], table[:, 2]), name
    )


def ladder(cap: float, lowest: float = 3.0, steps: int = 20) -> FloatArray:
    """Return leverages from the cap down to ``lowest``, evenly spaced in their logarithm.

    Parameters
    ----------
    cap : float
        Highest leverage, at least 1.
    lowest : float
        Lowest leverage; the cap if that is lower.
    steps : int
        Number of leverages.

    Returns
    -------
    float64 array of shape (steps,)
        Descending.
    """
    return np.geomspace(cap, min(lowest, cap), steps)


def _to_prior(distances: FloatArray, shares: FloatArray) -> FloatArray:
    order = np.argsort(distances, kind="stable")
    return np.column_stack([distances[order], shares[order] / shares.sum()])
