"""Findings are kept under all that they depend on, and are the same as if they were computed."""

import dataclasses
import json

import pytest

from kanalo.checks.findings import Findings
from kanalo.workspace import find_workspace

MARKET = find_workspace().load_market("xmr_1d").between("2025-01-01")
SMA = find_workspace().load_strategy("sma_cross")


class Computing:
    """Count how often something is computed."""

    def __init__(self):
        self.n = 0

    def __call__(self):
        self.n += 1
        return {"p_value": 0.25, "none": float("nan")}


@pytest.fixture
def compute():
    return Computing()


def find(findings, compute, *, kind="placebo", strategy=None, market=MARKET, settings=(1, "a")):
    how = {"compute": compute, "write": dict, "read": dict}
    return findings.find(kind, strategy or SMA(), market, settings, **how)


def test_the_second_time_nothing_is_computed(tmp_path, compute):
    findings = Findings(tmp_path)
    first, again = find(findings, compute), find(Findings(tmp_path), compute)
    assert compute.n == 1
    assert repr(first) == repr(again)
    assert findings.n_kept == 0


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "tornado"},
        {"settings": (2, "a")},
        {"market": MARKET.between("2025-02-01")},
        {"strategy": SMA(fast=7)},
    ],
    ids=lambda each: next(iter(each)),
)
def test_whatever_changes_is_computed_anew(tmp_path, compute, other):
    findings = Findings(tmp_path)
    find(findings, compute)
    find(findings, compute, **other)
    assert compute.n == 2
    find(findings, compute, **other)
    assert (compute.n, findings.n_kept) == (2, 1)


def test_a_price_that_changed_counts(tmp_path, compute):
    bars = MARKET.bars.copy()
    bars.iloc[5, bars.columns.get_loc("close")] *= 1.0000001
    find(Findings(tmp_path), compute)
    find(Findings(tmp_path), compute, market=dataclasses.replace(MARKET, bars=bars))
    assert compute.n == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 1, "values": {}}', '{"values": []}'])
def test_what_is_broken_is_computed_anew(tmp_path, compute, text):
    find(Findings(tmp_path), compute)
    (path,) = tmp_path.iterdir()
    path.write_text(text)
    find(Findings(tmp_path), compute)
    assert compute.n == 2
    assert json.loads(path.read_text())["values"]["p_value"] == 0.25


def test_a_folder_that_cannot_be_made_costs_no_result(tmp_path, compute):
    (tmp_path / "file").touch()
    assert find(Findings(tmp_path / "file" / "findings"), compute)["p_value"] == 0.25


def test_a_failure_is_not_kept(tmp_path):
    def fail():
        raise RuntimeError("engines differ")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            find(Findings(tmp_path), fail)
    assert list(tmp_path.iterdir()) == []
