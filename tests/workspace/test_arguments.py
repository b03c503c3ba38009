"""What stands for a rule, a market and a workspace is found or refused by name."""

from dataclasses import dataclass

import backtrader as bt
import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.market import Market, read_bars
from kanalo.market.synthetic import random_walk_market
from kanalo.strategy import Decisions, Strategy, param
from kanalo.workspace import Workspace, find_workspace
from kanalo.workspace.arguments import (
    is_rule_class,
    load_market,
    to_market,
    to_rule,
    to_workspace,
    with_parameters,
)

HOME = find_workspace()


@dataclass(frozen=True)
class Wait(Strategy):
    """Do nothing."""

    days: int = param(5, low=1, high=9)

    def decide(self, market):
        return Decisions.from_arrays(len(market))


class Plain(bt.Strategy):
    """Do nothing, in backtrader's own way."""

    params = (("step", 5),)


class Finer(Plain):
    """Do nothing more finely."""

    params = (("share", 0.5),)


def test_an_instance_keeps_its_parameters():
    assert to_rule("run", Wait(3), None, HOME) == (Wait(3), {})


def test_a_class_gets_its_parameters():
    assert to_rule("run", Wait, {"days": 3}, HOME) == (Wait(3), {})
    assert to_rule("run", Finer, {"share": 1, "step": 2}, HOME) == (Finer, {"share": 1, "step": 2})


def test_a_name_is_looked_up_in_the_workspace():
    rule, values = to_rule("run", "sma-cross", {"fast": 9}, HOME)
    assert (type(rule).__name__, rule.fast, values) == ("SmaCross", 9, {})


def test_inherited_parameters_of_backtrader_count_and_others_do_not():
    with pytest.raises(ParameterError, match="Finer has no parameter 'shar'. Did you mean 'share'"):
        with_parameters(Finer, {"shar": 1})


@pytest.mark.parametrize("candidate", [Wait, Plain])
def test_classes_of_rules_are_known(candidate):
    assert is_rule_class(candidate)


@pytest.mark.parametrize("candidate", [Wait(), dict, 5, None, "sma_cross"])
def test_anything_else_is_no_class_of_a_rule(candidate):
    assert not is_rule_class(candidate)


def test_a_market_is_itself():
    market = random_walk_market(30, seed=1)
    assert to_market("run", market, HOME) is market


def test_a_frame_becomes_a_market():
    bars = random_walk_market(30, seed=1).bars
    market = to_market("run", bars, HOME)
    assert isinstance(market, Market)
    assert (market.name, len(market)) == ("bars", 30)


def test_a_path_is_read_as_a_path_or_as_text(tmp_path):
    path = tmp_path / "mine.csv"
    random_walk_market(30, seed=1).bars.rename_axis("time").to_csv(path)
    for given in (path, str(path)):
        assert to_market("run", given, HOME).digests == read_bars(path).digests


def test_a_name_without_suffix_is_a_market_of_the_catalog():
    with pytest.raises(UnknownNameError, match="There is no market 'xmr_1z'"):
        to_market("run", "xmr_1z", HOME)
    assert load_market("xmr_1d", workspace=HOME).symbol == "XMRUSD"


def test_the_workspace_is_found_or_taken():
    assert to_workspace("run", HOME) is HOME
    assert isinstance(to_workspace("run", None), Workspace)
    with pytest.raises(ParameterError, match=r"run\(\): 'workspace' must be a kanalo.Workspace"):
        to_workspace("run", "home")
