"""Placebos: what a rule earns when what should make it work is taken away.

Random entries keep its trades and lose their timing; shifted signals come too late; flipped sides
and flipped imbalance say the contrary; another coin's liquidations, and its own from another time,
have nothing to say of this price. A rule that stands no higher than its placebos has not shown that
its signal matters, however much it earned.

**Primary is the Sharpe ratio of UTC-daily returns** against random entries; the total return stands
beside it. `kanalo.judgement.placebo_rank` has the percentile and the p-value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers.batch.engine import Batch, simulate_many
from kanalo.checks.differences import ComparedSpan, find_differences, to_columns
from kanalo.execution.costs import Costs
from kanalo.execution.deciding import decide
from kanalo.execution.rules import Execution
from kanalo.judgement.accepted import check_draws, check_run, check_strategy_given
from kanalo.judgement.altered import flip_decisions, shift_decisions
from kanalo.judgement.altered_flow import (
    Alteration,
    BorrowBenchmark,
    MoveInTime,
    SwapSides,
    find_first_flow,
    has_benchmark,
)
from kanalo.judgement.flow_market import alter_flow
from kanalo.judgement.placebo_rank import RANDOM_ENTRIES as RANDOM_ENTRIES
from kanalo.judgement.placebo_rank import PlaceboRank, calc_rank
from kanalo.judgement.random_band import RandomBand, to_band
from kanalo.judgement.random_entries import (
    calc_volatility,
    each_draw,
    find_strata,
    make_template,
    place_entries,
)
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy

PRIMARY = "sharpe_ratio"
RANKED = (PRIMARY, "total_return")
STATISTICS = (*RANKED, "cagr", "max_drawdown", "n_trades", "exposure_time", "average_exposure")
"""What is kept of every draw; the first two are ranked."""

SHIFTED = "shifted signals"
SIDES_FLIPPED = "flipped sides"
IMBALANCE_FLIPPED = "flipped imbalance"
OTHER_COIN = "another coin's liquidations"
OTHER_TIME = "liquidations of another time"
KINDS = (RANDOM_ENTRIES, SHIFTED, SIDES_FLIPPED, IMBALANCE_FLIPPED, OTHER_COIN, OTHER_TIME)

SHIFTS = (1, 2, 3, 6, 12, 24)
"""Bars by which signals are shifted."""

N_DRAWS = 1_000
N_MOVES = 20
"""Default numbers of random entries, and of liquidations moved in time."""

_NO_FLOW = "The rule reads no liquidations."
_NO_TRADE = "The rule made no trade."


@dataclass(frozen=True, eq=False)
class Placebo:
    """One kind of placebo.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    draws : DataFrame of shape (n_draws, n_statistics)
        `STATISTICS` of every placebo, indexed by what it is; empty where it is not applicable.
    ranks : mapping of str to PlaceboRank
        Of the `RANKED` statistics; empty where it is not applicable.
    note : str
        Why it is not applicable, or what to know about the draws.
    look_ahead : DataFrame
        The same of NEGATIVE shifts, which decide before anything was known: a diagnostic of how
        much knowing the future would earn. They are no placebos and enter no standing.
    band : RandomBand or None
        Equity of random entries over time; None of other kinds.
    """

    kind: str
    draws: pd.DataFrame
    ranks: Mapping[str, PlaceboRank] = field(default_factory=dict)
    note: str = ""
    look_ahead: pd.DataFrame = field(default_factory=pd.DataFrame)
    band: RandomBand | None = None

    @property
    def applicable(self) -> bool:
        """Whether there is anything to compare with."""
        return bool(self.ranks)

    @property
    def primary(self) -> PlaceboRank | None:
        """The standing by the Sharpe ratio; None where it is not applicable."""
        return self.ranks.get(PRIMARY)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; many draws as 21 quantiles, few one by one."""
        few = len(self.draws) <= 2 * N_MOVES
        return {
            "kind": self.kind,
            "applicable": self.applicable,
            "note": self.note,
            "ranks": {key: asdict(each) for key, each in self.ranks.items()},
            "quantiles": {} if few else {key: _quantiles(self.draws[key]) for key in RANKED},
            "draws": _to_rows(self.draws) if few else [],
            "look_ahead": _to_rows(self.look_ahead),
            "means": {} if self.draws.empty else self.draws.mean().to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Placebos:
    """A rule and its placebos of every kind.

    Attributes
    ----------
    actual : mapping of str to float
        `STATISTICS` of the rule itself.
    placebos : mapping of str to Placebo
        By kind, in the order of `KINDS`.
    seed : int
        Seed of all draws.
    """

    actual: Mapping[str, float]
    placebos: Mapping[str, Placebo]
    seed: int

    @property
    def primary(self) -> PlaceboRank | None:
        """The standing among random entries by the Sharpe ratio; None without a trade."""
        return self.placebos[RANDOM_ENTRIES].primary

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each kind and ranked statistic that applies."""
        rows = [
            {"kind": kind, "statistic": key, **asdict(each)}
            for kind, placebo in self.placebos.items()
            for key, each in placebo.ranks.items()
        ]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "primary": PRIMARY,
            "actual": dict(self.actual),
            "placebos": [each.to_dict() for each in self.placebos.values()],
            "seed": self.seed,
        }


def compare_with_placebos(
    strategy: Strategy,
    market: Market,
    *,
    costs: Costs | None = None,
    execution: Execution | None = None,
    decisions: Decisions | None = None,
    n_draws: int = N_DRAWS,
    shifts: Sequence[int] = SHIFTS,
    n_moves: int = N_MOVES,
    seed: int = 0,
    threads: int | None = None,
) -> Placebos:
    """Compare a rule with all its placebos.

    Parameters
    ----------
    strategy : Strategy
        The rule. It decides anew on markets with other liquidations, if it reads any.
    market : Market
        What it was run on, with its warm-up.
    costs, execution : Costs, Execution, optional
        Of the run; the defaults of `kanalo.run`.
    decisions : Decisions, optional
        What the rule decided on the bars after the warm-up (``Result.decisions``), if at hand.
    n_draws : int
        Draws of random entries.
    shifts : sequence of int
        Bars, each at least 1; the same are shown to the past as look-ahead.
    n_moves : int
        How often the liquidations are moved in time.
    seed : int
        The same seed, the same draws.
    threads : int, optional
        How many share the simulations; by default one for each core. Results do not depend on it.

    Returns
    -------
    Placebos

    Raises
    ------
    StrategyError
        If the strategy is none, or a class without parameters.
    ParameterError
        If an argument has another type, or a number of draws or a shift is below 1.
    """
    function = "compare_with_placebos"
    check_strategy_given(function, strategy)
    check_run(function, market, decisions, costs, execution)
    check_draws(function, seed=seed, n_draws=n_draws, n_moves=n_moves)
    for n_bars in shifts:
        check_draws(function, shifts=n_bars)
    own_decisions = decide(strategy, market).since(market.first) if decisions is None else decisions
    bench = _Bench(
        strategy, market, own_decisions, costs or Costs(), execution or Execution(), threads
    )
    if not bench.actual["n_trades"] + bench.n_open:
        nothing = {kind: Placebo(kind, bench.measure({}), note=_NO_TRADE) for kind in KINDS}
        return Placebos(bench.actual, nothing, seed)
    placebos = (
        bench.draw_entries(n_draws, seed),
        bench.shift(shifts),
        bench.rank(SIDES_FLIPPED, {"flipped": flip_decisions(own_decisions, bench.traded.close)}),
        *bench.alter_liquidations(n_moves, seed),
    )
    return Placebos(bench.actual, {each.kind: each for each in placebos}, seed)


class _Bench:
    """A rule on its market, and what runs its placebos."""

    def __init__(
        self,
        strategy: Strategy,
        market: Market,
        decisions: Decisions,
        costs: Costs,
        execution: Execution,
        threads: int | None,
    ) -> None:
        self._strategy, self._market, self._decisions = strategy, market, decisions
        self._costs, self._execution, self._threads = costs, execution, threads
        self.traded = market.traded
        table = self._simulate([decisions])
        self.n_open = int(table["n_open_trades"].iloc[0])
        self.actual = {key: float(table[key].iloc[0]) for key in STATISTICS}

    def draw_entries(self, n_draws: int, seed: int) -> Placebo:
        """Enter at random; see `kanalo.judgement.random_entries`."""
        template = make_template(self.traded, self._decisions, self._costs, self._execution)
        volatility = calc_volatility(self._market)[self._market.first :]
        strata = find_strata(self.traded, volatility)
        exits = self._execution.entry_bar_exits
        placed = place_entries(
            self.traded, template, strata, n_draws=n_draws, seed=seed, entry_bar_exits=exits
        )
        batch = self._run(each_draw(template, placed, self.traded.close), daily=True)
        draws = _to_table(batch)[[*STATISTICS]]
        note = (
            f"They hold a position {draws['exposure_time'].mean():.1%} of the time, the rule "
            f"{self.actual['exposure_time']:.1%}. {placed.moved:.1%} of their trades found room "
            f"only outside their stratum, {placed.dropped:.1%} nowhere."
        )
        placebo = self._rank(RANDOM_ENTRIES, draws, note)
        return replace(placebo, band=to_band(batch.days, batch.daily))

    def shift(self, shifts: Sequence[int]) -> Placebo:
        """Decide some bars later; and earlier, as a diagnostic."""
        close = self.traded.close
        later, earlier = (
            {f"{n:+d} bars": shift_decisions(self._decisions, n, close) for n in numbers}
            for numbers in (shifts, [-n for n in shifts])
        )
        placebo = self.rank(SHIFTED, later)
        note = "Stops and targets keep their distance from the close. Negative shifts look ahead."
        return Placebo(SHIFTED, placebo.draws, placebo.ranks, note, self.measure(earlier))

    def alter_liquidations(self, n_moves: int, seed: int) -> Iterator[Placebo]:
        """Decide on other liquidations, where the rule reads any."""
        flipped, reads = self._decide(SwapSides())
        if not reads:
            for kind in (IMBALANCE_FLIPPED, OTHER_COIN, OTHER_TIME):
                yield Placebo(kind, self.measure({}), note=_NO_FLOW)
            return
        yield self.rank(IMBALANCE_FLIPPED, {"sides swapped": flipped})
        if has_benchmark(self._market):
            yield self.rank(OTHER_COIN, {"benchmark": self._decide(BorrowBenchmark())[0]})
        else:
            yield Placebo(OTHER_COIN, self.measure({}), note="The market has no benchmark.")
        moves = self._draw_moves(n_moves, seed)
        moved = {f"{each.n_bars:+d} bars": self._decide(each)[0] for each in moves}
        yield self.rank(OTHER_TIME, moved)

    def _draw_moves(self, n_moves: int, seed: int) -> list[MoveInTime]:
        """Draw different moves of a tenth to nine tenths of the history."""
        first = find_first_flow(self._market)
        span = len(self._market) - first
        choice = np.arange(-(-span // 10), span - span // 10)
        rng = np.random.default_rng(seed)
        drawn = rng.choice(choice, size=min(n_moves, len(choice)), replace=False)
        return [MoveInTime(int(n_bars), first) for n_bars in drawn]

    def _decide(self, alteration: Alteration) -> tuple[Decisions, bool]:
        """Decide on altered liquidations, and tell whether the rule reads any.

        It does if it asked for some, or decides otherwise.
        """
        altered = alter_flow(self._market, alteration)
        decisions = decide(self._strategy, altered).since(self._market.first)
        return decisions, altered.reads_flow or _differ(decisions, self._decisions)

    def measure(self, decisions: Mapping[str, Decisions]) -> pd.DataFrame:
        """Run decisions and return `STATISTICS` of each."""
        if not decisions:
            return pd.DataFrame(columns=[*STATISTICS], dtype=np.float64)
        table = self._simulate(decisions.values())[[*STATISTICS]]
        return table.set_axis(pd.Index(decisions, dtype=object, name="placebo"))

    def rank(self, kind: str, decisions: Mapping[str, Decisions], note: str = "") -> Placebo:
        """Run decisions and rank the rule among them."""
        return self._rank(kind, self.measure(decisions), note)

    def _rank(self, kind: str, draws: pd.DataFrame, note: str) -> Placebo:
        ranks = {key: calc_rank(self.actual[key], draws[key].to_numpy()) for key in RANKED}
        return Placebo(kind, draws, ranks, note)

    def _simulate(self, decisions: Iterable[Decisions]) -> pd.DataFrame:
        return _to_table(self._run(decisions, daily=False))

    def _run(self, decisions: Iterable[Decisions], *, daily: bool) -> Batch:
        account = self._costs, self._execution
        return simulate_many(self.traded, decisions, *account, daily=daily, threads=self._threads)


def _to_table(batch: Batch) -> pd.DataFrame:
    table = batch.statistics()
    # As in the bootstrap: an account that never moved earns nothing and risks nothing.
    return table.assign(**{PRIMARY: table[PRIMARY].fillna(0.0)})


def _differ(decisions: Decisions, other: Decisions) -> bool:
    """Tell whether two rules decide otherwise; what they draw does not count."""
    columns, others = (to_columns(replace(each, overlays={})) for each in (decisions, other))
    return any(
        True for _ in find_differences(columns, others, ComparedSpan(0, 0, decisions.n_bars))
    )


def _quantiles(draws: pd.Series[float]) -> list[float]:
    return [float(each) for each in np.nanquantile(draws, np.linspace(0, 1, 21))]


def _to_rows(draws: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"placebo": str(label), **{str(key): float(value) for key, value in row.items()}}
        for label, row in draws.iterrows()
    ]
