"""Each kind of value of a spec is read or refused with file, key, value and what is accepted."""

from dataclasses import dataclass

import pytest

from kanalo.errors import SpecError
from kanalo.experiment import spec_values


@dataclass(frozen=True)
class Point:
    """A number, a word and a flag."""

    x: float = 0.0
    word: str = ""
    flag: bool = False


def test_a_table_becomes_a_dataclass():
    assert spec_values.build(Point, {"x": 1, "flag": True}, "here") == Point(1, "", True)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"y": 1}, "here: unknown key 'y'. Known: flag, word, x."),
        ({"x": "1"}, "here: 'x' must be int or float; received '1'."),
        ({"x": True}, "here: 'x' must be int or float; received True."),
        ({"word": 1}, "here: 'word' must be str; received 1."),
        ({"flag": 0}, "here: 'flag' must be bool; received 0."),
        ([], "here: must be a table; received []."),
    ],
)
def test_wrong_tables_are_refused(table, message):
    with pytest.raises(SpecError) as caught:
        spec_values.build(Point, table, "here")
    assert str(caught.value) == message


def test_an_absent_key_has_its_default():
    assert spec_values.read_text({}, "title", "here", "none") == "none"
    assert spec_values.read_flag({}, "flag", "here") is False
    assert spec_values.read_time({}, "from", "here") == ""
    assert spec_values.read_name({}, "label", "here", "") == ""


def test_tables_are_numbered():
    found = list(spec_values.list_tables({"costs": [{"a": 1}, {"b": 2}]}, "costs", "x.toml"))
    assert [where for _, where in found] == ["x.toml: costs 1", "x.toml: costs 2"]


@pytest.mark.parametrize("value", [None, [], {}, "text", 5])
def test_a_list_of_tables_is_one_or_more(value):
    with pytest.raises(SpecError, match=r"must be one table or more, written \[\[costs\]\]"):
        list(spec_values.list_tables({"costs": value}, "costs", "x.toml"))
