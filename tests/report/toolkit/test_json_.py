"""JSON: the same bytes for the same result, and nothing that JSON has no word for."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from kanalo.report import SCHEMA, to_model
from kanalo.report.toolkit.json_ import to_json


@pytest.mark.slow
def test_two_runs_of_one_spec_differ_under_run_alone(build):
    first = to_model(build(environment={"created": "now", "seconds": 1.0}))
    second = to_model(build(environment={"created": "later", "seconds": 2.0}))
    assert to_json(first) != to_json(second)
    first.pop("run"), second.pop("run")
    assert to_json(first) == to_json(second)


def test_missing_and_infinite_values_are_null():
    text = to_json({"nan": math.nan, "inf": np.float64("-inf"), "nat": pd.NaT, "none": None})
    assert json.loads(text) == {"nan": None, "inf": None, "nat": None, "none": None}


def test_keys_are_sorted_at_every_depth(model):
    def check(value):
        if isinstance(value, dict):
            assert list(value) == sorted(value)
            [check(each) for each in value.values()]
        elif isinstance(value, list):
            [check(each) for each in value]

    check(json.loads(to_json(model)))


def test_floats_read_back_unchanged(model):
    read = json.loads(to_json(model))
    assert read["results"][0]["statistics"] == model["results"][0]["statistics"]


def test_results_hold_one_entry_per_run(model, comparison):
    read = json.loads(to_json(model))
    assert read["schema"] == SCHEMA
    names = [(run.label, run.market, run.costs) for run in comparison.runs]
    assert [(r["label"], r["market"], r["costs"]) for r in read["results"]] == names


def test_dates_and_values_of_a_series_have_the_same_length(model):
    for entry in model["results"]:
        n_days = len(entry["equity"]["dates"])
        assert len(entry["equity"]["values"]) == n_days == 240
        assert len(entry["rolling_sharpe"]["values"]) == n_days
        for overlay in entry["overlays"]:
            assert {len(v) for k, v in overlay.items() if k not in ("name", "kind")} == {n_days}


def test_statistics_are_fractions_under_their_keys(model, comparison):
    for entry, run in zip(model["results"], comparison.runs, strict=True):
        assert entry["statistics"]["total_return"] == run.statistics["total_return"]
        assert entry["statistics"].keys() == {each["key"] for each in model["statistics"]}


def test_an_open_trade_has_no_exit(model):
    holding = next(each for each in model["results"] if each["label"] == "hold_perpetual")
    assert [trade["exit_time"] for trade in holding["trades"]] == [None]
    assert holding["trades"][0]["exit_price"] is None


def test_a_band_is_stored_low_side_first(model):
    band = next(o for o in model["results"][0]["overlays"] if o["kind"] == "band")
    pairs = [(a, b) for a, b in zip(band["lower"], band["upper"], strict=True) if a is not None]
    assert pairs
    assert all(a < b for a, b in pairs)
