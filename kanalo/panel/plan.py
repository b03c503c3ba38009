"""The plan of a panel: that of the article's own market, and what is done otherwise on many coins.

::

    schema = 1
    base = "claims.toml"            # events, horizons, thresholds and minimal effects: as there
    block = "28d"                   # four weeks of all coins together are the unit of inference
    least_others = 8                # fewest other coins of a return less that of the others
    delisted = ["ftt_1h"]           # tables that end because the coin was delisted

    [claims.squeeze]                # only what differs
    relative = true                 # return less the mean of all other coins
    caliper = 1.0
    controls = 10
    match = ["volatility_7d"]       # matched by nearness beside what is always matched
    share = false                   # whether a bar may be the control of several events
    panel = "perpetuals"            # the panel that decides it: perpetuals or spot

    [null]                          # of null panels: mean effect and its error, how many
    panels = 100
    squeeze = [0.0005, 0.0004]

    [undecidable]
    balanced = "no long/short ratio of the other coins"
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.errors import SpecError, suggestion
from kanalo.file_formats import PANEL_PLAN
from kanalo.market import Market
from kanalo.periods import to_timedelta
from kanalo.study.claims.plan import ClaimOutcome, ClaimPlan, TrialPlan, load_plan, read_toml
from kanalo.study.variables import calc_volatility
from kanalo.typing import FloatArray

RELATIVE = "relative"
"""Kind of outcome that only a panel has: the return less the mean of all OTHER coins."""

SCHEMA = PANEL_PLAN.version

MOVES = 0.25
"""Bias of a comparison, in minimal effects, above which nothing is decidable."""

PERPETUALS, SPOT = "perpetuals", "spot"
MATCHES: Mapping[str, float] = {"volatility_7d": 7.0, "volatility_24h": 1.0}
"""What may be matched beside what always is: the log of the volatility of some days."""

_TOP = ("schema", "base", "block", "least_others", "delisted", "claims", "undecidable", "null")
_CLAIM = ("relative", "caliper", "controls", "match", "share", "panel")


@dataclass(frozen=True)
class Bias:
    """How far a comparison is off where there is nothing to see.

    Attributes
    ----------
    mean, error : float
        Over null panels, in the unit of the claim's effect.
    """

    mean: float
    error: float

    def moves(self, minimal: float) -> bool:
        """Return whether it is above a quarter of the minimal effect, and not by chance.

        Parameters
        ----------
        minimal : float
            Least effect that would matter, positive.
        """
        return abs(self.mean) > MOVES * minimal and abs(self.mean) > 2 * self.error


@dataclass(frozen=True)
class PanelClaim:
    """How one claim is tested on a panel.

    Attributes
    ----------
    plan : ClaimPlan
        Event, horizon, outcome and minimal effect.
    caliper : float
        Most difference of a pair, in standard deviations.
    controls : int
        Most controls of an event.
    match : tuple of str
        Of `MATCHES`.
    share : bool
        Whether a bar may be the control of several events.
    panel : str
        The panel that decides it: ``"perpetuals"`` or ``"spot"``.
    """

    plan: ClaimPlan
    caliper: float
    controls: int
    match: tuple[str, ...] = ()
    share: bool = False
    panel: str = PERPETUALS

    @property
    def name(self) -> str:
        """Name of the claim."""
        return self.plan.name


@dataclass(frozen=True)
class PanelPlan:
    """How all claims are tested on a panel.

    Attributes
    ----------
    base : TrialPlan
        The plan of the article's own market.
    claims : tuple of PanelClaim
        Those that the panel is asked.
    undecidable : mapping of str to str
        Claims that it cannot be asked, and why.
    block_hours : int
        Hours of a block of the bootstrap, the same for all coins.
    least_others : int
        Fewest other coins of an outcome ``relative``.
    delisted : tuple of str
        Tables that end because the coin was delisted.
    biases : mapping of str to Bias
        Mean effect of each claim on null panels, where it was measured.
    null_panels : int
        How many null panels there were.
    digest : str
        sha256 of the file and of the base's.
    source : str
        Its path.
    """

    base: TrialPlan
    claims: tuple[PanelClaim, ...]
    undecidable: Mapping[str, str]
    block_hours: int
    least_others: int
    delisted: tuple[str, ...]
    biases: Mapping[str, Bias]
    null_panels: int
    digest: str
    source: str

    @property
    def thresholds(self) -> dict[str, list[tuple[float, float]]]:
        """Thresholds of each claim, old and new, by the plan's one formula: new = old."""
        return {
            each.name: [(value, value) for value in find_thresholds(each.plan)]
            for each in self.claims
        }


