"""The half-life of liquidation levels: how fast the estimated map forgets what it cannot see close.

Nobody reports when a position is closed by its owner, so every level loses half of its size in
`HALF_LIFE` hours. The module imports nothing heavy: the command line shows the constant in --help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from kanalo.typing import FloatArray

HALF_LIFE = 24.0
"""Hours after which half of a level is gone: the calibration's, and the default of every map."""

Hours = TypeVar("Hours", float, "FloatArray")


def calc_kept(hours: Hours, half_life: float = HALF_LIFE) -> Hours:
    """Return the share of a level that is left after some hours, ``2^(-hours / half_life)``.

    Parameters
    ----------
    hours : float or float64 array
        Time since the level was opened, at least 0.
    half_life : float
        Hours, positive.

    Returns
    -------
    float or float64 array of the same shape
        In (0, 1].

    Examples
    --------
    >>> calc_kept(24.0), calc_kept(48.0), calc_kept(3.0, half_life=3.0)
    (0.5, 0.25, 0.5)
    """
    kept: Hours = 0.5 ** (hours / half_life)
    return kept
