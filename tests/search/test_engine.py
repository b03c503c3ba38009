"""A search runs what a sweep would run, notes every set, and is repeated by its seed."""

import numpy as np
import pytest

import kanalo
from kanalo.errors import ParameterError
from kanalo.ledger import Ledger
from kanalo.market.synthetic import random_walk_market
from kanalo.search import run_search
from kanalo.sweep import Span, run_sweep

SPACE = {"entry": range(3, 40), "leave": range(2, 20), "stop_atr": Span(1.0, 5.0)}


@pytest.fixture(scope="module")
def market():
    return random_walk_market(1_500, 4)


@pytest.fixture(scope="module")
def searched(market):
    return run_search("donchian_breakout", market, SPACE, trials=40, seed=2)


def test_every_set_has_the_statistics_of_a_sweep(market, searched):
    row = searched.table.iloc[7]
    axes = {name: [row[name]] for name in SPACE}
    swept = run_sweep("donchian_breakout", market, axes).table.iloc[0]
    assert row["sharpe_ratio"] == swept["sharpe_ratio"]
    assert row["n_trades"] == swept["n_trades"]


def test_best_plateau_and_importance_are_those_of_the_sets(searched):
    best = searched.table["sharpe_ratio"].idxmax()
    assert searched.best()["entry"] == searched.table["entry"][best]
    assert searched.plateau().row == best
    shares = searched.importance["sharpe_ratio"]
    assert set(shares) == set(SPACE)
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.slow
def test_a_stored_search_goes_on_and_every_set_is_a_trial(market, searched, tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        asked = {"seed": 2, "folder": tmp_path / "kept", "ledger": ledger}
        run_search("donchian_breakout", market, SPACE, trials=20, **asked)
        more = run_search("donchian_breakout", market, SPACE, trials=40, **asked)
        assert more.table.equals(searched.table)
        assert len(ledger.trials(kinds=("search",))) == 40
        assert ledger.count_trials() == len(searched.table.iloc[:, :3].drop_duplicates())


@pytest.mark.slow
def test_several_objectives_give_a_front(market):
    by = ("sharpe_ratio", "max_drawdown")
    result = run_search("donchian_breakout", market, SPACE, trials=20, by=by)
    front = result.table.loc[result.front(), list(by)].to_numpy()
    ordered = front[np.argsort(front[:, 0])]
    assert len(front)
    assert (np.diff(ordered[:, 1]) <= 0).all()


def test_refused_sets_are_counted_and_not_run(market):
    space = {"fast": range(1, 30), "slow": range(2, 30)}
    result = run_search("sma_cross", market, space, trials=20, constraints=["slow < 25"])
    assert len(result) + result.swept.n_refused == 20
    assert result.swept.n_refused
    assert (result.table["fast"] < result.table["slow"]).all()
    assert (result.table["slow"] < 25).all()


@pytest.mark.parametrize(
    ("space", "options", "message"),
    [
        (
            {"entry": range(1, 9)},
            {},
            r"The 'entry' parameter of DonchianBreakout must be an int in",
        ),
        ({"stop_atr": Span(0.1, 3.0)}, {}, "The 'stop_atr' parameter of DonchianBreakout must be"),
        ({"entry": [20]}, {"trials": 0}, "'trials' must be a whole number from 1 to 100,000"),
        ({"entry": [20]}, {"seed": -1}, "'seed' must be a whole number"),
        ({}, {}, "The grid is empty"),
    ],
)
def test_a_wrong_space_is_named(market, space, options, message):
    with pytest.raises(ParameterError, match=message):
        run_search("donchian_breakout", market, space, **options)


def test_a_search_of_nothing_but_refused_sets_says_so(market):
    with pytest.raises(ParameterError, match="refused every set"):
        kanalo.run_search("sma_cross", market, {"fast": [30], "slow": [20]}, trials=2)
