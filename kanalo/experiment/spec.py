"""What an experiment compares: strategies × markets × costs, written down in TOML.

::

    title = "Which of these rules earned something on Monero?"

    yardsticks = true            # optional: beside each strategy, random entries that match it

    [execution]                  # optional: cash, max_leverage, both_touched, entry_bar_exits,
                                 # limit_fills
    cash = 100_000

    [[costs]]                    # optional: one set or more
    name = "standard"
    fee_bps = 5

    [[markets]]
    name = "xmr_1h"              # a market of the catalog …
    from = 2020-02-03            # optional; earlier bars warm the signals up
    [[markets]]
    data = "my_bars.csv"         # … or a file, relative to this one

    [[strategies]]
    name = "sma_cross"
    label = "golden cross"       # optional
    markets = ["xmr_1h"]         # optional: all by default
    parameters = { fast = 20 }
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kanalo.arguments import Named
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.market.times import to_time
from kanalo.text import count

DEFAULT_COSTS = "standard"
"""Name of the cost set where a spec names none."""


@dataclass(frozen=True)
class MarketSpec(Named):
    """One market of a comparison.

    Attributes
    ----------
    name : str
        A market of the catalog, or the label of a file.
    data : str
        Path of a file with bars; empty for a market of the catalog.
    start, end : str
        First and first excluded time to trade (``from`` and ``to`` in TOML); empty for all.
    timezone, symbol, venue, interval : str
        How to read a file; empty for what it says itself.
    """

    name: str
    data: str = ""
    start: str = ""
    end: str = ""
    timezone: str = ""
    symbol: str = ""
    venue: str = ""
    interval: str = ""


@dataclass(frozen=True)
class StrategySpec(Named):
    """One strategy of a comparison with its parameter values.

    Attributes
    ----------
    name : str
        File in ``strategies/`` without its suffix.
    label : str
        What tables call it; the name by default.
    parameters : mapping
        Values that differ from the defaults.
    markets : tuple of str
        Markets to run on; empty for all.
    """

    name: str
    label: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    markets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec(Named):
    """A comparison as it was asked for.

    Attributes
    ----------
    name : str
        Names the folder of the results.
    strategies, markets : tuples
        What to run, and on what.
    costs : mapping of str to Costs
        Cost sets by name.
    execution : Execution
        The account.
    title, question : str
        What the report is headed with.
    yardsticks : bool
        Whether `random_entry` runs beside each strategy, matched to its number and length of
        trades and its share of longs.
    folder : Path
        Relative paths of files start here.

    Examples
    --------
    >>> import kanalo
    >>> spec = kanalo.load_spec(kanalo.find_workspace().backtests_dir / "article.toml")
    >>> spec.within("2025-01-01", None).markets[0].start
    '2025-01-01'
    """

    name: str
    strategies: tuple[StrategySpec, ...]
    markets: tuple[MarketSpec, ...]
    costs: Mapping[str, Costs]
    execution: Execution = field(default_factory=Execution)
    title: str = ""
    question: str = ""
    yardsticks: bool = False
    folder: Path = Path()

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain values, defaults included."""
        return {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "yardsticks": self.yardsticks,
            "execution": self.execution.to_dict(),
            "costs": [{"name": name, **costs.to_dict()} for name, costs in self.costs.items()],
            "markets": [dataclasses.asdict(market) for market in self.markets],
            "strategies": [
                {**dataclasses.asdict(each), "markets": list(each.markets)}
                for each in self.strategies
            ],
        }

    def __repr__(self) -> str:
        """Say how much is compared on what."""
        text = (
            f"Spec({self.name!r}: {count(len(self.strategies), 'strategy', 'strategies')} on "
            f"{', '.join(each.name for each in self.markets)} at {len(self.costs)} cost sets)"
        )
        return text if len(text) <= 300 else text[:298] + "…)"

    def within(self, start: str | None, end: str | None) -> Spec:
        """Return the spec with another window on every market.

        Parameters
        ----------
        start, end : str or None
            First and first excluded time to trade, ISO 8601; None leaves the market's own.

        Returns
        -------
        Spec
            A copy.

        Raises
        ------
        ParameterError
            If one is no time.
        """
        for name, time in (("start", start), ("end", end)):
            if time is not None:
                to_time(time, name)
        changes = {k: v for k, v in (("start", start), ("end", end)) if v}
        markets = tuple(dataclasses.replace(market, **changes) for market in self.markets)
        return dataclasses.replace(self, markets=markets)
