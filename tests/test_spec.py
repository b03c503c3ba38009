"""A spec is read whole or refused with the key, the value and what was expected."""

import datetime

import pytest

from kanalo.errors import SpecError
from kanalo.spec import load_spec, parse_spec

MINIMAL = {"markets": [{"name": "xmr_1d"}], "strategies": [{"name": "sma_cross"}]}


def test_a_minimal_spec_has_the_documented_defaults():
    spec = parse_spec(MINIMAL)
    assert spec.execution.cash == 100_000
    assert list(spec.costs) == ["standard"]
    assert (spec.costs["standard"].fee_bps, spec.costs["standard"].slippage_bps) == (5, 2)
    assert spec.costs["standard"].funding is True
    assert spec.strategies[0].label == "sma_cross"


def test_dates_may_be_toml_dates_or_text(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[markets]]\nname = "xmr_1d"\nfrom = 2020-02-03\nto = "2024-01-01"\n'
        '[[strategies]]\nname = "sma_cross"\n'
    )
    spec = load_spec(path)
    assert spec.name == "mine"
    assert (spec.markets[0].start, spec.markets[0].end) == ("2020-02-03", "2024-01-01")
    assert spec.folder == tmp_path


def test_a_window_from_outside_replaces_the_spec_s():
    market = {"name": "xmr_1d", "from": datetime.date(2020, 1, 1), "to": datetime.date(2021, 1, 1)}
    spec = parse_spec({**MINIMAL, "markets": [market]}).within("2020-06-01", None)
    assert (spec.markets[0].start, spec.markets[0].end) == ("2020-06-01", "2021-01-01")


def test_a_spec_survives_its_plain_form():
    plain = parse_spec(MINIMAL).to_dict()
    assert plain["costs"][0] == {
        "name": "standard",
        "fee_bps": 5.0,
        "maker_fee_bps": None,
        "slippage_bps": 2.0,
        "funding": True,
        "funding_missing": 0.0,
    }
    assert plain["strategies"][0]["parameters"] == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"marktes": []}, r"spec: unknown key 'marktes'. Did you mean 'markets'\?"),
        ({"markets": []}, r"'markets' must be one table or more, written \[\[markets\]\]"),
        ({"markets": ["xmr_1d"]}, "markets 1: must be a table; received 'xmr_1d'"),
        ({"markets": [{}]}, "a market needs 'name' .* or 'data'"),
        ({"markets": [{"name": "a"}, {"name": "a"}]}, "the name 'a' is used twice"),
        ({"markets": [{"name": "a", "from": 3}]}, "'from' must be a date; received 3"),
        ({"strategies": [{"name": 7}]}, "'name' must be text; received 7"),
        ({"strategies": [{"label": "x"}]}, "a strategy needs 'name'"),
        ({"strategies": [{"name": "a"}, {"name": "a"}]}, "the label 'a' is used twice"),
        ({"strategies": [{"name": "a", "parameters": 3}]}, "'parameters' must be a table"),
        ({"strategies": [{"name": "a", "markets": ["b"]}]}, "a list out of xmr_1d"),
        ({"costs": [{"fee_bsp": 5}]}, r"costs 1: unknown key 'fee_bsp'. Did you mean 'fee_bps'\?"),
        ({"costs": [{"fee_bps": "5"}]}, "'fee_bps' must be int or float; received '5'"),
        ({"costs": [{"funding": 1}]}, "'funding' must be bool; received 1"),
        ({"costs": [{"fee_bps": -5}]}, "costs 1: The 'fee_bps' of the costs must be in"),
        ({"costs": [{}, {}]}, "the name 'standard' is used twice"),
        ({"execution": {"cash": -1}}, "execution: The 'cash' of the account must be positive"),
        ({"execution": {"cash": True}}, "'cash' must be int or float; received True"),
        ({"execution": 3}, "execution: must be a table; received 3"),
        ({"title": 3}, "'title' must be text; received 3"),
    ],
)
def test_a_wrong_spec_is_refused(change, message):
    with pytest.raises(SpecError, match=message):
        parse_spec({**MINIMAL, **change})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SpecError, match="nowhere.toml: cannot be read"):
        load_spec(tmp_path / "nowhere.toml")


def test_text_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[[markets]\n")
    with pytest.raises(SpecError, match="broken.toml: not TOML: .*line 1"):
        load_spec(path)
