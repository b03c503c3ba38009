"""A setting is declared once: its check, its option and its key follow."""

import dataclasses

import numpy as np
import pytest

from kanalo.errors import ParameterError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.execution.settings_fields import check_settings, list_settings, setting


@dataclasses.dataclass(frozen=True)
class Example:
    share: float = setting(
        0.5, help="A share.", accepted="a fraction", is_within=lambda share: 0 <= share <= 1
    )
    word: str = setting("a", help="A word.", choices=("a", "b"))
    maybe: float | None = setting(
        None, help="Perhaps.", accepted="a number above 0", is_within=lambda number: number > 0
    )
    flag: bool = setting(False, help="A flag.")

    def __post_init__(self):
        check_settings(self)


@pytest.mark.parametrize("cls", [Costs, Execution])
def test_every_field_says_what_it_does_and_takes(cls):
    for each in list_settings(cls):
        assert each.help.endswith((".", "]"))
        assert each.kind is bool or each.is_within is not None or each.choices
        each.check(cls.__name__, each.default)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 2}, r"Example\(\): 'share' must be a fraction; received 2"),
        ({"share": float("nan")}, "'share' must be a fraction; received nan"),
        ({"share": True}, "'share' must be a fraction; received True"),
        ({"word": "c"}, "'word' must be one of a, b; received 'c'"),
        ({"maybe": -1}, "'maybe' must be a number above 0; received -1"),
        ({"flag": 1}, "'flag' must be True or False; received 1"),
    ],
)
def test_a_wrong_value_is_named(values, message):
    with pytest.raises(ParameterError, match=message):
        Example(**values)


def test_scalars_of_numpy_are_stored_as_plain_values():
    example = Example(share=np.float64(0.25), maybe=np.int64(3), flag=np.bool_(True))
    assert [type(each) for each in dataclasses.astuple(example)] == [float, str, int, bool]
