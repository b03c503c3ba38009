"""Loops of the liquidation map: one side's levels in log-price bins, bar by bar.

Written for levels ABOVE price (shorts). Longs are the same with every log price negated, so there
is one loop and no second copy to keep in step. Bin ``i`` of a book covers log prices
``[(i + origin)·width, (i + origin + 1)·width)`` and its levels stand at its centre. The grid does
not depend on the data, so a prefix of the bars gives a prefix of the results.

Sizes in a book are divided by a common scale: ageing all levels is then one multiplication.
"""

from __future__ import annotations

import math

import numpy as np

from kanalo._jit import kernel
from kanalo.typing import FloatArray, IntArray

BORN, CONSUMED, CLOSED, DECAYED = 0, 1, 2, 3
"""Places in the accounts: where every contract that was ever opened has gone."""

NEAR, FAR, MASS, REACHABLE = 0, 1, 2, 3
"""Columns of what is known of the nearest dense zone at every bar."""

SCALE, ALIVE, LOWEST = 0, 1, 2
"""Places in the state: scale of the book, size alive, lowest bin that may hold a level."""

SMALLEST_SCALE = 1e-100


@kernel
def to_bin(log_price: float, width: float, origin: int) -> int:
    """Return the first bin whose centre lies above a log price."""
    return math.floor(log_price / width + 0.5) - origin


@kernel
def place(
    book: FloatArray,
    prior: FloatArray,
    bottom: float,
    top: float,
    size: float,
    width: float,
    origin: int,
) -> None:
    """Add the levels of contracts opened evenly over log prices [bottom, top] to a book."""
    for k in range(len(prior)):
        distance, weight = prior[k, 0], prior[k, 1]
        start = (bottom + distance) / width - origin
        stop = (top + distance) / width - origin
        first, last = math.floor(start), math.floor(stop)
        if first == last:
            book[first] += size * weight
            continue
        # Uniform between the ends: the first and the last bin get the part of them that is covered.
        per_bin = size * weight / (stop - start)
        book[first] += per_bin * (first + 1 - start)
        book[last] += per_bin * (stop - last)
        # A slice counts from zero, which lets the compiler add several bins at a time.
        covered = book[first + 1 : last]
        for i in range(len(covered)):
            covered[i] += per_bin


@kernel
def take(book: FloatArray, first: int, last: int) -> float:
    """Empty the bins ``first`` to ``last`` (exclusive) and return what stood in them."""
    total = 0.0
    for i in range(first, last):
        total += book[i]
        book[i] = 0.0
    return total


@kernel
def age(book: FloatArray, kept: float, state: FloatArray, accounts: FloatArray) -> None:
    """Let all levels decay to the share ``kept``."""
    # Only the scale shrinks; the bins are touched when it would come near the smallest floats.
    accounts[DECAYED] += state[ALIVE] * (1.0 - kept)
    state[ALIVE] *= kept
    state[SCALE] *= kept
    if state[SCALE] < SMALLEST_SCALE:
        book *= state[SCALE]
        state[SCALE] = 1.0


@kernel
def sweep(book: FloatArray, limit: int, state: FloatArray, accounts: FloatArray) -> float:
    """Consume the levels in the bins below ``limit`` and return their size."""
    consumed = float(take(book, int(state[LOWEST]), limit) * state[SCALE])
    # Bins below LOWEST are known to be empty, so a rising price reads each level once.
    state[LOWEST] = max(state[LOWEST], limit)
    state[ALIVE] = max(state[ALIVE] - consumed, 0.0)
    accounts[CONSUMED] += consumed
    return consumed


@kernel
def cut(book: FloatArray, share: float, state: FloatArray, accounts: FloatArray) -> None:
    """Close a share of all contracts, from all levels alike."""
    if share >= 1.0:
        accounts[CLOSED] += state[ALIVE]
        book[:] = 0.0
        state[SCALE], state[ALIVE] = 1.0, 0.0
    elif share > 0.0:
        accounts[CLOSED] += share * state[ALIVE]
        state[ALIVE] *= 1.0 - share
        state[SCALE] *= 1.0 - share


@kernel
def open_levels(
    book: FloatArray,
    fresh: FloatArray,
    prior: FloatArray,
    bar: FloatArray,
    size: float,
    width: float,
    origin: int,
    state: FloatArray,
    accounts: FloatArray,
) -> None:
    """Add a bar's new contracts; those whose level the close has already passed end at once."""
    bottom, top, close = bar[0], bar[1], bar[2]
    start = math.floor((bottom + prior[0, 0]) / width) - origin
    stop = math.floor((top + prior[-1, 0]) / width) - origin + 1
    # Levels go to a book of their own first: those that the close has passed can then be taken from
    # the new contracts without touching older ones in the same bins.
    place(fresh, prior, bottom, top, size, width, origin)
    passed = min(max(to_bin(close, width, origin), start), stop)
    gone = take(fresh, start, passed)
    scale = state[SCALE]
    into, added = book[passed:stop], fresh[passed:stop]
    for i in range(len(into)):
        into[i] += added[i] / scale
        added[i] = 0.0
    state[LOWEST] = min(state[LOWEST], passed)
    state[ALIVE] += size - gone
    accounts[BORN] += size
    accounts[CLOSED] += gone


