"""Write `exchange.md`: each bundled rule without and with an exchange's margin and market impact.

``python docs/results/make_exchange.py`` compares every rule of the workspace on both bundled
markets twice: with ``margin = "none"`` and ``impact = 0``, and with the defaults. It takes several
minutes, as both comparisons are judged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kanalo
from kanalo.analyzers.capacity import calc_capacity

MINUS = "\N{MINUS SIGN}"
PAGE = Path(__file__).with_name("exchange.md")
MARKETS = ("xmr_1h", "xmr_1d")
OFF = (kanalo.Costs(impact=0), kanalo.Execution(margin="none"))
ON = (kanalo.Costs(), kanalo.Execution())
HEAD = """\
# An exchange's margin and market impact

What the defaults `margin = "exchange"` and `impact = 1` make of each bundled rule with its default
parameters, from 100,000 and without leverage. *Off* is `--margin none --impact 0`, the defaults of
0.1: an account that nobody liquidates and whose fills move no price. *On* is liquidated by the
maintenance tiers of its venue and pays the square-root law. Returns are of the whole history.
Impact is not charged where fewer than five days are known, as at the first bars. The capacity is
the cash at which half of the log growth of a small account is gone; "none" where a small account
does not grow. `python docs/results/make_exchange.py` writes this page.
"""
COLUMNS = (
    "rule",
    "return off",
    "on",
    "worst drawdown off",
    "on",
    "trades off",
    "on",
    "liquidated",
    "capacity",
)


def to_percent(value: float) -> str:
    """Write a fraction as whole percent with its sign."""
    return f"{value:+,.0%}".replace("-", MINUS).replace("%", " %")


def to_cash(capacity: float) -> str:
    """Write a capacity with two significant digits."""
    if math.isnan(capacity):
        return "none"
    if math.isinf(capacity):
        return "no limit found"
    digits = 1 - math.floor(math.log10(capacity))
    return f"{round(capacity, digits):,.0f}"


def to_row(off: Any, on: Any) -> str:
    """Write the row of a rule's runs off and on."""
    liquidated = int((on.result.trades["exit_reason"] == "liquidation").sum())
    cells = [f"`{on.label}`"]
    for key in ("total_return", "max_drawdown"):
        cells += [to_percent(each.statistics[key]) for each in (off, on)]
    cells += [f"{len(each.result.trades):,}" for each in (off, on)]
    return (
        f"| {' | '.join([*cells, str(liquidated), to_cash(calc_capacity(on.result).capacity)])} |"
    )


def to_verdict(group: Any, label: str) -> str:
    """Write light and verdict of a rule; a benchmark has none."""
    judged = group.strategies.get(label)
    return f"{judged.verdict.light}: {judged.verdict.short}" if judged else "benchmark"


def to_lines() -> Iterator[str]:
    """Write the page, a table of figures and one of verdicts for each market."""
    yield HEAD
    rules = kanalo.find_workspace().list_strategies()
    for name in MARKETS:
        off, on = (
            kanalo.compare(rules, name, costs=costs, execution=execution, judge=True)
            for costs, execution in (OFF, ON)
        )
        yield f"## {name}\n"
        yield f"| {' | '.join(COLUMNS)} |"
        yield "|---|" + "--:|" * (len(COLUMNS) - 1)
        yield from map(to_row, off.runs, on.runs)
        yield "\n| rule | verdict off | verdict on | |\n|---|---|---|---|"
        for run in on.runs:
            pair = [to_verdict(each.judgement.groups[0], run.label) for each in (off, on)]
            words = [each.partition(": ")[::2] for each in pair]
            kinds = [(light, said.partition(":")[0]) for light, said in words]
            changed = "" if kinds[0] == kinds[1] else "changed"
            yield f"| `{run.label}` | {pair[0]} | {pair[1]} | {changed} |"
        yield ""


if __name__ == "__main__":
    PAGE.write_text("\n".join(to_lines()).rstrip() + "\n", encoding="utf-8")
