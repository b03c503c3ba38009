"""Placebos: an edge stands above them, chance stands anywhere, and what a rule lacks is told."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kanalo.analyzers.batch.engine import simulate_many
from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.judgement import placebo
from kanalo.judgement.placebo import compare_with_placebos
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.strategy import Decisions, Strategy, param

FREE = Costs(fee_bps=0, slippage_bps=0, funding=False, impact=0)
HELD = 12
SIDES = ("long", "short")


@dataclass(frozen=True)
class Clairvoyant(Strategy):
    """Buy before the days on which the price will rise."""

    rise: float = param(0.04)

    def decide(self, market):
        ahead = np.full(len(market), np.nan)
        ahead[:-HELD] = market.close[HELD:] / market.close[:-HELD] - 1
        return Decisions.from_arrays(len(market), long=ahead > self.rise, max_bars=HELD)


@dataclass(frozen=True)
class Chance(Strategy):
    """Enter either side by chance, with stop and target."""

    seed: int = param(0)

    def decide(self, market):
        draw = np.random.default_rng(self.seed).random(len(market))
        side = np.where(draw < 0.5, 1, -1)
        return Decisions.from_arrays(
            len(market),
            long=draw < 0.015,
            short=draw > 0.985,
            stop=market.close * (1 - 0.03 * side),
            target=market.close * (1 + 0.03 * side),
            max_bars=HELD,
        )


@dataclass(frozen=True)
class Squeeze(Strategy):
    """Follow the estimated imbalance."""

    def decide(self, market):
        imbalance = market.cached(estimated_flow, hours=6).imbalance
        long, short = imbalance > 0.8, imbalance < -0.8
        return Decisions.from_arrays(len(market), long=long, short=short, max_bars=HELD)


@dataclass(frozen=True)
class Nothing(Strategy):
    """Never trade."""

    def decide(self, market):
        return Decisions.from_arrays(len(market))


def test_a_planted_edge_stands_above_99_of_100_random_entries(make_walk):
    found = compare_with_placebos(Clairvoyant(), make_walk(1, 4000), costs=FREE)
    assert found.primary.percentile > 0.99
    assert found.primary.p_value <= 0.01
    assert found.placebos[placebo.RANDOM_ENTRIES].ranks["total_return"].percentile > 0.99
    assert found.placebos[placebo.SIDES_FLIPPED].draws["sharpe_ratio"].iloc[0] < 0


def test_looking_ahead_earns_more_than_a_late_signal_and_enters_no_standing(make_walk):
    market = make_walk(1, 4000)
    found = compare_with_placebos(Clairvoyant(), market, costs=FREE, n_draws=10, shifts=(6, 12))
    shifted = found.placebos[placebo.SHIFTED]
    assert list(shifted.draws.index) == ["+6 bars", "+12 bars"]
    assert list(shifted.look_ahead.index) == ["-6 bars", "-12 bars"]
    assert shifted.primary.n == 2
    assert shifted.primary.percentile == 1


def test_random_entries_trade_like_the_rule(make_walk):
    found = compare_with_placebos(Chance(5), make_walk(2, 6000), costs=FREE, n_draws=200)
    draws = found.placebos[placebo.RANDOM_ENTRIES].draws
    assert draws["n_trades"].mean() == pytest.approx(found.actual["n_trades"], rel=0.05)
    assert draws["exposure_time"].mean() == pytest.approx(found.actual["exposure_time"], rel=0.1)


def test_the_same_seed_gives_the_same_placebos(make_walk):
    market = make_walk(2, 2000)
    one, same, other = (
        compare_with_placebos(Squeeze(), market, n_draws=20, n_moves=3, seed=seed)
        for seed in (1, 1, 2)
    )
    # As JSON, where a rate that is not known is equal to itself.
    one, same, other = (json.dumps(each.to_dict()) for each in (one, same, other))
    assert one == same
    assert one != other


def test_a_rule_without_liquidations_has_no_placebos_of_them(make_walk):
    found = compare_with_placebos(Chance(), make_walk(2, 1000), n_draws=5)
    for kind in (placebo.IMBALANCE_FLIPPED, placebo.OTHER_COIN, placebo.OTHER_TIME):
        assert not found.placebos[kind].applicable
        assert found.placebos[kind].note == "The rule reads no liquidations."


@dataclass(frozen=True)
class DirectSqueeze(Strategy):
    """Follow the estimated imbalance, computed without the market's cache."""

    def decide(self, market):
        imbalance = estimated_flow(market, hours=6).imbalance
        long, short = imbalance > 0.8, imbalance < -0.8
        return Decisions.from_arrays(len(market), long=long, short=short, max_bars=HELD)


@dataclass(frozen=True)
class ReportedColumn(Strategy):
    """Follow the reported liquidations, taken out of the context by hand."""

    def decide(self, market):
        longs, shorts = (market.context[f"liquidation_{side}_usd_venue"] for side in SIDES)
        return Decisions.from_arrays(
            len(market), long=shorts > 2 * longs, short=longs > 2 * shorts, max_bars=HELD
        )