@kernel
def bins_of_cell(close: float, cell: float, width: float) -> int:
    """Return how many bins each cell above ``close`` holds; 0 where their numbers may differ."""
    # Where a cell is a whole number of bins, and the close is not so near the centre of one that
    # rounding would decide to which cell it belongs, every cell holds the same number.
    per_cell = round(cell / width)
    part = close / width + 0.5 - math.floor(close / width + 0.5)
    is_whole = abs(per_cell * width - cell) <= 1e-12 * cell
    return per_cell if is_whole and 1e-6 < part < 1.0 - 1e-6 else 0


@kernel
def fill_cells(
    levels: FloatArray, close: float, cell: float, width: float, first: int, cells: FloatArray
) -> None:
    """Sum up the levels of bins ``first`` and above by cells, whatever lies in which."""
    cells[:] = 0.0
    now, held = 0, 0.0
    for i in range(len(levels)):
        k = int(((i + first + 0.5) * width - close) / cell)
        if k != now:
            cells[now] = held  # a cell is summed in a register, not in memory
            if k >= len(cells):
                return
            now, held = k, 0.0
        held += levels[i]
    cells[now] = held


@kernel
def find_zone(
    book: FloatArray,
    close: float,
    zoning: FloatArray,
    width: float,
    origin: int,
    cells: FloatArray,
    zone: FloatArray,
) -> None:
    """Find the nearest run of cells above ``close`` that hold ``density`` times the mean cell."""
    # Cells are counted from the close, not from the grid, so that a zone's distance does not jump
    # when the close crosses the edge of a bin.
    cell, density = zoning[0], zoning[1]
    n_cells = len(cells)
    levels = book[to_bin(close, width, origin) :]
    per_cell = bins_of_cell(close, cell, width)
    if per_cell > 0 and per_cell * n_cells <= len(levels):
        for k in range(n_cells):
            held = 0.0
            for i in range(k * per_cell, (k + 1) * per_cell):
                held += levels[i]
            cells[k] = held
    else:
        fill_cells(levels, close, cell, width, to_bin(close, width, origin) + origin, cells)
    zone[:] = np.nan
    zone[REACHABLE] = cells.sum()
    least = density * zone[REACHABLE] / n_cells
    k = 0
    while k < n_cells and (cells[k] < least or cells[k] == 0.0):
        k += 1
    if k == n_cells:
        return
    zone[NEAR], zone[MASS] = k * cell, 0.0
    while k < n_cells and cells[k] >= least:
        zone[MASS] += cells[k]
        k += 1
    zone[FAR] = k * cell


@kernel
def build_levels(
    bars: FloatArray,
    changes: FloatArray,
    prior: FloatArray,
    zoning: FloatArray,
    width: float,
    origin: int,
    wanted: IntArray,
    book: FloatArray,
    flow: FloatArray,
    zones: FloatArray,
    shots: FloatArray,
    accounts: FloatArray,
) -> None:
    """Keep one side's book over all bars.

    ``bars[t]`` is the log price at bottom, top and close (negated for longs); ``changes[t]`` is new
    contracts, fall of open interest, share of the levels that outlives a bar, open interest before
    the bar; ``prior`` is distance
    to liquidation in log price, ascending, and its share; ``zoning`` is cell, density, reach;
    ``wanted`` are the bars, ascending, after which the book is copied to ``shots``. ``flow`` and
    ``zones`` are written for every bar (no zones if they are empty), ``accounts`` in total.
    """
    # Per bar: age, liquidate, close, open, in this order. New contracts come last, since a bar must
    # not liquidate what was opened somewhere within its own range.
    state = np.array([1.0, 0.0, float(len(book))])
    fresh = np.zeros_like(book)
    cells = np.zeros(round(zoning[2] / zoning[0]))
    shot = 0
    for t in range(len(bars)):
        age(book, changes[t, 2], state, accounts)
        flow[t] = sweep(book, to_bin(bars[t, 1], width, origin), state, accounts)
        # What the bar liquidated is part of the fall of open interest: it is not taken twice. The
        # rest of the fall is borne by all that was open, in the book or not.
        rest, others = changes[t, 1] - flow[t], changes[t, 3] - flow[t]
        if rest > 0.0:
            cut(book, rest / others if rest < others else 1.0, state, accounts)
        if changes[t, 0] > 0.0:
            size = changes[t, 0]
            open_levels(book, fresh, prior, bars[t], size, width, origin, state, accounts)
        # Zones compare cells with their mean, so the book's scale cancels; only sizes are scaled.
        if len(zones):
            find_zone(book, bars[t, 2], zoning[:2], width, origin, cells, zones[t])
            zones[t, MASS:] *= state[SCALE]
        if shot < len(wanted) and wanted[shot] == t:
            shots[shot] = book * state[SCALE]
            shot += 1
    book *= state[SCALE]
