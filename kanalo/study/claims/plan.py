"""The plan of a trial: what each claim of an article is tested by, written before any result.

::

    schema = 1
    market = "xmr_1h"                       # a market of the catalog
    leave_out = { from = 2026-01-30, to = 2026-02-08 }   # optional: what suggested the claims
    level = 0.95                            # optional, as are caliper, controls, wake, draws, seed

    [claims.squeeze]                        # a name of the facts' [claims]
    event = "short_imbalance > 0.4"         # a condition of kanalo.study.events.conditions
    horizon = "1d"
    outcome = { kind = "return" }
    against = "controls"                    # or a number
    claimed = "more"                        # or "less"
    minimal = 0.01                          # least effect that would matter
    definition = "…"                        # in words
    refuted_if = "…"
    untested = "…"                          # optional: what no verdict covers
    onset = true                            # optional: whether only beginnings count
    sample = { from = 2026-01-10 }          # optional

Kinds of outcomes: ``return`` and ``abnormal`` (log, of the horizon); ``reaches`` (whether a price
is traded: ``side`` above or below, ``distance`` a fraction or a column); ``stays`` (whether every
close lies between the columns ``below`` and ``above``, which move by ``drift`` a bar); ``value``
(the column ``of`` at the event itself).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kanalo.errors import ParameterError, SpecError, suggestion
from kanalo.file_formats import CLAIMS_PLAN
from kanalo.market.times import to_time
from kanalo.study.claims.columns import COLUMNS
from kanalo.study.variables import VARIABLES

SCHEMA = CLAIMS_PLAN.version
CONTROLS = "controls"
MORE, LESS = "more", "less"
KINDS: Mapping[str, tuple[str, ...]] = {
    "return": (),
    "abnormal": (),
    "reaches": ("side", "distance"),
    "stays": ("below", "above", "drift"),
    "value": ("of",),
}
"""Kinds of outcomes and the keys that each needs."""

_SETTINGS: Mapping[str, tuple[type, Any, float, float]] = {
    "level": (float, 0.95, 0.5, 0.999),
    "caliper": (float, 0.5, 0.01, 10.0),
    "controls": (int, 3, 1, 20),
    "draws": (int, 9_999, 99, 1_000_000),
    "seed": (int, 0, 0, 2**62),
}
_CLAIM_KEYS = (
    *("event", "horizon", "outcome", "against", "claimed", "minimal", "definition"),
    *("refuted_if", "untested", "onset", "sample"),
)


@dataclass(frozen=True)
class ClaimOutcome:
    """What is measured after an event; see the module."""

    kind: str
    side: int = 0
    distance: float | str = 0.0
    below: str = ""
    above: str = ""
    drift: str = ""
    of: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it names."""
        named = (self.distance, self.below, self.above, self.drift, self.of)
        return tuple(each for each in named if isinstance(each, str) and each)

    @property
    def is_share(self) -> bool:
        """Whether each event either has it or has it not."""
        return self.kind in ("reaches", "stays")


@dataclass(frozen=True)
class TimeRange:
    """Times from (included) to (excluded), UTC; None for no bound."""

    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None


@dataclass(frozen=True)
class ClaimPlan:
    """How one claim is tested.

    Attributes
    ----------
    name : str
        Its name in the facts.
    event, horizon : str
        Condition, and length of time after it.
    outcome : ClaimOutcome
        What is measured.
    against : float or None
        The number that it is compared with; None for matched controls.
    side : int
        +1 if the claim says more, -1 if it says less.
    minimal : float
        Least effect that would matter, positive: a log return, a share of events, or in the unit of
        the value.
    definition, refuted_if, untested : str
        In words.
    onset : bool
        Whether only beginnings of the condition count.
    sample : TimeRange
        Where events may lie.
    """

    name: str
    event: str
    horizon: str
    outcome: ClaimOutcome
    against: float | None
    side: int
    minimal: float
    definition: str
    refuted_if: str
    untested: str = ""
    onset: bool = True
    sample: TimeRange = TimeRange()


