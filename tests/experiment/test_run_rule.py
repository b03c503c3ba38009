"""One rule over one market: what may stand for both, what is refused, what a result holds."""

import sys
from dataclasses import dataclass

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

from kanalo.errors import (
    DataError,
    EngineError,
    ParameterError,
    StrategyError,
    UnknownNameError,
)
from kanalo.execution.costs import Costs
from kanalo.execution.reference import simulate as reference
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.experiment.run_rule import run
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy, param
from kanalo.workspace import Workspace


@pytest.fixture
def market():
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 300)))
    index = pd.date_range("2021-01-01", periods=300, freq="D", tz="UTC")
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    return Market.from_bars(pd.DataFrame({**columns, "volume": 1.0}, index=index))


@dataclass(frozen=True)
class Every(Strategy):
    """Buy every nth bar for one bar."""

    n: int = param(5, low=2, high=100)

    def decide(self, market):
        at = np.arange(len(market)) % self.n == 0
        return Decisions.from_arrays(len(market), long=at, max_bars=1)


def test_a_result_adds_up(market):
    result = run(Every(3), market, costs=Costs(fee_bps=10))
    assert result.strategy == "Every"
    assert result.parameters == {"n": 3}
    assert len(result.trades) == 100
    assert result.trades["pnl"].sum() == pytest.approx(result.equity.iloc[-1] - result.cash)
    assert result.fills["fee"].sum() == pytest.approx(result.trades["fees"].sum())
    assert set(result.exposure.round(6)) <= set(result.exposure.round(6).clip(0, 1.001))


def test_warm_up_is_read_from_before_the_window(market):
    """A window's decisions are those of the whole history, and nothing is traded before it."""
    window = run(Every(7), market.between("2021-03-01", "2021-06-01"))
    assert window.equity.index[0] == pd.Timestamp("2021-03-01", tz="UTC")
    assert window.equity.index[-1] == pd.Timestamp("2021-05-31", tz="UTC")
    first = next(bar for bar in range(59, 300) if bar % 7 == 0) + 1
    assert window.trades["entry_time"].iloc[0] == market.index[first]


def test_an_empty_window_is_refused(market):
    with pytest.raises(DataError, match="no bar opens between 2030-01-01 and the end"):
        market.between("2030-01-01")


def test_a_hand_written_backtrader_strategy_runs(market):
    class Once(bt.Strategy):
        params = (("bar", 10),)

        def next(self):
            if len(self.data) == self.p.bar:
                self.buy(size=2)

    result = run(Once, market, parameters={"bar": 20})
    assert result.strategy == "Once"
    assert result.trades["entry_bar"].tolist() == [20]
    assert result.decisions is None


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "Wrong.decide.. must return Decisions; received NoneType"),
        (Decisions.from_arrays(7), "Wrong.decide.. decided on 7 bars; the market has 300"),
    ],
)
def test_what_a_rule_returns_is_checked(market, returned, message):
    class Wrong(Strategy):
        def decide(self, market):
            return returned

    with pytest.raises(StrategyError, match=message):
        run(Wrong(), market)


def test_engines_give_one_result_and_say_who_they_are(market):
    ours, theirs = (run(Every(3), market, engine=each) for each in ("compiled", "reference"))
    pd.testing.assert_frame_equal(ours.trades, theirs.trades, rtol=1e-9)
    pd.testing.assert_series_equal(ours.equity, theirs.equity, rtol=1e-9)
    assert ours.provenance["engine"].startswith("compiled (numba ")
    assert theirs.provenance["engine"].startswith("reference (backtrader ")


def test_cross_checked_run_names_both_engines(market):
    engine = run(Every(3), market, cross_check=True).provenance["engine"]
    assert "compiled (numba " in engine
    assert ", cross-checked with reference (backtrader " in engine


def test_cross_check_stops_where_the_engines_differ(market, monkeypatch):
    def off_by_a_hair(*args):
        records = simulate_bt(*args)
        records.fills["price"][7] *= 1 + 2e-9
        return records

    monkeypatch.setattr(reference, "simulate_bt", off_by_a_hair)
    run(Every(3), market)
    with pytest.raises(EngineError, match=r"differ on Every over .* at bar \d+ .*'price' is"):
        run(Every(3), market, cross_check=True)


def test_unknown_engine_is_refused(market):
    with pytest.raises(ParameterError, match="'engine' must be one of compiled, reference"):
        run(Every(3), market, engine="vectorised")


@pytest.fixture
def rule_file(tmp_path, monkeypatch):
    """Return a function that writes a rule of the given body into a workspace and names it."""

    def write(body, base="Strategy"):
        root = tmp_path / "home"
        (root / "strategies").mkdir(parents=True)
        (root / "data").mkdir()
        (root / "strategies" / "__init__.py").touch()
        text = RULE if base == "Strategy" else BT_RULE
        (root / "strategies" / "mine.py").write_text(text.replace("BODY", body))
        monkeypatch.setattr(sys, "path", list(sys.path))
        return Workspace(root)

    forgotten = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_rule(name)}
    yield write
    for name in [name for name in sys.modules if _is_rule(name)]:
        del sys.modules[name]
    sys.modules.update(forgotten)


def _is_rule(name):
    return name.split(".")[0] == "strategies"


