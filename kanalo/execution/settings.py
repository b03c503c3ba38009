"""Costs and account as the public functions take them."""

from __future__ import annotations

from kanalo.arguments import check_type
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution


def to_settings(
    function: str, costs: Costs | None, execution: Execution | None
) -> tuple[Costs, Execution]:
    """Return costs and account, the defaults where they are None.

    Parameters
    ----------
    function : str
        Name of the function that received them, for messages.
    costs : Costs or None
        Costs of every fill.
    execution : Execution or None
        The account.

    Returns
    -------
    tuple of Costs and Execution

    Raises
    ------
    ParameterError
        If one is of another type.
    """
    if costs is not None:
        check_type(function, "costs", costs, Costs, "a kanalo.Costs such as Costs(fee_bps=5)")
    if execution is not None:
        accepted = "a kanalo.Execution such as Execution(cash=100_000)"
        check_type(function, "execution", execution, Execution, accepted)
    return costs or Costs(), execution or Execution()
