"""What goes into the ledger and what comes out of it, as frozen values."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from kanalo.execution.result import Result

SECOND_LOOK = "second_look"
"""A rule run once more on sealed bars: the first look at them is no trial, each later one is."""

TRIAL_KINDS = ("compare", "run", "search", SECOND_LOOK, "sweep", "walk_forward")
"""Runs that look for something that earns: what they tried counts as trials."""

OTHER_KINDS = (
    "audit",
    "claims",
    "diff",
    "judge",
    "monte_carlo",
    "note",
    "panel",
    "placebo",
    "question",
    "tornado",
    "unseal",
    "verify",
)
"""Runs that check what was found, notes and questions: logged, but no trials."""

STATUSES = ("aborted", "finished", "started")


class Filters(TypedDict, total=False):
    """What `Ledger.trials`, `count_trials` and `sharpes` can be narrowed by.

    ``market``, ``strategy``, ``source`` and ``status`` are compared as text; ``run`` is the number
    of a run; ``since`` an ISO time in UTC; ``position`` a value of `Ledger.position`: outcomes
    recorded later are not seen; ``after`` likewise: outcomes up to it are not. ``kinds`` are the
    kinds of runs, `TRIAL_KINDS` by default.
    """

    market: str
    strategy: str
    source: str
    status: str
    run: int
    since: str
    position: int
    after: int
    kinds: Iterable[str]


@dataclass(frozen=True)
class Trial:
    """What makes a trial distinct.

    Attributes
    ----------
    strategy : str
        Its name; tells trials apart only where ``source`` is unknown.
    source : str
        sha256 of the strategy's source, or ``"unknown"``.
    parameters : mapping
        Parameter values; numpy's numbers count as plain ones.
    market : str
        The market's name; tells trials apart only where ``data`` is empty.
    interval : str
        Length of a bar, e.g. ``"1h"``.
    data : mapping of str to str
        sha256 of every file that the market was made from.
    start, end : str
        ISO times of the first bar's open and the last bar's close.
    costs, execution : mapping
        As plain values.
    """

    strategy: str
    source: str
    parameters: Mapping[str, Any] = field(hash=False)
    market: str = ""
    interval: str = ""
    data: Mapping[str, str] = field(default_factory=dict, hash=False)
    start: str = ""
    end: str = ""
    costs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    execution: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Outcome:
    """What one try of a trial gave.

    Attributes
    ----------
    trial : Trial
        What was tried.
    sharpe_ratio : float
        Annual, of UTC-daily returns; NaN where not defined or not known yet.
    n_days : int
        Daily returns behind it.
    status : str
        One of `STATUSES`.
    returns_path : Path or str
        File with the daily returns; empty if there is none. Stored relative to the ledger's folder
        where it lies inside, so that a workspace can be moved.
    returns_row : int
        Row of that file.
    """

    trial: Trial
    sharpe_ratio: float = math.nan
    n_days: int = 0
    status: str = "finished"
    returns_path: Path | str = ""
    returns_row: int = 0


@dataclass(frozen=True)
class Entry:
    """A trial in the ledger with its latest finished outcome, or its latest where none finished.

    Attributes
    ----------
    id : int
        Number of the trial.
    outcome : Outcome
        What it is and what it gave; ``returns_path`` is absolute or empty.
    kind : str
        Kind of the run that gave it.
    run : int
        Number of that run.
    versions : mapping of str to str
        Versions of the packages then.
    created, updated : str
        ISO times: when the trial was first made and when it gave this outcome.
    """

    id: int
    outcome: Outcome
    kind: str
    run: int
    versions: Mapping[str, str] = field(hash=False)
    created: str
    updated: str


@dataclass(frozen=True)
class RunEntry:
    """One call of a command.

    Attributes
    ----------
    id : int
        Its number.
    kind, status : str
        ``status`` stays ``"started"`` if the process was killed.
    created, ended : str
        ISO times; ``ended`` is empty until then.
    versions, details : mapping
        As given to `Ledger.begin`.
    n_trials : int
        Distinct trials that it recorded.
    """

    id: int
    kind: str
    status: str
    created: str
    ended: str
    versions: Mapping[str, str] = field(hash=False)
    details: Mapping[str, Any] = field(hash=False)
    n_trials: int


def to_outcome(result: Result, *, returns_path: Path | str = "", returns_row: int = 0) -> Outcome:
    """Make the outcome that a finished run of one strategy leaves in the ledger.

    Parameters
    ----------
    result : Result
        The run.
    returns_path : Path or str
        Where its daily returns were written, if anywhere.
    returns_row : int
        Row of that file.

    Returns
    -------
    Outcome
        ``outcome.trial`` with other parameters (`dataclasses.replace`) serves a whole sweep.
    """
    from kanalo.analyzers.ratios import calc_sharpe_ratio
    from kanalo.analyzers.returns import to_daily_returns
    from kanalo.periods import returns_per_year

    market = result.market
    daily = to_daily_returns(result.equity, result.cash)
    per_year = returns_per_year(market.interval)
    return Outcome(
        trial=Trial(
            strategy=result.strategy,
            source=str(result.provenance["source"]),
            parameters=result.parameters,
            market=market.name or market.symbol,
            interval=market.interval,
            data=result.provenance["data"],
            start=market.index[0].isoformat(),
            end=market.closes_at[-1].isoformat(),
            costs=result.costs,
            execution=result.execution,
        ),
        sharpe_ratio=calc_sharpe_ratio(daily, per_year=per_year),
        n_days=int(daily.notna().sum()),
        returns_path=returns_path,
        returns_row=returns_row,
    )


def to_json(values: Mapping[str, Any]) -> str:
    """Write plain values as JSON that is the same whatever the order of the keys.

    numpy's numbers are written as the plain ones they hold, dates and paths as text.
    """
    return _ENCODER.encode(dict(values))


def find_shared(trial: Trial) -> tuple[object, ...]:
    """Return a key that is equal for trials made by `dataclasses.replace` of the parameters alone.

    Mappings are told apart by identity: the key is quick, and good while the trials live.
    """
    mappings = id(trial.data), id(trial.costs), id(trial.execution)
    window = trial.start, trial.end
    return trial.strategy, trial.source, trial.market, trial.interval, *window, *mappings


def digest_settings(trial: Trial) -> str:
    """Return the sha256 of all that makes a trial distinct besides its parameters."""
    return digest_values(
        source=trial.strategy if trial.source in ("", "unknown") else trial.source,
        data=dict(trial.data) or trial.market,
        interval=trial.interval,
        window=[trial.start, trial.end],
        costs=dict(trial.costs),
        execution=dict(trial.execution),
    )


def digest_values(**identity: Any) -> str:
    """Return the sha256 of plain values, in which numbers count by their value."""
    return hashlib.sha256(to_identity(identity).encode()).hexdigest()


def to_identity(values: Mapping[str, Any]) -> str:
    """Write plain values as JSON in which equal numbers are equal text: 3, 3.0 and ``np.int64(3)``.

    Truth values are no numbers: True is not 1.

    Examples
    --------
    >>> to_identity({"stop_atr": 3.0, "shorts": True})
    '{"shorts":true,"stop_atr":3}'
    """
    return _ENCODER.encode(_by_value(dict(values)))


def to_set_identity(parameters: Mapping[str, Any]) -> str:
    """Return `to_identity` of parameters; a sweep repeats their few values in all its sets."""
    if not all(type(value) in _SCALARS for value in parameters.values()):
        return to_identity(parameters)
    pairs = (
        _to_pair(name, type(value).__name__, value) for name, value in sorted(parameters.items())
    )
    return "{" + ",".join(pairs) + "}"


@functools.lru_cache(maxsize=16_384)
def _to_pair(name: str, kind: str, value: Any) -> str:
    """Return one parameter as JSON; its type is a part of the key, for True equals 1."""
    del kind
    return to_identity({name: value})[1:-1]


def _by_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _by_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_by_value(each) for each in value]
    plain = value.item() if hasattr(value, "item") else value
    is_whole = isinstance(plain, float) and plain.is_integer() and abs(plain) < _EXACT
    return int(plain) if is_whole else plain


def _to_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value.item() if hasattr(value, "item") else str(value)


_SCALARS = (int, float, bool, str)
_EXACT = 2.0**53  # every whole number below it is a float
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_to_plain)


def to_summary(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Reduce the record of a comparison to the figures that the list of runs shows.

    Parameters
    ----------
    record : mapping
        What `Recorder.keep` takes.

    Returns
    -------
    list of dict
        One for each result; what is not finite is None.
    """
    names = ("total_return", "cagr", "sharpe_ratio", "max_drawdown", "n_trades")
    return [
        {
            **{key: each[key] for key in ("label", "market", "costs")},
            "light": (each.get("judgement") or {}).get("light"),
            **{name: _to_finite(each["statistics"].get(name)) for name in names},
        }
        for each in record.get("results", ())
    ]


def _to_finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
