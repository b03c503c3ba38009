"""`run_monte_carlo`: run a rule on the real market and on many paths of a model."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers.batch.engine import Batch, simulate_many
from kanalo.analyzers.statistics import STATISTICS
from kanalo.arguments import check_type
from kanalo.cluster import Pool, map_chunks
from kanalo.errors import KanaloError, ParameterError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide, to_own_costs
from kanalo.execution.rules import Execution
from kanalo.execution.settings import to_settings
from kanalo.file_formats import RECORD
from kanalo.files import write_file
from kanalo.ledger import Ledger, find_record
from kanalo.market import Market
from kanalo.market.digest import digest_market
from kanalo.monte_carlo.paths import PathMaker
from kanalo.monte_carlo.result import MonteCarlo
from kanalo.strategy import Decisions, Strategy
from kanalo.strategy.digest import digest_source, to_name
from kanalo.sweep import begin_run
from kanalo.sweep.plan import find_days
from kanalo.walk_forward.windows import to_length
from kanalo.workspace import find_workspace
from kanalo.workspace.arguments import MarketLike, RuleLike, to_market, to_rule

KIND = "monte_carlo"
MOST_PATHS = 100_000

Progress = Callable[[str, int, int], None]
"""Called with what is being run, how many paths are done and how many there are."""

_IS_COUNT = np.array([each.unit == "count" for each in STATISTICS])


@dataclass(frozen=True, eq=False)
class _Job:
    """What every path has in common."""

    strategy: Strategy
    market: Market
    maker: PathMaker
    costs: Costs
    execution: Execution
    seed: int

    def run_path(self, number: int) -> tuple[Batch, str]:
        """Run the rule on one path; where it raises, everything is NaN and the reason is given."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        path = self.maker.make(rng)
        try:
            return self.run_market(path), ""
        except KanaloError as error:
            batch = self._simulate(path, Decisions.from_arrays(len(path.traded)))
            batch.values[0] = np.where(_IS_COUNT, 0.0, np.nan)
            batch.daily[0] = np.nan
            return batch, str(error)

    def run_market(self, market: Market) -> Batch:
        """Run the rule on a market."""
        return self._simulate(market, decide(self.strategy, market).since(market.first))

    def _simulate(self, market: Market, decisions: Decisions) -> Batch:
        return simulate_many(market.traded, [decisions], self.costs, self.execution, threads=1)


def run_monte_carlo(
    rule: RuleLike,
    market: MarketLike,
    *,
    paths: int = 1_000,
    model: str = "blocks",
    block: str = "7d",
    seed: int = 0,
    parameters: Mapping[str, Any] | None = None,
    costs: Costs | None = None,
    execution: Execution | None = None,
    ledger: Ledger | None = None,
    progress: Progress | None = None,
    pool: Pool | None = None,
) -> MonteCarlo:
    """Run a rule on resampled price paths, and rank the real result among them.

    Parameters
    ----------
    rule : Strategy, type of Strategy or str
        The rule; a class or the name of a rule of the workspace.
    market : Market, str, Path or DataFrame
        The real market, as for `kanalo.run`. Its warm-up begins every path.
    paths : int
        How many, 1 to 100,000.
    model : str
        ``"blocks"``, ``"signs"`` or ``"garch"``; see `kanalo.monte_carlo.paths`.
    block : str
        Mean length of a block of ``blocks``, such as ``"7d"`` or ``"36h"``; at least a bar.
    seed : int
        At least 0; the same seed, the same paths. Path k does not depend on their number.
    parameters : mapping of str to object, optional
        Parameters of the rule; its defaults otherwise.
    costs : Costs, optional
        5 bps fee, 2 bps slippage, market impact and funding by default.
    execution : Execution, optional
        100,000 of cash, no leverage and an exchange's margin by default.
    ledger : Ledger, optional
        Notes the run with its figures, so that `kanalo verify` can do it again. No path counts as
        a trial: nothing is chosen by them.
    progress : callable, optional
        Called after each path.
    pool : Pool, optional
        Workers of `kanalo.cluster.open_pool`, which run the paths instead of this process.

    Returns
    -------
    MonteCarlo
        Statistics and daily returns of every path, and of the real market.

    Raises
    ------
    StrategyError
        If the rule is written for backtrader.
    ParameterError
        If an argument has the wrong type or is out of bounds, or the market is too short.
    UnknownNameError
        If there is no such rule, market or model.

    Examples
    --------
    >>> import kanalo
    >>> market = kanalo.load_market("xmr_1d").between("2024-01-01", "2025-01-01")
    >>> drawn = kanalo.run_monte_carlo("sma_cross", market, paths=10, model="blocks")
    >>> drawn.table.shape[0], drawn.manifest["model"]
    (10, 'blocks')
    """
    _check_numbers(paths, seed)
    costs, execution = to_settings("run_monte_carlo", costs, execution)
    home = find_workspace()
    strategy, _ = to_rule("run_monte_carlo", rule, parameters, home)
    if not isinstance(strategy, Strategy):
        raise StrategyError(
            f"run_monte_carlo(): {to_name(strategy)} is written for backtrader; paths are run by "
            "the compiled engine, which takes a kanalo.Strategy."
        )
    real = to_market("run_monte_carlo", market, home)
    length = to_length(block, "block")
    if length < real.length:
        raise ParameterError(
            f"run_monte_carlo(): 'block' must be at least one bar ({real.interval}); received "
            f"{block!r}."
        )
    maker = PathMaker(real, model, round(length / real.length))
    costs = to_own_costs(type(strategy), costs)
    job = _Job(strategy, real, maker, costs, execution, seed)
    manifest = _to_manifest(job, paths, model, block)
    with contextlib.ExitStack() as stack:
        run = None if ledger is None else begin_run(stack, ledger, KIND, manifest)
        result = _run(job, paths, manifest, progress, pool)
        if ledger is not None and run is not None:
            text = json.dumps(to_record(result), sort_keys=True)
            write_file(find_record(ledger.path.parent, run), text)
    return result


