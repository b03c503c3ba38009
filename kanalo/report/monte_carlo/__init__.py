"""The report of a Monte Carlo of paths."""
