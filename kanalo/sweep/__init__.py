"""Sweeps: many parameter sets of one strategy on one market, and how stable the best of them is."""

from kanalo.sweep.constraints import Constraint, parse_constraint
from kanalo.sweep.engine import run_sweep, sweep_in_memory
from kanalo.sweep.grid import MAX_SETS, Grid, Span, check_size, make_grid, parse_grid
from kanalo.sweep.plan import Plan, check_strategy_class, digest_manifest
from kanalo.sweep.plateau import Plateau, find_plateau
from kanalo.sweep.recorder import SweepRecorder, begin_run
from kanalo.sweep.result import SweepResult, find_sign, rank

__all__ = [
    "MAX_SETS",
    "Constraint",
    "Grid",
    "Plan",
    "Plateau",
    "Span",
    "SweepRecorder",
    "SweepResult",
    "begin_run",
    "check_size",
    "check_strategy_class",
    "digest_manifest",
    "find_plateau",
    "find_sign",
    "make_grid",
    "parse_constraint",
    "parse_grid",
    "rank",
    "run_sweep",
    "sweep_in_memory",
]
