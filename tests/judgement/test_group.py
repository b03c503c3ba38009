"""What rules say together is the same, kept or computed, and kept under all it depends on."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kanalo.checks.findings import Findings
from kanalo.judgement import group
from kanalo.judgement.candidates import Options

DAYS = pd.date_range("2024-01-01", periods=120, tz="UTC")
FINDERS = {"tests": group.find_tests, "intervals": group.find_intervals}


def make_tables(seed=1):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.001, 0.02, (120, 3))
    returns[:, 2] = 0.0  # never traded: its Sharpe ratio is not defined
    table = pd.DataFrame(returns, index=DAYS, columns=["a", "b", "idle"])
    return table, table * 0.3


@pytest.fixture
def options(tmp_path):
    return Options(n_resamples=50, findings=Findings(tmp_path))


@pytest.mark.parametrize("kind", FINDERS)
def test_what_was_kept_is_what_was_computed(options, kind):
    find, tables = FINDERS[kind], make_tables()
    plain = find(*tables, replace(options, findings=None))
    computed, kept = (find(*tables, options) for _ in range(2))
    assert options.findings.n_kept == 1
    assert repr(computed) == repr(plain)
    assert str(kept).replace("np.float64", "") == str(plain).replace("np.float64", "")
    assert find_types(kept) == find_types(plain)


def find_types(value):
    """Return the types of values inside values; numbers of numpy count as Python's."""
    if isinstance(value, dict):
        return {key: find_types(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [find_types(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return type(value), find_types(vars(value))
    return float if isinstance(value, float) else type(value)


@pytest.mark.parametrize("kind", FINDERS)
@pytest.mark.parametrize("what", ["a return", "a label", "a day", "draws"])
def test_whatever_changes_is_computed_anew(options, kind, what):
    (table, held), find = make_tables(), FINDERS[kind]
    find(table, held, options)
    if what == "a return":
        table = table.copy()
        table.iloc[5, 0] += 1e-12
    elif what == "a label":
        table, held = (each.rename(columns={"a": "c"}) for each in (table, held))
    elif what == "a day":
        table, held = (each.set_axis(DAYS + pd.Timedelta(days=1)) for each in (table, held))
    else:
        options = replace(options, n_resamples=51)
    find(table, held, options)
    assert options.findings.n_kept == 0


def test_intervals_are_those_of_the_bootstrap(options):
    table, held = make_tables()
    found = group.find_intervals(table, held, options)
    own = found.rules["a"]
    assert set(own.differences) == {group.MATCHED_HOLD, group.CASH, "b", "idle"}
    assert own.intervals["cagr"].low < own.intervals["cagr"].estimate < own.intervals["cagr"].high
    assert own.differences[group.CASH]["cagr"].estimate == own.intervals["cagr"].estimate
    assert list(own.ruin_probability) == list(group.DRAWDOWNS)
    assert np.isnan(found.rules["idle"].intervals["sharpe_ratio"].estimate)
