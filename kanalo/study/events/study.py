"""Event studies: what follows when a condition begins to hold, against matched bars without it.

`run_event_study` is the whole examination; `kanalo.study.events.controls` says how controls are
chosen, `kanalo.study.inference` how intervals are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from kanalo.errors import ParameterError
from kanalo.market import Market
from kanalo.periods import to_timedelta
from kanalo.study.events.controls import (
    CALIPER,
    Balance,
    Covariates,
    Matching,
    calc_balance,
    find_controls,
    find_covariates,
)
from kanalo.study.events.effects import Draws, Effect, measure_effects, to_record
from kanalo.study.events.events import (
    Events,
    Extra,
    evaluate_condition,
    find_events,
    read_condition,
    to_horizon,
)
from kanalo.study.events.paths import LogPrices, Paths, to_prices, trace_paths
from kanalo.study.inference import LEVEL, POWER, find_clusters
from kanalo.study.variables import ESTIMATED, VARIABLES

HORIZONS = ("1h", "6h", "1d", "3d", "7d")
N_DRAWS = 2_000
N_CONTROLS = 3
WAKE = "1d"
BLOCK = 3
"""Horizons that a block of the bootstrap spans: few windows then reach into the next block."""

RAW, ABNORMAL = "raw", "abnormal"


@dataclass(frozen=True)
class StudySettings:
    """How a study was made.

    Attributes
    ----------
    spacing : int
        Least bars from one event to the next.
    onset : bool
        Whether only beginnings of the condition count.
    n_controls : int
        Most controls of an event.
    caliper : float
        Most difference within a pair, in standard deviations of the covariate.
    wake : int
        Bars after the condition held that give no control.
    n_draws, seed : int
        Of the bootstrap.
    """

    spacing: int
    onset: bool = True
    n_controls: int = N_CONTROLS
    caliper: float = CALIPER
    wake: int = 1
    n_draws: int = N_DRAWS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class EventStudy:
    """The whole study of one condition on one market.

    Attributes
    ----------
    condition : str
        As it was written.
    variables : mapping of str to str
        The variables it names and their origin: ``"bars"``, ``"reported"``, ``"estimated"`` or
        ``"own"``.
    market : Market
        What was studied, from its bar ``first`` on.
    settings : StudySettings
        How.
    events : Events
        Found and left out.
    matching : Matching
        Their controls.
    balance : tuple of Balance
        How alike events and controls are.
    raw, abnormal : tuple of Effect
        By horizon: returns, and returns beyond ``beta × benchmark``.
    paths : Paths
        Around the events.
    """

    condition: str
    variables: dict[str, str]
    market: Market
    settings: StudySettings
    events: Events
    matching: Matching
    balance: tuple[Balance, ...]
    raw: tuple[Effect, ...]
    abnormal: tuple[Effect, ...]
    paths: Paths

    @property
    def n_matched(self) -> int:
        """Events with at least one control."""
        return int(self.matching.matched.sum())

    @property
    def share_matched(self) -> float:
        """Share of the events with at least one control; NaN without events."""
        return self.n_matched / len(self.events) if len(self.events) else float("nan")

    @property
    def is_estimated(self) -> bool:
        """Whether the condition rests on liquidations that no exchange reported."""
        return ESTIMATED in self.variables.values()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, arrays and times; NaN where nothing is known."""
        index, events = self.market.index, self.events
        return {
            "condition": self.condition,
            "variables": dict(self.variables),
            "market": {
                "name": self.market.name or self.market.symbol,
                "symbol": self.market.symbol,
                "interval": self.market.interval,
                "start": index[self.market.first],
                "end": self.market.closes_at[-1],
                "n_bars": len(self.market) - self.market.first,
                "digests": dict(self.market.digests),
            },
            "settings": asdict(self.settings),
            "counts": {
                "true": events.n_true,
                "unknown": events.n_unknown,
                "onsets": events.n_onsets,
                "overlapping": events.n_overlapping,
                "events": len(events),
                "matched": self.n_matched,
                "share_matched": self.share_matched,
                "pool": int(self.matching.eligible.sum()),
            },
            "level": LEVEL,
            "power": POWER,
            "events": [
                {"time": index[bar], "controls": list(index[chosen[chosen >= 0]])}
                for bar, chosen in zip(events.bars, self.matching.controls, strict=True)
            ],
            "balance": [asdict(each) for each in self.balance],
            "effects": {
                name: [to_record(each) for each in effects]
                for name, effects in ((RAW, self.raw), (ABNORMAL, self.abnormal))
            },
            "paths": asdict(self.paths),
        }


