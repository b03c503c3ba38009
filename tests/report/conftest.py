"""A small comparison made by hand: no engine, no files, the same numbers on every machine."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
import zlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kanalo.analyzers.summary import calc_statistics
from kanalo.execution.costs import Costs
from kanalo.execution.result import TRADE_COLUMNS, Result
from kanalo.execution.rules import Execution
from kanalo.experiment.comparison import Comparison, Run
from kanalo.experiment.random_entry import RandomEntry
from kanalo.market import Market
from kanalo.report import to_html, to_model
from kanalo.strategy import Decisions

PASSPORT = {
    "market": "xmr_1d",
    "light": "amber",
    "findings": [
        {"name": "bars", "value": 240, "light": "green", "note": ""},
        {"name": "venue splices", "value": 1, "light": "amber", "note": "2020-02-03: new venue"},
    ],
}


def make_market(n_bars: int = 240, *, interval: str = "1D", name: str = "xmr_1d") -> Market:
    """Make bars that rise, fall and rise again, with a wobble."""
    t = np.arange(n_bars)
    close = 100 * np.exp(0.5 * np.sin(t / n_bars * 7) + 0.03 * np.sin(t * 1.7) + t / n_bars * 0.4)
    opens = np.concatenate(([close[0]], close[:-1]))
    frame = pd.DataFrame(
        {
            "open": opens,
            "high": np.maximum(opens, close) * 1.01,
            "low": np.minimum(opens, close) * 0.99,
            "close": close,
            "volume": np.full(n_bars, 1_000.0),
        },
        index=pd.date_range("2020-01-01", periods=n_bars, freq=interval, tz="UTC"),
    )
    return Market.from_bars(frame, name=name, venue="test-spot")


def make_result(market: Market, side: np.ndarray, strategy: str, **parameters: Any) -> Result:
    """Hold one coin per 0.2 % of cash on the given side; trades are the runs of equal sides."""
    cash, quantity = 100_000.0, 200.0
    close, opens = market.close, market.open
    position = np.concatenate(([0], side[:-1])) * quantity
    pnl = np.cumsum(position * np.diff(close, prepend=close[0]))
    equity = pd.Series(cash + pnl, index=market.index, name="equity")
    starts = np.flatnonzero(np.diff(position, prepend=0.0))
    rows = [
        make_trade(market, opens, a, b, float(position[a]))
        for a, b in pairwise([*starts, len(position)])
        if position[a]
    ]
    fills = [
        {
            "time": market.index[row["entry_bar"]],
            "price": row["entry_price"],
            "quantity": row["quantity"] * row["side"],
            "level": row["entry_price"],
            "fee": 0.0,
            "reason": "entry",
        }
        for row in rows
    ]
    return Result(
        strategy=strategy,
        parameters=parameters,
        market=market,
        costs=Costs().to_dict(),
        execution=Execution().to_dict(),
        fills=pd.DataFrame(fills, columns=["time", "price", "quantity", "level", "fee", "reason"]),
        trades=make_trade_table(rows),
        equity=equity,
        position=pd.Series(position, index=market.index),
        funding=pd.Series(0.0, index=market.index),
        decisions=make_decisions(market),
        ambiguous_bars=3,
        resolved_bars=1,
        funding_coverage=float("nan"),
        provenance={"data": {"xmr_1d.parquet": "ab12"}, "source": "cd34", "engine": "by hand"},
    )


def make_trade(market: Market, opens: Any, a: int, b: int, position: float) -> dict[str, Any]:
    """Make one round trip from the open of bar a to the open of bar b, or an open one."""
    ended = b < len(opens)
    side, entry = int(np.sign(position)), float(opens[a])
    last = float(opens[b]) if ended else float(market.close[-1])
    gain = side * (last / entry - 1)
    return {
        "side": side,
        "entry_time": market.index[a],
        "entry_price": entry,
        "exit_time": market.index[b] if ended else pd.NaT,
        "exit_price": last if ended else np.nan,
        "quantity": abs(position),
        "pnl": gain * entry * abs(position),
        "return": gain,
        "fees": 12.5,
        "funding": 0.0,
        "slippage": 5.0,
        "bars_held": b - a,
        "exit_reason": ("target" if gain > 0 else "stop") if ended else "open",
        "mae": min(0.0, gain) - 0.01,
        "mfe": max(0.0, gain) + 0.01,
        "clipped": 0.0,
        "stop": entry * (1 - side * 0.1),
        "target": entry * (1 + side * 0.2) if side > 0 else np.nan,
        "tag": "",
        "entry_bar": a,
        "exit_bar": b if ended else -1,
    }


def make_trade_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Make the table of trades with its types, empty or not."""
    table = pd.DataFrame(rows, columns=list(TRADE_COLUMNS))
    for column in ("entry_time", "exit_time"):
        table[column] = pd.to_datetime(table[column], utc=True)
    numbers = set(TRADE_COLUMNS) - {"entry_time", "exit_time", "exit_reason", "tag"}
    whole = {"side", "bars_held", "entry_bar", "exit_bar"}
    return table.astype({name: np.int64 if name in whole else np.float64 for name in numbers})


