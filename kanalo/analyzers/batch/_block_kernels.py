"""Sums of prices over blocks of bars, which statistics of held bars are made of."""

from __future__ import annotations

from kanalo._jit import kernel
from kanalo.typing import FloatArray


@kernel
def lay_moments(net: FloatArray, size: int, middle: FloatArray, moments: FloatArray) -> None:
    """Sum, up to each bar of a block, the distances from its first bar and their squares."""
    for block in range(len(middle)):
        first, one, two = block * size, 0.0, 0.0
        # Distances from the block's own first bar stay small, so that differences of these running
        # sums keep their digits however far the price has come since the market's start.
        middle[block] = net[first]
        for bar in range(first, min(first + size, len(net))):
            distance = net[bar] - net[first]
            one += distance
            two += distance * distance
            moments[bar, 0], moments[bar, 1] = one, two


@kernel
def lay_share_sums(
    close: FloatArray,
    net: FloatArray,
    size: int,
    lows: FloatArray,
    highs: FloatArray,
    sums: FloatArray,
) -> None:
    """Sum close × (net - m)ᵏ over each block, m being halfway between its extremes.

    ``sums`` of shape (n_blocks, n_powers) comes as zeros.
    """
    for block in range(len(sums)):
        # Halfway between the extremes the largest distance is smallest: the series in
        # `_share_kernels` needs the fewest powers there.
        middle = (lows[block] + highs[block]) * 0.5
        for bar in range(block * size, block * size + size):
            term = close[bar]
            for power in range(sums.shape[1]):
                sums[block, power] += term
                term *= net[bar] - middle
