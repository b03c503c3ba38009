"""Count what verdicts claim on markets with nothing to find, and on markets with an edge.

Every market has six years of daily bars. Four worthless rules of the workspace and random entries
are run on it without costs, so that a rule without skill stands exactly at the border of the null,
and judged by `kanalo.judgement.judge`, the code behind `kanalo compare`, with fewer draws.

- ``walk``: a random walk, normal steps, eight to a day.
- ``resampled``: XMR's own days in blocks of 20 on average, each day whole (gap, range, close),
  their mean return taken away. The blocks keep XMR's momentum of days, so trend rules are not
  quite worthless there.
- ``shuffled``: the same, drawn day by day.
- ``planted``: a random walk that rises while a signal is on, two days in five, so that the rule
  that follows the signal has an annual Sharpe ratio of 2. It is judged among the worthless rules.
- ``alone``: the same market, and that rule is the only one that was ever tried.

    python benchmarks/null_markets.py --null 260 --planted 100 --workers 2

A market counts as a false claim if ANY worthless rule on it is called better than luck.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from kanalo import Decisions, Market, Strategy, find_workspace, load_market, run
from kanalo.cluster import Pool, map_chunks, open_pool
from kanalo.execution.costs import Costs
from kanalo.judgement.candidates import Candidate, Options
from kanalo.judgement.judge import judge
from kanalo.judgement.trials import gather_trials
from kanalo.judgement.verdict import MET

N_DAYS = 6 * 365
STEPS = 8
VOLATILITY = 0.045  # of a day, about XMR's
SHARPE = 2.0
SIGNAL_SHARE, SIGNAL_DAYS = 0.4, 5
BLOCKS = {"resampled": 20, "shuffled": 1}
NULLS = ("walk", "resampled", "shuffled")
FREE = Costs(fee_bps=0, slippage_bps=0, funding=False, impact=0)
OPTIONS = Options(
    n_resamples=400,
    n_placebos=199,
    shifts=(),
    cuts=2,
    intervals=False,
    intrabar=False,
    tornado=False,
)
WORTHLESS = {
    "sma_cross": {"fast": 10, "slow": 40},
    "donchian_breakout": {},
    "rising_channel_breakout": {},
    "breakdown": {},
    "random_entry": {"trades": 20.0, "hold": 120.0, "longs": 0.5},
}


@dataclass(frozen=True)
class Follow(Strategy):
    """Hold while the signal is on; it is written into the volume."""

    def decide(self, market: Market) -> Decisions:
        """Enter when it is on at a close and leave when it is off."""
        on = market.bars["volume"].to_numpy() > 1.5
        return Decisions.from_arrays(len(market), long=on, exit_long=~on)


def make_market(kind: str, seed: int) -> Market:
    """Make one market; the same kind and seed give the same bars."""
    rng = np.random.default_rng([seed, sum(map(ord, "alone" if kind == "planted" else kind))])
    if kind in BLOCKS:
        return to_market(*resample(rng, BLOCKS[kind]), np.ones(N_DAYS), kind)
    on = draw_signal(rng)
    drift = np.zeros(N_DAYS)
    if kind not in NULLS:
        # A decision at the close of day d is filled at the next open: day d + 1 is the first held.
        held = np.append(False, on[:-1])
        drift[held] = SHARPE * VOLATILITY / np.sqrt(365 * SIGNAL_SHARE)
    return to_market(*walk(rng, drift), 1.0 + on, kind)


def draw_signal(rng: np.random.Generator) -> np.ndarray:
    """Draw spells that are on ``SIGNAL_SHARE`` of the days, ``SIGNAL_DAYS`` long on average."""
    on = np.empty(N_DAYS, dtype=bool)
    leave = 1 / SIGNAL_DAYS
    enter = leave * SIGNAL_SHARE / (1 - SIGNAL_SHARE)
    state = rng.random() < SIGNAL_SHARE
    for day, chance in enumerate(rng.random(N_DAYS)):
        state = (chance >= leave) if state else (chance < enter)
        on[day] = state
    return on


def walk(rng: np.random.Generator, drift: np.ndarray) -> tuple[np.ndarray, ...]:
    """Walk with normal steps and compress each day to its open, high, low and close."""
    steps = rng.normal(0, VOLATILITY / np.sqrt(STEPS), (N_DAYS, STEPS))
    steps += (drift[:, None] - VOLATILITY**2 / 2) / STEPS  # so that simple returns have the drift
    path = np.cumsum(steps.ravel()).reshape(N_DAYS, STEPS)
    close = path[:, -1]
    opened = np.append(0.0, close[:-1])
    high = np.maximum(path.max(axis=1), opened)
    low = np.minimum(path.min(axis=1), opened)
    return tuple(np.exp(each) for each in (opened, high, low, close))


def resample(rng: np.random.Generator, block: int) -> tuple[np.ndarray, ...]:
    """Draw XMR's days in blocks; each keeps its shape relative to the close before it."""
    shapes = xmr_days()
    starts = rng.random(N_DAYS) < 1 / block
    starts[0] = True
    first = rng.integers(0, len(shapes), N_DAYS)
    every = np.arange(N_DAYS)
    began = np.maximum.accumulate(np.where(starts, every, 0))
    days = (first[began] + every - began) % len(shapes)
    drawn = shapes[days]
    before = np.append(1.0, np.cumprod(drawn[:, 3])[:-1])
    return tuple(drawn.T * before)