def make_decisions(market: Market) -> Decisions:
    """Draw a channel and a zone over the price and decide nothing."""
    trend = pd.Series(market.close).rolling(20).mean().to_numpy()
    channel = np.column_stack([trend * 0.9, trend * 1.1])
    overlays = {"channel": channel, "middle": trend}
    return Decisions.from_arrays(len(market), overlays=overlays)


def make_comparison(
    markets: Mapping[str, Market] | None = None, n_rules: int = 3, **names: Any
) -> Comparison:
    """Compare some rules that hold every k-th stretch with buying and holding."""
    markets = markets or {"xmr_1d": make_market()}
    runs = [
        Run(result, calc_statistics(result), label, market_name, "standard")
        for market_name, market in markets.items()
        for label, result in make_results(market, n_rules).items()
    ]
    fields = {
        "name": "article",
        "title": "Five rules on Monero",
        "question": "Which of these rules earned something, at what drawdown?",
        "spec": {"name": "article", "markets": list(markets), "costs": {"standard": {}}},
        "runs": tuple(runs),
        "passports": {name: {**PASSPORT, "market": name} for name in markets},
        "environment": {"created": "2026-06-08T12:00:00Z", "seconds": 1.5, "machine": "here"},
        "provenance": {"data": {"xmr_1d.parquet": "ab12"}, "versions": {"kanalo": "0.1.0"}},
    }
    return Comparison(**(fields | names))


def make_results(market: Market, n_rules: int) -> dict[str, Result]:
    """Make the rules, one that never trades, and the yardsticks."""
    t = np.arange(len(market))
    names = ["rising_channel_breakout", "sma_cross", "donchian_breakout"]
    names += [f"rule_{i}" for i in range(n_rules - 3)]
    results = {
        name: make_result(
            market, np.where((t // (15 + 5 * i)) % 3 == i % 3, 1 - 2 * (i % 2), 0), name
        )
        for i, name in enumerate(names[:n_rules])
    }
    results["idle"] = make_result(market, np.zeros(len(market)), "breakdown")
    drawn = RandomEntry(seed=1)
    results["random_entry"] = dataclasses.replace(
        make_result(market, np.where(t % 9 < 3, 1, 0), "random_entry", **drawn.parameters),
        decisions=drawn.decide(market),
    )
    results["hold_perpetual"] = make_result(market, np.ones(len(market)), "hold_perpetual")
    return results


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    return make_comparison()


@pytest.fixture(scope="session")
def model(comparison: Comparison) -> dict[str, Any]:
    return to_model(comparison)


@pytest.fixture(scope="session")
def page(model: dict[str, Any]) -> str:
    return to_html(model)


@pytest.fixture(scope="session")
def packed_figures() -> Callable[[str], list[str]]:
    """Return a function of a page to the figures of its closed sections."""
    return _unpack_figures


def _unpack_figures(page: str) -> list[str]:
    (text,) = re.findall(r'id="figures">(.*?)</script>', page)
    return list(json.loads(zlib.decompress(base64.b64decode(text[1:]), -zlib.MAX_WBITS)))


@pytest.fixture(scope="session")
def hostile_page(hostile_model: dict[str, Any]) -> str:
    return to_html(hostile_model)


@pytest.fixture(scope="session")
def hostile_model() -> dict[str, Any]:
    """Every name that a user or a file may choose tries to become markup."""
    bad = "<script>alert('x')</script>|$$\\frac12$$</svg>"
    comparison = make_comparison({bad: make_market(name=bad)}, title=bad, question=bad, name=bad)
    runs = tuple(
        dataclasses.replace(run, label=f"{bad}{i}", costs=bad)
        for i, run in enumerate(comparison.runs)
    )
    passports = {bad: {"light": bad, "findings": [{"name": bad, "value": bad, "light": bad}]}}
    return to_model(
        dataclasses.replace(comparison, runs=runs, passports=passports, provenance={bad: bad})
    )


@pytest.fixture(scope="session")
def build() -> Callable[..., Comparison]:
    return make_comparison


@pytest.fixture(scope="session")
def build_market() -> Callable[..., Market]:
    return make_market


FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--hide-scrollbars",
)


def find_browser():
    """Return the paths of Chromium and its driver, or skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium with chromedriver here; install chromium and chromium-driver")
    return browser, driver


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    paths = find_browser()
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(paths[1]))
    yield driver
    driver.quit()
