"""The passport of a market: what a reader must know of the bars before believing a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kanalo.market import findings
from kanalo.market.findings import LIGHTS, Finding, Light
from kanalo.market.market import Market
from kanalo.market.suspect import find_suspect

CHECKS: tuple[Callable[[Market], Finding], ...] = (
    findings.find_span,
    findings.find_stamps,
    findings.find_gaps,
    findings.find_duplicates,
    findings.find_rounding,
    findings.find_zero_volume,
    findings.find_jump,
    findings.find_splices,
    findings.find_disagreement,
    findings.find_single_source,
    findings.find_funding,
    findings.find_positioning,
    findings.find_liquidations,
    findings.find_finer,
)
"""The questions of a passport, in the order in which it answers them."""


@dataclass(frozen=True)
class Passport:
    """What was found out about a market.

    Attributes
    ----------
    market, symbol, interval : str
        Whose passport this is.
    n_bars : int
        Number of bars.
    findings : tuple of Finding
        One for each question.
    """

    market: str
    symbol: str
    interval: str
    n_bars: int
    findings: tuple[Finding, ...]

    @property
    def light(self) -> Light:
        """The worst light of all findings."""
        return max((each.light for each in self.findings), key=LIGHTS.index)

    @property
    def counts(self) -> dict[Light, int]:
        """How many findings have each light."""
        by_light = Counter(each.light for each in self.findings)
        return {light: by_light[light] for light in LIGHTS}

    def find(self, name: str) -> Finding | None:
        """Return the finding of that name, or None."""
        return next((each for each in self.findings if each.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the passport as plain values, ready for JSON."""
        return {
            "market": self.market,
            "symbol": self.symbol,
            "interval": self.interval,
            "n_bars": self.n_bars,
            "light": self.light,
            "findings": [each.to_dict() for each in self.findings],
        }


def make_passport(market: Market) -> Passport:
    """Answer every question of a passport for a market.

    Parameters
    ----------
    market : Market
        Its warm-up bars are looked at too; pass ``market.traded`` to leave them out.
    """
    more = [
        each for each in (find_suspect(market), findings.check_vintage(market)) if each is not None
    ]
    return Passport(
        market.name or market.symbol,
        market.symbol,
        market.interval,
        len(market),
        (*(check(market) for check in CHECKS), *(each for each in more if each)),
    )
