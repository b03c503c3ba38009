"""Results of one market under one cost set: what may be compared with each other."""

from __future__ import annotations

from dataclasses import dataclass

from kanalo.experiment.yardsticks import HOLDING as HOLDING
from kanalo.experiment.yardsticks import RANDOM as RANDOM
from kanalo.experiment.yardsticks import RULE as RULE
from kanalo.report.compare.schema import (
    ComparisonModel,
    CostsModel,
    JudgedModel,
    MarketModel,
    ResultModel,
)

RANDOM_ENTRIES = "random entries"
"""The kind of placebo whose distribution gives a rule its rank."""


@dataclass(frozen=True)
class Group:
    """The results that share a market and a cost set.

    Attributes
    ----------
    market, costs : mapping
        The model's entries of that market and that cost set.
    results : tuple of mapping
        The model's results, in the order of the spec.
    """

    market: MarketModel
    costs: CostsModel
    results: tuple[ResultModel, ...]

    @property
    def title(self) -> str:
        """Name of the group in headings, e.g. ``xmr_1h · standard``."""
        return f"{self.market['name']} · {self.costs['name']}"

    @property
    def rules(self) -> tuple[ResultModel, ...]:
        """The results of rules, yardsticks left out."""
        return tuple(each for each in self.results if each["role"] == RULE)

    @property
    def compared(self) -> tuple[ResultModel, ...]:
        """The results that were asked for, without the random entries that match them."""
        return tuple(each for each in self.results if not each["matches"])

    @property
    def holding(self) -> ResultModel | None:
        """The result of buying and holding, with funding where both were run; None without any."""
        held = [each for each in self.results if each["role"] == HOLDING]
        return next((each for each in held if each["pays_funding"]), held[0] if held else None)

    @property
    def spot_holding(self) -> ResultModel | None:
        """The result of holding without funding, where holding with funding was run beside it."""
        if self.holding is None or not self.holding["pays_funding"]:
            return None
        held = (each for each in self.results if each["role"] == HOLDING)
        return next((each for each in held if not each["pays_funding"]), None)


def to_groups(model: ComparisonModel) -> tuple[Group, ...]:
    """Split the results of a model by market and cost set, in the order of their appearance."""
    markets = {each["name"]: each for each in model["markets"]}
    costs = {each["name"]: each for each in model["costs"]}
    split: dict[tuple[str, str], list[ResultModel]] = {}
    for entry in model["results"]:
        split.setdefault((entry["market"], entry["costs"]), []).append(entry)
    return tuple(
        Group(markets[market], costs[name], tuple(entries))
        for (market, name), entries in split.items()
    )


def find_leader(group: Group) -> ResultModel | None:
    """Return the rule that returned most; None where no rule traded."""
    traded = [each for each in group.rules if has_traded(each)]
    known = [each for each in traded if each["statistics"].get("total_return") is not None]
    return max(known, key=lambda each: each["statistics"]["total_return"] or 0, default=None)


def find_banded(group: Group) -> ResultModel | None:
    """Return the rule whose random entries are drawn: the one that returned most, if it has any."""
    leader = find_leader(group)
    return leader if leader is not None and leader["random_band"] is not None else None


def get_judged(entry: ResultModel) -> JudgedModel:
    """Return the verdict on a result that was judged.

    Raises
    ------
    ValueError
        If it was not.
    """
    judged = entry["judgement"]
    if judged is None:
        raise ValueError(f"{entry['label']} was not judged")
    return judged


def has_traded(entry: ResultModel) -> bool:
    """Tell whether a result holds at least one trade, open ones included."""
    return bool(entry["trades"])


def has_closed(entry: ResultModel) -> bool:
    """Tell whether a result holds at least one trade that has ended."""
    return any(trade["exit_time"] is not None for trade in entry["trades"])
