"""What the public functions of this package accept; anything else is named and refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kanalo.arguments import check_type, show, wrong_argument
from kanalo.errors import ParameterError, StrategyError
from kanalo.market import Market
from kanalo.strategy import Strategy

LEAST_BARS = 3


def check_market(function: str, market: object) -> None:
    """Refuse what is no market, or one that cannot be cut.

    Parameters
    ----------
    function : str
        Name of the public function, for the message.
    market : object
        What was received.

    Raises
    ------
    ParameterError
        If it is not a `Market` of at least three bars.
    """
    check_type(
        function, "market", market, Market, "a kanalo.Market (see kanalo.load_market, read_bars)"
    )
    if isinstance(market, Market) and len(market) < LEAST_BARS:
        raise ParameterError(
            f"{function}(): 'market' must have at least {LEAST_BARS} bars, or there is nothing to "
            f"cut; received {len(market)}."
        )


def check_whole_number(function: str, argument: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of at least ``least``; those of numpy are numbers too.

    Parameters
    ----------
    function, argument : str
        For the message.
    value : object
        What was received.
    least : int
        Lowest number that is accepted.

    Raises
    ------
    ParameterError
        If it is anything else.
    """
    accepted = f"an int of at least {least}"
    check_type(function, argument, value, (int, np.integer), accepted)
    if isinstance(value, (int, np.integer)) and value < least:
        raise wrong_argument(function, argument, value, accepted)


def check_strategies(function: str, strategies: object) -> None:
    """Refuse anything but a sequence of strategies with their parameters.

    Parameters
    ----------
    function : str
        For the message.
    strategies : object
        What was received.

    Raises
    ------
    StrategyError
        At the first that is not a `Strategy`.
    ParameterError
        If they are no sequence.
    """
    if not isinstance(strategies, (list, tuple)):
        raise wrong_argument(function, "strategies", strategies, "a list of kanalo.Strategy")
    for each in strategies:
        if isinstance(each, type) and issubclass(each, Strategy):
            raise StrategyError(
                f"{function}(): a strategy with its parameters is certified; received the class "
                f"{each.__name__}. Did you mean {each.__name__}()?"
            )
        if not isinstance(each, Strategy):
            raise StrategyError(
                f"{function}(): only a kanalo.Strategy can be certified; received {show(each)}, "
                "whose decisions cannot be asked for."
            )


def check_settings(function: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings of a search that have another type or are out of bounds.

    Parameters
    ----------
    function : str
        For the message.
    settings : mapping of str to object
        By name: any of ``cuts``, ``seed``, ``thorough``, ``folder``, ``progress``, ``name`` and
        ``warm_up``.

    Raises
    ------
    ParameterError
        At the first that is not accepted.
    """
    for name, least in (("cuts", 1), ("seed", 0)):
        check_whole_number(function, name, settings[name], least)
    check_type(function, "thorough", settings["thorough"], bool, "True or False")
    check_type(function, "name", settings.get("name", ""), str, "a str")
    if settings.get("folder") is not None:
        check_type(function, "folder", settings["folder"], (str, Path), "a path or None")
    if settings.get("warm_up") is not None:
        check_whole_number(function, "warm_up", settings["warm_up"], 0)
    if settings.get("progress") is not None:
        check_callable(function, "progress", settings["progress"])


def check_callable(function: str, argument: str, value: object) -> None:
    """Refuse what cannot be called.

    Parameters
    ----------
    function, argument : str
        For the message.
    value : object
        What was received.

    Raises
    ------
    ParameterError
        If it cannot be called.
    """
    if not callable(value):
        raise wrong_argument(function, argument, value, "a function")
