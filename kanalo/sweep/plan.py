"""What a sweep was asked to do, as plain values: resuming compares them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from kanalo.errors import ParameterError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.ledger import Trial
from kanalo.market import Market
from kanalo.provenance import digest_market, digest_source, to_name
from kanalo.strategy import Strategy
from kanalo.sweep.grid import Grid

SCHEMA = "kanalo.sweep/1"


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
    """

    strategy: type[Strategy]
    market: Market
    grid: Grid
    costs: Costs
    execution: Execution

    def find_sets(self) -> list[tuple[Any, ...]]:
        """Return the sets to try; those that the strategy itself refuses are left out.

        Raises
        ------
        ParameterError
            If it refuses all of them.
        """
        sets = self.grid.expand()
        if self.strategy.__post_init__ is Strategy.__post_init__:
            return sets  # each value was checked by itself, and nothing asks for more
        kept = [values for values in sets if self._accepts(values)]
        if not kept:
            self.make(sets[0])
        return kept

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


def digest_manifest(manifest: dict[str, Any]) -> str:
    """Return the sha256 of a manifest."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


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
