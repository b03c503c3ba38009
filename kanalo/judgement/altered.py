"""Decisions that were made elsewhere: later, earlier, or on the other side."""

from __future__ import annotations

import numpy as np

from kanalo.errors import DecisionError
from kanalo.strategy.decisions import ENTRY_FIELDS, Decisions
from kanalo.text import count
from kanalo.typing import FloatArray, IntArray


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
    values = decisions.pick(kept)
    values |= {each.name: values[each.name] * scale for each in ENTRY_FIELDS if each.is_price}
    shared = decisions.change_shared(
        lambda bars: _shift_bars(bars, n_bars, decisions.n_bars),
        lambda line: _shift_line(line, n_bars, close),
    )
    return Decisions(n_bars=decisions.n_bars, entries=after, **values, **shared)


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
    values = {each.name: getattr(decisions, each.name) for each in ENTRY_FIELDS}
    values |= {each.name: at * (at / values[each.name]) for each in ENTRY_FIELDS if each.is_price}
    values["side"] = -decisions.side
    if decisions.is_extended:  # a bar has its long order first
        order = np.lexsort((decisions.side, decisions.entries))
        values = {each.name: each.take(values[each.name], order) for each in ENTRY_FIELDS}
    shared = decisions.change_shared(
        lambda bars: bars, lambda line: close * (close / line), opposite=True
    )
    return Decisions(n_bars=decisions.n_bars, entries=decisions.entries, **values, **shared)


def _check_closes(decisions: Decisions, close: FloatArray | None) -> None:
    if close is not None and len(close) != decisions.n_bars:
        raise DecisionError(
            f"The decisions look at {count(decisions.n_bars, 'bar')}; received "
            f"{count(len(close), 'close')}."
        )


def _shift_bars(bars: IntArray, n_bars: int, stop: int) -> IntArray:
    moved = bars + n_bars
    return moved[(moved >= 0) & (moved < stop)]


def _shift_line(line: FloatArray, n_bars: int, close: FloatArray | None) -> FloatArray:
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
