"""A spec is read whole or refused with the key, the value and what was expected."""

import datetime

import pytest

from kanalo.errors import SpecError
from kanalo.experiment.spec import MarketSpec
from kanalo.experiment.spec_reader import load_spec, parse_spec

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
        "impact": 1.0,
    }
    assert plain["execution"]["margin"] == "exchange"
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
        (
            {"costs": [{"fee_bps": -5}]},
            "costs 1: Costs.*: 'fee_bps' must be a number",
        ),
        ({"costs": [{}, {}]}, "the name 'standard' is used twice"),
        ({"execution": {"cash": -1}}, "execution: Execution.*: 'cash' must be a number above 0"),
        ({"execution": {"cash": True}}, "'cash' must be int or float; received True"),
        ({"execution": 3}, "execution: must be a table; received 3"),
        ({"title": 3}, "'title' must be text; received 3"),
        ({"yardsticks": 1}, "'yardsticks' must be true or false; received 1"),
        ({"strategies": [{"name": "a", "markets": [["xmr_1d"]]}]}, "must be a list of names"),
        ({"strategies": [{"name": "a", "markets": "xmr_1d"}]}, "must be a list of names"),
        ({"strategies": [{"name": "a", "label": ""}]}, "'label' must be 1 to 100 printable"),
        ({"strategies": [{"name": "a", "label": " "}]}, "'label' must be 1 to 100 printable"),
        ({"strategies": [{"name": "a", "label": "x" * 101}]}, "'label' must be 1 to 100"),
        ({"strategies": [{"name": "a", "label": "\x1b[31m"}]}, "'label' must be 1 to 100"),
        ({"strategies": [{"name": "a", "label": "\u202e"}]}, "'label' must be 1 to 100"),
        ({"markets": [{"name": "a", "timezone": "UTC"}]}, "'timezone' says how to read a file"),
        ({"markets": [{"name": "a", "interval": "1h"}]}, "'interval' says how to read a file"),
        (
            {"markets": [{"name": "a", "from": "02.07.2025"}]},
            "may be 2 July 2025 or 7 February 2025",
        ),
        ({"markets": [{"name": "a", "to": datetime.date(9999, 1, 1)}]}, "a time from 1970 to 2199"),
        ({"markets": [{"name": "a", "from": "banana"}]}, "markets 1: 'from' must be a time"),
        ({"costs": [{"funding_missing": float("nan")}]}, "'funding_missing' must be a fraction"),
        ({"costs": [{"funding_missing": float("inf")}]}, "'funding_missing' must be a fraction"),
        ({"costs": [{"funding_missing": -1}]}, "'funding_missing' must be a fraction"),
        ({"costs": [{"funding_missing": 5}]}, "'funding_missing' must be a fraction"),
        ({"costs": [{"name": ""}]}, "costs 1: 'name' must be 1 to 100 printable"),
        ({"execution": {"cash": 1e308}}, "'cash' must be a number above 0"),
        ({"execution": {"cash": 10**4000}}, "'cash' must be a number above 0"),
        ({"execution": {"max_leverage": 1e9}}, "'max_leverage' must be a number above 0"),
        ({"x" * 999: 1}, "unknown key 'xxx.*…"),
    ],
)
def test_a_wrong_spec_is_refused(change, message):
    with pytest.raises(SpecError, match=message):
        parse_spec({**MINIMAL, **change})


@pytest.mark.parametrize(
    "name",
    [
        "../../../escaped",
        "/tmp/absolute",
        "..",
        ".",
        "",
        " ",
        ".hidden",
        "a/b",
        "a\\b",
        "C:x",
        "a\n",
    ],
)
def test_a_name_that_is_a_path_is_refused(name):
    with pytest.raises(SpecError, match="'name' (names a folder|must be 1 to 100)"):
        parse_spec({**MINIMAL, "name": name})


def test_a_name_may_have_spaces_and_accents():
    assert parse_spec({**MINIMAL, "name": "Größe 2"}).name == "Größe 2"


def test_all_names_of_a_long_spec_are_looked_at_once():
    """Twenty thousand labels are compared in one pass; each with each would take a minute."""
    strategies = [{"name": "a", "label": str(i)} for i in range(20_000)]
    assert len(parse_spec({**MINIMAL, "strategies": strategies}).strategies) == 20_000
    with pytest.raises(SpecError, match="the label '7' is used twice"):
        parse_spec({**MINIMAL, "strategies": [*strategies, {"name": "b", "label": "7"}]})


def test_markets_from_outside_take_the_place_of_the_spec_s():
    content = {"strategies": [{"name": "a", "markets": ["xmr_1d"]}]}
    spec = parse_spec(content, markets=[MarketSpec("mine", "mine.csv")])
    assert [each.name for each in spec.markets] == ["mine"]
    assert spec.strategies[0].markets == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 5_000, "nested too deeply|not TOML"),
        ("cash = 1" + "0" * 5_000, "not TOML: "),
        ("\x00", "not TOML: "),
    ],
    ids=["deep", "long", "null"],
)
def test_text_that_breaks_the_parser_is_a_sentence(tmp_path, text, message):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(SpecError, match=message) as caught:
        load_spec(path)
    assert len(str(caught.value).replace(str(path), "")) < 300


def test_a_byte_order_mark_is_accepted(tmp_path):
    path = tmp_path / "marked.toml"
    text = '[[markets]]\nname = "xmr_1d"\n[[strategies]]\nname = "sma_cross"\n'
    path.write_text(text, encoding="utf-8-sig")
    assert load_spec(path).strategies[0].name == "sma_cross"


def test_a_folder_is_no_spec(tmp_path):
    with pytest.raises(SpecError, match="cannot be read"):
        load_spec(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SpecError, match="nowhere.toml: cannot be read"):
        load_spec(tmp_path / "nowhere.toml")


def test_text_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[[markets]\n")
    with pytest.raises(SpecError, match="broken.toml: not TOML: .*line 1"):
        load_spec(path)
