"""The registry and the dict of all statistics."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo import analyzers
from kanalo.analyzers import GROUPS, STATISTICS, calc_statistics, get_statistic
from kanalo.errors import UnknownNameError

DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"


@pytest.fixture
def year(make):
    """Hold one coin for a year of days while its price goes from 100 to 150 and back to 125."""
    closes = np.concatenate((np.linspace(100, 150, 200), np.linspace(150, 125, 165)))
    bars = make["to_bars"](closes)
    fills = [
        {"time": bars.index[0], "price": 101.0, "quantity": 1.0, "level": 100.0, "fee": 0.5},
    ]
    return make["to_result"](bars, fills=fills, trades=[{"pnl": 1.0, "return": 0.01}])


def test_every_statistic_is_there_in_order(year):
    assert list(calc_statistics(year)) == [statistic.key for statistic in STATISTICS]


def test_values_are_plain_numbers_and_counts_are_ints(year):
    figures = calc_statistics(year)
    for statistic in STATISTICS:
        kind = int if statistic.unit == "count" else float
        assert type(figures[statistic.key]) is kind, statistic.key
    assert json.loads(json.dumps(figures)).keys() == figures.keys()


def test_headline_figures_of_a_year_of_holding(year):
    figures = calc_statistics(year)
    assert figures["total_return"] == pytest.approx(0.25)
    assert figures["buy_and_hold_return"] == pytest.approx(0.25)
    assert figures["cagr"] == pytest.approx(0.25)
    assert figures["duration"] == pytest.approx(365)
    assert figures["equity_final"] == pytest.approx(125)
    assert figures["equity_peak"] == pytest.approx(150)
    assert figures["max_drawdown"] == pytest.approx(125 / 150 - 1)
    assert figures["exposure_time"] == 1.0
    assert figures["average_exposure"] == pytest.approx(1.0)
    assert figures["fees"] == 0.5
    assert figures["slippage"] == 1.0
    assert figures["funding_assumed"] == 0.25
    assert (figures["n_trades"], figures["win_rate"]) == (1, 1.0)
    assert (figures["ambiguous_bars"], figures["resolved_bars"]) == (2, 1)


def test_holding_has_a_beta_of_one_and_no_alpha_against_holding(year):
    figures = calc_statistics(year)
    assert figures["beta"] == pytest.approx(1.0)
    assert figures["correlation"] == pytest.approx(1.0)
    assert figures["alpha"] == pytest.approx(0.0, abs=1e-12)
    assert figures["excess_return"] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(figures["information_ratio"])


def test_without_btc_its_figures_are_unknown(year):
    figures = calc_statistics(year)
    for key in ("btc_return", "btc_alpha", "btc_beta", "btc_excess_return"):
        assert np.isnan(figures[key]), key
    assert figures["btc_days"] == 0


def test_btc_counts_on_the_days_that_it_has(make, year):
    benchmark = year.market.bars.copy()
    benchmark.iloc[10, :] = np.nan
    figures = calc_statistics(make["to_result"](year.market.bars, benchmark=benchmark))
    assert figures["btc_days"] == 363
    assert figures["btc_beta"] == pytest.approx(1.0)
    assert figures["btc_return"] == pytest.approx(0.25)
    assert figures["btc_excess_return"] == pytest.approx(0.0, abs=1e-12)


def test_a_falling_account_loses_what_it_held(make):
    figures = calc_statistics(make["to_result"](make["to_bars"]([100, 80, 40, 20])))
    assert figures["total_return"] == pytest.approx(-0.8)
    assert figures["max_drawdown"] == pytest.approx(-0.8)
    assert figures["sharpe_ratio"] < 0


def test_a_ruined_account_gives_no_nonsense(make):
    bars = make["to_bars"]([100, 150, 220, 220, 220])
    equity = pd.Series([100.0, 50.0, -20.0, -20.0, -20.0], index=bars.index)
    figures = calc_statistics(make["to_result"](bars, equity=equity, held=-1.0))
    assert figures["total_return"] == pytest.approx(-1.2)
    assert np.isnan(figures["cagr"])  # five days
    assert figures["max_drawdown"] == pytest.approx(-1.2)
    assert not np.isinf(list(figures.values())).any()


def test_an_account_without_a_trade_has_zero_returns_and_unknown_ratios(make):
    figures = calc_statistics(make["to_result"](make["to_bars"]([100, 110, 90]), held=0.0))
    assert (figures["total_return"], figures["max_drawdown"]) == (0.0, 0.0)
    assert (figures["n_trades"], figures["turnover"], figures["fees"]) == (0, 0.0, 0.0)
    for key in ("sharpe_ratio", "sortino_ratio", "calmar_ratio", "omega_ratio", "win_rate"):
        assert np.isnan(figures[key]), key


def test_two_hours_of_bars_are_enough_not_to_fail(make):
    figures = calc_statistics(make["to_result"](make["to_bars"]([100, 110], freq="h")))
    assert figures["total_return"] == pytest.approx(0.1)
    assert np.isnan(figures["sharpe_ratio"])


def test_hourly_and_daily_marks_of_one_account_have_the_same_ratios(make):
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.004, 24 * 100)))
    hours = make["to_bars"](closes, freq="h")
    days = hours.resample("D").agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    hourly, daily = (calc_statistics(make["to_result"](bars)) for bars in (hours, days))
    same = ("cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "alpha")
    for key in (*same, "total_return", "omega_ratio", "duration", "beta"):
        assert hourly[key] == pytest.approx(daily[key], rel=1e-9, abs=1e-12), key
    assert hourly["max_drawdown"] < daily["max_drawdown"]


@pytest.mark.parametrize(("n_days", "stated"), [(89, False), (90, True)])
def test_a_rate_a_year_needs_ninety_days(make, n_days, stated):
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.02, n_days)))
    figures = calc_statistics(make["to_result"](make["to_bars"](closes), cash=100.0))
    rates = [figures[key] for key in ("cagr", "calmar_ratio", "alpha")]
    assert np.isfinite(rates).tolist() == [stated] * 3
    assert np.isfinite([figures["total_return"], figures["sharpe_ratio"]]).all()


def test_weekly_bars_annualise_with_their_own_number(make):
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.05, 50)))
    bars = make["to_bars"](closes, freq="7D")
    figures = calc_statistics(make["to_result"](bars, cash=closes[0]))
    returns = np.diff(np.log(closes), prepend=np.log(closes[0]))
    expected = np.expm1(returns).std(ddof=1) * np.sqrt(365 / 7)
    assert figures["annual_volatility"] == pytest.approx(expected)


def test_keys_and_labels_are_unique_and_well_formed():
    keys = [statistic.key for statistic in STATISTICS]
    assert len(set(keys)) == len({statistic.label for statistic in STATISTICS}) == len(keys)
    for statistic in STATISTICS:
        assert statistic.key.isidentifier()
        assert statistic.key.islower()
        assert statistic.help.endswith(".")
        assert ("[%]" in statistic.label) <= (statistic.unit == "fraction")
        assert ("[$]" in statistic.label) == (statistic.unit == "money")
    assert list(dict.fromkeys(statistic.group for statistic in STATISTICS)) == list(GROUPS)


def test_an_unknown_statistic_is_refused_with_a_suggestion():
    assert get_statistic("sharpe_ratio").label == "Sharpe Ratio"
    with pytest.raises(UnknownNameError, match=r"'sharp_ratio'. Did you mean 'sharpe_ratio'\?"):
        get_statistic("sharp_ratio")


def test_every_statistic_is_documented():
    text = DOCUMENT.read_text(encoding="utf-8")
    for statistic in STATISTICS:
        assert f"| `{statistic.key}` | {statistic.label} | {statistic.unit} |" in text


def test_public_names_are_exported_sorted_and_exist():
    assert len(set(analyzers.__all__)) == len(analyzers.__all__)
    assert all(hasattr(analyzers, name) for name in analyzers.__all__)


@pytest.mark.slow
def test_importing_the_analyzers_does_not_import_backtrader():
    program = "import sys, kanalo.analyzers; sys.exit('backtrader' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
