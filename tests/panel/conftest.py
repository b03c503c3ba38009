"""A small panel of random walks that share half of their moves."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.market import Market
from kanalo.panel.coins import to_panel

N_HOURS = 4_000
NAMES = ("btc", "xmr", "aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh", "iii")


def make_market(name, seed, n=N_HOURS, start="2023-01-01", interval="1h"):
    """Make a random walk whose first half of the moves is the same for all seeds."""
    common = np.random.default_rng(0).normal(0, 0.006, n)
    rng = np.random.default_rng(seed + 1)
    close = 100 * np.exp(np.cumsum(common + rng.normal(0, 0.006, n)))
    opened = np.concatenate([[100.0], close[:-1]])
    spread = np.exp(np.abs(rng.normal(0, 0.003, (2, n))))
    index = pd.date_range(start, periods=n, freq=interval, tz="UTC", unit="ns", name="time")
    bars = pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) * spread[0],
            "low": np.minimum(opened, close) / spread[1],
            "close": close,
            "volume": rng.lognormal(8, 0.5, n),
        },
        index=index,
    )
    return Market.from_bars(
        bars,
        symbol=f"{name.upper()}USDT",
        interval=interval,
        venue="binance-usdm-perp",
        name=f"{name}_1h",
    )


@pytest.fixture(scope="session")
def markets():
    return {name: make_market(name, seed) for seed, name in enumerate(NAMES)}


@pytest.fixture(scope="session")
def panel(markets):
    return to_panel("walks", markets)


PLAN = """
schema = 1
market = "xmr_1h"
caliper = 1.0
draws = 199

[claims.rise]
event = "return_24h > 0.05"
horizon = "1d"
outcome = { kind = "return" }
against = "controls"
claimed = "more"
minimal = 0.05
definition = "rises"
refuted_if = "below 5 %"

[claims.level]
event = "return_24h > 0.05"
horizon = "6h"
outcome = { kind = "reaches", side = "above", distance = 0.01 }
against = "controls"
claimed = "more"
minimal = 0.1
definition = "levels"
refuted_if = "below 10 points"

[claims.silent]
event = "long_short_ratio > 1"
horizon = "1d"
outcome = { kind = "return" }
against = "controls"
claimed = "more"
minimal = 0.01
definition = "ratios"
refuted_if = "below 1 %"

[claims.other]
event = "return_24h > 0.1"
horizon = "1d"
outcome = { kind = "return" }
against = "controls"
claimed = "more"
minimal = 0.01
definition = "others"
refuted_if = "below 1 %"
"""

PANEL_PLAN = """
schema = 1
base = "claims.toml"
delisted = ["aaa_1h"]

[claims.rise]
relative = true
caliper = 1.5
controls = 10
match = ["volatility_7d"]

[claims.level]
share = true

[null]
panels = 20
level = [0.001, 0.01]

[undecidable]
other = "too rare"
"""


@pytest.fixture(scope="session")
def plan_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans")
    (folder / "claims.toml").write_text(PLAN)
    (folder / "claims_panel.toml").write_text(PANEL_PLAN)
    return folder / "claims_panel.toml"


@pytest.fixture(scope="session")
def plan(plan_file):
    from kanalo.panel.plan import load_panel_plan

    return load_panel_plan(plan_file)


@pytest.fixture(scope="session")
def samples(panel, plan):
    from kanalo.panel.trial import draw_panel

    return draw_panel(panel, plan, workers=1)


@pytest.fixture(scope="session")
def folder(markets, tmp_path_factory):
    """The panel as a folder of tables."""
    path = tmp_path_factory.mktemp("coins")
    for name, market in markets.items():
        market.bars.reset_index().to_parquet(path / f"{name}_1h.parquet")
    return path


@pytest.fixture(scope="session")
def data_dir():
    return Path(__file__).resolve().parents[2] / "data"