@dataclass(frozen=True)
class TrialPlan:
    """How all claims are tested.

    Attributes
    ----------
    market : str
        Of the catalog.
    claims : tuple of ClaimPlan
        In the order of the file.
    leave_out : TimeRange or None
        What no event's window may touch.
    level, caliper, controls, wake, draws, seed
        See the module.
    digest : str
        sha256 of the file.
    source : str
        Its path.
    """

    market: str
    claims: tuple[ClaimPlan, ...]
    leave_out: TimeRange | None = None
    level: float = 0.95
    caliper: float = 0.5
    controls: int = 3
    wake: str = "1d"
    draws: int = 9_999
    seed: int = 0
    digest: str = ""
    source: str = "plan"


def load_plan(path: str | Path) -> TrialPlan:
    """Read a plan from a TOML file.

    Raises
    ------
    SpecError
        If the file cannot be read, or a key or value is wrong; names file, key and value.
    """
    content, raw = read_toml(path)
    return parse_plan(content, source=str(path), digest=hashlib.sha256(raw).hexdigest())


def read_toml(path: str | Path) -> tuple[dict[str, Any], bytes]:
    """Read a TOML file as plain values, with its bytes."""
    try:
        raw = Path(path).read_bytes()
        return tomllib.loads(raw.decode("utf-8")), raw
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not TOML: {error}.") from error


def parse_plan(content: Mapping[str, Any], *, source: str = "plan", digest: str = "") -> TrialPlan:
    """Build a plan from plain values, as a TOML file holds them.

    Parameters
    ----------
    content : mapping of str to object
        Keys of the plan's format, ``schema`` and ``claims`` among them.
    source : str
        Name of the file, for messages.
    digest : str
        SHA-256 of the file in hex; empty if it is no file.

    Returns
    -------
    TrialPlan
        Checked, with defaults filled in.

    Raises
    ------
    SpecError
        If a key is unknown, a value is wrong, or there is no claim.
    """
    _check_keys(content, ("schema", "market", "leave_out", "wake", "claims", *_SETTINGS), source)
    if content.get("schema", SCHEMA) != SCHEMA:
        raise SpecError(f"{source}: 'schema' must be {SCHEMA}; received {content['schema']!r}.")
    claims = content.get("claims")
    if not isinstance(claims, Mapping) or not claims:
        raise SpecError(f"{source}: there must be one claim or more, written [claims.NAME].")
    left_out = content.get("leave_out")
    return TrialPlan(
        market=_text(content, "market", source),
        claims=tuple(
            _to_claim(name, values, f"{source}: claims.{name}") for name, values in claims.items()
        ),
        leave_out=None if left_out is None else _to_span(left_out, f"{source}: leave_out"),
        wake=_text(content, "wake", source, "1d"),
        digest=digest,
        source=source,
        **{name: _number(content, name, source) for name in _SETTINGS},
    )


def read_claims(facts: Mapping[str, Any], source: str) -> dict[str, str]:
    """Return the claims of an article's facts: ``[article.claims]`` or ``[claims]``.

    Parameters
    ----------
    facts : mapping of str to object
        Content of the article's file of facts.
    source : str
        Name of the file, for messages.

    Returns
    -------
    dict of str to str
        Sentence of each claim by its name.

    Raises
    ------
    SpecError
        If there are none, or one is no text.
    """
    article = facts.get("article", facts)
    claims = article.get("claims") if isinstance(article, Mapping) else None
    if not isinstance(claims, Mapping) or not claims:
        raise SpecError(f"{source}: there must be a table [article.claims] of names and sentences.")
    for name, text in claims.items():
        if not isinstance(text, str):
            raise SpecError(f"{source}: the claim '{name}' must be text; received {text!r}.")
    return dict(claims)


