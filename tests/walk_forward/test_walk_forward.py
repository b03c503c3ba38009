"""Walking forward chooses in-sample and tests out-of-sample."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.errors import DataError, ParameterError, StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.ledger import Ledger
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy, param
from kanalo.walk_forward import find_windows, run_walk_forward

FREE = Costs(fee_bps=0, slippage_bps=0, impact=0)


@dataclass(frozen=True)
class Follow(Strategy):
    """Buy after a rise over some bars, sell after a fall, and leave after a while."""

    bars: int = param(3, low=1, high=50)
    long: bool = param(True)

    def decide(self, market):
        close = market.close
        up = np.zeros(len(market), dtype=bool)
        up[self.bars :] = (close[self.bars :] > close[: -self.bars]) == self.long
        side = {"long": up} if self.long else {"short": up}
        return Decisions.from_arrays(len(market), **side, max_bars=4)


@dataclass(frozen=True)
class Peek(Strategy):
    """Buy wherever the price will rise from the next bar to the one after: a cheat."""

    offset: int = param(0, low=0, high=9)

    def decide(self, market):
        rises = np.zeros(len(market), dtype=bool)
        rises[:-2] = market.close[2:] > market.close[1:-1]
        return Decisions.from_arrays(
            len(market), long=np.roll(rises, self.offset), exit_long=~rises, max_bars=1
        )


@dataclass(frozen=True)
class Side(Strategy):
    """Hold long or short from the second bar on."""

    long: bool = param(True)

    def decide(self, market):
        every = np.ones(len(market), dtype=bool)
        return Decisions.from_arrays(len(market), **{"long" if self.long else "short": every})


def make_market(close, freq="D"):
    close = np.asarray(close, dtype=float)
    opening = np.concatenate(([close[0]], close[:-1]))
    index = pd.date_range("2024-01-01", periods=len(close), freq=freq, tz="UTC")
    columns = {
        "open": opening,
        "high": np.maximum(opening, close) * 1.001,
        "low": np.minimum(opening, close) * 0.999,
        "close": close,
        "volume": 1.0,
    }
    return Market.from_bars(pd.DataFrame(columns, index=index))


def make_noise(n=400, seed=1):
    steps = np.random.default_rng(seed).normal(0, 0.02, n)
    return make_market(100 * np.exp(np.cumsum(steps)))


def walk(strategy=Follow, market=None, grid=None, **options):
    options = {"train": "100d", "test": "50d", "costs": FREE} | options
    market = make_noise() if market is None else market
    grid = {"bars": [1, 2, 5, 9], "long": [True, False]} if grid is None else grid
    return run_walk_forward(strategy, market, grid, **options)


# -- windows ---------------------------------------------------------------------------------------


def test_rolling_windows_move_by_the_test():
    windows = find_windows(make_noise(260), "100d", "50d")
    spans = [(each.train_start, each.train_stop, each.test_stop) for each in windows]
    assert spans == [(0, 100, 150), (50, 150, 200), (100, 200, 250)]


def test_anchored_windows_begin_at_the_first_bar():
    windows = find_windows(make_noise(260), "100d", "50d", anchored=True)
    assert [each.train_start for each in windows] == [0, 0, 0]


def test_last_test_may_be_shorter_by_half():
    assert find_windows(make_noise(274), "100d", "50d")[-1].test_stop == 250
    assert find_windows(make_noise(275), "100d", "50d")[-1].test_stop == 275


def test_windows_begin_after_the_warm_up():
    windows = find_windows(make_noise(260).between("2024-01-11"), "100d", "50d")
    assert windows[0].train_start == 10


def test_short_market_is_refused():
    with pytest.raises(DataError, match="120 days are too few for a training of 100d and at least"):
        find_windows(make_noise(120), "100d", "50d")


@pytest.mark.parametrize("name", ["train", "test"])
def test_a_window_shorter_than_a_bar_is_refused(name):
    lengths = {"train": "100d", "test": "50d", name: "1h"}
    with pytest.raises(ParameterError, match=f"'{name}' must be at least one bar of 1d; received"):
        find_windows(make_noise(300), **lengths)


def test_length_that_is_none_is_refused():
    with pytest.raises(ParameterError, match="'train' must be a length .*received 'long'"):
        find_windows(make_noise(), "long", "50d")


# -- choice ----------------------------------------------------------------------------------------


def test_choice_is_that_of_a_sweep_over_the_training():
    market = make_noise()
    result = walk(market=market, purge="0d")
    for fold in result.folds:
        window = fold.window
        training = market.between(market.index[window.train_start], market.index[window.train_stop])
        swept = kanalo.run_sweep(
            Follow, training, {"bars": [1, 2, 5, 9], "long": [True, False]}, costs=FREE
        )
        assert fold.parameters == swept.best("sharpe_ratio")
        assert fold.in_sample["sharpe_ratio"] == swept.table["sharpe_ratio"].max()


def test_test_is_a_single_run_of_the_choice():
    market = make_noise()
    for fold in walk(market=market).folds:
        window = fold.window
        stop = market.index[window.test_stop] if window.test_stop < len(market) else None
        tested = market.between(market.index[window.train_stop], stop)
        single = kanalo.run(Follow(**fold.parameters), tested, costs=FREE)
        pd.testing.assert_series_equal(fold.equity, single.equity, rtol=1e-12)
        assert len(fold.trades) == len(single.trades)


def perturb(market, start):
    """Return the market with everything from a bar on turned upside down."""
    close = market.close.copy()
    close[start:] = close[start - 1] ** 2 / close[start:]
    changed = make_market(close)
    bars = changed.bars.copy()
    bars.iloc[:start] = market.bars.iloc[:start]
    return replace(changed, bars=bars)


@pytest.mark.parametrize(
    ("strategy", "anchored"),
    [
        (Peek, False),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [(Peek, True), (Follow, False), (Follow, True)]
        ),
    ],
)
def test_test_data_never_choose(strategy, anchored):
    market = make_noise()
    grid = {"bars": [1, 2, 5, 9]} if strategy is Follow else {"offset": [0, 1, 2, 3]}
    before = walk(strategy, market, grid, anchored=anchored)
    changed_later = 0
    for i, fold in enumerate(before.folds):
        after = walk(strategy, perturb(market, fold.window.train_stop), grid, anchored=anchored)
        for old, new in zip(before.folds[: i + 1], after.folds[: i + 1], strict=True):
            assert new.parameters == old.parameters
            assert new.in_sample == pytest.approx(old.in_sample, nan_ok=True, rel=1e-12)
            assert new.purged_bars == old.purged_bars
        assert not after.folds[i].equity.equals(fold.equity)  # the perturbation did arrive
        changed_later += after.folds[-1].in_sample != before.folds[-1].in_sample
    assert changed_later


def test_less_is_chosen_where_less_is_better():
    market = make_noise()
    result = walk(market=market, select="ulcer_index", purge="0d")
    fold = result.folds[0]
    training = market.between(market.index[0], market.index[100])
    swept = kanalo.run_sweep(
        Follow, training, {"bars": [1, 2, 5, 9], "long": [True, False]}, costs=FREE
    )
    assert fold.in_sample["ulcer_index"] == swept.table["ulcer_index"].min()


def test_statistic_that_cannot_choose_is_refused():
    with pytest.raises(ParameterError, match="Sets cannot be ranked by 'n_trades'"):
        walk(select="n_trades")


def test_a_rate_a_year_cannot_choose_in_short_trainings():
    with pytest.raises(ParameterError, match=r"trainings of 60d are too short for 'cagr'.*90 days"):
        walk(train="60d", test="30d", select="cagr")
    folds = walk(train="60d", test="30d").folds
    assert all(np.isnan(fold.out_of_sample["cagr"]) for fold in folds)


def test_nothing_is_traded_where_nothing_can_be_chosen():
    result = walk(min_trades=1000)
    assert [fold.parameters for fold in result.folds] == [None] * len(result.folds)
    assert (result.equity == 100_000).all()
    assert len(result.trades) == 0
    assert np.isnan(result.efficiency())


def test_backtrader_strategy_is_refused():
    with pytest.raises(StrategyError, match="int is not a kanalo.Strategy"):
        walk(int)


# -- purging ---------------------------------------------------------------------------------------


def test_longest_trade_is_purged():
    fold = walk().folds[0]
    assert fold.purged_bars == 4  # `max_bars` of the rule
    assert fold.train_end == fold.test_start - pd.Timedelta(days=4)


def test_at_most_half_of_a_training_is_purged():
    @dataclass(frozen=True)
    class Long(Follow):
        """Stay for ninety days."""

        def decide(self, market):
            entry = np.zeros(len(market), dtype=bool)
            entry[0] = True
            return Decisions.from_arrays(len(market), long=entry, max_bars=90)

    assert walk(Long, grid={"bars": [1]}).folds[0].purged_bars == 50


def test_purge_can_be_given():
    assert [fold.purged_bars for fold in walk(purge="10d").folds] == [10] * 6
    assert [fold.purged_bars for fold in walk(purge="0d").folds] == [0] * 6
    with pytest.raises(ParameterError, match="'purge' must be a length"):
        walk(purge="much")


# -- all tests together ----------------------------------------------------------------------------


def test_tests_are_compounded_by_hand():
    """Up by a tenth in every training and test: long is chosen and keeps on earning."""
    market = make_market(100 * 1.01 ** np.arange(250))
    result = walk(Side, market, {"long": [False, True]}, purge="0d")
    # Each test decides at its first close, buys at the second open and is marked at its end.
    growth = 1.01**49
    assert [fold.parameters["long"] for fold in result.folds] == [True] * 3
    assert result.equity.iloc[-1] == pytest.approx(100_000 * growth**3)
    assert result.figures["total_return"] == pytest.approx(growth**3 - 1)
    assert result.equity.index.equals(market.index[100:])


def test_each_test_starts_flat():
    market = make_market(100 * 1.01 ** np.arange(250))
    result = walk(Side, market, {"long": [True]}, purge="0d")
    assert result.trades["entry_bar"].tolist() == [1, 51, 101]
    assert (result.trades["exit_bar"] == -1).all()
    assert result.trades["pnl"].sum() == pytest.approx(result.equity.iloc[-1] - 100_000)


def test_efficiency_sets_tests_against_trainings():
    result = walk()
    sharpes = [fold.in_sample["sharpe_ratio"] for fold in result.folds]
    assert result.in_sample("sharpe_ratio") == pytest.approx(np.mean(sharpes))
    assert result.efficiency() == pytest.approx(result.figures["sharpe_ratio"] / np.mean(sharpes))
    fold = walk(test="100d").folds[0]
    assert fold.efficiency("cagr") == pytest.approx(
        fold.out_of_sample["cagr"] / fold.in_sample["cagr"]
    )


def test_choice_that_fails_out_of_sample_shows_it():
    """The market turns with every window, so what was best before is worst next."""
    steps = np.concatenate([np.full(100, s) for s in (0.01, -0.01, 0.01, -0.01)])
    market = make_market(100 * np.exp(np.cumsum(steps)))
    result = walk(Side, market, {"long": [True, False]}, test="100d", purge="0d")
    assert [fold.parameters["long"] for fold in result.folds] == [True, False, True]
    assert result.figures["total_return"] < -0.5
    assert result.efficiency() < 0


def test_ruin_ends_the_account():
    """Short into a rise of more than the account: nothing is left to trade with afterwards."""
    close = np.concatenate([np.linspace(100, 50, 100), np.linspace(50, 400, 50), np.full(100, 400)])
    market, grid = make_market(close), {"long": [True, False]}
    result = walk(Side, market, grid, purge="0d", execution=Execution(margin="none"))
    assert result.folds[0].parameters["long"] is False
    assert result.figures["total_return"] <= -1
    assert (result.equity.iloc[60:] <= 0).all()


def test_a_liquidated_account_owes_nothing():
    close = np.concatenate([np.linspace(100, 50, 100), np.linspace(50, 400, 50), np.full(100, 400)])
    result = walk(Side, make_market(close), {"long": [True, False]}, purge="0d")
    assert "liquidation" in set(result.trades["exit_reason"])
    assert result.equity.min() >= 0


def test_drift_lists_the_choices():
    result = walk()
    drift = result.to_drift()
    assert list(drift.columns) == ["bars", "long"]
    assert drift["bars"].tolist() == [fold.parameters["bars"] for fold in result.folds]
    assert drift.index[0] == result.folds[0].test_start


def test_every_set_of_every_training_is_a_trial(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as ledger:
        result = walk(ledger=ledger)
        assert ledger.count_trials() == 8 * len(result.folds)
        assert [run.kind for run in ledger.runs()] == ["walk_forward"]


def test_progress_counts_windows():
    told = []
    walk(progress=lambda *each: told.append(each))
    assert told[0] == ("window 1 of 6", 0, 6)
    assert told[-1] == ("done", 6, 6)
