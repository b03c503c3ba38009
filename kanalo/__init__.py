"""Honest backtesting of Monero's technical-analysis claims.

The public names below are imported when they are first used, so that ``import kanalo`` and
``kanalo --help`` do not wait for numpy, pandas and backtrader.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import version

    from kanalo.checks import Certificate as Certificate
    from kanalo.checks import certify_detector as certify_detector
    from kanalo.checks import check_strategy as check_strategy
    from kanalo.checks.certify import certify as certify
    from kanalo.checks.certify import certify_signal as certify_signal
    from kanalo.checks.functions import certify_function as certify_function
    from kanalo.execution.costs import Costs as Costs
    from kanalo.execution.reference.order_log import certify_backtrader as certify_backtrader
    from kanalo.execution.reference.simulate import to_backtrader as to_backtrader
    from kanalo.execution.result import Result as Result
    from kanalo.execution.rules import Execution as Execution
    from kanalo.experiment.compare import compare as compare
    from kanalo.experiment.comparison import Comparison as Comparison
    from kanalo.experiment.run_rule import run as run
    from kanalo.experiment.run_spec import run_spec as run_spec
    from kanalo.experiment.spec import Spec as Spec
    from kanalo.experiment.spec_reader import load_spec as load_spec
    from kanalo.market import Market as Market
    from kanalo.market import read_bars as read_bars
    from kanalo.monte_carlo import MonteCarlo as MonteCarlo
    from kanalo.monte_carlo import run_monte_carlo as run_monte_carlo
    from kanalo.outside.judge import judge as judge
    from kanalo.report.compare.stored import read_report as read_report
    from kanalo.search import SearchResult as SearchResult
    from kanalo.search import run_search as run_search
    from kanalo.strategy import Decisions as Decisions
    from kanalo.strategy import Strategy as Strategy
    from kanalo.strategy import param as param
    from kanalo.sweep import SweepResult as SweepResult
    from kanalo.sweep import run_sweep as run_sweep
    from kanalo.walk_forward import WalkForward as WalkForward
    from kanalo.walk_forward import run_walk_forward as run_walk_forward
    from kanalo.workspace import Workspace as Workspace
    from kanalo.workspace import find_workspace as find_workspace
    from kanalo.workspace.arguments import load_market as load_market

    __version__: str = version("kanalo")

__all__ = [
    "Certificate",
    "Comparison",
    "Costs",
    "Decisions",
    "Execution",
    "Market",
    "MonteCarlo",
    "Result",
    "SearchResult",
    "Spec",
    "Strategy",
    "SweepResult",
    "WalkForward",
    "Workspace",
    "certify",
    "certify_backtrader",
    "certify_detector",
    "certify_function",
    "certify_signal",
    "check_strategy",
    "compare",
    "find_workspace",
    "judge",
    "load_market",
    "load_spec",
    "param",
    "read_bars",
    "read_report",
    "run",
    "run_monte_carlo",
    "run_search",
    "run_spec",
    "run_sweep",
    "run_walk_forward",
    "to_backtrader",
]

_HOMES = {
    "Certificate": "kanalo.checks",
    "Comparison": "kanalo.experiment.comparison",
    "Costs": "kanalo.execution.costs",
    "Decisions": "kanalo.strategy",
    "Execution": "kanalo.execution.rules",
    "Market": "kanalo.market",
    "MonteCarlo": "kanalo.monte_carlo",
    "Result": "kanalo.execution.result",
    "SearchResult": "kanalo.search",
    "Spec": "kanalo.experiment.spec",
    "Strategy": "kanalo.strategy",
    "SweepResult": "kanalo.sweep",
    "WalkForward": "kanalo.walk_forward",
    "Workspace": "kanalo.workspace",
    "certify": "kanalo.checks.certify",
    "certify_backtrader": "kanalo.execution.reference.order_log",
    "certify_detector": "kanalo.checks",
    "certify_function": "kanalo.checks.functions",
    "certify_signal": "kanalo.checks.certify",
    "check_strategy": "kanalo.checks",
    "compare": "kanalo.experiment.compare",
    "find_workspace": "kanalo.workspace",
    "judge": "kanalo.outside.judge",
    "load_market": "kanalo.workspace.arguments",
    "load_spec": "kanalo.experiment.spec_reader",
    "param": "kanalo.strategy",
    "read_bars": "kanalo.market",
    "read_report": "kanalo.report.compare.stored",
    "run": "kanalo.experiment.run_rule",
    "run_monte_carlo": "kanalo.monte_carlo",
    "run_search": "kanalo.search",
    "run_spec": "kanalo.experiment.run_spec",
    "run_sweep": "kanalo.sweep",
    "run_walk_forward": "kanalo.walk_forward",
    "to_backtrader": "kanalo.execution.reference.simulate",
}
"""The module that each public name comes from."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "__version__":
        value: Any = importlib.import_module("importlib.metadata").version("kanalo")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'kanalo' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, and the version."""
    return sorted({*__all__, "__version__"})
