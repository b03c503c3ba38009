"""How a rule is written: `Strategy` with its `param` fields, and the `Decisions` that it makes."""

from kanalo.strategy.base import Parameter, Strategy, param
from kanalo.strategy.decisions import Decisions, Levels
from kanalo.strategy.orders import OrderType

__all__ = ["Decisions", "Levels", "OrderType", "Parameter", "Strategy", "param"]
