"""An example or two of every verb, and the groups in which `kanalo --help` lists the verbs.

The help of each verb, the site's page of commands and the tests read these tables. Plain data:
nothing is imported here, so that the help stays quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Example(NamedTuple):
    """A command line that can be typed as it stands, and what it does.

    Attributes
    ----------
    line : str
        With ``kanalo`` in front.
    what : str
        One short sentence.
    """

    line: str
    what: str


PANELS: Mapping[str, tuple[str, ...]] = {
    "Run and compare rules": ("compare", "run", "now"),
    "Search parameters": ("sweep", "search", "walk-forward"),
    "Test whether a result is luck": ("judge", "audit", "monte-carlo"),
    "Test claims and study events": ("claims", "study", "replay", "liquidations"),
    "Write a rule": ("strategies", "new-strategy"),
    "Get and check data": ("data",),
    "Keep track of what was tried": ("ledger", "note", "diff", "verify", "unseal", "clean"),
    "Set up": ("init", "settings"),
}
"""The verbs in the order of `kanalo --help`, under what they are for."""

OTHERS = "More"
"""Heading of the verbs that have no group."""

EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "compare": (
        Example("kanalo compare", "Compare the bundled rules with buy and hold, with ratings."),
        Example(
            "kanalo compare sma_cross donchian_breakout --market xmr_1d --from 2021-01-01",
            "Compare two rules by name, without a spec.",
        ),
        Example("kanalo compare backtests/article.toml --no-judge", "Leave the verdicts out."),
    ),
    "run": (
        Example("kanalo run donchian_breakout --entry 55", "Run one rule with one option set."),
        Example(
            "kanalo run sma_cross --market xmr_1d --from 2020-02-03 --fee-bps 10",
            "Choose the market, the window and the fee.",
        ),
        Example(
            "kanalo run sma_cross --data my_bars.csv --timezone UTC", "Run on bars of your own."
        ),
    ),
    "now": (
        Example(
            "kanalo now donchian_breakout sma_cross --market xmr_1d",
            "Show position, stop and next decision of two rules.",
        ),
    ),
    "sweep": (
        Example(
            "kanalo sweep sma_cross --grid fast=5:40:5 --grid slow=50:200:25 --market xmr_1d",
            "Run every combination of two ranges (start:stop:step).",
        ),
    ),
    "search": (
        Example(
            "kanalo search sma_cross --space fast=5:40 --space slow=50:200 --trials 60"
            " --market xmr_1d",
            "Let Optuna propose sets where earlier ones did well.",
        ),
    ),
    "walk-forward": (
        Example(
            "kanalo walk-forward donchian_breakout --grid entry=10:60:10 --market xmr_1d"
            " --train 730d --test 180d",
            "Choose on two years, test on the next half year, and move on.",
        ),
    ),
    "monte-carlo": (
        Example(
            "kanalo monte-carlo donchian_breakout --market xmr_1d --paths 500",
            "Run the rule on 500 resampled price paths.",
        ),
    ),
    "audit": (
        Example("kanalo audit all", "Search every rule of the workspace for look-ahead."),
        Example("kanalo audit my_rule --market xmr_1d --thorough", "Five times as many cuts."),
    ),
    "judge": (
        Example(
            "kanalo judge returns.csv --trials 120",
            "Judge returns that were chosen among 120 trials.",
        ),
        Example(
            "kanalo judge trades.csv --market xmr_1h --cash 10000",
            "Compare a list of trades with random entries on the same market.",
        ),
    ),
    "ledger": (
        Example("kanalo ledger --last 10", "List the last ten runs."),
        Example("kanalo ledger trials --strategy sma_cross", "List the distinct trials of a rule."),
        Example(
            'kanalo ledger new squeeze --because "another market"', "Count trials afresh from here."
        ),
    ),
    "note": (Example('kanalo note 12 "wider stop after the review"', "Write a note on run 12."),),
    "diff": (
        Example("kanalo diff 12 15", "Explain why run 15 came to another return than run 12."),
    ),
    "unseal": (
        Example(
            'kanalo unseal sma_cross --because "chosen in the walk-forward test"',
            "Run a rule once on the sealed bars; the look is recorded.",
        ),
    ),
    "verify": (Example("kanalo verify last", "Repeat the last run and compare every figure."),),
    "clean": (
        Example("kanalo clean", "List results with their sizes; nothing is removed."),
        Example("kanalo clean article --yes", "Remove one result without asking."),
    ),
    "strategies": (Example("kanalo strategies", "List the rules with their parameters."),),
    "new-strategy": (
        Example("kanalo new-strategy my_rule", "Write strategies/my_rule.py, ready to run."),
    ),
    "study": (
        Example(
            'kanalo study --event "short_imbalance > 0.6 & size_pct > 0.9"',
            "Compare what followed an event with matched bars.",
        ),
        Example("kanalo study --variables", "List the variables that a condition may use."),
    ),
    "replay": (Example("kanalo replay 2026-01-31T12:00", "Show what was known at a bar's close."),),
    "claims": (
        Example("kanalo claims", "Test the claims of the bundled article on Monero."),
        Example("kanalo claims --panel", "Test them on the bundled panel of coins."),
    ),
    "liquidations": (
        Example("kanalo liquidations map", "Draw the estimated map at the last bar."),
    ),
    "liquidations score": (
        Example("kanalo liquidations score --quick", "Score the estimate on a part of the data."),
    ),
    "liquidations prior": (
        Example(
            "kanalo liquidations prior --from xmrusdt_liquidations_bitfinex",
            "Fit the assumed leverage to a downloaded table.",
        ),
    ),
    "liquidations map": (
        Example(
            "kanalo liquidations map --at 2026-01-31T12:00 -o map.png",
            "Draw the estimated map at one bar.",
        ),
    ),
    "liquidations flow": (
        Example(
            "kanalo liquidations flow --from 2026-01-20 --to 2026-02-03",
            "Draw the flow of two weeks.",
        ),
    ),
    "data": (Example("kanalo data list", "List every table and market."),),
    "data list": (Example("kanalo data list", "List every table and market."),),
    "data check": (
        Example("kanalo data check", "Verify every checksum and rate every market."),
        Example("kanalo data check --data my_bars.csv --timezone UTC", "Check a file of your own."),
    ),
    "data download": (
        Example(
            "kanalo data download --symbol ETHUSDT --what bars,funding --from 2020-01-01",
            "Fetch hourly bars and funding from Binance.",
        ),
    ),
    "data update": (Example("kanalo data update", "Bring every downloaded table up to date."),),
    "data record": (
        Example(
            "kanalo data record --symbol XMRUSDT --for 7d",
            "Record liquidations of four venues for a week.",
        ),
    ),
    "data import": (
        Example(
            "kanalo data import bars my_bars.csv --name mine_1h --symbol XMRUSDT",
            "Make a file of bars a market of the workspace.",
        ),
        Example(
            "kanalo data import coinglass-liquidations export.json --dry-run",
            "Show what would be imported; nothing is written.",
        ),
    ),
    "data remove": (Example("kanalo data remove mine_1h", "Remove an imported table."),),
    "data formats": (Example("kanalo data formats", "List what `kanalo data import` reads."),),
    "settings": (Example("kanalo settings", "List every setting and where its value comes from."),),
    "init": (Example("kanalo init bench", "Make a workspace of your own in the folder bench."),),
}
"""Examples by the words of the verb."""