def test_a_rule_that_computes_the_flow_itself_meets_the_placebos_of_one_that_caches_it(make_walk):
    market = make_walk(2, 2000)
    direct, cached = (
        compare_with_placebos(rule(), market, n_draws=5, n_moves=3)
        for rule in (DirectSqueeze, Squeeze)
    )
    for kind in (placebo.IMBALANCE_FLIPPED, placebo.OTHER_TIME):
        assert direct.placebos[kind].applicable
        assert direct.placebos[kind].draws.equals(cached.placebos[kind].draws) == (
            pd.Series(direct.actual).equals(pd.Series(cached.actual))
        )


def test_a_rule_that_takes_liquidations_out_of_the_context_reads_them(make_walk):
    market = make_walk(2, 1500)
    rng = np.random.default_rng(1)
    columns = {f"liquidation_{side}_usd_venue": rng.exponential(size=1500) for side in SIDES}
    market = replace(market, context=pd.DataFrame(columns, index=market.index))
    found = compare_with_placebos(ReportedColumn(), market, n_draws=5, n_moves=3, costs=FREE)
    flipped = found.placebos[placebo.IMBALANCE_FLIPPED].draws.iloc[0]
    np.testing.assert_allclose(flipped, found.placebos[placebo.SIDES_FLIPPED].draws.iloc[0])
    assert len(found.placebos[placebo.OTHER_TIME].draws) == 3


def test_flipped_imbalance_trades_the_other_side(make_walk):
    market = make_walk(2, 3000)
    found = compare_with_placebos(Squeeze(), market, costs=FREE, n_draws=5, n_moves=4)
    flipped = found.placebos[placebo.IMBALANCE_FLIPPED].draws.iloc[0]
    mirrored = found.placebos[placebo.SIDES_FLIPPED].draws.iloc[0]
    np.testing.assert_allclose(flipped, mirrored)
    assert found.placebos[placebo.OTHER_COIN].note == "The market has no benchmark."
    assert len(found.placebos[placebo.OTHER_TIME].draws) == 4


def test_another_coins_liquidations_decide_on_this_coins_bars(make_walk):
    own = make_walk(2, 2000)
    market = make_walk(2, 2000, benchmark=make_walk(9, 2000).bars)
    found = compare_with_placebos(Squeeze(), market, costs=FREE, n_draws=5, n_moves=2)
    made = Squeeze().decide(make_walk(9, 2000))
    batch = simulate_many(own, [made], FREE, Execution()).statistics()
    drawn = found.placebos[placebo.OTHER_COIN].draws.iloc[0]
    np.testing.assert_allclose(drawn["total_return"], batch["total_return"][0])


def test_warm_up_is_not_traded_but_decided_on(make_walk):
    market = make_walk(2, 3000)
    late = market.between(market.index[1000])
    found = compare_with_placebos(Squeeze(), late, n_draws=5, n_moves=2)
    made = Squeeze().decide(market).since(1000)
    batch = simulate_many(late.traded, [made], Costs(), Execution()).statistics()
    assert found.actual["total_return"] == batch["total_return"][0]


def test_a_rule_that_never_trades_has_no_placebos(make_walk):
    found = compare_with_placebos(Nothing(), make_walk(2, 500))
    assert found.primary is None
    assert found.to_frame().empty
    assert {each.note for each in found.placebos.values()} == {"The rule made no trade."}


def test_placebos_become_json_with_quantiles_for_many_draws_and_rows_for_few(make_walk):
    found = compare_with_placebos(Squeeze(), make_walk(2, 2000), n_draws=100, n_moves=3)
    model = json.loads(json.dumps(found.to_dict()))
    kinds = {each["kind"]: each for each in model["placebos"]}
    assert list(kinds) == list(placebo.KINDS)
    assert len(kinds[placebo.RANDOM_ENTRIES]["quantiles"]["sharpe_ratio"]) == 21
    assert kinds[placebo.RANDOM_ENTRIES]["draws"] == []
    assert len(kinds[placebo.OTHER_TIME]["draws"]) == 3
    assert kinds[placebo.SHIFTED]["look_ahead"][0]["placebo"] == "-1 bars"


@pytest.mark.parametrize("numbers", [{"n_draws": 0}, {"n_moves": 0}, {"shifts": (1, -2)}])
def test_numbers_below_one_are_refused(make_walk, numbers):
    with pytest.raises(ParameterError, match="must be an int of at least 1; received"):
        compare_with_placebos(Chance(), make_walk(2, 200), **numbers)


@pytest.mark.slow
def test_the_percentile_of_chance_is_uniform(make_walk):
    market = make_walk(7, 3000)
    settings = {"costs": FREE, "n_draws": 99, "shifts": (1,)}
    percentiles = [
        compare_with_placebos(Chance(seed), market, seed=seed, **settings).primary.percentile
        for seed in range(100)
    ]
    assert stats.kstest(percentiles, "uniform").pvalue > 0.01