@cache
def xmr_days() -> np.ndarray:
    """Return open, high, low and close of XMR's days over the close before, without their mean."""
    bars = load_market("xmr_1d").bars
    close = bars["close"].to_numpy()
    shapes = bars[["open", "high", "low", "close"]].to_numpy()[1:] / close[:-1, None]
    return shapes / shapes[:, 3].mean()


def to_market(
    opened: np.ndarray,
    high: np.ndarray,
    low: np.ndarray,
    close: np.ndarray,
    volume: np.ndarray,
    kind: str,
) -> Market:
    """Make a market of daily bars."""
    index = pd.date_range("2018-01-01", periods=N_DAYS, tz="UTC", name="time")
    prices = {"open": opened, "high": high, "low": low, "close": close}
    columns = {name: 100 * values for name, values in prices.items()}
    return Market.from_bars(pd.DataFrame({**columns, "volume": volume}, index=index), name=kind)


def list_rules(kind: str) -> Iterator[Strategy]:
    """Yield the rules that are tried on a kind of market."""
    if kind not in NULLS:
        yield Follow()
    if kind != "alone":
        workspace = find_workspace()
        for name, parameters in WORTHLESS.items():
            yield workspace.load_strategy(name).with_parameters(parameters)


def try_market(task: tuple[str, int]) -> dict[str, object]:
    """Run and judge all rules on one market, and say which conditions any of them met."""
    kind, seed = task
    market = make_market(kind, seed)
    subjects = [
        Candidate(type(rule).__name__, kind, "free", run(rule, market, costs=FREE), rule, market)
        for rule in list_rules(kind)
    ]
    trials = gather_trials(None, [each.result for each in subjects])
    (group,) = judge(subjects, trials, OPTIONS).groups
    judged = group.strategies
    asked = {"Follow": judged["Follow"]} if "Follow" in judged else judged
    met = {
        reason.name: any(each.verdict.reasons[i].status == MET for each in asked.values())
        for i, reason in enumerate(next(iter(asked.values())).verdict.reasons)
    }
    claimed = [name for name, each in judged.items() if each.verdict.better_than_luck]
    return {"kind": kind, "seed": seed, "claimed": claimed, "met": met}


def try_markets(
    tasks: Sequence[tuple[str, int]], pool: Pool | None = None
) -> list[dict[str, object]]:
    """Try markets one after another, or side by side on a pool."""
    return list(map_chunks(_try_market, None, tasks, pool))


def _try_market(shared: None, task: tuple[str, int]) -> dict[str, object]:
    del shared
    return try_market(task)


def count_claims(found: Sequence[dict[str, object]], kind: str) -> tuple[int, int, int]:
    """Count markets of a kind, those with a claim about a worthless rule, and about the planted."""
    mine = [each for each in found if each["kind"] == kind]
    false = sum(any(name != "Follow" for name in each["claimed"]) for each in mine)
    return len(mine), false, sum("Follow" in each["claimed"] for each in mine)


def main() -> None:
    """Run the study and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--null", type=int, default=300, help="markets of each kind of null")
    parser.add_argument("--planted", type=int, default=100, help="markets with an edge, each kind")
    parser.add_argument("--kinds", nargs="+", default=[*NULLS, "planted", "alone"])
    parser.add_argument("--workers", type=int, help="processes of this machine")
    parser.add_argument("--cluster", help="address of a dask scheduler, tls://host:port")
    asked = parser.parse_args()
    size = {kind: asked.null if kind in NULLS else asked.planted for kind in asked.kinds}
    tasks = [(kind, seed) for kind in asked.kinds for seed in range(size[kind])]
    began = time.perf_counter()
    with open_pool(asked.workers, asked.cluster) as pool:
        found = try_markets(tasks, pool)
    for kind in dict.fromkeys(kind for kind, _ in tasks):
        n, false, true = count_claims(found, kind)
        print(
            f"{kind:10} {n:4} markets: false claims {false / n:.1%}, planted found {true / n:.1%}"
        )
        rows = [each["met"] for each in found if each["kind"] == kind]
        for name, share in pd.DataFrame(rows).mean().items():
            print(f"           {name:24} met on {share:.1%}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
