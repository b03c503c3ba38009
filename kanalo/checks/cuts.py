"""Where to cut a history: right after decisions, where little is known, and anywhere."""

from __future__ import annotations

import numpy as np

from kanalo.market import Market
from kanalo.strategy import Decisions
from kanalo.typing import IntArray

RARE = 0.5
"""A column that fewer bars know is rare: what a rule makes of it shows at few cuts."""

N_SPARSE = 2
"""Cuts where columns that few bars know are known."""

N_FINER = 1
"""Cuts where finer bars begin."""


def right_after(decisions: Decisions, n_entries: int, n_exits: int) -> IntArray:
    """Return lengths of prefixes that end with the bar of an entry or exit, evenly spread.

    Parameters
    ----------
    decisions : Decisions
        On the whole history.
    n_entries, n_exits : int
        Most cuts after either. They are counted apart: a rule may say at every bar that a position
        is to be left.

    Returns
    -------
    int64 array of shape (n,)
        Increasing.
    """
    exits = np.union1d(decisions.exit_long, decisions.exit_short)
    return to_cuts(decisions.entries, exits, n_entries, n_exits)


def to_cuts(entries: IntArray, exits: IntArray, n_entries: int, n_exits: int) -> IntArray:
    """Return what `right_after` does, of bars of entries and exits.

    Parameters
    ----------
    entries, exits : int64 arrays
        Bars, increasing.
    n_entries, n_exits : int
        Most cuts after either.

    Returns
    -------
    int64 array of shape (n,)
        Increasing.
    """
    bars = np.union1d(spread(entries, n_entries), spread(exits, n_exits))
    return np.asarray(bars + 1, dtype=np.int64)


def spread(values: IntArray, k: int) -> IntArray:
    """Return up to k of the values, evenly spread, the ends included.

    Parameters
    ----------
    values : int64 array
        What to choose from.
    k : int
        How many at most.

    Returns
    -------
    int64 array of shape (min(k, n),)
        In the order of the values.
    """
    n = len(values)
    chosen = np.linspace(0, max(n - 1, 0), min(n, k)).astype(np.int64)
    return np.asarray(values[np.unique(chosen)], dtype=np.int64)


def anywhere(market: Market, n_cuts: int, seed: int, *, rare: bool = True) -> list[int]:
    """Draw lengths of prefixes of a market, without repetition, those where rare data are first.

    The first ``k`` of ``n`` are the same for every ``n``. A tenth of the market is kept at least:
    less is hardly worth a look, and few rules are made for two bars.

    Parameters
    ----------
    market : Market
        The whole history.
    n_cuts : int
        How many to draw; fewer on a short history.
    seed : int
        Another seed, other cuts.
    rare : bool
        Whether to begin with cuts where finer bars begin and columns are known that most bars lack.

    Returns
    -------
    list of int
        In (1, n_bars), in the order in which they were drawn.
    """
    rng, n = np.random.default_rng(seed), len(market)
    sparse = 1 + rng.permutation(_known_sparsely(market))[:N_SPARSE]
    drawn = rng.permutation(np.arange(n // 10, n))
    cuts = np.concatenate([_find_finer(market), sparse, drawn]) if rare else drawn
    cuts = cuts[(cuts > 1) & (cuts < n)]
    _, first = np.unique(cuts, return_index=True)
    return [int(cut) for cut in cuts[np.sort(first)][:n_cuts]]


def _find_finer(market: Market) -> IntArray:
    """Return the cuts at which finer bars begin, and begin again: the next bar has some."""
    if market.finer is None:
        return np.empty(0, np.int64)
    times = market.finer.index
    begins = np.append(True, (times[1:] - times[:-1]) > market.length)
    bars = market.index.searchsorted(times[begins], side="right") - 1
    return spread(np.unique(bars).astype(np.int64), N_FINER)


def _known_sparsely(market: Market) -> IntArray:
    """Return the bars at which any column is known that most bars do not know."""
    columns = [market.context[name].to_numpy() for name in market.context.columns]
    if market.benchmark is not None:
        columns.append(market.benchmark["close"].to_numpy())
    masks = [~np.isnan(column) for column in columns]
    sparse = [mask for mask in masks if 0 < mask.mean() < RARE]
    return np.flatnonzero(np.logical_or.reduce(sparse)) if sparse else np.empty(0, np.int64)
