"""The compiled engine: the fills of the reference engine, tens of thousands of times faster.

`simulate_nb` takes what `kanalo.execution.twin.simulate_py` takes and returns the same records. The
kernels jump from decision to decision while nothing is held. Sweeps do not want equity per bar at
all: `kanalo.analyzers.batch.engine` computes statistics straight from the table of trades.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar, get_type_hints

import numpy as np
import numpy.typing as npt

from kanalo.errors import EngineError
from kanalo.execution.compiled import _tape_layout as layout
from kanalo.execution.compiled._account_kernels import mark
from kanalo.execution.compiled._round_trip_kernels import join_rows
from kanalo.execution.compiled._simulate_kernels import simulate
from kanalo.execution.compiled._simulate_orders_kernels import simulate_orders
from kanalo.execution.compiled._tape_layout import Orders, Tape, Terms
from kanalo.execution.compiled.margin_tape import NO_SIZE, NO_TIERS, lay_size, lay_tiers
from kanalo.execution.costs import Costs
from kanalo.execution.funding import funding_rates
from kanalo.execution.records import AT_CLOSE, FILL_DTYPE, Reason, Records
from kanalo.execution.rules import TOLERANCE, BothTouched, Execution, LimitFills
from kanalo.market import Market
from kanalo.strategy import Decisions
from kanalo.strategy.decisions import EXTRA_FIELDS
from kanalo.text import count
from kanalo.typing import FloatArray

_PRICES = ("open", "high", "low", "close")
_NO_LINE = np.empty(0)
_NO_NOTES = np.empty((0, 2), dtype=np.int64)
_NO_ROWS = np.empty(0, dtype=np.int64)
_BOTH_TOUCHED = {
    BothTouched.STOP: layout.STOP_FIRST,
    BothTouched.TARGET: layout.TARGET_FIRST,
    BothTouched.RESOLVE: layout.RESOLVE,
    BothTouched.PATH: layout.PATH,
}
_TERMS = get_type_hints(Terms)
_join_plain: Any = getattr(join_rows, "py_func", join_rows)  # of a few rows
_NO_EXTRAS = {each.name: np.empty(0, dtype=layout.ORDER_DTYPES[each.name]) for each in EXTRA_FIELDS}
Scalar = TypeVar("Scalar", bound=np.generic)


def simulate_nb(
    market: Market, decisions: Decisions, costs: Costs, execution: Execution
) -> Records:
    """Run decisions over a market with compiled kernels.

    Parameters
    ----------
    market : Market
        Bars to trade; no warm-up is left out here. What the kernels need of it is laid out once
        and kept in its cache.
    decisions : Decisions
        One set of decisions over the same bars.
    costs : Costs
        Fees, slippage and funding.
    execution : Execution
        Cash, leverage and the choices that the rules leave open.

    Returns
    -------
    Records
        Fills, and equity, position and funding at every close.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    tape, terms = to_tape(market, costs, execution), to_terms(costs, execution)
    if needs_orders(decisions, terms):
        return simulate_rows(tape, decisions, terms)
    trades = make_table(len(decisions.entries))
    n_trades = simulate_trades(tape, decisions, terms, trades)
    return to_records(tape, trades[:n_trades], execution.cash)


