"""The effect of events at several horizons, against their matched controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kanalo.study.events.controls import Covariates, Matching, calc_slopes
from kanalo.study.events.events import Events
from kanalo.study.events.paths import Measure, measure_controls
from kanalo.study.inference import (
    Difference,
    adjust_holm,
    calc_detectable,
    infer_difference,
    is_rejected,
    to_sample,
)
from kanalo.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Draws:
    """How the bootstrap draws: source, number, and the horizons that a block of time spans."""

    rng: np.random.Generator
    n: int
    block: int


@dataclass(frozen=True)
class Effect:
    """What followed within one horizon; returns are log, from the close of the event's bar.

    Attributes
    ----------
    horizon : str
        As it was asked for.
    n_bars : int
        The same in bars.
    n_events : int
        Events whose window lies within the data (and, beyond beta, whose beta is known).
    all_events, all_bars : float
        Mean over those events, and over ALL bars that could be controls.
    effect : Difference
        Of matched events less their controls, the latter corrected for what is left of the
        difference in the covariates; with interval and p-value.
    p_holm : float
        The p-value adjusted for the number of horizons.
    detectable : float
        Least effect that would be found with 80 % power after that adjustment; below eight
        blocks from the spread of all bars, NaN below two.
    """

    horizon: str
    n_bars: int
    n_events: int
    all_events: float
    all_bars: float
    effect: Difference
    p_holm: float
    detectable: float

    @property
    def found(self) -> bool:
        """Whether the effect differs from zero at 5 % after the adjustment."""
        return is_rejected(self.p_holm)


def to_record(effect: Effect) -> dict[str, Any]:
    """Write an effect as one flat mapping."""
    record = asdict(effect)
    difference = record.pop("effect")
    named = {"effect": difference.pop("value"), "n_pairs": difference.pop("n")}
    return {**record, **difference, **named, "found": effect.found}


def measure_effects(
    measure: Measure,
    spans: Mapping[str, int],
    events: Events,
    matching: Matching,
    covariates: Covariates,
    draws: Draws,
) -> tuple[Effect, ...]:
    """Compare events with their controls at every horizon, and adjust for their number.

    Parameters
    ----------
    measure : callable
        Bars and offsets to outcomes.
    spans : mapping of str to int
        The horizons in bars.
    events : Events
        What is studied.
    matching : Matching
        Its controls.
    covariates : Covariates
        What they were matched by.
    draws : Draws
        Of the bootstrap.

    Returns
    -------
    tuple of Effect
        One for each horizon; effects are differences of mean log returns.
    """
    offsets = np.array(list(spans.values()), dtype=np.int64)
    own = measure(events.bars, offsets)
    pool = measure(np.flatnonzero(matching.eligible), offsets)
    values, slopes = calc_slopes(covariates, pool, matching.eligible)

    def beyond(bars: IntArray, at: IntArray) -> FloatArray:
        """Take off what the covariates explain, so that pairs are compared at equal ones."""
        return measure(bars, at) - values[bars] @ slopes

    paired, chosen = events.bars[matching.matched], matching.controls[matching.matched]
    explained = (values[paired] @ slopes)[:, None, :]
    theirs = measure_controls(beyond, matching, offsets) + explained
    effects = [
        infer_difference(
            to_sample(paired, own[matching.matched, i], chosen, theirs[:, :, i]),
            draws.block * n_bars,
            draws.rng,
            draws.n,
        )
        for i, n_bars in enumerate(spans.values())
    ]
    adjusted = adjust_holm([each.p_value for each in effects])
    return tuple(
        Effect(
            horizon=name,
            n_bars=n_bars,
            n_events=int((~np.isnan(own[:, i])).sum()),
            all_events=_mean(own[:, i]),
            all_bars=_mean(pool[:, i]),
            effect=effects[i],
            p_holm=adjusted[i],
            detectable=calc_detectable(effects[i], len(spans), _spread(pool[:, i])),
        )
        for i, (name, n_bars) in enumerate(spans.items())
    )


def _spread(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.std()) if len(known) else float("nan")


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
