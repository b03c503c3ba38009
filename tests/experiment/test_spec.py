"""A spec is a plain value that shows itself in one short line."""

import pytest

from kanalo.errors import ParameterError
from kanalo.experiment.spec import MarketSpec, Spec
from kanalo.experiment.spec_reader import parse_spec


@pytest.fixture
def spec():
    markets = [{"name": f"market_{i}"} for i in range(100)]
    return parse_spec({"markets": markets, "strategies": [{"name": "sma_cross"}]})


def test_a_repr_is_short(spec):
    assert repr(spec).startswith("Spec('spec': 1 strategy on market_0, market_1")
    assert len(repr(spec)) <= 300


@pytest.mark.parametrize("window", [("02.07.2025", None), (None, "never")])
def test_a_window_is_checked(spec, window):
    with pytest.raises(ParameterError, match="may be|must be a time"):
        spec.within(*window)


def test_no_window_changes_nothing(spec):
    assert spec.within(None, None) == spec


def test_misspelt_fields_are_named():
    with pytest.raises(ParameterError, match="MarketSpec has no argument 'dta'. Did you mean"):
        MarketSpec("a", dta="x.csv")
    with pytest.raises(ParameterError, match="Spec has no argument 'tilte'. Did you mean 'title'"):
        Spec("a", (), (), {}, tilte="x")
