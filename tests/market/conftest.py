from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo import periods
from kanalo.market import Market, load_market

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    return DATA


@pytest.fixture(scope="session")
def xmr_1h() -> Market:
    return load_market(DATA, "xmr_1h")


@pytest.fixture(scope="session")
def xmr_1d() -> Market:
    return load_market(DATA, "xmr_1d")


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """A data folder with the daily BTC table alone, to be damaged."""
    manifest = json.loads((DATA / "manifest.json").read_text())
    manifest["tables"] = {"btc_1d": manifest["tables"]["btc_1d"]}
    manifest["markets"] = {"btc_1d": manifest["markets"]["btc_1d"]}
    manifest["documents"] = {}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(DATA / "btc_1d.parquet", tmp_path)
    return tmp_path


@pytest.fixture
def flat_market() -> Callable[..., Market]:
    """Make bars at 100 whose closes count up, so that a row can be told from its close."""

    def make(n_bars: int, interval: str = "1h", start: str = "2026-01-05", **fields) -> Market:
        length = periods.to_timedelta(interval)
        times = pd.date_range(start, periods=n_bars, freq=length, tz="UTC", unit="ns")
        close = 100.0 + np.arange(n_bars)
        bars = pd.DataFrame(
            {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 1.0},
            index=times,
        )
        return Market.from_bars(bars, interval=interval, **fields)

    return make
