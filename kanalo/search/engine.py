"""`run_search`: ask for sets in batches, simulate each batch, and tell what came out."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.analyzers.statistics import STATISTICS
from kanalo.arguments import check_type
from kanalo.cluster import Pool, map_chunks
from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.file_formats import RECORD, SEARCH
from kanalo.files import write_file
from kanalo.ledger import Ledger, find_record
from kanalo.search.result import SearchResult
from kanalo.search.study import STUDY, Proposal, Study
from kanalo.strategy import Strategy
from kanalo.strategy.digest import to_name
from kanalo.sweep import Plan, Span, SweepRecorder, SweepResult, begin_run, make_grid
from kanalo.sweep.constraints import parse_constraint
from kanalo.sweep.engine import simulate_chunk
from kanalo.sweep.plan import make_plan, to_class
from kanalo.sweep.result import to_table
from kanalo.workspace.arguments import MarketLike

KIND = "search"
BATCH = 20
"""Sets that are proposed before the first of them is told."""

MOST_TRIALS = 100_000

Progress = Callable[[str, int, int], None]
"""Called with what is being run, how many sets are done and how many there are."""

_KEYS = [each.key for each in STATISTICS]


def run_search(
    strategy: type[Strategy] | str,
    market: MarketLike,
    space: Mapping[str, Iterable[Any] | Span],
    *,
    trials: int = 500,
    by: str | Sequence[str] = "sharpe_ratio",
    sampler: str = "tpe",
    seed: int = 0,
    costs: Costs | None = None,
    execution: Execution | None = None,
    constraints: Sequence[str] = (),
    folder: str | Path | None = None,
    ledger: Ledger | None = None,
    progress: Progress | None = None,
    pool: Pool | None = None,
) -> SearchResult:
    """Look for good parameter sets where earlier ones were good.

    Optuna proposes sets in batches of 20; the compiled engine runs them. Every set is a trial: the
    best of a search is as lucky as that of a sweep, and `kanalo.run_walk_forward` tells how much.

    Parameters
    ----------
    strategy : type of Strategy or str
        The rule: a class, or the name of a rule of the workspace.
    market : Market, str, Path or DataFrame
        As in `run_sweep`.
    space : mapping of str to iterable or Span
        Values of each parameter; a `Span` is every number between its ends.
    trials : int
        Sets to propose, 1 to 100,000. More than a stored search has go on from there, if it ended
        with a multiple of 20.
    by : str or list of str
        Statistics to search for, each in its better direction; several give a front.
    sampler : str
        ``"tpe"`` or ``"cmaes"``; the latter for one objective and two parameters or more.
    seed : int
        At least 0; the same seed, the same sets, interrupted or not.
    costs, execution, constraints, ledger, progress, pool : optional
        As in `run_sweep`. A set that breaks a constraint, or that the strategy refuses, is proposed
        and not run.
    folder : str or Path, optional
        Keeps the study in SQLite and resumes it; in memory by default.

    Returns
    -------
    SearchResult
        All sets that were run.

    Raises
    ------
    ParameterError
        If the space leaves a parameter's bounds, or another argument is out of its own.
    UnknownNameError
        If there is no such rule, market, parameter, statistic or sampler.
    StrategyError
        If the class is no `Strategy`, or Optuna is not installed.
    WorkspaceError
        If the folder holds another search.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> space = {"entry": range(5, 60), "leave": range(5, 30)}
    >>> searched = kanalo.run_search("donchian_breakout", market, space, trials=20)
    >>> len(searched), sorted(searched.best())
    (20, ['entry', 'leave', 'shorts', 'stop_atr'])
    """
    _check_numbers(trials, seed)
    check_type("run_search", "space", space, Mapping, "a mapping such as {'weeks': range(8, 105)}")
    cls = to_class("run_search", strategy)
    grid = make_grid(cls, space, draws=1)
    plan = make_plan("run_search", cls, market, grid, costs, execution, tuple(constraints))
    objectives = (by,) if isinstance(by, str) else tuple(by)
    asked = {
        **plan.to_manifest(),
        "schema": SEARCH.schema,
        "by": list(objectives),
        "sampler": sampler,
        "seed": seed,
        "batch": BATCH,
    }
    path = None if folder is None else Path(folder).expanduser() / STUDY
    study = Study(plan.grid.axes, objectives, sampler, seed, path)
    with contextlib.closing(study), contextlib.ExitStack() as stack:
        study.resume(asked, path)
        manifest = {**asked, "trials": trials}
        run = None if ledger is None else begin_run(stack, ledger, KIND, manifest)
        recorder = None
        if ledger is not None and run is not None:
            recorder = SweepRecorder(ledger, run, plan.to_trial())
        _fill(_Job(plan, study, trials, pool), recorder, progress or _ignore)
        result = _to_result(plan, study, objectives, manifest)
        if ledger is not None and run is not None:
            text = json.dumps(to_record(result), sort_keys=True)
            write_file(find_record(ledger.path.parent, run), text)
    return result


def _check_numbers(trials: object, seed: object) -> None:
    for name, value, low, high in (("trials", trials, 1, MOST_TRIALS), ("seed", seed, 0, 2**63)):
        check_type("run_search", name, value, int, "a whole number")
        if isinstance(value, bool) or not low <= int(str(value)) <= high:
            raise ParameterError(
                f"run_search(): '{name}' must be a whole number from {low} to {high:,}; "
                f"received {value!r}."
            )


@dataclass(frozen=True, eq=False)
class _Job:
    """What all batches have in common."""

    plan: Plan
    study: Study
    trials: int
    pool: Pool | None

    def split(self, proposals: list[Proposal]) -> tuple[list[Proposal], list[Proposal]]:
        """Tell sets to run from those that a constraint or the strategy refuses."""
        names = tuple(self.plan.grid.axes)
        conditions = [
            parse_constraint(text, self.plan.strategy) for text in self.plan.grid.constraints
        ]
        run: list[Proposal] = []
        refused: list[Proposal] = []
        for each in proposals:
            named = {**self.plan.fixed, **dict(zip(names, each.values, strict=True))}
            met = all(condition.is_met(named) for condition in conditions)
            (run if met and self._is_accepted(each) else refused).append(each)
        return run, refused

    def _is_accepted(self, proposal: Proposal) -> bool:
        try:
            self.plan.make(proposal.values)
        except ParameterError:
            return False
        return True


def _fill(job: _Job, recorder: SweepRecorder | None, progress: Progress) -> None:
    """Ask, run and tell until all sets are done."""
    progress("", job.study.n_told, job.trials)
    while proposals := job.study.ask(BATCH, job.trials):
        run, refused = job.split(proposals)
        for each in refused:
            job.study.tell(each.number, None)
        _run_batch(job, run, recorder)
        progress("", job.study.n_told, job.trials)


def _run_batch(job: _Job, proposals: list[Proposal], recorder: SweepRecorder | None) -> None:
    """Run sets, in as many parts as there are workers, and tell them in order."""
    size = len(proposals) if job.pool is None else max(1, -(-len(proposals) // job.pool.n_workers))
    parts = [proposals[i : i + size] for i in range(0, len(proposals), size or 1)]
    chunks = [(0, [each.values for each in part]) for part in parts]
    names = tuple(job.plan.grid.axes)
    for part, (batch, failures) in zip(
        parts, map_chunks(simulate_chunk, job.plan, chunks, job.pool), strict=True
    ):
        if recorder is not None:
            sets = [dict(zip(names, each.values, strict=True)) for each in part]
            recorder.record(sets, batch, "", [-1] * len(sets), 0, failures)
        for row, each in enumerate(part):
            figures = dict(zip(_KEYS, map(float, batch.values[row]), strict=True))
            job.study.tell(each.number, figures, failures.get(row, ""))


def _to_result(
    plan: Plan, study: Study, by: tuple[str, ...], manifest: Mapping[str, Any]
) -> SearchResult:
    done = list(study.list_done())
    if not done:
        raise ParameterError("The constraints or the strategy refused every set of the search.")
    values = np.array([[figures[key] for key in _KEYS] for _, figures, _ in done])
    grid = replace(plan.grid, draws=len(done))
    swept = SweepResult(
        strategy=to_name(plan.strategy),
        grid=grid,
        fixed=plan.fixed,
        table=to_table(grid, [each.values for each, _, _ in done], values),
        daily_returns=np.empty((len(done), 0), dtype=np.float32),
        days=np.empty(0, dtype="datetime64[D]"),
        n_refused=study.n_told - len(done),
        failures={row: reason for row, (_, _, reason) in enumerate(done) if reason},
        manifest=manifest,
    )
    return SearchResult(swept, by, study.find_importance(), manifest)


def _ignore(label: str, done: int, total: int) -> None:
    del label, done, total


def to_record(result: SearchResult) -> dict[str, Any]:
    """Return what a repetition must meet to the last digit: the sets, and what they came to."""
    n_parameters = len(result.swept.grid.axes)
    table = result.table
    return {
        "schema": RECORD.schema,
        "n_sets": len(result),
        "best": result.best(),
        "sets": _digest(table.iloc[:, :n_parameters].to_csv()),
        "statistics": _digest(table.iloc[:, n_parameters:].to_csv()),
        "market": result.manifest["market"]["values"],
        "source": result.manifest["source"],
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
