"""Results of one market under one cost set: what may be compared with each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Model = Mapping[str, Any]
"""What `kanalo.report.to_model` returns: plain values only."""

Entry = Mapping[str, Any]
"""One element of the model's ``results``."""

HOLDING = "holding"
RANDOM = "random"
RULE = "rule"
_ROLES = {"buyandhold": HOLDING, "randomentry": RANDOM}


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

    market: Mapping[str, Any]
    costs: Mapping[str, Any]
    results: tuple[Entry, ...]

    @property
    def title(self) -> str:
        """Name of the group in headings, e.g. ``xmr_1h · standard``."""
        return f"{self.market['name']} · {self.costs['name']}"

    @property
    def rules(self) -> tuple[Entry, ...]:
        """The results of rules, yardsticks left out."""
        return tuple(each for each in self.results if each["role"] == RULE)

    @property
    def compared(self) -> tuple[Entry, ...]:
        """The results that were asked for, without the random entries that match them."""
        return tuple(each for each in self.results if not each["matches"])

    @property
    def holding(self) -> Entry | None:
        """The result of buying and holding, or None where it was not run."""
        return next((each for each in self.results if each["role"] == HOLDING), None)


def to_groups(model: Model) -> tuple[Group, ...]:
    """Split the results of a model by market and cost set, in the order of their appearance."""
    markets = {each["name"]: each for each in model["markets"]}
    costs = {each["name"]: each for each in model["costs"]}
    split: dict[tuple[str, str], list[Entry]] = {}
    for entry in model["results"]:
        split.setdefault((entry["market"], entry["costs"]), []).append(entry)
    return tuple(
        Group(markets[market], costs[name], tuple(entries))
        for (market, name), entries in split.items()
    )


def find_role(strategy: str) -> str:
    """Tell a yardstick from a rule by the name of the strategy.

    Returns
    -------
    str
        ``"holding"``, ``"random"`` or ``"rule"``.

    Examples
    --------
    >>> find_role("buy_and_hold"), find_role("BuyAndHold"), find_role("sma_cross")
    ('holding', 'holding', 'rule')
    """
    return _ROLES.get(strategy.lower().replace("_", "").replace("-", ""), RULE)


def has_traded(entry: Entry) -> bool:
    """Tell whether a result holds at least one trade, open ones included."""
    return bool(entry["trades"])


def has_closed(entry: Entry) -> bool:
    """Tell whether a result holds at least one trade that has ended."""
    return any(trade["exit_time"] is not None for trade in entry["trades"])
