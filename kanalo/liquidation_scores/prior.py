"""How far the assumed leverage is from that of positions whose entry prices are known.

A liquidation with its entry price tells the leverage of the position, by the formulas of
`kanalo.signals.leverage` with one maintenance rate m and the distance
``d = |log(price / entry)|``::

    long:   L = 1 / (1 - (1 - m)·exp(-d))
    short:  L = 1 / ((1 + m)·exp(d) - 1)

The assumed prior is even over log L from 3 to the cap, weighted by ``L**power``. The power is
fitted by maximum likelihood, each position weighted by its size. What is liquidated is not what is
open: positions with much leverage die young and are seen more often, so the fit is an upper bound
of the power among open positions. Venues differ in margin rules as well.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from kanalo.errors import DataError
from kanalo.file_formats import LIQUIDATION_PRIOR
from kanalo.market import load_table
from kanalo.signals.liquidation_estimator import frozen_estimator
from kanalo.typing import FloatArray

ENTRY = "entry_price"
LOWEST = 3.0
"""Lowest leverage of the prior."""

FEWEST = 30
"""Positions that a fit needs."""

_REACH = 20.0


@dataclass(frozen=True)
class PriorFit:
    """The leverage of liquidated positions beside the assumed one.

    Attributes
    ----------
    table : str
        Whose positions.
    positions, outside : int
        Positions in [3, cap], and those left out because their leverage lies outside.
    assumed_power, fitted_power : float
        Of ``L**power``.
    median_reported, median_assumed, median_fitted : float
        Leverage that half of the size lies below.
    distance_assumed, distance_fitted : float
        Largest distance of the distribution functions of leverage, in [0, 1].
    cap, maintenance : float
        Assumed in both.
    """

    table: str
    positions: int
    outside: int
    assumed_power: float
    fitted_power: float
    median_reported: float
    median_assumed: float
    median_fitted: float
    distance_assumed: float
    distance_fitted: float
    cap: float
    maintenance: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as plain values."""
        return {"schema": LIQUIDATION_PRIOR.schema, **asdict(self)}


def fit_prior(data_dir: str | Path, name: str) -> PriorFit:
    """Fit the leverage prior to a table of liquidations with entry prices.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    name : str
        The table, for example ``xmrusdt_liquidations_bitfinex``.

    Returns
    -------
    PriorFit
        The fitted and the assumed prior beside what was reported.

    Raises
    ------
    DataError
        If the table has no entry prices, or too few positions.
    UnknownNameError
        If there is no such table.
    """
    frame = load_table(data_dir, name)
    if ENTRY not in frame.columns:
        raise DataError(
            f"The table '{name}' has no column '{ENTRY}'; only Bitfinex tells at what price a "
            "position was entered."
        )
    estimator = frozen_estimator()
    cap, maintenance = estimator.cap, estimator.maintenance
    leverage = to_leverage(frame, maintenance)
    inside = (leverage >= LOWEST) & (leverage <= cap)
    if inside.sum() < FEWEST:
        raise DataError(
            f"The table '{name}' has {int(inside.sum())} positions with a leverage of {LOWEST:g} "
            f"to {cap:g}; a fit needs {FEWEST}."
        )
    kept = leverage[inside]
    size = frame["notional_usd"].to_numpy(np.float64)[inside]
    power = fit_power(kept, size, cap)
    return PriorFit(
        table=name,
        positions=int(inside.sum()),
        outside=int((~inside).sum()),
        assumed_power=estimator.power,
        fitted_power=power,
        median_reported=_weighted_median(kept, size),
        median_assumed=_median(estimator.power, cap),
        median_fitted=_median(power, cap),
        distance_assumed=_distance(kept, size, estimator.power, cap),
        distance_fitted=_distance(kept, size, power, cap),
        cap=cap,
        maintenance=maintenance,
    )


def to_leverage(frame: pd.DataFrame, maintenance: float) -> FloatArray:
    """Return the leverage that entry and liquidation price of each position tell.

    Parameters
    ----------
    frame : DataFrame of n rows
        ``side``, ``price`` and ``entry_price``.
    maintenance : float
        Rate, a fraction.

    Returns
    -------
    float64 array of shape (n,)
        Infinite where the position was liquidated at its entry or on the profitable side.
    """
    ratio = frame["price"].to_numpy(np.float64) / frame[ENTRY].to_numpy(np.float64)
    is_long = (frame["side"] == "long").to_numpy(np.bool_)
    margin = np.where(is_long, 1 - (1 - maintenance) * ratio, (1 + maintenance) * ratio - 1)
    leverage = np.full(len(frame), np.inf)
    np.divide(1.0, margin, out=leverage, where=margin > 0)
    return leverage


def fit_power(leverage: FloatArray, size: FloatArray, cap: float) -> float:
    """Fit the power of ``L**power`` by maximum likelihood.

    Parameters
    ----------
    leverage : float64 array of shape (n,)
        In [3, cap].
    size : float64 array of shape (n,)
        Weight of each position, positive.
    cap : float
        Highest leverage.

    Returns
    -------
    float
        In [-20, 20].
    """
    mean = float(np.average(np.log(leverage), weights=size))

    def excess(power: float) -> float:
        return _mean_log(power, cap) - mean

    if excess(-_REACH) >= 0:
        return -_REACH
    if excess(_REACH) <= 0:
        return _REACH
    return float(brentq(excess, -_REACH, _REACH))


def _mean_log(power: float, cap: float) -> float:
    """Return the mean of log L under a density of exp(power·log L) on [log 3, log cap]."""
    low, high = np.log(LOWEST), np.log(cap)
    if abs(power) < 1e-9:
        return float((low + high) / 2)
    width = high - low
    return float(low - 1 / power + width / (1 - np.exp(-power * width)))


def _cumulative(leverage: FloatArray, power: float, cap: float) -> FloatArray:
    share = np.log(leverage / LOWEST) / np.log(cap / LOWEST)
    if abs(power) < 1e-9:
        return np.asarray(share)
    width = np.log(cap / LOWEST)
    return np.asarray(np.expm1(power * width * share) / np.expm1(power * width))


def _median(power: float, cap: float) -> float:
    return float(
        brentq(lambda x: float(_cumulative(np.array([x]), power, cap)[0]) - 0.5, LOWEST, cap)
    )


def _weighted_median(leverage: FloatArray, size: FloatArray) -> float:
    order = np.argsort(leverage, kind="stable")
    below = np.cumsum(size[order]) / size.sum()
    return float(leverage[order][np.searchsorted(below, 0.5)])


def _distance(leverage: FloatArray, size: FloatArray, power: float, cap: float) -> float:
    """Return the largest distance of two distribution functions of leverage."""
    order = np.argsort(leverage, kind="stable")
    above = np.cumsum(size[order]) / size.sum()
    below = np.concatenate([[0.0], above[:-1]])
    model = _cumulative(leverage[order], power, cap)
    return float(max(np.abs(above - model).max(), np.abs(model - below).max()))
