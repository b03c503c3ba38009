"""Guided search: parameter sets that Optuna proposes, simulated in batches by the kernels."""

from kanalo.search.engine import run_search
from kanalo.search.result import SearchResult
from kanalo.search.study import SAMPLERS

__all__ = ["SAMPLERS", "SearchResult", "run_search"]
