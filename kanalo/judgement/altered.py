"""Decisions that were made elsewhere: later, earlier, or on the other side."""

from __future__ import annotations

import numpy as np

from kanalo.decisions import Decisions, FloatArray, IntArray
from kanalo.errors import DecisionError


def shift_decisions(
    decisions: Decisions, n_bars: int, close: FloatArray | None = None
) -> Decisions:
    """Move every entry, exit and guard line by some bars.

    Parameters
    ----------
    decisions : Decisions
        As they were made.
    n_bars : int
        Bars to move them: positive is later. A NEGATIVE shift decides before anything was known: it
        is look-ahead, and only good as a diagnostic.
    close : float64 array of shape (n_bars of the market,), optional
        Closes. With them stops, targets and guards keep their distance from the close, as a
        fraction; without them they keep their prices.

    Returns
    -------
    Decisions
        Without overlays; what leaves the bars at either end is dropped. Shifted by 0 they are as
        they were.

    Raises
    ------
    DecisionError
        If there is not one close for every bar.
    """
    _check_closes(decisions, close)
    moved = decisions.entries + n_bars
    kept = (moved >= 0) & (moved < decisions.n_bars)
    before, after = decisions.entries[kept], moved[kept]
    scale = 1.0 if close is None else close[after] / close[before]
    return Decisions(
        n_bars=decisions.n_bars,
        entries=after,
        side=decisions.side[kept],
        stop=decisions.stop[kept] * scale,
        target=decisions.target[kept] * scale,
        trail=decisions.trail[kept],
        size=decisions.size[kept],
        max_bars=decisions.max_bars[kept],
        tag=tuple(tag for tag, keep in zip(decisions.tag, kept, strict=True) if keep),
        exit_long=_shift_bars(decisions.exit_long, n_bars, decisions.n_bars),
        exit_short=_shift_bars(decisions.exit_short, n_bars, decisions.n_bars),
        guard_long=_shift_line(decisions.guard_long, n_bars, close),
        guard_short=_shift_line(decisions.guard_short, n_bars, close),
    )


def flip_decisions(decisions: Decisions, close: FloatArray) -> Decisions:
    """Buy where it was sold and sell where it was bought.

    Stops, targets and guards are mirrored around the close of their bar in log price:
    ``level' = close² / level``, so a stop that stood 5 % below in log price stands 5 % above.

    Parameters
    ----------
    decisions : Decisions
        As they were made.
    close : float64 array of shape (n_bars,)
        Closes.

    Returns
    -------
    Decisions
        Without overlays. Flipped twice they are as they were, to rounding.

    Raises
    ------
    DecisionError
        If there is not one close for every bar.
    """
    _check_closes(decisions, close)
    at = close[decisions.entries]
    return Decisions(
        n_bars=decisions.n_bars,
        entries=decisions.entries,
        side=-decisions.side,
        stop=at * (at / decisions.stop),
        target=at * (at / decisions.target),
        trail=decisions.trail,
        size=decisions.size,
        max_bars=decisions.max_bars,
        tag=decisions.tag,
        exit_long=decisions.exit_short,
        exit_short=decisions.exit_long,
        guard_long=_mirror_line(decisions.guard_short, close),
        guard_short=_mirror_line(decisions.guard_long, close),
    )


def _check_closes(decisions: Decisions, close: FloatArray | None) -> None:
    if close is not None and len(close) != decisions.n_bars:
        raise DecisionError(
            f"The decisions look at {decisions.n_bars} bars; received {len(close)} closes."
        )


def _shift_bars(bars: IntArray, n_bars: int, stop: int) -> IntArray:
    moved = bars + n_bars
    return moved[(moved >= 0) & (moved < stop)]


def _shift_line(
    line: FloatArray | None, n_bars: int, close: FloatArray | None
) -> FloatArray | None:
    if line is None:
        return None
    distance = line if close is None else line / close
    shifted = np.full(len(line), np.nan)
    size = len(line) - abs(n_bars)
    if n_bars == 0:
        return line
    if size > 0:
        into = slice(n_bars, None) if n_bars > 0 else slice(None, size)
        out_of = slice(None, size) if n_bars > 0 else slice(-n_bars, None)
        shifted[into] = distance[out_of]
    return shifted if close is None else shifted * close


def _mirror_line(line: FloatArray | None, close: FloatArray) -> FloatArray | None:
    return None if line is None else close * (close / line)
