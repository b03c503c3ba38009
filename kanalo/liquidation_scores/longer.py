"""The frozen estimator on liquidations that were reported over several hours, coin by coin.

Aggregators keep a year of liquidations by the side of the position in USD over four hours. The
estimator needs hourly bars: its flow is summed over the hours of each reported bar, and ranks are
compared. Nothing is fitted; how much a fit would gain is said beside the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.optimize import minimize

from kanalo.errors import DataError
from kanalo.liquidation_scores.correlations import TARGETS, Prediction, Scores, score_methods
from kanalo.liquidation_scores.correlations import predict_from_sizes as predict
from kanalo.liquidation_scores.methods import BARS, objective
from kanalo.liquidation_scores.tables import WARM_UP, Calibration
from kanalo.market import Market
from kanalo.signals.liquidation_estimator import FlowEstimator, frozen_estimator
from kanalo.signals.liquidation_flow import estimate_flow
from kanalo.typing import BoolArray, FloatArray, IntArray

COLUMNS = ("time_utc", "coin", "long_usd", "short_usd")
FROZEN, BASELINE = "frozen estimator", "excursion × volume (baseline)"
LARGEST = 3
"""Largest reported bars of each coin that are shown."""

GAIN = 0.01
"""Gain of a fit in mean rank correlation from which it is worth a word."""

EVALUATIONS = 60
_HOUR = 3_600_000_000_000


@dataclass(frozen=True, eq=False)
class Longer:
    """One coin's reported bars with the hourly bars beside them.

    Attributes
    ----------
    table : Calibration
        Bars of the reported length; liquidations in USD by the side of the position.
    hourly : Market
        From at least `WARM_UP` hours before, where they are known.
    first : int64 array of shape (n,)
        Position of the first hour of each reported bar.
    hours : int
        Hours of a reported bar.
    scored : bool array of shape (n,)
        Whether all hours of a bar are known and the estimator is warmed up.
    """

    table: Calibration
    hourly: Market
    first: IntArray
    hours: int
    scored: BoolArray

    def add_up(self, values: FloatArray) -> FloatArray:
        """Add up an hourly column over each reported bar; 0 where hours are missing."""
        total = np.zeros(len(self.first))
        for step in range(self.hours):
            total += values[np.minimum(self.first + step, len(values) - 1)]
        return np.where(self.scored, total, 0.0)


@dataclass(frozen=True)
class LongerScore:
    """How well the frozen estimator ranks one coin's reported bars.

    Attributes
    ----------
    coin : str
        Its name.
    n : int
        Reported bars that were scored.
    start, end : str
        Of the first and the last of them, UTC.
    scores : dict of str to Scores
        Of the frozen estimator and of the baseline.
    largest : list of dict
        The largest reported bars: reported and estimated imbalance, and the estimate's rank.
    fitted : float or None
        Mean rank correlation, on the second half, of coefficients fitted on the first half of all
        coins, less that of the frozen ones; None where it was not asked for.
    """

    coin: str
    n: int
    start: str
    end: str
    scores: dict[str, Scores]
    largest: list[dict[str, Any]]
    fitted: float | None = None


def is_longer(path: str | Path) -> bool:
    """Tell whether a CSV file has the layout of `read_longer`."""
    try:
        names = pd.read_csv(path, nrows=0).columns
    except (OSError, ValueError):
        return False
    return set(COLUMNS) <= set(names)


def read_longer(path: str | Path, bars: Mapping[str, Market]) -> list[Longer]:
    """Read liquidations over several hours, and put hourly bars beside each coin.

    Parameters
    ----------
    path : path
        CSV with ``time_utc`` (opens), ``coin``, ``long_usd`` and ``short_usd``; further columns are
        ignored.
    bars : mapping of str to Market
        Hourly bars by the coin's name in lower case.

    Returns
    -------
    list of Longer
        One for each coin, in the order of their names.

    Raises
    ------
    DataError
        If the file cannot be read, a column is missing, a number is negative, a coin has no bars or
        another bar length, or its bars do not cover the reported ones.
    """
    try:
        frame = pd.read_csv(path)
        missing = [each for each in COLUMNS if each not in frame.columns]
        if missing:
            raise DataError(f"{path}: the table lacks the column(s) {', '.join(missing)}.")
        frame["time_utc"] = pd.to_datetime(frame["time_utc"], utc=True)
        sizes = frame[["long_usd", "short_usd"]].astype(np.float64)
    except (OSError, ValueError, TypeError, pa.ArrowInvalid) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: the file cannot be read ({error}).") from error
    wrong = np.flatnonzero((sizes < 0).any(axis=1))
    if len(wrong):
        raise DataError(f"{path}: row {wrong[0]}: liquidations must not be negative.")
    return [
        _join(str(coin).lower(), rows, bars, str(path))
        for coin, rows in frame.assign(**sizes).groupby("coin", sort=True)
    ]


def score_longer(
    tables: list[Longer], *, n_draws: int = 1000, refit: bool = False
) -> list[LongerScore]:
    """Score the frozen estimator, and the baseline beside it, on every coin.

    Parameters
    ----------
    tables : list of Longer
        From `read_longer`.
    n_draws : int
        Resamples of blocks of 24 reported bars (four days of four hours) for the intervals.
    refit : bool
        Whether to say what fitted coefficients would gain; they are thrown away.

    Returns
    -------
    list of LongerScore
        One for each coin.
    """
    scores = [_score(each, n_draws) for each in tables]
    if not refit:
        return scores
    gains = find_gains(tables)
    return [replace(each, fitted=gain) for each, gain in zip(scores, gains, strict=True)]


def estimate(table: Longer, estimator: FlowEstimator) -> Prediction:
    """Estimate what was liquidated in each reported bar, in USD up to a factor.

    Parameters
    ----------
    table : Longer
        Hourly bars.
    estimator : FlowEstimator
        With its coefficients.

    Returns
    -------
    Prediction
        Of shape (n,); 0 where a bar is not scored.
    """
    market = table.hourly
    flow = estimator.estimate(*(getattr(market, name) for name in BARS))
    return predict(
        table.add_up(flow.shorts * market.close), table.add_up(flow.longs * market.close)
    )


def find_gains(tables: list[Longer]) -> list[float]:
    """Say what coefficients fitted on the first half of all coins would gain on the second.

    Parameters
    ----------
    tables : list of Longer
        From `read_longer`.

    Returns
    -------
    list of float
        Mean rank correlation of the fitted coefficients less that of the frozen ones.
    """
    frozen = frozen_estimator()
    halves = [each.scored & (np.cumsum(each.scored) <= each.scored.sum() // 2) for each in tables]

    def measure(x: FloatArray, each: Longer, rows: BoolArray) -> float:
        changed = replace(
            frozen,
            power=float(np.clip(x[0], -1, 4)),
            swing=float(np.exp(x[1])),
            order=float(np.clip(x[2], 0, 20)),
        )
        return objective(each.table, rows, estimate(each, changed))

    def loss(x: FloatArray) -> float:
        return -float(
            np.mean([measure(x, each, rows) for each, rows in zip(tables, halves, strict=True)])
        )

    start = np.array([frozen.power, np.log(frozen.swing), frozen.order])
    best = minimize(loss, start, method="Nelder-Mead", options={"maxfev": EVALUATIONS}).x
    rest = [each.scored & ~rows for each, rows in zip(tables, halves, strict=True)]
    return [
        measure(best, each, rows) - measure(start, each, rows)
        for each, rows in zip(tables, rest, strict=True)
    ]


def to_longer_dict(path: str, scores: list[LongerScore], schema: str) -> dict[str, Any]:
    """Return the scores as plain values for JSON.

    Parameters
    ----------
    path : str
        Of the file that was scored.
    scores : list of LongerScore
        From `score_longer`.
    schema : str
        Name and version of the format.

    Returns
    -------
    dict
        ``schema origin table estimator coins``; a coin holds ``shorts longs imbalance`` with their
        ``intervals``, the ``baseline``, the ``largest`` bars and the gain of a fit.
    """
    return {
        "schema": schema,
        "origin": "estimated, scored on reported",
        "table": Path(path).stem,
        "estimator": asdict(frozen_estimator()),
        "coins": [_to_values(each) for each in scores],
    }


def _to_values(score: LongerScore) -> dict[str, Any]:
    ours, other = score.scores[FROZEN], score.scores[BASELINE]
    return {
        "coin": score.coin,
        "bars": score.n,
        "start": score.start,
        "end": score.end,
        **{target: ours[target].value for target in TARGETS},
        "intervals": {target: [ours[target].low, ours[target].high] for target in TARGETS},
        "baseline": {target: other[target].value for target in TARGETS},
        "largest": score.largest,
        "fit_gain": score.fitted,
    }


def _join(coin: str, rows: pd.DataFrame, bars: Mapping[str, Market], path: str) -> Longer:
    if coin not in bars:
        raise DataError(f"{path}: no hourly bars of '{coin}'; name them with --bars.")
    market = bars[coin]
    if market.interval != "1h":
        raise DataError(f"{path}: the bars of '{coin}' must be of 1h; received {market.interval}.")
    rows = rows.sort_values("time_utc")
    times = pd.DatetimeIndex(rows["time_utc"]).as_unit("ns")
    if times.has_duplicates:
        twice = times[times.duplicated()][0]
        raise DataError(f"{path}: {coin.upper()} has two rows of {twice:%Y-%m-%d %H:%M}.")
    hours = int(np.median(np.diff(times.asi8)) // _HOUR) if len(times) > 1 else 0
    if hours < 1:
        raise DataError(f"{path}: {coin.upper()} must have bars of at least 1h, two or more.")
    known = market.index.as_unit("ns").asi8
    first = np.searchsorted(known, times.asi8)
    ends = np.minimum(first + hours - 1, len(known) - 1)
    whole = known[np.minimum(first, len(known) - 1)] == times.asi8
    whole &= known[ends] == times.asi8 + (hours - 1) * _HOUR
    scored = whole & (first >= WARM_UP)
    if not scored.any():
        raise DataError(f"{path}: the bars of '{coin}' cover none of its reported ones.")
    frame = pd.DataFrame({"close": market.close[np.minimum(ends, len(known) - 1)]}, index=times)
    sides = (rows[name].to_numpy(np.float64) for name in ("long_usd", "short_usd"))
    return Longer(Calibration(coin, frame, *sides), market, first, hours, scored)


def _score(table: Longer, n_draws: int) -> LongerScore:
    market = table.hourly
    ours = estimate(table, frozen_estimator())
    flow = estimate_flow(*(getattr(market, name) for name in BARS[1:]))
    base = predict(
        table.add_up(np.nan_to_num(flow.shorts) * market.close),
        table.add_up(np.nan_to_num(flow.longs) * market.close),
    )
    methods = {FROZEN: ours, BASELINE: base}
    scores = score_methods(table.table, methods, table.scored, n_draws=n_draws)[0]
    times = table.table.bars.index[table.scored]
    start, end = (f"{each:%Y-%m-%dT%H:%MZ}" for each in (times[0], times[-1]))
    n = int(table.scored.sum())
    return LongerScore(table.table.name, n, start, end, scores, _list_largest(table, ours))


def _list_largest(table: Longer, ours: Prediction) -> list[dict[str, Any]]:
    """Put reported and estimated sizes of the largest bars side by side."""
    reported, estimated = table.table, ours.shorts + ours.longs
    total = np.where(table.scored, reported.longs + reported.shorts, -1.0)
    rows = np.argsort(-total, kind="stable")[:LARGEST]
    known = np.sort(estimated[table.scored])
    return [
        {
            "time": f"{reported.bars.index[row]:%Y-%m-%dT%H:%MZ}",
            "usd": float(total[row]),
            "reported_imbalance": float(reported.imbalance[row]),
            "estimated_imbalance": float(ours.imbalance[row]),
            "estimated_rank": int(len(known) - np.searchsorted(known, estimated[row], "right")) + 1,
        }
        for row in rows.tolist()
        if total[row] >= 0
    ]
