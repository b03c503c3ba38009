"""The measured move: the height of a pattern, projected from where it breaks."""

from __future__ import annotations

from kanalo.typing import FloatArray


def measured_move(
    level: FloatArray, low: FloatArray, high: FloatArray, *, side: int = 1, heights: float = 1.0
) -> FloatArray:
    """Project the height of a channel or a range from the broken level, in LOG price.

    ``target = level × (high / low) ^ (side × heights)``

    Channels here are parallel in log price, so their height is a ratio, and a projection downwards
    never reaches zero. Chartists who draw on a linear scale use `linear_move`; for a range of 10 %
    the two differ by 1 % of the price, for one of 50 % by a sixth.

    Parameters
    ----------
    level : float64 array of shape (n,)
        The price that broke.
    low, high : float64 arrays of shape (n,)
        Edges of the pattern.
    side : int
        +1 upwards, -1 downwards.
    heights : float
        Share of the height that is projected.

    Returns
    -------
    float64 array of shape (n,)
        Target price; NaN where an input is.

    References
    ----------
    R. Edwards and J. Magee, Technical Analysis of Stock Trends (1948), on rectangles and channels.
    """
    return level * (high / low) ** (side * heights)


def linear_move(
    level: FloatArray, low: FloatArray, high: FloatArray, *, side: int = 1, heights: float = 1.0
) -> FloatArray:
    """Project the height on a linear scale: ``target = level + side × heights × (high - low)``.

    The article's 550 above 500 is this move for the range from 450 to 500.

    Parameters
    ----------
    level : float64 array of shape (n,)
        Price that was broken.
    low, high : float64 arrays of shape (n,)
        Ends of the range that is projected.
    side : int
        1 upwards, -1 downwards.
    heights : float
        How many heights are projected.

    Returns
    -------
    float64 array of shape (n,)
        Prices, negative where the projection passes zero; NaN where an input is NaN.
    """
    return level + side * heights * (high - low)
