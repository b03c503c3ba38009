"""What the public functions take for a rule and a market: an object, a name, a file or a frame."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pandas as pd

from kanalo.arguments import check_names, check_type, show, to_plain, wrong_argument
from kanalo.errors import ParameterError, StrategyError, unknown_name
from kanalo.market import Market, list_markets, read_bars
from kanalo.market.holdout import seal_market
from kanalo.strategy import Strategy
from kanalo.strategy.target_vol import create
from kanalo.workspace.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    import backtrader as bt

RuleLike: TypeAlias = "Strategy | type[Strategy] | type[bt.Strategy] | str"
"""A strategy with its parameters, a class, or the name of a rule of the workspace."""

MarketLike: TypeAlias = "Market | str | Path | pd.DataFrame"
"""A market, the name of a bundled one, a file with bars, or a frame of bars."""

_RULE = (
    "a rule: an instance such as SmaCross(fast=20), a class, or the name of a rule of the workspace"
)
_MARKET = (
    "a market: a kanalo.Market, the name of a bundled one such as 'xmr_1d', the path of a file "
    "with bars, or a DataFrame of bars"
)


def to_workspace(function: str, workspace: Workspace | None) -> Workspace:
    """Return the workspace, or the one that `find_workspace` finds.

    Parameters
    ----------
    function : str
        Name of the function that received it, for messages.
    workspace : Workspace or None
        Where names are looked up.

    Returns
    -------
    Workspace

    Raises
    ------
    ParameterError
        If it is no workspace.
    """
    if workspace is None:
        return find_workspace()
    accepted = "a kanalo.Workspace, as find_workspace() returns it"
    check_type(function, "workspace", workspace, Workspace, accepted)
    return workspace


def to_rule(
    function: str, rule: RuleLike, parameters: Mapping[str, Any] | None, workspace: Workspace
) -> tuple[Strategy | type[bt.Strategy], dict[str, Any]]:
    """Find the rule that an argument means and give it its parameters.

    Parameters
    ----------
    function : str
        Name of the function that received it, for messages.
    rule : Strategy, type or str
        An instance, a class, or a name in the workspace.
    parameters : mapping or None
        Parameters of a class or a name.
    workspace : Workspace
        Where names are looked up.

    Returns
    -------
    tuple
        The strategy with its parameters and an empty dict; of a class written for backtrader, the
        class and its ``params``.

    Raises
    ------
    UnknownNameError
        If the workspace has no such rule.
    ParameterError
        If the argument is no rule, parameters are given with an instance, or one of them does not
        exist or is out of bounds.
    StrategyError
        If the class has no ``decide``.
    """
    if parameters is not None:
        check_type(function, "parameters", parameters, Mapping, "a mapping such as {'fast': 20}")
    if isinstance(rule, Strategy):
        if parameters is not None:
            raise _second_parameters(function, rule, parameters)
        return rule, {}
    cls = workspace.load_strategy(rule) if isinstance(rule, str) else rule
    if not is_rule_class(cls):
        raise wrong_argument(function, "rule", rule, _RULE)
    return with_parameters(cast("type[Strategy] | type[bt.Strategy]", cls), parameters or {})


def with_parameters(
    cls: type[Strategy] | type[bt.Strategy], parameters: Mapping[str, Any]
) -> tuple[Strategy | type[bt.Strategy], dict[str, Any]]:
    """Give a class its parameters; one written for backtrader gets them at its run.

    Parameters
    ----------
    cls : type
        A `Strategy` or a class written for backtrader.
    parameters : mapping of str to value
        What differs from the defaults.

    Returns
    -------
    tuple
        The instance and an empty dict, or the class and its checked ``params``.

    Raises
    ------
    ParameterError
        If a parameter does not exist or is out of bounds.
    StrategyError
        If the class has no ``decide``.
    """
    values = {name: to_plain(value) for name, value in parameters.items()}
    if not issubclass(cls, Strategy):
        params: Any = cls
        check_names(cls.__name__, values, params.params._getkeys(), "parameter")
        return cls, values
    if inspect.isabstract(cls):
        raise StrategyError(f"{cls.__name__} has no decide() method, so it cannot be run.")
    return create(cls, values), {}


def is_rule_class(candidate: object) -> bool:
    """Tell whether something is a class of a rule, backtrader's included.

    Examples
    --------
    >>> is_rule_class(dict)
    False
    """
    if not inspect.isclass(candidate):
        return False
    backtrader = sys.modules.get("backtrader")
    bases = (Strategy, backtrader.Strategy) if backtrader else (Strategy,)
    return issubclass(candidate, bases)


def to_market(function: str, market: MarketLike, workspace: Workspace) -> Market:
    """Find the market that an argument means, without the bars that the workspace seals.

    Parameters
    ----------
    function : str
        Name of the function that received it, for messages.
    market : Market, str, Path or DataFrame
        A market, a name in the workspace's catalog, a file with bars, or a frame of bars.
    workspace : Workspace
        Where names are looked up.

    Returns
    -------
    Market

    Raises
    ------
    UnknownNameError
        If there is no market and no file of that name.
    ParameterError
        If the argument is nothing of all that.
    DataError
        If a file or a frame does not hold bars, or all of them are sealed.
    """
    if isinstance(market, Market):
        return seal_market(market, workspace.root)
    if isinstance(market, pd.DataFrame):
        return seal_market(Market.from_bars(market, name="bars"), workspace.root)
    if isinstance(market, str) and not _looks_like_path(market):
        return workspace.load_market(market)
    check_type(function, "market", market, (str, os.PathLike), _MARKET)
    return seal_market(read_bars(Path(market)), workspace.root)


def load_market(name: str, *, workspace: Workspace | None = None) -> Market:
    """Load a market of the workspace's data, or of the data that come with kanalo.

    Parameters
    ----------
    name : str
        For example ``"xmr_1h"``; ``kanalo data list`` lists the names.
    workspace : Workspace, optional
        Whose data; `find_workspace` by default.

    Returns
    -------
    Market

    Raises
    ------
    UnknownNameError
        If there is no such market.
    ParameterError
        If the name is no text.
    ChecksumError, DataError
        If a table is not what the manifest says or its bars are not valid.

    Examples
    --------
    >>> import kanalo
    >>> kanalo.load_market("xmr_1d").symbol
    'XMRUSD'
    """
    accepted = "the name of a bundled market, such as 'xmr_1h'"
    check_type("load_market", "name", name, str, accepted)
    home = to_workspace("load_market", workspace)
    names = [each.name for each in list_markets(home.data_dir)]
    if name not in names and _looks_like_path(name):
        error = unknown_name("market", name, names)
        raise type(error)(f"{error} A file is read with kanalo.read_bars({show(name)}).")
    return home.load_market(name)


def _looks_like_path(text: str) -> bool:
    separators = {"/", os.sep}
    return bool(Path(text).suffix) or any(each in text for each in separators)


def _second_parameters(
    function: str, rule: Strategy, parameters: Mapping[str, Any]
) -> ParameterError:
    """Build the error for parameters beside an instance that has its own."""
    name = type(rule).__name__
    changed = _to_call(rule.parameters | dict(parameters))
    return ParameterError(
        f"{function}(): 'parameters' cannot be given with an instance, which has its own; received "
        f"{show(dict(parameters))}. Write {name}({changed}), or pass the class {name}."
    )


def _to_call(values: Mapping[str, Any]) -> str:
    pairs: Iterable[str] = (f"{name}={show(value)}" for name, value in values.items())
    text = ", ".join(pairs)
    return text if len(text) <= 120 else text[:119] + "…"
