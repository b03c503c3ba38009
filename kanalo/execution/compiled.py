"""The compiled engine: the fills of the reference engine, tens of thousands of times faster.

`simulate_nb` takes what `kanalo.execution.twin.simulate_py` takes and returns the same records. The
kernels jump from decision to decision while nothing is held. Sweeps do not want equity per bar at
all: `kanalo.analyzers.batch` computes statistics straight from the table of trades.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kanalo.errors import EngineError
from kanalo.execution import _layout as layout
from kanalo.execution._layout import FloatArray, Orders, Tape, Terms
from kanalo.execution._mark_kernels import mark
from kanalo.execution._simulate_kernels import simulate
from kanalo.execution.costs import Costs, funding_rates
from kanalo.execution.records import FILL_DTYPE, Reason, Records
from kanalo.execution.rules import TOLERANCE, BothTouched, Execution
from kanalo.market import Market
from kanalo.strategy import Decisions

_NO_LINE = np.empty(0)
_NO_ROWS = np.empty(0, dtype=np.int64)
_BOTH_TOUCHED = {
    BothTouched.STOP: layout.STOP_FIRST,
    BothTouched.TARGET: layout.TARGET_FIRST,
    BothTouched.RESOLVE: layout.RESOLVE,
}
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

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    tape = to_tape(market, costs)
    trades = make_table(len(decisions.entries))
    n_trades = simulate_trades(tape, decisions, to_terms(costs, execution), trades)
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
        `kanalo.execution._layout`.

    Raises
    ------
    EngineError
        If the decisions were made for another number of bars.
    """
    if decisions.n_bars != len(tape.close):
        raise EngineError(
            f"The decisions look at {decisions.n_bars} bars; the market has {len(tape.close)}."
        )
    state = np.empty(layout.N_STATE)
    return int(simulate(tape, to_orders(decisions), terms, state, trades))


def make_table(n_entries: int) -> FloatArray:
    """Return an empty table of trades for that many entries."""
    return np.empty((n_entries, layout.N_COLUMNS))


# -- layout ----------------------------------------------------------------------------------------


def to_tape(market: Market, costs: Costs) -> Tape:
    """Lay out a market and the funding that its positions pay; kept in the market's cache."""
    bars = market.cached(_lay_bars)
    charged = market.cached(
        _lay_funding, funding=costs.funding, funding_missing=costs.funding_missing
    )
    finer = market.cached(_lay_finer)
    return Tape(**bars, **charged, **finer)


def to_terms(costs: Costs, execution: Execution) -> Terms:
    """Return costs and account as the numbers that kernels take."""
    return Terms(
        cash=float(execution.cash),
        max_leverage=float(execution.max_leverage),
        tolerance=TOLERANCE,
        fee=float(costs.fee),
        maker_fee=float(costs.maker_fee),
        slippage=float(costs.slippage),
        both_touched=_BOTH_TOUCHED[BothTouched(execution.both_touched)],
        entry_bar_exits=bool(execution.entry_bar_exits),
    )


def to_orders(decisions: Decisions) -> Orders:
    """Return decisions as contiguous arrays; those that are so already are not copied."""
    d = decisions
    return Orders(
        entries=_plain(d.entries, np.int64),
        side=_plain(d.side, np.int8),
        stop=_plain(d.stop, np.float64),
        target=_plain(d.target, np.float64),
        trail=_plain(d.trail, np.float64),
        size=_plain(d.size, np.float64),
        max_bars=_plain(d.max_bars, np.int64),
        exit_long=_plain(d.exit_long, np.int64),
        exit_short=_plain(d.exit_short, np.int64),
        guard_long=_NO_LINE if d.guard_long is None else _plain(d.guard_long, np.float64),
        guard_short=_NO_LINE if d.guard_short is None else _plain(d.guard_short, np.float64),
    )


def _plain(values: npt.NDArray[Any], dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """Return an array of the one kind that the kernels were compiled for: C order, writable."""
    if values.flags.carray and values.dtype == dtype:
        return values
    return np.array(values, dtype=dtype, order="C")


def _lay_bars(market: Market) -> dict[str, Any]:
    bars = {name: np.array(getattr(market, name)) for name in ("open", "high", "low", "close")}
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
    """Return the extreme of each whole block of so many values, a power of 2, by halves."""
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
        return {**rows, "finer_high": _NO_LINE, "finer_low": _NO_LINE}
    opens, closes = market.index.as_unit("ns").asi8, market.closes_at.as_unit("ns").asi8
    inside = finer.index.as_unit("ns").asi8
    start, stop = np.searchsorted(inside, opens), np.searchsorted(inside, closes)
    covered = stop - start == market.length // finer.length
    return {
        "finer_start": start.astype(np.int64),
        "finer_stop": np.where(covered, stop, start).astype(np.int64),
        "finer_high": np.array(finer.high),
        "finer_low": np.array(finer.low),
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
    )


def to_fills(trades: FloatArray) -> npt.NDArray[np.void]:
    """Return the fills of a table of trades in order, as records of `FILL_DTYPE`."""
    fills = np.zeros(2 * len(trades), dtype=FILL_DTYPE)
    entries, exits, columns = fills[::2], fills[1::2], trades.T
    quantity = columns[layout.QUANTITY]
    ruined = columns[layout.REASON] == layout.RUIN_REASON
    for each, side, start in ((entries, 1, layout.ENTRY_PRICE), (exits, -1, layout.EXIT_PRICE)):
        each["quantity"] = side * quantity
        each["price"], each["level"], each["fee"] = columns[start : start + 3]
    entries["bar"], exits["bar"] = columns[layout.ENTRY_BAR], columns[layout.EXIT_BAR]
    entries["reason"], exits["reason"] = Reason.ENTRY, columns[layout.REASON]
    entries["decision"] = columns[layout.DECISION]
    exits["decision"] = np.where(ruined, -1, columns[layout.DECISION])
    entries["wanted"], exits["wanted"] = columns[layout.WANTED], np.abs(quantity)
    entries["stop"], exits["stop"] = columns[layout.STOP], np.nan
    is_open = len(trades) and trades[-1, layout.REASON] == layout.OPEN
    return fills[:-1] if is_open else fills
