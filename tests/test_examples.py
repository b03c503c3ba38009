"""The worked rules of docs/examples agree with each other and never look ahead."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import kanalo
from kanalo.signals.moving import highest, lowest, moving_average
from kanalo.signals.volatility import WILDER_MEMORY, average_true_range, true_range

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
NEEDS = {"talib": "talib", "pandas_ta": "pandas_ta_classic", "backtrader": "backtrader"}
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.fixture(autouse=True)
def own_strategies():
    """Set every imported `strategies` package aside, and bring it back afterwards."""
    forgotten = {name: sys.modules.pop(name) for name in _list_strategies()}
    yield
    for name in _list_strategies():
        del sys.modules[name]
    sys.modules.update(forgotten)


def _list_strategies():
    return [name for name in sys.modules if name.split(".")[0] == "strategies"]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Copy the worked rules into a workspace; load one, or skip where its library is missing."""
    home = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES, home / "strategies", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "strategies" / "__init__.py").touch()
    workspace = kanalo.find_workspace(home)

    def load(name):
        library = next(module for suffix, module in NEEDS.items() if name.endswith(suffix))
        pytest.importorskip(library, reason=f"{library} is missing: pip install 'kanalo[ta]'")
        return workspace.load_strategy(name)

    return load


@pytest.fixture(scope="module")
def market():
    return kanalo.load_market("xmr_1d").between("2023-01-01").traded


def test_each_rule_is_written_with_each_library():
    assert len(NAMES) == 6
    assert {name.split("_")[0] for name in NAMES} == {"macd", "rsi"}


@pytest.mark.parametrize("name", NAMES)
def test_rule_decides_and_is_explained(load, name, market):
    rule = load(name)
    assert rule.__doc__
    result = kanalo.run(rule, market)
    assert len(result.trades) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_rule_passes_the_audit(load, name, market):
    certificate = kanalo.certify(load(name)(), market)
    assert certificate.verdict == "clean", certificate.faults


@pytest.mark.parametrize("family", ["macd", "rsi_bollinger"])
def test_libraries_agree_on_every_trade_after_warm_up(load, family, market):
    entries = {}
    for suffix in NEEDS:
        rule = load(f"{family}_{suffix}")()
        late = kanalo.run(rule, market).trades
        warm = market.index[rule.warm_up(market)]
        entries[suffix] = list(late.loc[late["entry_time"] > warm, "entry_time"])
    assert entries["talib"]
    assert entries["talib"] == entries["pandas_ta"] == entries["backtrader"]


# -- what kanalo computes itself -----------------------------------------------------


@pytest.fixture
def talib():
    return pytest.importorskip("talib", reason="TA-Lib is not installed: pip install 'kanalo[ta]'")


@pytest.mark.parametrize("length", [2, 14, 50])
def test_averages_and_extremes_equal_talib_on_every_bar(talib, market, length):
    for own, theirs in (
        (moving_average(market.close, length), talib.SMA(market.close, length)),
        (highest(market.high, length), talib.MAX(market.high, length)),
        (lowest(market.low, length), talib.MIN(market.low, length)),
    ):
        assert np.isnan(own[: length - 1]).all()
        np.testing.assert_allclose(own, theirs, rtol=1e-10)


def test_true_range_equals_talib_from_the_second_bar(talib, market):
    theirs = talib.TRANGE(market.high, market.low, market.close)
    own = true_range(market.high, market.low, market.close)
    np.testing.assert_allclose(own[1:], theirs[1:], rtol=1e-12)
    assert own[0] == market.high[0] - market.low[0]
    assert np.isnan(theirs[0])


@pytest.mark.parametrize("length", [7, 14])
def test_average_true_range_equals_talib_after_warm_up(talib, market, length):
    own = average_true_range(market.high, market.low, market.close, length)
    theirs = talib.ATR(market.high, market.low, market.close, length)
    warm = WILDER_MEMORY * length
    assert abs(own[length] / theirs[length] - 1) > 1e-6  # another seed
    np.testing.assert_allclose(own[warm:], theirs[warm:], rtol=1e-9)


def test_average_true_range_equals_talib_on_every_bar_with_the_same_seed(talib, market):
    high, low, close = market.high, market.low, market.close
    before = (np.concatenate([[each[0]], each]) for each in (high, low, close))
    theirs = talib.ATR(*before, 14)[1:]  # a bar before the first: its range counts in the seed
    np.testing.assert_allclose(average_true_range(high, low, close, 14), theirs, rtol=1e-12)
