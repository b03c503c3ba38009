"""On markets with nothing to find hardly anything is claimed, and a planted edge is found."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "null_markets.py"


@pytest.fixture(scope="module")
def study():
    """The script of the simulation study as a module."""
    spec = importlib.util.spec_from_file_location("null_markets_study", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_market_is_the_same_for_the_same_seed(study):
    first, second, other = (study.make_market("resampled", seed).close for seed in (1, 1, 2))
    assert first.tolist() == second.tolist()
    assert first.tolist() != other.tolist()


def test_planted_rule_has_the_sharpe_ratio_that_was_planted(study):
    from kanalo.analyzers import calc_ratio_statistics, to_daily_returns

    found = []
    for seed in range(12):
        result = study.run(study.Follow(), study.make_market("alone", seed), costs=study.FREE)
        daily = to_daily_returns(result.equity, result.cash)
        found.append(calc_ratio_statistics(daily, 365.0)["sharpe_ratio"])
    assert sum(found) / len(found) == pytest.approx(study.SHARPE, abs=0.3)


@pytest.mark.slow
def test_fifty_null_markets_make_no_more_claims_than_declared(study):
    """With a true rate of 5 % more than six of fifty would be a matter of 1 in 80."""
    kinds = ("walk", "resampled")
    tasks = [(kind, seed) for kind in kinds for seed in range(10_000, 10_025)]
    found = study.try_markets(tasks)
    counts = [study.count_claims(found, kind) for kind in kinds]
    assert sum(n for n, _, _ in counts) == 50
    assert sum(false for _, false, _ in counts) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["alone", "planted"])
def test_planted_edge_is_found_and_nothing_else(study, kind):
    found = study.try_markets([(kind, seed) for seed in range(10_000, 10_010)])
    n, false, true = study.count_claims(found, kind)
    assert (n, false) == (10, 0)
    assert true >= 8
