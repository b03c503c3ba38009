"""Write `exchange.md`: each bundled rule without and with an exchange's margin and market impact.

``python docs/results/make_exchange.py`` runs every rule of the workspace on both bundled markets
twice: with ``margin = "none"`` and ``impact = 0``, and with ``margin = "exchange"`` and
``impact = 1``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import kanalo

MINUS = "\N{MINUS SIGN}"
PAGE = Path(__file__).with_name("exchange.md")
MARKETS = ("xmr_1h", "xmr_1d")
OFF = (kanalo.Costs(impact=0), kanalo.Execution(margin="none"))
ON = (kanalo.Costs(impact=1), kanalo.Execution(margin="exchange"))
HEAD = """\
# An exchange's margin and market impact

What `--margin exchange --impact 1` makes of each bundled rule with its defaults, from 100,000 and
without leverage. *Off* is an account that nobody liquidates and whose fills move no price; *on* is
liquidated by the maintenance tiers of its venue and pays the square-root law. Returns are of the
whole history. Impact is not charged where fewer than five days are known, as at the first bars.
`python docs/results/make_exchange.py` writes this page.
"""
COLUMNS = ("rule", "return off", "on", "worst drawdown off", "on", "trades off", "on", "liquidated")


def to_percent(value: float) -> str:
    """Write a fraction as whole percent with its sign."""
    return f"{value:+,.0%}".replace("-", MINUS).replace("%", " %")


def to_row(name: str, market: kanalo.Market) -> str:
    """Run a rule off and on and write its row."""
    off, on = (
        kanalo.run(name, market, costs=costs, execution=execution) for costs, execution in (OFF, ON)
    )
    liquidated = int((on.trades["exit_reason"] == "liquidation").sum())
    cells = [f"`{name}`"]
    for key in ("total_return", "max_drawdown"):
        cells += [to_percent(off.figures[key]), to_percent(on.figures[key])]
    cells += [f"{len(each.trades):,}" for each in (off, on)]
    return f"| {' | '.join([*cells, str(liquidated)])} |"


def to_lines() -> Iterator[str]:
    """Write the page, a table for each market."""
    yield HEAD
    for name in MARKETS:
        market = kanalo.load_market(name)
        yield f"## {name}\n"
        yield f"| {' | '.join(COLUMNS)} |"
        yield "|---|" + "--:|" * (len(COLUMNS) - 1)
        for rule in kanalo.find_workspace().list_strategies():
            yield to_row(rule, market)
        yield ""


if __name__ == "__main__":
    PAGE.write_text("\n".join(to_lines()).rstrip() + "\n", encoding="utf-8")
