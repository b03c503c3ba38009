"""What a market adds to a record: the holding of its exposure, and random entries of its kind.

Only the times and sides of the trades are used. They are priced on the bars of the market, without
costs, and so are the random entries that they are compared with: what is asked is whether WHEN the
record traded was worth anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kanalo.analyzers.relative import to_benchmark_returns
from kanalo.errors import DataError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement.evidence import PlaceboFinding
from kanalo.judgement.placebo import RANDOM_ENTRIES, compare_with_placebos
from kanalo.judgement.superiority import to_matched_hold
from kanalo.market import Market
from kanalo.outside.record import OutsideRecord
from kanalo.strategy import Decisions, Strategy

MOST_OVERLAP = 0.2
"""Share of trades that may begin while another is open; above it there are no placebos."""

_FREE = Costs(fee_bps=0.0, slippage_bps=0.0, funding=False, impact=0.0)
_UNMARGINED = Execution(margin="none")
_NO_TIMES = "the record has no times of trades"
_PRICED = "The trades' times and sides on this market's bars, without costs."


class _RecordedTrades(Strategy):
    """Stands for the rule of a record, which is not known; its decisions are given."""

    def decide(self, market: Market) -> Decisions:
        """Decide nothing."""
        return Decisions.from_arrays(len(market))


def find_hold(record: OutsideRecord, market: Market) -> pd.Series[float] | None:
    """Compute the daily returns of holding a record's average exposure on its market.

    Parameters
    ----------
    record : OutsideRecord
        Its trades say how long what was held; a trade of unknown size counts as all the equity.
    market : Market
        What it was made on.

    Returns
    -------
    Series of shape (n_days,) or None
        On the days of the market; None without the times of trades.
    """
    exposure = calc_exposure(record)
    if exposure is None:
        return None
    return to_matched_hold(to_benchmark_returns(market.bars).dropna(), exposure)


def calc_exposure(record: OutsideRecord) -> float | None:
    """Compute the average signed exposure of a record over the days of its returns.

    Returns
    -------
    float or None
        E.g. 0.3 for one that was long with all its equity 30 % of the time; None without trades.
    """
    trades = record.trades
    if trades is None or trades.empty or record.returns.empty:
        return None
    held = (trades["exit_time"] - trades["entry_time"]).dt.total_seconds() / 86_400
    days = record.returns.index
    span = (days[-1] - days[0]) / pd.Timedelta(days=1) + 1
    wealth = (1 + record.returns).cumprod()
    rows = np.searchsorted(days, pd.DatetimeIndex(trades["entry_time"]).normalize()) - 1
    before = np.where(rows < 0, 1.0, wealth.to_numpy()[np.clip(rows, 0, None)])
    size = trades["notional"].to_numpy() / (before * _find_start(record))
    size = np.where(np.isfinite(size), size, 1.0)
    return float((trades["side"].to_numpy() * size * held.to_numpy()).sum() / span)


def _find_start(record: OutsideRecord) -> float:
    """Return the money that a record began with, from its profits; NaN where nothing was earned."""
    trades = record.trades
    profit = 0.0 if trades is None else float(trades["profit"].sum())
    return profit / record.total_return if record.total_return else float("nan")


def find_placebo(
    record: OutsideRecord, market: Market, *, n_draws: int = 1_000, seed: int = 0
) -> PlaceboFinding:
    """Compare the times of a record's trades with random ones on its market.

    Parameters
    ----------
    record : OutsideRecord
        With the times of its trades.
    market : Market
        What it was made on.
    n_draws : int
        Random entries, at least 1.
    seed : int
        The same seed, the same draws.

    Returns
    -------
    PlaceboFinding
        Or a note why there is none.
    """
    if record.trades is None or record.trades.empty:
        return PlaceboFinding(note=_NO_TIMES)
    try:
        decisions, left_out = to_decisions(record.trades, market)
    except DataError as error:
        return PlaceboFinding(note=str(error))
    found = compare_with_placebos(
        _RecordedTrades(),
        market,
        costs=_FREE,
        execution=_UNMARGINED,
        decisions=decisions.since(market.first),
        n_draws=n_draws,
        n_moves=1,
        seed=seed,
        threads=1,
    )
    random = found.placebos[RANDOM_ENTRIES]
    ranked = ((kind, each.primary) for kind, each in found.placebos.items())
    kinds = {kind: each for kind, each in ranked if each is not None and each.n}
    if random.primary is None:
        return PlaceboFinding(note=random.note)
    note = f"{_PRICED} {left_out} of {len(record.trades)} left out. {random.note}"
    return PlaceboFinding(random.primary.p_value, random.primary.n, note, kinds)


def to_decisions(trades: pd.DataFrame, market: Market) -> tuple[Decisions, int]:
    """Turn recorded trades into decisions at the bars before their entries.

    Parameters
    ----------
    trades : DataFrame
        With `kanalo.outside.record.TRADE_COLUMNS`, in order of their entries.
    market : Market
        Whose bars they are put on. A trade enters at the open of the bar that holds its entry, and
        leaves at the open of the bar that holds its exit, one bar later at the earliest.

    Returns
    -------
    Decisions, int
        On all bars, and the number of trades left out: outside of the market, or begun while
        another was open.

    Raises
    ------
    DataError
        If no trade lies within the market, or more than a fifth overlap.
    """
    index = market.index
    entry = np.searchsorted(index, pd.DatetimeIndex(trades["entry_time"]), side="right") - 1
    leaving = np.searchsorted(index, pd.DatetimeIndex(trades["exit_time"]), side="right") - 1
    inside = (entry > market.first) & (pd.DatetimeIndex(trades["exit_time"]) < market.closes_at[-1])
    if not inside.any():
        raise DataError(f"no trade lies within the bars of {market.name or market.symbol}")
    limits, sides = np.zeros(len(index), dtype=np.int64), np.zeros(len(index), dtype=np.int64)
    free, overlapping = 0, 0
    for row in np.flatnonzero(inside):
        if entry[row] < free:
            overlapping += 1
            continue
        held = max(int(leaving[row] - entry[row]), 1)
        sides[entry[row] - 1] = int(trades["side"].iloc[row])
        limits[entry[row] - 1] = held
        free = entry[row] + held
    if overlapping > MOST_OVERLAP * inside.sum():
        raise DataError(f"{overlapping} of {inside.sum()} trades begin while another is open")
    decisions = Decisions.from_arrays(len(index), long=sides > 0, short=sides < 0, max_bars=limits)
    return decisions, int((~inside).sum()) + overlapping
