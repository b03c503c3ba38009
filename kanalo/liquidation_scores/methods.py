"""The estimators that are compared on reported liquidations: fitted on one table, asked on another.

Each method is a function of (table, hours to fit on, table to predict) that returns a `Prediction`
for every bar of the last. Fits maximise the mean rank correlation of shorts, longs and imbalance:
what is scored is what is fitted, with two or three coefficients each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from kanalo.liquidation_scores.correlations import TARGETS, Prediction, predict_from_sizes, spearman
from kanalo.liquidation_scores.tables import Calibration
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_estimator import SWING_UNIT, FlowEstimator, swings
from kanalo.signals.liquidation_flow import estimate_flow
from kanalo.signals.liquidation_map import build_map
from kanalo.signals.moving import highest, lowest, previous
from kanalo.typing import BoolArray, FloatArray

Part = tuple[Calibration, BoolArray]
"""A table and which of its hours to fit on."""

Method = Callable[[Sequence[Part], Calibration], Prediction]

BARS = ("open", "high", "low", "close", "volume")
FRESH_BARS = 6
"""Bars back that an excursion has to exceed to count as fresh, in the estimator without map."""

START = FlowEstimator(power=1.0, swing=0.01, order=4.0)
EVALUATIONS = 120


def baseline(_parts: Sequence[Part], table: Calibration) -> Prediction:
    """Excursion beyond the previous close times volume; nothing is fitted.

    Parameters
    ----------
    _parts : sequence
        Not used: nothing is fitted.
    table : Calibration
        Table of n_hours hours to predict.

    Returns
    -------
    Prediction
        Predicted size of short and of long liquidations and their imbalance, each of shape
        (n_hours,); only ranks matter.
    """
    flow = estimate_flow(*(table.column(name) for name in BARS[1:]))
    return predict_from_sizes(np.nan_to_num(flow.shorts), np.nan_to_num(flow.longs))


def map_alone(_parts: Sequence[Part], table: Calibration) -> Prediction:
    """The turnover map with its default assumptions; nothing is fitted.

    Parameters
    ----------
    _parts : sequence
        Not used: nothing is fitted.
    table : Calibration
        Table of n_hours hours to predict.

    Returns
    -------
    Prediction
        Predicted size of short and of long liquidations and their imbalance, each of shape
        (n_hours,); only ranks matter.
    """
    prices = (table.column(name) for name in BARS[1:])
    flow = build_map(*prices, bar_hours=table.bar_hours, settings=MapSettings(), zones=False).flow
    return predict_from_sizes(flow.shorts, flow.longs)


def with_map(parts: Sequence[Part], table: Calibration) -> Prediction:
    """The estimator of `kanalo.signals.liquidation_estimator`: levels reached plus swings.

    Parameters
    ----------
    parts : sequence of (Calibration, bool array of shape (n_hours,))
        Tables to fit on, with their hours that count.
    table : Calibration
        Table of n_hours hours to predict.

    Returns
    -------
    Prediction
        Predicted size of short and of long liquidations and their imbalance, each of shape
        (n_hours,); only ranks matter.
    """
    return apply_estimator(fit_estimator(parts), table)


def without_map(parts: Sequence[Part], table: Calibration) -> Prediction:
    """Volume times swings, excursion beyond the previous close and beyond the last six bars.

    Parameters
    ----------
    parts : sequence of (Calibration, bool array of shape (n_hours,))
        Tables to fit on, with their hours that count.
    table : Calibration
        Table of n_hours hours to predict.

    Returns
    -------
    Prediction
        Predicted size of short and of long liquidations and their imbalance, each of shape
        (n_hours,); only ranks matter.
    """
    weights = _maximise(lambda x, each: _predict_excursions(x, each), [-1.0, 0.0, 0.0, 1.5], parts)
    return _predict_excursions(weights, table)


def boosted_trees(parts: Sequence[Part], table: Calibration) -> Prediction:
    """Gradient-boosted trees on excursions, volume, volatility and new extremes: a black box.

    Fitted on the ranks of each target, one model each.

    Parameters
    ----------
    parts : sequence of (Calibration, bool array of shape (n_hours,))
        Tables to fit on, with their hours that count.
    table : Calibration
        Table of n_hours hours to predict.

    Returns
    -------
    Prediction
        Predicted size of short and of long liquidations and their imbalance, each of shape
        (n_hours,); only ranks matter.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn, which only comes with the ``dev`` extra, is not installed.
    """
    # Imported by name because it is no dependency: only this row of the comparison needs it.
    trees = import_module("sklearn.ensemble").HistGradientBoostingRegressor
    limits = import_module("threadpoolctl").threadpool_limits
    features = _make_features(table)
    predictions: dict[str, FloatArray] = {}
    for target in TARGETS:
        inputs, outputs = [], []
        for part, hours in parts:
            reported = getattr(part, target)
            known = hours & np.isfinite(reported)
            inputs.append(_make_features(part)[known])
            ranks = pd.Series(reported[known]).rank(pct=True)
            outputs.append(ranks.to_numpy(np.float64))
        model = trees(
            max_iter=150, learning_rate=0.04, max_depth=3, min_samples_leaf=20, random_state=0
        )
        with limits(1):  # on so few rows threads wait for each other longer than they work
            model.fit(np.concatenate(inputs), np.concatenate(outputs))
        predictions[target] = np.asarray(model.predict(features), dtype=np.float64)
    return Prediction(**predictions)


METHODS: Mapping[str, Method] = {
    "excursion × volume (baseline)": baseline,
    "map alone": map_alone,
    "estimator without map": without_map,
    "estimator with map": with_map,
    "boosted trees": boosted_trees,
}
ESTIMATOR, TREES, NO_MAP = "estimator with map", "boosted trees", "estimator without map"


def apply_estimator(estimator: FlowEstimator, table: Calibration) -> Prediction:
    """Ask an estimator for every bar of a table.

    Parameters
    ----------
    estimator : FlowEstimator
        With its coefficients.
    table : Calibration
        Bars; its reported sizes are not used.

    Returns
    -------
    Prediction
        Of shape (n,), without a unit.
    """
    bars = (table.column(name) for name in BARS)
    flow = estimator.estimate(*bars, bar_hours=table.bar_hours)
    return predict_from_sizes(flow.shorts, flow.longs)


def fit_estimator(parts: Sequence[Part]) -> FlowEstimator:
    """Fit the leverage prior's power, the swings' weight and the order's sharpness.

    Parameters
    ----------
    parts : sequence of (Calibration, bool array)
        Tables and the hours of each to fit on; hours before them still fill the map.

    Returns
    -------
    FlowEstimator
        Rounded to three digits: more would claim a precision that the data do not have.
    """
    guess = [START.power, float(np.log(START.swing)), START.order]
    optimum = _maximise(lambda x, each: apply_estimator(_to_estimator(x), each), guess, parts)
    fitted = _to_estimator(optimum)
    digits = {name: float(f"{getattr(fitted, name):.3g}") for name in ("power", "swing", "order")}
    return replace(fitted, **digits)


def objective(table: Calibration, hours: BoolArray, prediction: Prediction) -> float:
    """Return the mean rank correlation over the three targets.

    Parameters
    ----------
    table : Calibration
        Table with the reported sizes.
    hours : bool array of shape (n_hours,)
        Hours that count.
    prediction : Prediction
        Predictions for the same table.

    Returns
    -------
    float
        Spearman's correlation in [−1, 1]; NaN if one of the three is.
    """
    return float(
        np.mean(
            [
                spearman(getattr(prediction, name)[known], getattr(table, name)[known])
                for name in TARGETS
                for known in [hours & np.isfinite(getattr(table, name))]
            ]
        )
    )


def _to_estimator(x: FloatArray) -> FlowEstimator:
    power, order = np.clip(x[0], -1.0, 4.0), np.clip(x[2], 0.0, 20.0)
    return replace(START, power=float(power), swing=float(np.exp(x[1])), order=float(order))


def _maximise(
    predict: Callable[[FloatArray, Calibration], Prediction],
    guess: Sequence[float],
    parts: Sequence[Part],
) -> FloatArray:
    """Find coefficients by the simplex method: rank correlations have no useful gradient."""

    def loss(x: FloatArray) -> float:
        return -float(np.mean([objective(each, hours, predict(x, each)) for each, hours in parts]))

    start = np.asarray(guess, dtype=np.float64)
    simplex = np.vstack([start, start + 0.8 * np.eye(len(start))])
    options: Any = {"maxfev": EVALUATIONS, "initial_simplex": simplex, "xatol": 0.02, "fatol": 1e-4}
    best: Any = minimize(loss, start, method="Nelder-Mead", options=options)
    return np.asarray(best.x, dtype=np.float64)


def _predict_excursions(x: FloatArray, table: Calibration) -> Prediction:
    """Add up swings, excursion and fresh excursion with weights ``exp(x)``, times volume."""
    opening, high, low, close, volume = (table.column(name) for name in BARS)
    up, down = swings(opening, high, low, close, float(np.clip(x[3], 0.0, 20.0)))
    before = previous(close)
    top, floor = (
        previous(each(side, FRESH_BARS)) for each, side in ((highest, high), (lowest, low))
    )
    shorts, longs = (
        volume
        * (
            np.exp(x[0]) * swing / SWING_UNIT**2
            + np.exp(x[1]) * np.maximum(gap, 0.0) / SWING_UNIT
            + np.exp(x[2]) * np.maximum(fresh, 0.0) / SWING_UNIT
        )
        for swing, gap, fresh in (
            (up, np.log(high / before), np.log(high / top)),
            (down, np.log(before / low), np.log(floor / low)),
        )
    )
    return predict_from_sizes(np.nan_to_num(shorts), np.nan_to_num(longs))


def _make_features(table: Calibration) -> FloatArray:
    """Return excursions, volume, volatility and new extremes over 2-72 bars, shape (n, 20)."""
    _, high, low, close, volume = (table.column(name) for name in BARS)
    before = previous(close)
    earlier = pd.Series(volume).shift()
    usual = earlier.rolling(168, min_periods=12).median().to_numpy()
    ever = earlier.expanding(min_periods=12).median().to_numpy()
    span = np.log(high / low)
    up, down = np.log(high / before), np.log(before / low)
    columns = [
        up,
        down,
        np.log(close / before),
        span,
        np.log(volume / usual),
        np.log(np.maximum(up, 1e-5) * volume / ever),
        np.log(np.maximum(down, 1e-5) * volume / ever),
        pd.Series(span).shift().rolling(24, min_periods=6).mean().to_numpy(),
    ]
    for n_bars in (2, 6, 12, 24, 48, 72):
        columns += [
            np.log(high / previous(highest(high, n_bars))),
            np.log(previous(lowest(low, n_bars)) / low),
        ]
    return np.column_stack(columns)
