"""The sum of the shares of equity that a position is, bar by bar, without a division for each.

A position of q coins whose equity is ``base + q × net`` is the share q × close / equity of it. Over
a block of bars around a price m, with E = base + q × m and x = −q / E,

    Σ close / (E × (1 − x × (net − m))) = 1 / E × Σₖ xᵏ × Σ close × (net − m)ᵏ,

where the inner sums are the market's and known beforehand. Eight of them leave a relative error of
at most ``NEAR`` to the eighth power; where equity moves by more, bars are divided one by one.
"""

from __future__ import annotations

from kanalo._jit import inlined
from kanalo.analyzers.batch._sum_layout import STRETCH, Marks
from kanalo.typing import FloatArray

NEAR = 0.05
"""Share by which equity may move away from the middle of a stretch: its 8th power is 4e-11."""


@inlined
def sum_shares(
    closes: FloatArray, marks: Marks, first: int, last: int, base: float, quantity: float
) -> float:
    """Sum close / equity over the bars from ``first`` to the one before ``last``."""
    # Bars before the first whole stretch and behind the last one are divided one by one: the
    # market's sums are laid out for whole stretches only.
    start = min(last, first + -first % STRETCH)
    total = _divide_each(closes[first:start], marks.net[first:start], base, quantity)
    while start + STRETCH <= last:
        stretch, stop = start // STRETCH, start + STRETCH
        middle = (marks.lows[stretch] + marks.highs[stretch]) * 0.5
        equity = base + quantity * middle
        inverse = 1 / equity
        x = -quantity * inverse
        # The series converges fast only while equity stays near that of the middle; see NEAR.
        if equity > 0 and abs(x) * (marks.highs[stretch] - middle) < NEAR:
            total += inverse * _expand(marks.share_sums[stretch], x)
        else:
            total += _divide_each(closes[start:stop], marks.net[start:stop], base, quantity)
        start = stop
    return total + _divide_each(closes[start:last], marks.net[start:last], base, quantity)


@inlined
def _expand(sums: FloatArray, x: float) -> float:
    """Return Σₖ xᵏ × sums[k]; in pairs, which do not wait for each other."""
    # Pairs of terms do not depend on each other, so the processor computes them at the same time;
    # Horner's scheme would wait for each multiplication.
    square = x * x
    low = (sums[0] + x * sums[1]) + square * (sums[2] + x * sums[3])
    high = (sums[4] + x * sums[5]) + square * (sums[6] + x * sums[7])
    total: float = low + (square * square) * high
    return total


@inlined
def _divide_each(closes: FloatArray, net: FloatArray, base: float, quantity: float) -> float:
    """Divide bar by bar, with four accumulators: one alone would be bound by latency."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    whole = len(closes) - len(closes) % 4
    for i in range(0, whole, 4):
        first += closes[i] / (base + quantity * net[i])
        second += closes[i + 1] / (base + quantity * net[i + 1])
        third += closes[i + 2] / (base + quantity * net[i + 2])
        fourth += closes[i + 3] / (base + quantity * net[i + 3])
    for i in range(whole, len(closes)):
        first += closes[i] / (base + quantity * net[i])
    return (first + second) + (third + fourth)
