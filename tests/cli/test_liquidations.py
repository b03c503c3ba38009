"""`kanalo liquidations score` on a table of one's own."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from kanalo.cli import liquidations
from kanalo.cli.base import new_group

application = new_group()
application.add_typer(liquidations.app, name="liquidations")


@pytest.fixture
def score():
    def run(*arguments):
        return CliRunner().invoke(application, ["liquidations", "score", *map(str, arguments)])

    return run


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(2)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, 500)))
    opening = np.concatenate([[100.0], close[:-1]])
    rise = np.maximum(close / opening - 1, 0)
    path = tmp_path / "coin.csv"
    pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=500, freq="h", tz="UTC"),
            "open": opening,
            "high": np.maximum(opening, close) * 1.0005,
            "low": np.minimum(opening, close) / 1.0005,
            "close": close,
            "volume": 10.0,
            "long_liquidation_base": np.maximum(opening / close - 1, 0),
            "short_liquidation_base": rise,
        }
    ).to_csv(path, index=False)
    return path


def test_json_gives_the_three_scores_with_intervals(score, table):
    outcome = score("--data", table, "--quick", "--json", "-")
    assert outcome.exit_code == 0, outcome.output
    model = json.loads(outcome.stdout)
    for target in ("shorts", "longs", "imbalance"):
        low, high = model["intervals"][target]
        assert 0.5 < low < model[target] < high <= 1
    assert model["table"] == "coin"
    assert model["hours"] == 300
    assert model["origin"].startswith("estimated")


def test_table_names_hours_and_rows(score, table, tmp_path):
    outcome = score("--data", table, "--quick", "--json", tmp_path / "out.json")
    assert "Frozen estimator on coin, 300 hours after the warm-up" in outcome.stdout
    printed = re.search(r"estimator with map\s+(0\.\d{3}) \[", outcome.stdout)
    model = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert float(printed.group(1)) == pytest.approx(model["shorts"], abs=0.0005)


def test_file_without_reports_is_refused(score, tmp_path):
    path = tmp_path / "bars.csv"
    path.write_text("time,open,high,low,close,volume\n2024-01-01,1,1,1,1,1\n")
    outcome = score("--data", path)
    assert outcome.exit_code == 1
    assert "lacks the column(s) long_liquidation_base" in str(outcome.exception)
