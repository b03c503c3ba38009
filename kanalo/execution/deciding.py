"""Ask a strategy for its decisions, and refuse what no engine could run."""

from __future__ import annotations

import inspect
import threading
import traceback
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from kanalo.errors import KanaloError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.market import Market
from kanalo.market.bars import COLUMNS
from kanalo.strategy import Decisions, Strategy
from kanalo.strategy.validation import check_decisions

LONGEST_REASON = 200
"""Characters of an error's own message that are shown."""

_ONE_AT_A_TIME = threading.RLock()
"""Rules may use what a process has once, such as numpy's global generator or a cache of theirs."""


def decide(strategy: Strategy, market: Market) -> Decisions:
    """Let a strategy decide on every bar of a market, its warm-up included.

    Threads that judge rules side by side decide one after the other: two rules that seed the global
    generator would draw from each other's seed.

    Parameters
    ----------
    strategy : Strategy
        The rule with its parameters.
    market : Market
        Bars and context.

    Returns
    -------
    Decisions
        For every bar of the market.

    Raises
    ------
    StrategyError
        If ``decide`` raises an error, which the message names with file and line of the rule, or
        does not return `Decisions` for the bars of the market.
    DecisionError
        If the decisions contradict themselves, or a stop or a target is on the wrong side of the
        close at which it was decided.
    """
    try:
        with _ONE_AT_A_TIME:
            decisions = strategy.decide(market)
    except KanaloError as error:
        place, _ = find_line(type(strategy), error)
        raise type(error)(f"{place}{error}") from error
    except Exception as error:  # whatever a rule may raise; it stays the cause
        raise to_strategy_error(type(strategy), error) from error
    checked = check_decisions(decisions, market, type(strategy).__name__)
    if not strategy.pays_funding:
        _check_holding(checked, type(strategy).__name__)
    return checked


def _check_holding(decisions: Decisions, name: str) -> None:
    """Refuse a rule that leaves funding out and trades."""
    exits = len(decisions.exit_long) + len(decisions.exit_short)
    if exits or len(decisions.entries) > 1 or (decisions.side < 0).any():
        raise StrategyError(
            f"{name} has 'pays_funding = False', which only a rule may have that buys once and "
            "never sells; leave it out."
        )


def to_own_costs(cls: type[Strategy], costs: Costs) -> Costs:
    """Leave funding out of the costs of a rule that holds the coin.

    Parameters
    ----------
    cls : type of Strategy
        Its ``pays_funding`` says so; `decide` refuses it to a rule that trades.
    costs : Costs
        Of a rule that trades.

    Returns
    -------
    Costs
        The same for any rule that pays funding.
    """
    return costs if cls.pays_funding else replace(costs, funding=False)


def to_strategy_error(cls: type, error: Exception) -> StrategyError:
    """Say what went wrong inside a rule, with the file and the line of the rule.

    Parameters
    ----------
    cls : type
        Class of the rule.
    error : Exception
        What it raised.

    Returns
    -------
    StrategyError
        To be raised from the error.
    """
    place, function = find_line(cls, error)
    reason = " ".join(str(error).split()) or "no message"
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        reason = f"{reason}.{_suggest_column(error.args[0])}"
    if len(reason) > LONGEST_REASON:
        reason = reason[: LONGEST_REASON - 1] + "…"
    return StrategyError(
        f"{place}{cls.__name__}.{function}() raised {type(error).__name__}: {reason}"
        + ("" if reason.endswith(("?", ".")) else ".")
    )


def _suggest_column(name: str) -> str:
    """Name the column of bars that a wrong key of a frame is near to."""
    near = get_close_matches(name.lower(), COLUMNS, n=1)
    return f" Did you mean '{near[0]}'?" if near else f" Bars have {', '.join(COLUMNS)}."


def find_line(cls: type, error: Exception) -> tuple[str, str]:
    """Find the innermost line of a rule's own file that an error passed through.

    Parameters
    ----------
    cls : type
        Class of the rule.
    error : Exception
        What was raised.

    Returns
    -------
    tuple of str
        ``"file:line: "``, empty where no line of the file was passed, and the name of the function.
    """
    try:
        path = inspect.getsourcefile(cls)
    except (OSError, TypeError):  # a class typed in a session
        path = None
    file = path or getattr(inspect.getmodule(cls), "__file__", None)
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if each.filename == str(file)
    ]
    if not frames:
        return "", "decide"
    return f"{Path(frames[-1].filename)}:{frames[-1].lineno}: ", frames[-1].name
