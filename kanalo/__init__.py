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
    from kanalo.execution.costs import Costs as Costs
    from kanalo.execution.reference import to_backtrader as to_backtrader
    from kanalo.execution.rules import Execution as Execution
    from kanalo.experiment import Comparison as Comparison
    from kanalo.experiment import run as run
    from kanalo.experiment import run_spec as run_spec
    from kanalo.market import Market as Market
    from kanalo.market import load_market as load_market
    from kanalo.market import read_bars as read_bars
    from kanalo.result import Result as Result
    from kanalo.spec import Spec as Spec
    from kanalo.spec import load_spec as load_spec
    from kanalo.strategy import Decisions as Decisions
    from kanalo.strategy import Strategy as Strategy
    from kanalo.strategy import param as param
    from kanalo.sweep import SweepResult as SweepResult
    from kanalo.sweep import run_sweep as run_sweep
    from kanalo.walk_forward import WalkForward as WalkForward
    from kanalo.walk_forward import run_walk_forward as run_walk_forward
    from kanalo.workspace import Workspace as Workspace
    from kanalo.workspace import find_workspace as find_workspace

    __version__: str = version("kanalo")

__all__ = [
    "Certificate",
    "Comparison",
    "Costs",
    "Decisions",
    "Execution",
    "Market",
    "Result",
    "Spec",
    "Strategy",
    "SweepResult",
    "WalkForward",
    "Workspace",
    "certify",
    "certify_detector",
    "certify_signal",
    "check_strategy",
    "find_workspace",
    "load_market",
    "load_spec",
    "param",
    "read_bars",
    "run",
    "run_spec",
    "run_sweep",
    "run_walk_forward",
    "to_backtrader",
]

_HOMES = {
    "Certificate": "kanalo.checks",
    "Comparison": "kanalo.experiment",
    "Costs": "kanalo.execution.costs",
    "Decisions": "kanalo.strategy",
    "Execution": "kanalo.execution.rules",
    "Market": "kanalo.market",
    "Result": "kanalo.result",
    "Spec": "kanalo.spec",
    "Strategy": "kanalo.strategy",
    "SweepResult": "kanalo.sweep",
    "WalkForward": "kanalo.walk_forward",
    "Workspace": "kanalo.workspace",
    "certify": "kanalo.checks.certify",
    "certify_detector": "kanalo.checks",
    "certify_signal": "kanalo.checks.certify",
    "check_strategy": "kanalo.checks",
    "find_workspace": "kanalo.workspace",
    "load_market": "kanalo.market",
    "load_spec": "kanalo.spec",
    "param": "kanalo.strategy",
    "read_bars": "kanalo.market",
    "run": "kanalo.experiment",
    "run_spec": "kanalo.experiment",
    "run_sweep": "kanalo.sweep",
    "run_walk_forward": "kanalo.walk_forward",
    "to_backtrader": "kanalo.execution.reference",
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
    """List the public names beside what is already imported."""
    return sorted({*globals(), *__all__})
