"""Monte Carlo of paths: what a rule earns on resampled markets."""

from kanalo.monte_carlo.engine import run_monte_carlo
from kanalo.monte_carlo.paths import MODELS, PathMaker
from kanalo.monte_carlo.result import MonteCarlo

__all__ = ["MODELS", "MonteCarlo", "PathMaker", "run_monte_carlo"]
