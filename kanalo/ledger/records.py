"""What goes into the ledger and what comes out of it, as frozen values."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from kanalo.result import Result

TRIAL_KINDS = ("compare", "run", "sweep", "walk_forward")
"""Runs that look for something that earns: what they tried counts as trials."""

OTHER_KINDS = ("audit", "claims", "placebo", "tornado", "verify")
"""Runs that check what was found: logged, but no trials."""

STATUSES = ("aborted", "finished", "started")


class Filters(TypedDict, total=False):
    """What `Ledger.trials`, `count_trials` and `sharpes` can be narrowed by.

    ``market``, ``strategy``, ``source`` and ``status`` are compared as text; ``run`` is the number
    of a run; ``since`` an ISO time in UTC; ``position`` a value of `Ledger.position`: outcomes
    recorded later are not seen. ``kinds`` are the kinds of runs, `TRIAL_KINDS` by default.
    """

    market: str
    strategy: str
    source: str
    status: str
    run: int
    since: str
    position: int
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
    from kanalo.analyzers import calc_ratio_statistics, to_daily_returns
    from kanalo.periods import DAYS_PER_YEAR, bars_per_year

    market = result.market
    daily = to_daily_returns(result.equity, result.cash)
    per_year = min(float(DAYS_PER_YEAR), bars_per_year(market.interval))
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
        sharpe_ratio=calc_ratio_statistics(daily, per_year)["sharpe_ratio"],
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
    identity = {
        "source": trial.strategy if trial.source in ("", "unknown") else trial.source,
        "data": dict(trial.data) or trial.market,
        "interval": trial.interval,
        "window": [trial.start, trial.end],
        "costs": dict(trial.costs),
        "execution": dict(trial.execution),
    }
    return hashlib.sha256(to_json(identity).encode()).hexdigest()


def _to_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value.item() if hasattr(value, "item") else str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_to_plain)
