"""The frozen estimator on liquidations over several hours."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.liquidation_scores.longer import (
    BASELINE,
    FROZEN,
    estimate,
    is_longer,
    read_longer,
    score_longer,
    to_longer_dict,
)
from kanalo.market.synthetic import random_walk_market
from kanalo.signals.liquidation_estimator import frozen_estimator


@pytest.fixture(scope="module")
def market():
    return random_walk_market(1_500, 3)


@pytest.fixture(scope="module")
def frame(market):
    """What the estimator says of every four hours, with noise, as if it had been reported."""
    flow = frozen_estimator().estimate(
        market.open, market.high, market.low, market.close, market.volume
    )
    rows = np.arange(0, 1_200, 4) + 240
    noise = np.random.default_rng(1).lognormal(0, 0.3, (2, len(rows)))
    sums = [
        np.add.reduceat(side * market.close, rows)[: len(rows)]
        for side in (flow.longs, flow.shorts)
    ]
    return pd.DataFrame(
        {
            "time_utc": market.index[rows].strftime("%Y-%m-%dT%H:%MZ"),
            "coin": "AAA",
            "long_usd": sums[0] * noise[0],
            "short_usd": sums[1] * noise[1],
        }
    )


@pytest.fixture
def write(tmp_path):
    def run(frame):
        path = tmp_path / "longer.csv"
        frame.to_csv(path, index=False)
        return path

    return run


def test_what_the_estimator_made_is_ranked_as_it_says(frame, market, write):
    path = write(frame)
    assert is_longer(path)
    tables = read_longer(path, {"aaa": market})
    assert tables[0].hours == 4
    assert tables[0].scored.all()
    score = score_longer(tables, n_draws=50)[0]
    assert (score.coin, score.n) == ("aaa", 300)
    assert score.scores[FROZEN]["shorts"].value > 0.8
    assert score.scores[FROZEN]["imbalance"].value > score.scores[BASELINE]["imbalance"].value
    assert score.largest[0]["usd"] == pytest.approx((frame["long_usd"] + frame["short_usd"]).max())
    model = to_longer_dict(str(path), [score], "schema")
    assert model["coins"][0]["shorts"] == score.scores[FROZEN]["shorts"].value


def test_hours_that_are_missing_are_not_scored(frame, market, write):
    kept = np.arange(len(market)) != 245
    short = type(market).from_bars(market.bars[kept], interval="1h")
    tables = read_longer(write(frame), {"aaa": short})
    assert tables[0].scored.tolist()[:3] == [True, False, True]
    assert estimate(tables[0], frozen_estimator()).shorts[1] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="long_usd"), "lacks the column"),
        (lambda f: f.assign(coin="BBB"), "no hourly bars of 'bbb'"),
        (lambda f: pd.concat([f, f.tail(1)]), "has two rows of"),
        (lambda f: f.assign(short_usd=-1.0), "must not be negative"),
        (lambda f: f.assign(time_utc="soon"), "cannot be read"),
    ],
)
def test_tables_that_cannot_be_scored_are_refused(frame, market, write, change, message):
    with pytest.raises(DataError, match=message):
        read_longer(write(change(frame)), {"aaa": market})
