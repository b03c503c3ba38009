"""Signals that a market may answer itself, so that an altered market cannot be asked around."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from kanalo.market.market import Market

P = ParamSpec("P")
T = TypeVar("T")


def alterable(function: Callable[Concatenate[Market, P], T]) -> Callable[Concatenate[Market, P], T]:
    """Let a market with an ``answer`` method say what a signal of it is.

    Whoever calls the signal, directly or through ``market.cached``, is told the same.

    Parameters
    ----------
    function : callable
        A signal: takes a market first.

    Returns
    -------
    callable
        The signal. Of a plain market it returns what ``function`` does; of one that has
        ``answer(signal, args, parameters)`` what that returns.
    """

    @functools.wraps(function)
    def signal(market: Market, *args: P.args, **parameters: P.kwargs) -> T:
        answer: Callable[..., Any] | None = getattr(market, "answer", None)
        if answer is None:
            return function(market, *args, **parameters)
        answered: T = answer(signal, args, parameters)
        return answered

    return cast(Callable[Concatenate[Market, P], T], signal)
