"""What a sweep was asked to do, as plain values: resuming compares them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from kanalo.analyzers.batch.marks import to_days
from kanalo.arguments import check_type, show
from kanalo.errors import ParameterError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import to_own_costs
from kanalo.execution.rules import Execution
from kanalo.execution.settings import to_settings
from kanalo.file_formats import SWEEP
from kanalo.ledger import Trial
from kanalo.market import Market
from kanalo.market.digest import digest_market
from kanalo.strategy import Strategy
from kanalo.strategy.digest import digest_source, to_name
from kanalo.strategy.target_vol import widen
from kanalo.sweep.constraints import parse_constraint, select_sets
from kanalo.sweep.grid import Grid, Span, make_grid
from kanalo.sweep.keeping import SOME
from kanalo.workspace import find_workspace
from kanalo.workspace.arguments import MarketLike, to_market

SCHEMA = SWEEP.schema


@dataclass(frozen=True, eq=False)
class Plan:
    """One strategy, one market, one cost set and a grid of parameters.

    Attributes
    ----------
    strategy : type of Strategy
        The rule.
    market : Market
        Bars before ``market.first`` only warm the signals up.
    grid : Grid
        Which parameter sets to try.
    costs : Costs
        Fees, slippage and funding.
    execution : Execution
        Cash, leverage and the open choices of the fill rules.
    keep_returns : str
        ``"some"`` or ``"all"``: whose daily returns a folder keeps; see `run_sweep`.
    """

    strategy: type[Strategy]
    market: Market
    grid: Grid
    costs: Costs
    execution: Execution
    keep_returns: str = SOME

    def find_sets(self) -> list[tuple[Any, ...]]:
        """Return the sets to try: those that meet the constraints and that the strategy accepts.

        Raises
        ------
        ParameterError
            If no set meets the constraints, one is no constraint, or the strategy refuses all sets.
        """
        sets = self.grid.expand()
        if self.grid.constraints:
            conditions = [parse_constraint(each, self.strategy) for each in self.grid.constraints]
            sets = select_sets(sets, tuple(self.grid.axes), self.fixed, conditions)
        if self.strategy.__post_init__ is Strategy.__post_init__:
            return sets  # each value was checked by itself, and nothing asks for more
        kept = [values for values in sets if self._accepts(values)]
        if not kept:
            self.make(sets[0])
        return kept

    def check_some(self) -> None:
        """Refuse a plan of which no set can be tried; looks no further than the first that can.

        Raises
        ------
        ParameterError
            As `find_sets`.
        """
        sets = self.grid.expand()
        if self.grid.constraints:
            conditions = [parse_constraint(each, self.strategy) for each in self.grid.constraints]
            sets = select_sets(sets, tuple(self.grid.axes), self.fixed, conditions)
        if not any(map(self._accepts, sets)):
            self.make(sets[0])

    def make(self, values: tuple[Any, ...]) -> Strategy:
        """Make the strategy of one set."""
        return self.strategy(**dict(zip(self.grid.axes, values, strict=True)))

    def _accepts(self, values: tuple[Any, ...]) -> bool:
        try:
            self.make(values)
        except ParameterError:
            return False
        return True

    @property
    def fixed(self) -> dict[str, Any]:
        """The parameters that the grid does not name, at their defaults."""
        return {
            each.name: each.default
            for each in self.strategy.declared()
            if each.name not in self.grid.axes
        }

    def to_manifest(self) -> dict[str, Any]:
        """Return what decides the results, and nothing that differs from one call to the next."""
        market = self.market
        return {
            "schema": SCHEMA,
            "strategy": to_name(self.strategy),
            "source": digest_source(self.strategy),
            "grid": self.grid.to_dict(),
            "fixed": self.fixed,
            "market": {
                "name": market.name or market.symbol,
                "symbol": market.symbol,
                "interval": market.interval,
                "start": market.index[market.first].isoformat(),
                "end": market.closes_at[-1].isoformat(),
                "n_bars": len(market) - market.first,
                "n_warm_up": market.first,
                "values": digest_market(market),
                "digests": dict(market.digests),
            },
            "costs": self.costs.to_dict(),
            "execution": self.execution.to_dict(),
            "kanalo": metadata.version("kanalo"),
            **({} if self.keep_returns == SOME else {"keep_returns": self.keep_returns}),
        }

    def to_trial(self) -> Trial:
        """Return what all sets of the sweep share in the ledger."""
        market = self.market
        return Trial(
            strategy=to_name(self.strategy),
            source=digest_source(self.strategy),
            parameters=self.fixed,
            market=market.name or market.symbol,
            interval=market.interval,
            data=dict(market.digests) or {"bars": digest_market(market.traded)},
            start=market.index[market.first].isoformat(),
            end=market.closes_at[-1].isoformat(),
            costs=self.costs.to_dict(),
            execution=self.execution.to_dict(),
        )


def find_days(market: Market) -> npt.NDArray[np.datetime64]:
    """Return the UTC days of a market's daily returns, shape (n_days,)."""
    index = market.cached(to_days)
    return index.tz_localize(None).to_numpy().astype("datetime64[D]")


