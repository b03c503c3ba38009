"""What the report of a comparison depends on, and what it does not."""

from dataclasses import replace

import pytest

import kanalo
from kanalo.report import to_model, write_report
from kanalo.report.compare.kept import KeptReport, make_report_key


@pytest.fixture(scope="module")
def comparison():
    market = kanalo.load_market("xmr_1d").between("2025-01-01")
    return kanalo.compare(["hold_perpetual", "sma_cross"], market)


@pytest.fixture
def make_key(tmp_path):
    return lambda each, *options: make_report_key(each, tmp_path, tmp_path / "report", options)


def with_result(comparison, **changes):
    first, *others = comparison.runs
    result = replace(first.result, **changes)
    return replace(comparison, runs=(replace(first, result=result), *others))


def test_when_a_run_was_made_does_not_count(comparison, make_key):
    passing = {"created": "2000-01-01T00:00:00+00:00", "seconds": 1.0, "ledger_run": 9}
    later = replace(comparison, environment={**comparison.environment, **passing})
    assert make_key(later) == make_key(comparison)


@pytest.mark.parametrize(
    "change",
    [
        lambda each: replace(each, title="other"),
        lambda each: replace(each, spec={**each.spec, "name": "other"}),
        lambda each: replace(each, runs=each.runs[::-1]),
        lambda each: replace(each, passports={}),
        lambda each: replace(each, environment={**each.environment, "machine": "other"}),
        lambda each: with_result(each, equity=each.runs[0].result.equity + 1e-9),
        lambda each: with_result(each, trades=each.runs[1].result.trades),
        lambda each: with_result(each, market=each.runs[0].result.market.between("2025-02-01")),
        lambda each: with_result(each, ambiguous_bars=7),
    ],
    ids=("title", "spec", "order", "passport", "machine", "equity", "trades", "market", "bars"),
)
def test_whatever_a_report_shows_counts(comparison, make_key, change):
    assert make_key(change(comparison)) != make_key(comparison)


def test_options_of_the_report_count(comparison, make_key):
    assert make_key(comparison, True) != make_key(comparison, False)


def test_a_file_beside_the_rules_counts(comparison, make_key, tmp_path):
    before = make_key(comparison)
    (tmp_path / "levels.py").write_text("LEVEL = 1\n")
    assert make_key(comparison) != before


def test_the_model_of_a_kept_report_is_the_one_that_was_written(comparison, tmp_path):
    model, asked = to_model(comparison), {**comparison.environment, "seconds": 0.5}
    kept = KeptReport(tmp_path / "room", tmp_path / "report", "k" * 64)
    assert kept.load(asked) is None
    kept.keep(write_report(model, kept.folder, comparison), comparison.environment)
    loaded, made = kept.load(asked)
    assert made == comparison.environment["created"]
    assert loaded == {**model, "run": {**model["run"], "seconds": 0.5}}
