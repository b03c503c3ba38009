"""Wrong arguments: each message names the function, the argument, the value and what is taken."""

from dataclasses import dataclass

import numpy as np
import pytest

from kanalo.errors import KanaloError
from kanalo.judgement.bootstrap import resample_returns
from kanalo.judgement.candidates import Options
from kanalo.judgement.intrabar import bound_intrabar
from kanalo.judgement.judge import judge
from kanalo.judgement.placebo import compare_with_placebos
from kanalo.judgement.superiority import calc_superiority, find_confidence_set
from kanalo.judgement.tornado import measure_tornado
from kanalo.judgement.trials import Trials
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions, Strategy

MARKET = random_walk_market(200, 1, "1d")
RETURNS = np.random.default_rng(1).normal(0, 0.01, (200, 2))


@dataclass(frozen=True)
class Every(Strategy):
    """Buy every tenth bar and hold for two."""

    def decide(self, market):
        return Decisions.from_arrays(len(market), long=np.arange(len(market)) % 10 == 0, max_bars=2)


RULE = Every()
DECISIONS = RULE.decide(MARKET)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: judge(3, Trials({})),
            r"^judge\(\): 'candidates' must be a list of Cand",
        ),
        (lambda: judge([3], Trials({})), r"^judge\(\): 'candidates' must be a list of Candidate"),
        (lambda: judge([], {}), r"^judge\(\): 'trials' must be the Trials to allow for .+ \{\}\."),
        (lambda: judge([], Trials({}), 5), r"^judge\(\): 'options' must be Options or None; rec"),
        (lambda: compare_with_placebos(Every, MARKET), r"class Every\. Did you mean Every\(\)\?"),
        (lambda: compare_with_placebos(3, MARKET), r"'strategy' must be a kanalo.Strategy with"),
        (lambda: compare_with_placebos(RULE, "xmr_1d"), r"'market' must be a kanalo.Market"),
        (lambda: compare_with_placebos(RULE, MARKET, n_draws=0), r"'n_draws' must be an int of"),
        (lambda: compare_with_placebos(RULE, MARKET, n_moves=1.5), r"'n_moves' must be an int of"),
        (lambda: compare_with_placebos(RULE, MARKET, shifts=[0]), r"'shifts' must be an int of"),
        (lambda: compare_with_placebos(RULE, MARKET, seed="a"), r"'seed' must be an int of"),
        (lambda: compare_with_placebos(RULE, MARKET, costs=5), r"'costs' must be a kanalo.Costs"),
        (lambda: measure_tornado(MARKET, 5), r"^measure_tornado\(\): 'decisions' must be kanalo"),
        (lambda: measure_tornado(3, DECISIONS), r"^measure_tornado\(\): 'market' must be a kanalo"),
        (lambda: bound_intrabar(MARKET, DECISIONS, execution=1), r"'execution' must be a kanalo"),
        (lambda: calc_superiority(RETURNS, size=1), r"^calc_superiority\(\): 'size' must be in"),
        (lambda: calc_superiority(RETURNS, n_resamples=0), r"'n_resamples' must be an int of at"),
        (lambda: find_confidence_set(RETURNS, size="a"), r"^find_confidence_set\(\): 'size' must"),
        (lambda: find_confidence_set(RETURNS, seed=-1), r"'seed' must be an int of at least 0"),
        (lambda: resample_returns(RETURNS, n_resamples=1), r"'n_resamples' must be an int of at"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(KanaloError, match=message):
        call()


def test_numbers_of_numpy_are_numbers():
    two = np.int64(20)
    assert calc_superiority(RETURNS, size=np.float64(0.1), n_resamples=two, seed=np.int32(1)).size
    found = compare_with_placebos(RULE, MARKET, n_draws=two, shifts=[np.int64(1)], n_moves=two)
    assert len(found.placebos["random entries"].draws) == 20
    assert Options(n_resamples=two).n_resamples == 20