def digest_manifest(manifest: dict[str, Any]) -> str:
    """Return the sha256 of a manifest."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def make_plan(
    function: str,
    strategy: type[Strategy] | str,
    market: MarketLike,
    grid: Grid | Mapping[str, Iterable[Any] | Span],
    costs: Costs | None,
    execution: Execution | None,
    constraints: Iterable[str] = (),
) -> Plan:
    """Check what a sweep or a walk-forward test was given and make a plan of it.

    Parameters
    ----------
    function : str
        Name of the function that received it, for messages.
    strategy, market, grid, costs, execution, constraints
        As for `run_sweep`.

    Returns
    -------
    Plan

    Raises
    ------
    UnknownNameError
        If there is no such rule or market.
    ParameterError
        If an argument has the wrong type, or names or values of the grid are not the strategy's.
    StrategyError
        If the class is no `Strategy`.
    """
    check_type(function, "grid", grid, (Grid, Mapping), "a mapping such as {'fast': [10, 20]}")
    names = grid.axes if isinstance(grid, Grid) else grid
    cls = widen(to_class(function, strategy), names)
    costs, execution = to_settings(function, costs, execution)
    whole = grid if isinstance(grid, Grid) else make_grid(cls, grid)
    whole = _constrain(function, whole, constraints, cls)
    traded = to_market(function, market, find_workspace())
    return Plan(cls, traded, whole, to_own_costs(cls, costs), execution)


def _constrain(function: str, grid: Grid, constraints: Iterable[str], cls: type[Strategy]) -> Grid:
    """Add constraints to a grid, and check all of them."""
    accepted = "a list of conditions such as ['fast < slow']"
    check_type(function, "constraints", constraints, (list, tuple), accepted)
    texts = [*grid.constraints, *constraints]
    return replace(grid, constraints=tuple(parse_constraint(each, cls).text for each in texts))


def to_class(function: str, rule: Any) -> type[Strategy]:
    """Find the class that an argument means: itself, or a rule of the workspace by its name.

    Parameters
    ----------
    function : str
        Name of the function that received it, for messages.
    rule : type of Strategy or str
        A class or a name.

    Returns
    -------
    type of Strategy

    Raises
    ------
    UnknownNameError
        If the workspace has no such rule.
    ParameterError
        If it is an instance, whose parameters the grid would replace.
    StrategyError
        If the class is no `kanalo.Strategy`.
    """
    if isinstance(rule, Strategy):
        name = type(rule).__name__
        raise ParameterError(
            f"{function}(): 'strategy' must be a class, for the grid sets the parameters; received "
            f"{show(rule)}. Pass the class {name}."
        )
    cls: type[Strategy] = find_workspace().load_strategy(rule) if isinstance(rule, str) else rule
    check_strategy_class(cls)
    return cls


def check_strategy_class(strategy: type) -> None:
    """Refuse what only the reference engine can run.

    Raises
    ------
    StrategyError
        If the class is no `kanalo.Strategy`.
    """
    if not (isinstance(strategy, type) and issubclass(strategy, Strategy)):
        name = getattr(strategy, "__name__", repr(strategy))
        raise StrategyError(
            f"{name} is not a kanalo.Strategy: the compiled engine sweeps those that decide() for "
            "all bars at once. A backtrader strategy written by hand runs on the reference engine "
            "only, one set at a time: `kanalo run`."
        )