def run_event_study(
    market: Market,
    condition: str,
    horizons: Sequence[str] | None = None,
    *,
    spacing: str | None = None,
    onset: bool = True,
    n_controls: int = N_CONTROLS,
    caliper: float = CALIPER,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    wake: str = WAKE,
    extra: Extra | None = None,
) -> EventStudy:
    """Study what follows a condition, against matched bars on which it does not hold.

    Parameters
    ----------
    market : Market
        The bars; those before ``first`` only warm signals up.
    condition : str
        In the grammar of `kanalo.study.events.conditions`, over `kanalo.study.variables.VARIABLES`.
    horizons : sequence of str, optional
        Whole numbers of bars: ``"1h"``, ``"7d"`` … Returns run from the close of the event's bar.
        By default those of `HORIZONS` that are whole numbers of bars.
    spacing : str, optional
        Least time from one event to the next; the longest horizon by default, so that no two
        windows overlap. With less, windows that overlap are drawn together.
    onset : bool
        Whether only beginnings of the condition count.
    n_controls : int
        Most controls of an event.
    caliper : float
        Most difference of each covariate within a pair, in its standard deviations.
    n_draws, seed : int
        Draws and seed of the bootstrap.
    wake : str
        Time after a bar on which the condition held that gives no control; no more than the longest
        horizon counts. Longer keeps what an event did out of the controls, shorter leaves more of
        them.
    extra : mapping of str to array, optional
        Columns of one's own that the condition may name; they must be as causal as the others.

    Returns
    -------
    EventStudy
        Effects at every horizon with intervals and adjusted p-values, paths and balance.

    Raises
    ------
    ParameterError
        If the condition or a horizon cannot be read.
    UnknownNameError
        If the condition names an unknown variable.

    Notes
    -----
    A horizon counts bars: where bars are missing from the index it lasts longer.
    """
    parsed = read_condition(condition, extra)
    spans = _read_horizons(market, _choose_horizons(market) if horizons is None else horizons)
    longest = max(spans.values())
    apart = longest if spacing is None else to_horizon(market, spacing)
    n_wake = min(longest, max(1, round(to_timedelta(wake) / market.length)))
    settings = StudySettings(apart, onset, n_controls, caliper, n_wake, n_draws, seed)
    _check_settings(settings)
    truth = np.broadcast_to(evaluate_condition(market, parsed, extra), len(market))
    events = find_events(truth, spacing=apart, first=market.first, onset=onset)
    covariates = find_covariates(market, market.first)
    matching = _match(market, covariates, events, settings, longest)
    prices, rng = to_prices(market), np.random.default_rng(seed)
    draws = Draws(rng, n_draws, BLOCK)
    own = dict.fromkeys(extra or {}, "own")
    return EventStudy(
        condition=condition,
        variables={name: own.get(name) or VARIABLES[name].origin for name in parsed.names},
        market=market,
        settings=settings,
        events=events,
        matching=matching,
        balance=calc_balance(covariates, events.bars, matching),
        raw=measure_effects(prices.change, spans, events, matching, covariates, draws),
        abnormal=measure_effects(prices.abnormal, spans, events, matching, covariates, draws),
        paths=_trace(prices, events, matching, longest, rng, n_draws),
    )


def _choose_horizons(market: Market) -> list[str]:
    return [each for each in HORIZONS if to_timedelta(each) % market.length == pd.Timedelta(0)]


def _read_horizons(market: Market, horizons: Sequence[str]) -> dict[str, int]:
    spans = {text: to_horizon(market, text) for text in horizons}
    if not spans:
        raise ParameterError("An event study needs at least one horizon, such as '1d'.")
    too_long = [text for text, n_bars in spans.items() if n_bars >= len(market) - market.first]
    if too_long:
        raise ParameterError(
            f"The horizon '{too_long[0]}' is longer than the {len(market) - market.first} bars "
            "that are studied."
        )
    return dict(sorted(spans.items(), key=lambda each: each[1]))


def _check_settings(settings: StudySettings) -> None:
    for name in ("n_controls", "n_draws"):
        if getattr(settings, name) < 1:
            raise ParameterError(
                f"The '{name}' parameter of run_event_study must be at least 1; "
                f"received {getattr(settings, name)!r}."
            )
    if not settings.caliper > 0:
        raise ParameterError(
            f"The 'caliper' parameter of run_event_study must be above 0; "
            f"received {settings.caliper!r}."
        )


def _match(
    market: Market, covariates: Covariates, events: Events, settings: StudySettings, longest: int
) -> Matching:
    return find_controls(
        covariates,
        events.bars,
        events.holds,
        wake=settings.wake,
        distance=longest,
        first=market.first,
        n_controls=settings.n_controls,
        caliper=settings.caliper,
        apart=settings.wake,
    )


def _trace(
    prices: LogPrices,
    events: Events,
    matching: Matching,
    longest: int,
    rng: np.random.Generator,
    n_draws: int,
) -> Paths:
    clusters = find_clusters(events.bars, longest)
    return trace_paths(
        prices, events.bars, matching, clusters, longest=longest, rng=rng, n_draws=n_draws
    )
