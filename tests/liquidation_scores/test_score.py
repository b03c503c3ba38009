"""The examination: its statistics, what it refuses, and the figures it has to reproduce."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import kanalo
from kanalo.errors import DataError
from kanalo.liquidation_scores import methods as methods
from kanalo.liquidation_scores.correlations import (
    Estimate,
    Prediction,
    draw_blocks,
    predict_from_sizes,
    score_methods,
    spearman,
)
from kanalo.liquidation_scores.score import (
    cross_score,
    frozen_score,
    to_cross_dict,
    to_frozen_dict,
    to_text,
)
from kanalo.liquidation_scores.tables import load_calibration, read_calibration, to_calibration
from kanalo.liquidation_scores.zones import (
    NULLS,
    OURS,
    find_excess,
    score_zones,
)
from kanalo.market.manifest import read_manifest
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_estimator import FROZEN, frozen_estimator

DATA = Path(kanalo.__file__).parents[1] / "data"
TARGETS = ("shorts", "longs", "imbalance")


def make_table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, n)))
    opening = np.concatenate([[100.0], close[:-1]])
    return pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC"),
            "open": opening,
            "high": np.maximum(opening, close) * 1.001,
            "low": np.minimum(opening, close) / 1.001,
            "close": close,
            "volume": rng.lognormal(3, 1, n),
            "long_liquidation_base": rng.exponential(1, n),
            "short_liquidation_base": rng.exponential(1, n),
        }
    )


@pytest.fixture(scope="module")
def btc():
    return load_calibration(DATA, "btc")


@pytest.fixture(scope="module")
def eth():
    return load_calibration(DATA, "eth")


def test_spearman_is_that_of_scipy_with_ties():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 200).astype(float), rng.normal(size=200)
    assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic)


def test_constant_has_no_rank_correlation():
    assert np.isnan(spearman(np.ones(5), np.arange(5.0)))


def test_draws_keep_days_together():
    hours = np.arange(200, 200 + 24 * 5)
    for draw in draw_blocks(hours, 20):
        starts = draw.reshape(5, 24)
        assert (np.diff(starts, axis=1) == 1).all()
        assert ((starts[:, 0] - 200) % 24 == 0).all()


def test_no_size_on_either_side_is_no_lean():
    found = predict_from_sizes(np.array([0.0, 3.0]), np.array([0.0, 1.0]))
    assert found.imbalance.tolist() == [0.0, 0.5]


def test_perfect_method_scores_one_and_the_difference_is_paired():
    table = to_calibration(make_table(), "made")
    perfect = predict_from_sizes(table.shorts, table.longs)
    noise = np.random.default_rng(3).normal(size=(3, len(table)))
    given = {"perfect": perfect, "noise": Prediction(*noise)}
    scores, lead = score_methods(table, given, table.scored, reference="noise", n_draws=50)
    for target in TARGETS:
        ours, theirs = scores["perfect"][target], scores["noise"][target]
        assert ours == Estimate(*[pytest.approx(1.0)] * 3)
        assert lead["perfect"][target].value == pytest.approx(ours.value - theirs.value)
        assert lead["perfect"][target].low == pytest.approx(1 - theirs.high)
    assert "noise" not in lead


def test_hours_without_a_report_are_left_out():
    frame = make_table()
    frame.loc[250:299, ["long_liquidation_base", "short_liquidation_base"]] = np.nan
    table = to_calibration(frame, "gaps")
    broken = np.where(np.isfinite(table.shorts), table.shorts, 1e9)
    given = {"same": Prediction(broken, broken, broken)}
    scores, _ = score_methods(table, given, table.scored, n_draws=5)
    assert scores["same"]["shorts"].value == pytest.approx(1.0)


def test_halves_share_no_hour_and_leave_out_the_warm_up(btc):
    assert not (btc.first_half & btc.second_half).any()
    assert btc.first_half.sum() == 532
    assert btc.second_half.sum() == 733
    assert not btc.scored[:200].any()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_file_in_the_layout_is_read(tmp_path, suffix):
    path = tmp_path / f"coin.{suffix}"
    frame = make_table().assign(oi_close=1.0)
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    table = read_calibration(path)
    assert table.name == "coin"
    assert table.bar_hours == 1.0
    assert table.longs == pytest.approx(frame["long_liquidation_base"])


def test_times_in_milliseconds_are_read():
    frame = make_table()
    expected = pd.DatetimeIndex(frame["time"])
    frame["time"] = expected.as_unit("ms").asi8
    assert to_calibration(frame, "ms").bars.index.equals(expected.as_unit("ns"))


def test_table_without_liquidations_is_refused():
    frame = make_table().drop(columns="short_liquidation_base")
    with pytest.raises(DataError, match=r"coin: the table lacks .* short_liquidation_base"):
        to_calibration(frame, "coin")


def test_negative_liquidations_are_refused():
    frame = make_table()
    frame.loc[7, "long_liquidation_base"] = -1.0
    with pytest.raises(DataError, match="row 7: 'long_liquidation_base' must not be negative"):
        to_calibration(frame, "coin")


def test_text_where_numbers_belong_is_refused():
    frame = make_table().astype({"volume": object})
    frame.loc[3, "volume"] = "much"
    with pytest.raises(DataError, match="a time or a number cannot be read"):
        to_calibration(frame, "coin")


def test_table_that_is_too_short_to_warm_up_is_refused():
    with pytest.raises(DataError, match="200 rows; more than 200 are needed"):
        to_calibration(make_table(200), "coin")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_calibration(tmp_path / "none.csv")


def excess_of(excursion, rank, near):
    return find_excess(*(np.asarray(each, float) for each in (excursion, rank, near)))


def test_excess_compares_with_hours_of_equal_excursion():
    # Two sizes of move; the zone decides the rank, not the size.
    found = excess_of([0.01, 0.01, 0.05, 0.05], [0.9, 0.4, 0.8, 0.5], [0.005, 0.02, 0.04, 0.09])
    assert found == pytest.approx([0.5, np.nan, 0.3, np.nan], nan_ok=True)


def test_hour_without_a_comparable_one_has_no_excess():
    assert np.isnan(excess_of([0.01, 0.10], [0.9, 0.1], [0.005, 0.5])).all()


def test_hour_that_counts_nowhere_is_no_control():
    found = excess_of([0.01, 0.01, 0.01], [0.9, np.nan, 0.5], [0.005, 0.02, 0.02])
    assert found[0] == pytest.approx(0.4)


def test_hour_without_a_zone_enters_none():
    found = excess_of([0.01, 0.01], [0.9, 0.5], [0.005, np.nan])
    assert found == pytest.approx([0.4, np.nan], nan_ok=True)


@pytest.mark.slow
def test_zones_of_meaningless_liquidations_have_no_excess():
    table = to_calibration(make_table(1500, seed=4), "noise")
    found = score_zones(table, table.scored, MapSettings(), n_draws=100)
    assert found.hours > 300
    assert found.excess[OURS].low < 0 < found.excess[OURS].high


@pytest.mark.slow
def test_zones_beat_every_null_map_on_reported_liquidations(btc, eth):
    settings = frozen_estimator().map_settings
    for table in (btc, eth):
        found = score_zones(table, table.second_half, settings, n_draws=200)
        assert found.excess[OURS].low > 0.05
        for null in NULLS:
            assert found.lead[null].low > 0, (table.name, null)
        assert abs(found.excess["shuffled distances"].value) < 0.02


@pytest.mark.slow
def test_estimator_transfers_to_the_other_coin(btc, eth):
    table = tomllib.loads(files("kanalo.signals").joinpath(FROZEN).read_text("utf-8"))
    for one, other, name in ((btc, eth, "btc_to_eth"), (eth, btc, "eth_to_btc")):
        prediction = methods.with_map([(one, one.first_half)], other)
        scores, _ = score_methods(other, {"it": prediction}, other.second_half, n_draws=20)
        for target in TARGETS:
            stated = table["scores"][name][target]
            assert scores["it"][target].value == pytest.approx(stated, abs=0.0015), (name, target)


@pytest.mark.slow
def test_frozen_coefficients_are_what_the_fit_gives(btc, eth):
    fitted = methods.fit_estimator([(each, each.first_half) for each in (btc, eth)])
    for name in ("power", "swing", "order"):
        # Other processors round otherwise, and the optimum is flat.
        assert getattr(fitted, name) == pytest.approx(getattr(frozen_estimator(), name), rel=0.1)


def test_frozen_estimator_names_the_tables_it_was_fitted_on():
    table = tomllib.loads(files("kanalo.signals").joinpath(FROZEN).read_text("utf-8"))
    manifest, origin = read_manifest(DATA), table["provenance"]
    for name, digest in zip(origin["tables"], origin["sha256"], strict=True):
        assert manifest.table(name).sha256 == digest


@pytest.mark.slow
def test_map_adds_to_the_estimator_on_both_coins(btc, eth):
    for one, other in ((btc, eth), (eth, btc)):
        parts = [(one, one.first_half)]
        pair = {
            "with": methods.with_map(parts, other),
            "without": methods.without_map(parts, other),
        }
        _, lead = score_methods(other, pair, other.second_half, reference="without", n_draws=200)
        assert all(lead["with"][target].low > 0 for target in TARGETS)


def test_frozen_scores_are_written_as_plain_numbers(btc):
    model = to_frozen_dict(btc, frozen_score(btc, n_draws=20))
    model = json.loads(json.dumps(model, allow_nan=False))
    assert model["shorts"] > 0.82
    assert model["longs"] > 0.86
    assert model["imbalance"] > 0.77
    for target in TARGETS:
        low, high = model["intervals"][target]
        assert low < model[target] < high
        assert model["baseline"][target] < model[target]
    assert model["hours"] == 1265


def test_estimate_is_written_with_its_interval():
    assert to_text(Estimate(0.8512, 0.8, 0.9)) == "0.851 [0.800, 0.900]"
    assert to_text(Estimate(0.02, -0.01, 0.05), signed=True) == "+0.020 [-0.010, +0.050]"


@pytest.mark.slow
def test_row_without_its_library_is_left_empty(monkeypatch):
    def missing(_parts, _table):
        raise ModuleNotFoundError("No module named 'sklearn'")

    monkeypatch.setattr(methods, "METHODS", dict(methods.METHODS) | {methods.TREES: missing})
    monkeypatch.setattr("kanalo.liquidation_scores.score.METHODS", methods.METHODS)
    model = to_cross_dict(cross_score(DATA, n_draws=5))
    for direction in model["directions"]:
        assert direction["scores"][methods.TREES] is None
        assert direction["scores"][methods.ESTIMATOR]["shorts"]["value"] > 0.8
        assert direction["against_trees"] == {}


@pytest.mark.slow
def test_estimator_beats_the_boosted_trees():
    pytest.importorskip("sklearn")
    for direction in cross_score(DATA, n_draws=300):
        for target in TARGETS:
            assert direction.against_trees[methods.ESTIMATOR][target].low > 0, target