def find_thresholds(claim: ClaimPlan) -> list[float]:
    """Return the numbers of a claim's condition and of its level, in the order of the text.

    Parameters
    ----------
    claim : ClaimPlan
        The claim.
    """
    numbers = [float(each) for each in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", claim.event)]
    distance = claim.outcome.distance
    return numbers + ([distance] if isinstance(distance, float) and distance > 0 else [])


def load_panel_plan(path: str | Path) -> PanelPlan:
    """Read the plan of a panel and the one that it is based on.

    Raises
    ------
    SpecError
        If a file cannot be read, or a key or value is wrong; names file, key and value.
    """
    content, raw = read_toml(path)
    source = str(path)
    _check_keys(content, _TOP, source)
    if content.get("schema", SCHEMA) != SCHEMA:
        raise SpecError(f"{source}: 'schema' must be {SCHEMA}; received {content['schema']!r}.")
    base = load_plan(Path(path).parent / _get(content, "base", str, source))
    claims = _get(content, "claims", dict, source)
    undecidable = _get(content, "undecidable", dict, source, {})
    for name in (*claims, *undecidable):
        names = [each.name for each in base.claims]
        if name not in names:
            raise SpecError(
                f"{source}: '{base.source}' makes no claim '{name}'.{suggestion(name, names)}"
            )
    asked = tuple(
        _to_claim(each, claims.get(each.name, {}), base, f"{source}: claims.{each.name}")
        for each in base.claims
        if each.name not in undecidable
    )
    null = _get(content, "null", dict, source, {})
    block = _get(content, "block", str, source, "28d")
    return PanelPlan(
        base=base,
        claims=asked,
        undecidable=dict(undecidable),
        block_hours=int(to_timedelta(block).total_seconds() // 3600),
        least_others=_get(content, "least_others", int, source, 8),
        delisted=tuple(_get(content, "delisted", list, source, [])),
        biases=_to_biases(null, asked, f"{source}: null"),
        null_panels=_get(null, "panels", int, f"{source}: null", 0),
        digest=hashlib.sha256(raw + base.digest.encode()).hexdigest(),
        source=source,
    )


def find_match(market: Market, name: str) -> FloatArray:
    """Return what is matched under a name of `MATCHES`, shape (n_bars,).

    Parameters
    ----------
    market : Market
        The bars.
    name : str
        Of `MATCHES`.

    Returns
    -------
    float64 array of shape (n_bars,)
        NaN while a window is incomplete or nothing moved.
    """
    volatility = calc_volatility(market, MATCHES[name])
    return np.log(np.where(volatility > 0, volatility, np.nan))


def _to_claim(claim: ClaimPlan, values: Any, base: TrialPlan, where: str) -> PanelClaim:
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: must be a table; received {values!r}.")
    _check_keys(values, _CLAIM, where)
    match = tuple(_get(values, "match", list, where, []))
    for each in match:
        if each not in MATCHES:
            raise SpecError(
                f"{where}: 'match' names no column '{each}'.{suggestion(str(each), MATCHES)}"
            )
    panel = _get(values, "panel", str, where, PERPETUALS)
    if panel not in (PERPETUALS, SPOT):
        raise SpecError(f"{where}: 'panel' must be {PERPETUALS} or {SPOT}; received {panel!r}.")
    if _get(values, "relative", bool, where, False):
        claim = replace(claim, outcome=ClaimOutcome(RELATIVE))
    return PanelClaim(
        claim,
        caliper=float(_get(values, "caliper", (int, float), where, base.caliper)),
        controls=_get(values, "controls", int, where, base.controls),
        match=match,
        share=_get(values, "share", bool, where, False),
        panel=panel,
    )


def _to_biases(
    values: Mapping[str, Any], claims: tuple[PanelClaim, ...], where: str
) -> dict[str, Bias]:
    names = tuple(each.name for each in claims)
    _check_keys(values, ("panels", *names), where)
    biases = {}
    for name in names:
        if name in values:
            pair = _get(values, name, list, where)
            if len(pair) != 2 or not all(isinstance(each, (int, float)) for each in pair):
                raise SpecError(f"{where}: '{name}' must be [mean, error]; received {pair!r}.")
            biases[name] = Bias(float(pair[0]), float(pair[1]))
    return biases


def _get(
    values: Mapping[str, Any],
    key: str,
    kind: type | tuple[type, ...],
    where: str,
    default: Any = None,
) -> Any:
    value = values.get(key, default)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        words = getattr(kind, "__name__", "a number")
        raise SpecError(f"{where}: '{key}' must be {words}; received {value!r}.")
    return value


def _check_keys(values: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in values:
        if key not in known:
            raise SpecError(f"{where}: unknown key '{key}'.{suggestion(key, known)}")