def _check_numbers(paths: object, seed: object) -> None:
    for name, value, low, high in (("paths", paths, 1, MOST_PATHS), ("seed", seed, 0, 2**63)):
        check_type("run_monte_carlo", name, value, int, "a whole number")
        if isinstance(value, bool) or not low <= int(str(value)) <= high:
            raise ParameterError(
                f"run_monte_carlo(): '{name}' must be a whole number from {low} to {high:,}; "
                f"received {value!r}."
            )


def _run(
    job: _Job,
    paths: int,
    manifest: Mapping[str, Any],
    progress: Progress | None,
    pool: Pool | None,
) -> MonteCarlo:
    actual = job.run_market(job.market)
    values = np.empty((paths, len(STATISTICS)))
    daily = np.empty((paths, actual.daily.shape[1]), dtype=np.float32)
    failures: dict[int, str] = {}
    for number, (batch, reason) in enumerate(_run_each(job, paths, progress, pool)):
        values[number], daily[number] = batch.values[0], batch.daily[0]
        if reason:
            failures[number] = reason
    if len(failures) == paths:
        raise StrategyError(f"The rule failed on all of {paths:,} paths, the first: {failures[0]}")
    keys = [each.key for each in STATISTICS]
    figures = dict(zip(keys, actual.values[0].tolist(), strict=True))
    table = pd.DataFrame(values, columns=keys)
    days = find_days(job.market.traded)
    return MonteCarlo(manifest, figures, table, daily, actual.daily[0], days, failures)


def _run_each(
    job: _Job, paths: int, progress: Progress | None, pool: Pool | None
) -> Iterator[tuple[Batch, str]]:
    for number, result in enumerate(map_chunks(_Job.run_path, job, range(paths), pool)):
        if progress is not None:
            progress("", number, paths)
        yield result
    if progress is not None:
        progress("", paths, paths)


def _to_manifest(job: _Job, paths: int, model: str, block: str) -> dict[str, Any]:
    """Return what it takes to do the same again."""
    market, cls = job.market, type(job.strategy)
    return {
        "strategy": to_name(cls),
        "source": digest_source(cls),
        "parameters": dict(job.strategy.parameters),
        "model": model,
        "block": block,
        "paths": paths,
        "seed": job.seed,
        "market": {
            "name": market.name or market.symbol,
            "symbol": market.symbol,
            "interval": market.interval,
            "start": market.index[market.first].isoformat(),
            "end": market.closes_at[-1].isoformat(),
            "n_bars": len(market) - market.first,
            "values": digest_market(market),
        },
        "costs": job.costs.to_dict(),
        "execution": job.execution.to_dict(),
        "kanalo": metadata.version("kanalo"),
    }


def to_record(result: MonteCarlo) -> dict[str, Any]:
    """Return what a repetition must meet to the last digit: places, and digests of all paths."""
    places = result.places()
    figures = {key: {name: float(v) for name, v in row.items()} for key, row in places.iterrows()}
    return {
        "schema": RECORD.schema,
        "places": figures,
        "statistics": _digest(result.table.to_numpy(np.float64)),
        "daily_returns": _digest(result.daily_returns),
        "market": result.manifest["market"]["values"],
        "source": result.manifest["source"],
    }


def _digest(values: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
