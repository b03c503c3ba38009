"""Where to cut a history: right after decisions, where little is known, and anywhere."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kanalo.market import Market
from kanalo.strategy import Decisions

IntArray = npt.NDArray[np.int64]

SPARSE = 0.5
"""A column that fewer bars know is cut where it is known, or a look ahead into it never shows."""

N_SPARSE = 3
"""Cuts where sparse columns are known."""


def right_after(decisions: Decisions, n_entries: int, n_exits: int) -> IntArray:
    """Return lengths of prefixes that end with the bar of an entry or exit, evenly spread.

    They are counted apart: a rule may say at every bar that a position is to be left.
    """
    exits = np.union1d(decisions.exit_long, decisions.exit_short)
    bars = np.union1d(spread(decisions.entries, n_entries), spread(exits, n_exits))
    return np.asarray(bars + 1, dtype=np.int64)


def spread(values: IntArray, k: int) -> IntArray:
    """Return up to k of the values, evenly spread, the ends included."""
    n = len(values)
    chosen = np.linspace(0, max(n - 1, 0), min(n, k)).astype(np.int64)
    return np.asarray(values[np.unique(chosen)], dtype=np.int64)


def anywhere(market: Market, n_cuts: int, seed: int) -> list[int]:
    """Draw lengths of prefixes of a market, without repetition, those in sparse columns first.

    The first ``k`` of ``n`` are the same for every ``n``, so strategies share them. A tenth of the
    market is kept at least: less is hardly worth a look, and few rules are made for two bars.
    """
    rng, n = np.random.default_rng(seed), len(market)
    known = _known_sparsely(market)
    sparse = 1 + rng.permutation(known)[:N_SPARSE]
    cuts = np.concatenate([sparse, rng.permutation(np.arange(n // 10, n))])
    cuts = cuts[(cuts > 1) & (cuts < n)]
    _, first = np.unique(cuts, return_index=True)
    return [int(cut) for cut in cuts[np.sort(first)][:n_cuts]]


def _known_sparsely(market: Market) -> IntArray:
    """Return the bars at which any column is known that most bars do not know."""
    columns = [market.context[name].to_numpy() for name in market.context.columns]
    if market.benchmark is not None:
        columns.append(market.benchmark["close"].to_numpy())
    masks = [~np.isnan(column) for column in columns]
    sparse = [mask for mask in masks if 0 < mask.mean() < SPARSE]
    return np.flatnonzero(np.logical_or.reduce(sparse)) if sparse else np.empty(0, np.int64)
