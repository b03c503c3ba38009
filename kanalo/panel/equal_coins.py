"""p-values of coins having one effect, from null panels instead of the chi-squared law.

The chi-squared p-value of ``(d - μ̂)' S⁻¹ (d - μ̂)`` rejects equal coins 6 to 14 % of the time at
5 %, because S is estimated from few blocks. On the null panels of ``benchmarks/panel_null.py`` no
coin differs; how often their chi-squared p-value is at most the one observed is a p-value that
holds.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files

LEAST = 100
"""Null panels of a claim that it takes to use that claim's alone; with fewer, of all claims."""

FILE = "equal_coins.toml"


def calc_differ_p(claim: str, chi2_p: float) -> float:
    """Return the p-value of equal coins by null panels.

    ``(1 + null panels with a chi-squared p-value as small) / (1 + null panels)``.

    Parameters
    ----------
    claim : str
        Name of the claim; another name has the null panels of all claims.
    chi2_p : float
        The chi-squared p-value, in [0, 1]; NaN if unknown.

    Returns
    -------
    float
        In (0, 1]; NaN if the chi-squared p-value is unknown or there are no null panels.
    """
    known = _read()
    null = known.get(claim, [])
    if len(null) < LEAST:
        null = [p for each in known.values() for p in each]
    if math.isnan(chi2_p) or not null:
        return float("nan")
    return (1 + sum(p <= chi2_p for p in null)) / (1 + len(null))


@cache
def _read() -> dict[str, list[float]]:
    """Read the chi-squared p-values of each claim on null panels, ascending."""
    return tomllib.loads(files("kanalo.panel").joinpath(FILE).read_text(encoding="utf-8"))