def simulate_trades(tape: Tape, decisions: Decisions, terms: Terms, trades: FloatArray) -> int:
    """Write the round trips that decisions make into a table and return their number.

    Parameters
    ----------
    tape : Tape
        Of `to_tape`.
    decisions : Decisions
        One set of decisions over the same bars.
    terms : Terms
        Of `to_terms`.
    trades : float64 array of shape (at least n_entries, N_COLUMNS)
        Of `make_table`; rows past the returned number are not touched. The columns are named in
        `kanalo.execution.compiled._tape_layout`.

    Returns
    -------
    int
        Number of round trips; each is one row of the table.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    _check_length(tape, decisions)
    if needs_orders(decisions, terms):
        return _join_all(tape, decisions, terms, trades)
    state = np.empty(layout.N_STATE)
    return int(simulate(tape, to_orders(decisions), terms, state, trades, _NO_NOTES))


def needs_orders(decisions: Decisions, terms: Terms) -> bool:
    """Tell whether decisions need the kernels of orders, which look at every bar that is held.

    Parameters
    ----------
    decisions : Decisions
        One set of decisions.
    terms : Terms
        Of `to_terms`.

    Returns
    -------
    bool
        False for market entries with one target, under the older choices.
    """
    changed = terms.through or terms.both_touched == layout.PATH or terms.max_share < np.inf
    return decisions.is_extended or changed


def simulate_rows(tape: Tape, decisions: Decisions, terms: Terms) -> Records:
    """Run decisions with the kernels of orders; see `simulate_nb`.

    Parameters
    ----------
    tape : Tape
        Of `to_tape`.
    decisions : Decisions
        One set of decisions over the same bars.
    terms : Terms
        Of `to_terms`.

    Returns
    -------
    Records
        Of the run.
    """
    _check_length(tape, decisions)
    state, rows = np.empty(layout.N_STATE), make_table(2 * len(decisions.entries))
    notes = np.empty((2 * len(tape.close), 2), dtype=np.int64)
    n_rows = simulate_orders(tape, to_orders(decisions), terms, state, rows, notes)
    records = to_records(tape, rows[:n_rows], terms.cash)
    noted = notes[: int(state[layout.N_NOTED])]
    return replace(
        records,
        ambiguous=noted[:, 0].copy(),
        questions=noted[:, 1].astype(np.int8),
        resolved=int(state[layout.N_DECIDED]),
    )


def _check_length(tape: Tape, decisions: Decisions) -> None:
    if decisions.n_bars != len(tape.close):
        raise EngineError(
            f"The decisions look at {count(decisions.n_bars, 'bar')}; the market has "
            f"{len(tape.close)}."
        )


def _join_all(tape: Tape, decisions: Decisions, terms: Terms, trades: FloatArray) -> int:
    """Write one row for each round trip of decisions with orders or two targets."""
    state, rows = np.empty(layout.N_STATE), make_table(2 * len(decisions.entries))
    notes = np.empty((0, 2), dtype=np.int64)
    n_rows = simulate_orders(tape, to_orders(decisions), terms, state, rows, notes)
    firsts = np.flatnonzero(rows[:n_rows, layout.CONTINUES] == 0)
    for i, (first, stop) in enumerate(zip(firsts, np.append(firsts[1:], n_rows), strict=True)):
        _join_plain(rows[first:stop], stop - first)
        trades[i] = rows[first]
    return len(firsts)


def make_table(n_entries: int) -> FloatArray:
    """Return an empty table of trades for that many entries."""
    return np.empty((n_entries, layout.N_COLUMNS))


# -- layout ----------------------------------------------------------------------------------------


def to_tape(market: Market, costs: Costs, execution: Execution | None = None) -> Tape:
    """Lay out a market and the funding that its positions pay; kept in the market's cache.

    Parameters
    ----------
    market : Market
        The bars.
    costs : Costs
        Of which the rates of funding that the table lacks are taken, and whether fills move prices.
    execution : Execution, optional
        Whether maintenance tiers bind, and entries are limited by volume; neither by default.

    Returns
    -------
    Tape
        Arrays of shape (n_bars,), contiguous.
    """
    bars = market.cached(_lay_bars)
    charged = market.cached(
        _lay_funding, funding=costs.funding, funding_missing=costs.funding_missing
    )
    finer = market.cached(_lay_finer)
    looks = costs.impact > 0 or (execution is not None and execution.max_share < np.inf)
    size = market.cached(lay_size) if looks else NO_SIZE
    is_margined = execution is not None and execution.is_margined
    tiers = market.cached(lay_tiers, borrow=costs.borrow) if is_margined else NO_TIERS
    return Tape(**bars, **charged, **finer, **size, **tiers)


def to_terms(costs: Costs, execution: Execution) -> Terms:
    """Return costs and account as the numbers that kernels take.

    Parameters
    ----------
    costs : Costs
        Read for each name of `Terms` that it has.
    execution : Execution
        Read for the others.

    Returns
    -------
    Terms
        Rates as fractions, options as whole numbers.
    """
    words = {"both_touched": _BOTH_TOUCHED[BothTouched(execution.both_touched)]}
    through = execution.limit_fills == LimitFills.THROUGH
    values: dict[str, Any] = {"tolerance": TOLERANCE, "through": through, **words}
    for name, kind in _TERMS.items():
        if name not in values:
            values[name] = kind(getattr(costs if hasattr(costs, name) else execution, name))
    return Terms(**values)


def to_orders(decisions: Decisions) -> Orders:
    """Return decisions as contiguous arrays; those that are so already are not copied."""
    arrays: dict[str, Any] = {} if decisions.is_extended else dict(_NO_EXTRAS)
    for name, dtype in layout.ORDER_DTYPES.items():
        if name not in arrays:
            values = getattr(decisions, name)
            arrays[name] = _NO_LINE if values is None else _plain(values, dtype)
    return Orders(**arrays)


def _plain(values: npt.NDArray[Any], dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """Return an array of the one kind that the kernels were compiled for: C order, writable."""
    if values.flags.carray and values.dtype == dtype:
        return values
    return np.array(values, dtype=dtype, order="C")


def _lay_bars(market: Market) -> dict[str, Any]:
    bars = {name: np.array(getattr(market, name)) for name in _PRICES}
    block_high = find_extremes(bars["high"], layout.BLOCK, np.maximum)
    block_low = find_extremes(bars["low"], layout.BLOCK, np.minimum)
    wider = layout.WIDE_BLOCK // layout.BLOCK
    return {
        **bars,
        "block_high": block_high,
        "block_low": block_low,
        "wide_high": find_extremes(block_high, wider, np.maximum),
        "wide_low": find_extremes(block_low, wider, np.minimum),
    }


def find_extremes(values: FloatArray, size: int, choose: np.ufunc) -> FloatArray:
    """Return the extreme of each whole block of so many values, a power of 2, by halves.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Any line.
    size : int
        Values in a block, a power of 2.
    choose : numpy.ufunc
        ``np.maximum`` or ``np.minimum``.

    Returns
    -------
    float64 array of shape (n // size,)
        One extreme a block.
    """
    while size > 1:
        whole = len(values) // 2 * 2
        values = choose(values[:whole:2], values[1:whole:2])
        size //= 2
    return values


def _lay_funding(market: Market, *, funding: bool, funding_missing: float) -> dict[str, Any]:
    rates = funding_rates(market, Costs(funding=funding, funding_missing=funding_missing))
    paid = np.flatnonzero(rates)
    return {
        "paid_before": np.concatenate(([0], np.cumsum(rates != 0))).astype(np.int64),
        "paid_bar": paid,
        "paid_rate": rates[paid],
    }


def _lay_finer(market: Market) -> dict[str, Any]:
    """Find the rows of the finer bars in each bar; none where they do not cover it wholly."""
    finer, n = market.finer, len(market)
    if finer is None:
        none = np.zeros(n, dtype=np.int64)
        rows = {"finer_start": none, "finer_stop": none}
        return {**rows, **{f"finer_{name}": _NO_LINE for name in _PRICES}}
    opens, closes = market.index.as_unit("ns").asi8, market.closes_at.as_unit("ns").asi8
    inside = finer.index.as_unit("ns").asi8
    start, stop = np.searchsorted(inside, opens), np.searchsorted(inside, closes)
    covered = stop - start == market.length // finer.length
    return {
        "finer_start": start.astype(np.int64),
        "finer_stop": np.where(covered, stop, start).astype(np.int64),
        **{f"finer_{name}": np.array(getattr(finer, name)) for name in _PRICES},
    }


# -- records ---------------------------------------------------------------------------------------


def to_records(tape: Tape, trades: FloatArray, cash: float) -> Records:
    """Return fills, and equity, position and funding at every close.

    Parameters
    ----------
    tape : Tape
        Of `to_tape`.
    trades : float64 array of shape (n_trades, N_COLUMNS)
        What `simulate_trades` wrote.
    cash : float
        Equity before the first bar.

    Returns
    -------
    Records
        As every engine gives them.
    """
    n = len(tape.close)
    equity, held, funding = np.empty(n), np.zeros(n), np.zeros(n)
    mark(tape, trades, float(cash), equity, held, funding)
    ambiguous = trades[:, layout.AMBIGUOUS] > 0
    return Records(
        fills=to_fills(trades),
        equity=equity,
        position=held,
        funding=funding,
        ambiguous=trades[ambiguous, layout.EXIT_BAR].astype(np.int64),
        resolved=int(trades[:, layout.RESOLVED].sum()),
        questions=np.zeros(int(ambiguous.sum()), dtype=np.int8),
    )


def to_fills(trades: FloatArray) -> npt.NDArray[np.void]:
    """Return the fills of a table of trades in order, as records of `FILL_DTYPE`."""
    fills = np.zeros(2 * len(trades), dtype=FILL_DTYPE)
    entries, exits, columns = fills[::2], fills[1::2], trades.T
    sold = np.where(trades[:, layout.PART] != 0, trades[:, layout.PART], trades[:, layout.QUANTITY])
    ruined = columns[layout.REASON] == layout.RUIN_REASON
    bought = (entries, 1, columns[layout.QUANTITY], layout.ENTRY_PRICE)
    for each, side, quantity, start in (bought, (exits, -1, sold, layout.EXIT_PRICE)):
        each["quantity"] = side * quantity
        each["price"], each["level"], each["fee"] = columns[start : start + 3]
    entries["bar"], exits["bar"] = columns[layout.ENTRY_BAR], columns[layout.EXIT_BAR]
    entries["reason"], exits["reason"] = Reason.ENTRY, columns[layout.REASON]
    entries["decision"] = columns[layout.DECISION]
    exits["decision"] = np.where(ruined, -1, columns[layout.DECISION])
    entries["wanted"], exits["wanted"] = columns[layout.WANTED], np.abs(sold)
    entries["stop"], exits["stop"] = columns[layout.STOP], np.nan
    entries["inside"] = columns[layout.INSIDE]
    exits["inside"] = np.where(columns[layout.AT_CLOSE] > 0, AT_CLOSE, 0)
    exits["shortfall"] = columns[layout.SHORTFALL]
    is_open = len(trades) and trades[-1, layout.REASON] == layout.OPEN
    fills = fills[:-1] if is_open else fills
    goes_on = columns[layout.CONTINUES] == 1
    return np.delete(fills, 2 * np.flatnonzero(goes_on)) if goes_on.any() else fills
