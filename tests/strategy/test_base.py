"""Parameters and decisions: what is accepted, and what is refused with which words."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanalo.errors import DecisionError, ParameterError, StrategyError
from kanalo.strategy import Decisions, Strategy, param


@dataclass(frozen=True)
class Rule(Strategy):
    """Do nothing, with one parameter of each kind."""

    weeks: int = param(26, low=8, high=104, unit="weeks", help="Weeks.")
    share: float = param(0.5, low=0.0)
    both: bool = param(True)
    word: str = param("x")

    def decide(self, market):
        return Decisions.from_arrays(len(market))


def mask(n, *bars):
    values = np.zeros(n, dtype=bool)
    values[list(bars)] = True
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weeks": 0}, r"The 'weeks' parameter of Rule must be an int in \[8, 104\]; received 0\."),
        ({"weeks": 26.0}, r"must be an int in \[8, 104\]; received 26\.0"),
        ({"weeks": True}, "received True"),
        ({"share": -0.1}, "must be a float of at least 0.0; received -0.1"),
        ({"share": float("nan")}, "received nan"),
        ({"both": 1}, "must be a bool; received 1"),
        ({"word": 3}, "must be a str; received 3"),
        ({"wekes": 9}, "Rule has no parameter 'wekes'. Did you mean 'weeks'"),
    ],
)
def test_wrong_values_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Rule.with_parameters(values)


def test_an_int_serves_as_a_float():
    assert Rule(share=1).parameters == {"weeks": 26, "share": 1, "both": True, "word": "x"}


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("nonsense", None), ("1e1", None), ("200", None)]
)
def test_text_from_a_command_line_is_converted_and_checked(text, value):
    parameter = Rule.declared()[0]
    if value is None:
        with pytest.raises(ParameterError, match=r"must be an int in \[8, 104\]"):
            parameter.parse(text, "Rule")
    else:
        assert parameter.parse(text, "Rule") == value


@pytest.mark.parametrize(("text", "value"), [("true", True), ("no", False), ("False", False)])
def test_words_for_true_and_false(text, value):
    assert Rule.declared()[2].parse(text, "Rule") is value


def test_a_forgotten_decorator_is_named():
    class Bare(Strategy):
        n: int = param(1)

        def decide(self, market):
            return Decisions.from_arrays(len(market))

    with pytest.raises(StrategyError, match="Bare declares 'n' but is not decorated"):
        Bare.declared()


def test_a_field_without_param_is_named():
    @dataclass(frozen=True)
    class Loose(Strategy):
        n: int = 3

        def decide(self, market):
            return Decisions.from_arrays(len(market))

    with pytest.raises(StrategyError, match="The field 'n' of Loose was not declared with param"):
        Loose.declared()


def test_dense_arrays_become_sparse_decisions():
    made = Decisions.from_arrays(
        6,
        long=mask(6, 1, 4),
        short=mask(6, 2),
        exit_long=mask(6, 3),
        stop=np.where(mask(6, 2), 110.0, 90.0),
        max_bars=np.arange(6),
        tag=np.array(["a", "b", "c", "d", "e", "f"]),
    )
    assert made.entries.tolist() == [1, 2, 4]
    assert made.side.tolist() == [1, -1, 1]
    assert made.stop.tolist() == [90, 110, 90]
    assert made.max_bars.tolist() == [1, 2, 4]
    assert made.tag == ("b", "c", "e")
    assert made.exit_long.tolist() == [3]
    assert np.isnan(made.target).all()


def test_decisions_since_a_bar_are_counted_from_it():
    line = np.arange(6.0)
    made = Decisions.from_arrays(
        6,
        long=mask(6, 1, 4),
        exit_long=mask(6, 0, 5),
        guard_long=line,
        tag="t",
        overlays={"line": line, "band": np.column_stack([line, line])},
    ).since(2)
    assert (made.n_bars, made.entries.tolist(), made.exit_long.tolist()) == (4, [2], [3])
    assert made.guard_long.tolist() == [2, 3, 4, 5]
    assert made.tag == ("t",)
    assert [len(each) for each in made.overlays.values()] == [4, 4]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"long": mask(4, 1), "short": mask(4, 1)}, "Bar 1 decides to enter long and short"),
        ({"long": np.ones(4)}, "'long' must be a bool array of length 4; received float64"),
        ({"long": mask(5, 1)}, r"of length 4; received bool of shape \(5,\)"),
        ({"long": mask(4, 1), "stop": np.ones(3)}, "'stop' must be one value or 4 of"),
        ({"long": mask(4, 1), "size": 0.0}, "'size' decided at bar 1 must be a positive fraction"),
        ({"long": mask(4, 1), "stop": -5.0}, "'stop' decided at bar 1 must be a positive price"),
        ({"long": mask(4, 1), "trail": 1.0}, r"'trail' decided at bar 1 .*\(0, 1\); received 1.0"),
        ({"long": mask(4, 1), "max_bars": -1}, "'max_bars' decided at bar 1 must be 0 or more"),
        ({"long": mask(4, 1), "stop": 100.0, "target": 90.0}, "must be a target beyond the stop"),
        ({"short": mask(4, 1), "stop": 90.0, "target": 100.0}, "must be a target beyond the stop"),
        ({"guard_long": np.ones(3)}, "'guard_long' has 3 values for 4 bars"),
        ({"overlays": {"x": np.ones(3)}}, "'x' has 3 values for 4 bars"),
    ],
)
def test_decisions_that_contradict_themselves_are_refused(fields, message):
    with pytest.raises(DecisionError, match=message):
        Decisions.from_arrays(4, **fields)


@given(
    name=st.sampled_from(["stop", "target", "trail", "size", "max_bars", "side", "entries"]),
    at=st.integers(0, 5),
    value=st.sampled_from([np.nan, -np.inf, np.inf, -3.0, 0.0, 0.5, 1.0, 2.0, 90.0, 110.0]),
)
def test_the_quick_look_at_decisions_agrees_with_the_close_one(name, at, value):
    side = np.array([1, 1, -1, 1, -1, 1], dtype=np.int8)
    fields = {
        "entries": np.array([0, 5, 6, 20, 30, 99]),
        "side": side,
        "stop": 100.0 - 10 * side,
        "target": 100.0 + 10 * side,
        "trail": np.full(6, np.nan),
        "size": np.full(6, 0.5),
        "max_bars": np.zeros(6, dtype=np.int64),
    }
    if not np.isfinite(value) and fields[name].dtype != float:
        value = -1.0
    fields[name][at] = int(value) if fields[name].dtype != float else value
    common = {"tag": ("",) * 6, "exit_long": np.empty(0, int), "exit_short": np.empty(0, int)}

    def is_refused(arrays):
        try:
            Decisions(n_bars=100, **arrays, **common)
        except DecisionError:
            return True
        return False

    strided = {
        key: np.repeat(values, 2)[::2] for key, values in fields.items()
    }  # looked at closely
    assert is_refused(fields) == is_refused(strided)


def test_two_entries_at_one_bar_are_refused():
    good = Decisions.from_arrays(4, long=mask(4, 1, 2))
    fields = {name: getattr(good, name) for name in good.__dataclass_fields__}
    with pytest.raises(DecisionError, match="'entries' must be strictly increasing; bar 1"):
        Decisions(**{**fields, "entries": np.array([1, 1])})


@dataclass(frozen=True)
class Kinds(Strategy):
    """Take one of two words."""

    kind: str = param("a", choices=("a", "b"))

    def decide(self, market):
        return Decisions.from_arrays(len(market))


def test_a_word_must_be_one_of_the_choices():
    assert Kinds(kind="b").kind == "b"
    (parameter,) = Kinds.declared()
    assert parameter.parse("b", "Kinds") == "b"
    with pytest.raises(ParameterError) as caught:
        Kinds(kind="c")
    assert str(caught.value) == ("The 'kind' parameter of Kinds must be one of a, b; received 'c'.")
