"""The whole examination: fitted on one coin's first half, scored on the other's second half.

`cross_score` answers "how good is the estimator where it was not fitted?", `frozen_score` "how good
are the frozen coefficients on a table that nobody has seen?".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from kanalo.file_formats import LIQUIDATION_SCORE
from kanalo.liquidation_scores.correlations import (
    TARGETS,
    Estimate,
    Prediction,
    Scores,
    score_methods,
)
from kanalo.liquidation_scores.methods import (
    ESTIMATOR,
    METHODS,
    NO_MAP,
    TREES,
    Part,
    apply_estimator,
    baseline,
    fit_estimator,
)
from kanalo.liquidation_scores.tables import Calibration, load_calibration
from kanalo.liquidation_scores.zones import ZoneScore, score_zones
from kanalo.signals.liquidation_estimator import frozen_estimator

COINS = ("btc", "eth")
DRAWS, QUICK_DRAWS = 1000, 200
SCHEMA = LIQUIDATION_SCORE.schema
ORIGIN = "estimated, scored on reported"


@dataclass(frozen=True)
class Direction:
    """Scores of all methods, fitted on one coin and asked on the other.

    Attributes
    ----------
    fitted_on, scored_on : str
        Coins.
    hours : int
        Hours that were scored.
    scores : dict of method to dict of target to Estimate, or None
        Spearman's rank correlation; None for a method that could not run here.
    against_trees : dict of method to dict of target to Estimate
        Differences to the boosted trees, paired over the same blocks; empty without them.
    map_adds : dict of target to Estimate
        The estimator with the map minus the one without.
    zones : ZoneScore
        Of the estimator's own map, on the same hours.
    """

    fitted_on: str
    scored_on: str
    hours: int
    scores: dict[str, Scores | None]
    against_trees: dict[str, Scores]
    map_adds: Scores
    zones: ZoneScore


def cross_score(data_dir: str | Path, *, n_draws: int = DRAWS) -> list[Direction]:
    """Fit on the first half of one bundled table and score on the second half of the other.

    Parameters
    ----------
    data_dir : path
        Folder with the manifest.
    n_draws : int
        Resamples of 24-hour blocks for the intervals.

    Returns
    -------
    list of Direction
        Both ways. The boosted trees have None where scikit-learn is not installed.
    """
    one, other = (load_calibration(data_dir, coin) for coin in COINS)
    return [_score_direction(one, other, n_draws), _score_direction(other, one, n_draws)]


def frozen_score(table: Calibration, *, n_draws: int = DRAWS) -> dict[str, Scores]:
    """Score the frozen estimator, and the baseline beside it, on all hours after the warm-up.

    Parameters
    ----------
    table : Calibration
        Any coin; nothing is fitted on it.
    n_draws : int
        Resamples of 24-hour blocks for the intervals.

    Returns
    -------
    dict of str to Scores
        The estimator's rank correlations and the baseline's, with 95 % intervals.
    """
    methods = {
        ESTIMATOR: apply_estimator(frozen_estimator(), table),
        next(iter(METHODS)): baseline((), table),
    }
    return score_methods(table, methods, table.scored, n_draws=n_draws)[0]


def to_cross_dict(directions: Sequence[Direction]) -> dict[str, Any]:
    """Return both directions as plain values for JSON."""
    model = {
        "schema": SCHEMA,
        "origin": ORIGIN,
        "directions": [asdict(each) for each in directions],
    }
    return cast(dict[str, Any], _without_nan(model))


def to_frozen_dict(table: Calibration, scores: dict[str, Scores]) -> dict[str, Any]:
    """Return the frozen estimator's scores as plain values for JSON.

    ``shorts``, ``longs`` and ``imbalance`` are rank correlations, ``intervals`` their 95 %
    intervals, ``baseline`` the same of the baseline, for comparison.

    Parameters
    ----------
    table : Calibration
        Table that was scored.
    scores : dict of str to Scores
        The estimator's scores and those of one other method, by name.

    Returns
    -------
    dict of str to object
        Correlations in [−1, 1]; None where unknown.
    """
    ours, other = scores[ESTIMATOR], next(s for name, s in scores.items() if name != ESTIMATOR)
    model = {
        "schema": SCHEMA,
        "origin": ORIGIN,
        "table": table.name,
        "hours": int(table.scored.sum()),
        **{target: ours[target].value for target in TARGETS},
        "intervals": {target: [ours[target].low, ours[target].high] for target in TARGETS},
        "baseline": {target: other[target].value for target in TARGETS},
        "estimator": asdict(frozen_estimator()),
    }
    return cast(dict[str, Any], _without_nan(model))


def _score_direction(source: Calibration, target: Calibration, n_draws: int) -> Direction:
    parts = [(source, source.first_half)]
    methods = _predict(parts, target)
    done = {name: each for name, each in methods.items() if each is not None}
    hours = target.second_half
    scores, against = score_methods(target, done, hours, reference=TREES, n_draws=n_draws)
    pair = {name: done[name] for name in (ESTIMATOR, NO_MAP)}
    adds = score_methods(target, pair, hours, reference=NO_MAP, n_draws=n_draws)[1][ESTIMATOR]
    settings = fit_estimator(parts).map_settings
    return Direction(
        fitted_on=source.name,
        scored_on=target.name,
        hours=int(hours.sum()),
        scores={name: scores.get(name) for name in METHODS},
        against_trees=against,
        map_adds=adds,
        zones=score_zones(target, hours, settings, n_draws=n_draws),
    )


def _predict(parts: Sequence[Part], table: Calibration) -> dict[str, Prediction | None]:
    predictions: dict[str, Prediction | None] = {}
    for name, method in METHODS.items():
        try:
            predictions[name] = method(parts, table)
        except ModuleNotFoundError:
            predictions[name] = None
    return predictions


def _without_nan(value: Any) -> Any:
    """Replace NaN, which JSON does not have, by None."""
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def to_text(estimate: Estimate, *, signed: bool = False) -> str:
    """Write an estimate with its interval, e.g. ``0.851 [0.814, 0.877]``.

    Parameters
    ----------
    estimate : Estimate
        Value with the ends of its interval.
    signed : bool
        Whether positive numbers get a plus sign.

    Returns
    -------
    str
        Three decimals each.
    """
    form = "+.3f" if signed else ".3f"
    return f"{estimate.value:{form}} [{estimate.low:{form}}, {estimate.high:{form}}]"
