"""Settings of backtrader that `RuledBroker` refuses: the fill rules decide them themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kanalo.arguments import show
from kanalo.errors import EngineError

_COSTS = "fees and slippage come from costs=Costs(fee_bps=…, maker_fee_bps=…, slippage_bps=…)"
_TIMING = "decisions fill at the next open (rule 1)"
_QUANTITY = "what the account does not cover is clipped at the fill (rule 2)"
_FUND = "it keeps one account, marked at each close"

METHODS = {
    "setcommission": _COSTS,
    "addcommissioninfo": _COSTS,
    "set_slippage_perc": _COSTS,
    "set_slippage_fixed": _COSTS,
    "set_coc": _TIMING,
    "set_coo": _TIMING,
    "set_checksubmit": _QUANTITY,
    "set_filler": _QUANTITY,
    "set_shortcash": "a short is paid for when it is bought back, like a long when it is sold",
    "set_int2pnl": "funding is charged to the cash (rule 9)",
    "set_fundmode": _FUND,
    "set_fund_history": _FUND,
    "set_fundstartval": _FUND,
    "add_order_history": "orders come from the strategy",
}
"""Methods of backtrader's broker that are refused, and why."""

PARAMETERS = {
    "commission": _COSTS,
    "slip_perc": _COSTS,
    "slip_fixed": _COSTS,
    "slip_open": _COSTS,
    "slip_match": _COSTS,
    "slip_limit": _COSTS,
    "slip_out": _COSTS,
    "coc": _TIMING,
    "coo": _TIMING,
    "checksubmit": _QUANTITY,
    "filler": _QUANTITY,
    "shortcash": METHODS["set_shortcash"],
    "int2pnl": METHODS["set_int2pnl"],
    "fundmode": _FUND,
}
"""Parameters of backtrader's broker that are refused where they are not the default, and why."""


def refuse(name: str, reason: str) -> Callable[..., None]:
    """Make a method that refuses to be called.

    Parameters
    ----------
    name : str
        Name of the method.
    reason : str
        What decides instead, for the message.

    Returns
    -------
    callable
        Raises an EngineError that names the method and the reason, whatever its arguments.
    """

    def method(self: object, *args: Any, **values: Any) -> None:
        del self
        given = ", ".join(
            [*map(show, args), *(f"{key}={show(value)}" for key, value in values.items())]
        )
        raise EngineError(f"RuledBroker does not take {name}({given}): {reason}.")

    method.__name__ = name
    method.__doc__ = f"Refuse: {reason}."
    return method


def check_parameters(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Refuse parameters of backtrader's broker that the rules would overrule or that break them.

    Parameters
    ----------
    given : mapping
        All parameters of the broker by name.
    defaults : mapping
        Their defaults.

    Raises
    ------
    EngineError
        At the first one that is not the default.
    """
    for name, reason in PARAMETERS.items():
        if given[name] is not defaults[name] and given[name] != defaults[name]:
            raise EngineError(f"RuledBroker does not take {name}={show(given[name])}: {reason}.")