RULE = '''"""A rule."""
from dataclasses import dataclass
from kanalo.strategy import Decisions, Strategy, param

@dataclass(frozen=True)
class Mine(Strategy):
    """Do something."""

    days: int = param(5, low=1, high=9)

    def decide(self, market):
        BODY
'''
BT_RULE = '''"""A rule."""
import backtrader as bt

class Mine(bt.Strategy):
    """Do something."""

    params = (("step", 5),)

    def next(self):
        BODY
'''


# -- what may stand for a rule and for a market ----------------------------------------------------


def test_a_class_an_instance_and_a_name_are_one_rule(market, rule_file):
    home = rule_file(
        "return Decisions.from_arrays(len(market), long=market.close > 0, max_bars=self.days)"
    )
    cls = home.load_strategy("mine")
    results = [
        run(cls(days=3), market, workspace=home),
        run(cls, market, parameters={"days": 3}, workspace=home),
        run("mine", market, parameters={"days": 3}, workspace=home),
    ]
    assert [each.parameters for each in results] == [{"days": 3}] * 3
    assert len({each.equity.iloc[-1] for each in results}) == 1


def test_a_frame_a_file_and_a_market_are_one_market(market, tmp_path):
    path = tmp_path / "bars.csv"
    market.bars.rename_axis("time").to_csv(path)
    results = [run(Every, each) for each in (market, market.bars, path, str(path))]
    assert len({each.equity.iloc[-1] for each in results}) == 1
    assert results[1].market.name == "bars"


def test_a_name_is_a_bundled_market():
    assert run(Every(90), "xmr_1d").market.name == "xmr_1d"


def test_parameters_may_be_numbers_of_numpy(market):
    result = run(Every, market, parameters={"n": np.int64(7)})
    assert result.parameters == {"n": 7}
    assert type(result.parameters["n"]) is int


# -- what is refused -------------------------------------------------------------------------------


def test_parameters_beside_an_instance_are_refused_with_what_to_write(market):
    with pytest.raises(ParameterError, match=r"Write Every\(n=9\), or pass the class Every"):
        run(Every(3), market, parameters={"n": 9})


def test_unknown_parameters_of_a_backtrader_class_are_refused(market, rule_file):
    home = rule_file("pass", base="bt")
    with pytest.raises(ParameterError, match="Mine has no parameter 'stepp'. Did you mean 'step'"):
        run("mine", market, parameters={"stepp": 7}, workspace=home)
    assert run("mine", market, parameters={"step": 7}, workspace=home).parameters == {"step": 7}


def test_cross_check_is_refused_where_there_is_nothing_to_compare(market):
    with pytest.raises(ParameterError, match="leave cross_check out"):
        run(Every(3), market, engine="reference", cross_check=True)


def test_a_rule_without_decide_is_refused(market):
    class Half(Strategy):
        """Decide nothing."""

    with pytest.raises(StrategyError, match=r"Half has no decide\(\) method"):
        run(Half, market)


# -- errors inside a rule --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return market.bars['Close']", r"mine.py:12: Mine.decide\(\) raised KeyError: 'Close'"),
        ("return [] + 1", r"mine.py:12: Mine.decide\(\) raised TypeError: "),
        ("return 1 / 0", r"mine.py:12: Mine.decide\(\) raised ZeroDivisionError: division by zero"),
        ("raise ValueError('x' * 9999)", r"mine.py:12: .* raised ValueError: x+…"),
        ("raise ValueError()", "raised ValueError: no message"),
    ],
    ids=["key", "type", "zero", "long", "silent"],
)
def test_an_error_inside_a_rule_names_its_file_and_line(market, rule_file, body, message):
    home = rule_file(body)
    with pytest.raises(StrategyError, match=message) as caught:
        run("mine", market, workspace=home)
    assert len(str(caught.value)) < 400
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("return Decisions(long=1)", ParameterError, "Decisions has no argument 'long'"),
        ("return market.known('banana')", UnknownNameError, "no context column 'banana'"),
    ],
)
def test_a_refusal_inside_a_rule_names_its_file_and_line(market, rule_file, body, kind, message):
    with pytest.raises(kind, match=rf"mine.py:12: .*{message}"):
        run("mine", market, workspace=rule_file(body))


def test_an_error_inside_a_backtrader_class_names_its_file_and_line(market, rule_file):
    home = rule_file("self.datas[7]", base="bt")
    with pytest.raises(StrategyError, match=r"mine.py:10: Mine.next\(\) raised IndexError"):
        run("mine", market, workspace=home)


def test_too_few_bars_for_an_indicator_are_a_sentence(market):
    class Slow(bt.Strategy):
        """Wait for an average of 400 bars."""

        def __init__(self):
            bt.indicators.SMA(period=400)

    with pytest.raises(StrategyError, match="Slow needs more bars for its indicators than the 300"):
        run(Slow, market)


@dataclass(frozen=True)
class Unpaid(Every):
    """Trade without end, and ask for no funding."""

    pays_funding = False


def test_only_a_rule_that_holds_may_leave_funding_out(market):
    with pytest.raises(StrategyError) as caught:
        run(Unpaid(3), market)
    assert str(caught.value) == (
        "Unpaid has 'pays_funding = False', which only a rule may have that buys once and never "
        "sells; leave it out."
    )
