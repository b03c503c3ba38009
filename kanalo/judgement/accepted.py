"""What the public functions of this package accept; anything else is named and refused."""

from __future__ import annotations

from kanalo.arguments import check_number, check_type, show
from kanalo.checks.accepted import check_market, check_whole_number
from kanalo.errors import StrategyError
from kanalo.execution.costs import Costs
from kanalo.execution.rules import Execution
from kanalo.strategy import Decisions, Strategy


def check_run(
    function: str, market: object, decisions: object, costs: object, execution: object
) -> None:
    """Refuse what a simulation of decisions cannot take.

    Parameters
    ----------
    function : str
        Name of the public function, for the message.
    market, decisions, costs, execution : object
        What was received; all but the market may be None.

    Raises
    ------
    ParameterError
        At the first of another type.
    """
    check_market(function, market)
    kinds = {
        "decisions": (decisions, Decisions, "kanalo.Decisions"),
        "costs": (costs, Costs, "a kanalo.Costs"),
        "execution": (execution, Execution, "a kanalo.Execution"),
    }
    for name, (value, kind, accepted) in kinds.items():
        if value is not None:
            check_type(function, name, value, kind, accepted)


def check_strategy_given(function: str, strategy: object) -> None:
    """Refuse what is no strategy with its parameters.

    Parameters
    ----------
    function : str
        Name of the public function, for the message.
    strategy : object
        What was received.

    Raises
    ------
    StrategyError
        If it is a class, or anything else.
    """
    if isinstance(strategy, Strategy):
        return
    is_class = isinstance(strategy, type) and issubclass(strategy, Strategy)
    hint = f" Did you mean {strategy.__name__}()?" if is_class else ""  # type: ignore[attr-defined]
    raise StrategyError(
        f"{function}(): 'strategy' must be a kanalo.Strategy with its parameters; "
        f"received {show(strategy)}.{hint}"
    )


def check_draws(function: str, *, least: int = 1, seed: object = 0, **numbers: object) -> None:
    """Refuse numbers of draws, and seeds, that are no whole numbers or too small.

    Parameters
    ----------
    function : str
        Name of the public function, for the message.
    least : int
        Lowest of the numbers that is accepted.
    seed : object
        What was received; at least 0.
    **numbers
        Numbers of draws by the name of their argument.

    Raises
    ------
    ParameterError
        At the first that is not accepted.
    """
    for name, value in numbers.items():
        check_whole_number(function, name, value, least)
    check_whole_number(function, "seed", seed, 0)


def check_share(function: str, argument: str, value: object) -> None:
    """Refuse what is not between 0 and 1, both left out.

    Parameters
    ----------
    function, argument : str
        For the message.
    value : object
        What was received.

    Raises
    ------
    ParameterError
        If it is anything else.
    """
    check_number(function, argument, value, "in (0, 1), like 0.05", lambda x: 0 < x < 1)