def _to_claim(name: str, values: Any, where: str) -> ClaimPlan:
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: must be a table; received {values!r}.")
    _check_keys(values, _CLAIM_KEYS, where)
    claimed = _choice(values, "claimed", (MORE, LESS), where)
    onset = values.get("onset", True)
    if not isinstance(onset, bool):
        raise SpecError(f"{where}: 'onset' must be true or false; received {onset!r}.")
    outcome = _to_outcome(values.get("outcome"), where)
    against = _to_against(values.get("against"), where)
    if outcome.kind == "value" and against is None:
        raise SpecError(f"{where}: an outcome of kind 'value' needs a number in 'against'.")
    return ClaimPlan(
        name=name,
        event=_text(values, "event", where),
        horizon=_text(values, "horizon", where),
        outcome=outcome,
        against=against,
        side=1 if claimed == MORE else -1,
        minimal=_positive(values, "minimal", where),
        definition=_text(values, "definition", where),
        refuted_if=_text(values, "refuted_if", where),
        untested=_text(values, "untested", where, ""),
        onset=onset,
        sample=_to_span(values.get("sample", {}), f"{where}: sample"),
    )


def _to_outcome(values: Any, where: str) -> ClaimOutcome:
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: 'outcome' must be a table like {{ kind = \"return\" }}.")
    kind = _choice(values, "kind", tuple(KINDS), f"{where}: outcome")
    needed = KINDS[kind]
    _check_keys(values, ("kind", *needed), f"{where}: outcome")
    fields: dict[str, Any] = {}
    for key in needed:
        if key == "side":
            fields[key] = 1 if _choice(values, key, ("above", "below"), where) == "above" else -1
        elif key == "distance" and not isinstance(values.get(key), str):
            fields[key] = _positive(values, key, where)
        else:
            fields[key] = _column(values, key, where)
    return ClaimOutcome(kind, **fields)


def _to_against(value: Any, where: str) -> float | None:
    if value == CONTROLS:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SpecError(
            f"{where}: 'against' must be \"{CONTROLS}\" or a number; received {value!r}."
        )
    return float(value)


def _to_span(values: Any, where: str) -> TimeRange:
    if not isinstance(values, Mapping):
        raise SpecError(f"{where}: must be a table with 'from', 'to' or both; received {values!r}.")
    _check_keys(values, ("from", "to"), where)
    start, end = (_time(values.get(key), key, where) for key in ("from", "to"))
    if start is not None and end is not None and start >= end:
        raise SpecError(f"{where}: 'from' must be before 'to'; received {start} and {end}.")
    return TimeRange(start, end)


def _time(value: Any, key: str, where: str) -> pd.Timestamp | None:
    if value is None:
        return None
    try:
        return to_time(value, f"'{key}'")
    except ParameterError as error:
        raise SpecError(f"{where}: {error}") from error


def _column(values: Mapping[str, Any], key: str, where: str) -> str:
    name = _text(values, key, where)
    known = (*COLUMNS, *VARIABLES)
    if name not in known:
        raise SpecError(f"{where}: '{key}' names no column '{name}'.{suggestion(name, known)}")
    return name


def _number(values: Mapping[str, Any], key: str, where: str) -> Any:
    kind, default, low, high = _SETTINGS[key]
    value = values.get(key, default)
    allowed = (int,) if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed) or not low <= value <= high:
        raise SpecError(
            f"{where}: '{key}' must be {kind.__name__} in [{low:g}, {high:g}]; received {value!r}."
        )
    return value


def _positive(values: Mapping[str, Any], key: str, where: str) -> float:
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise SpecError(f"{where}: '{key}' must be a number above 0; received {value!r}.")
    return float(value)


def _choice(values: Mapping[str, Any], key: str, known: Sequence[str], where: str) -> str:
    value = values.get(key)
    if value not in known:
        hint = suggestion(value, known) if isinstance(value, str) else ""
        raise SpecError(
            f"{where}: '{key}' must be one of {', '.join(known)}; received {value!r}.{hint}"
        )
    return str(value)


def _text(values: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = values.get(key, default)
    if not isinstance(value, str) or (default is None and not value):
        raise SpecError(f"{where}: '{key}' must be text; received {value!r}.")
    return value


def _check_keys(values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise SpecError(f"{where}: unknown key '{key}'.{suggestion(key, known)}")
