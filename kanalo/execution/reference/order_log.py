"""The look-ahead certificate for a ``bt.Strategy`` written by hand: its orders, bar by bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import backtrader as bt
import numpy as np

from kanalo.arguments import wrong_argument
from kanalo.checks.accepted import check_market, check_settings
from kanalo.checks.adapted import Adapted
from kanalo.checks.certificate import Certificate
from kanalo.checks.certify import N_CUTS, certify_adapted
from kanalo.checks.differences import Column, Columns
from kanalo.checks.histories import CannotDecideError, describe_failure
from kanalo.execution.costs import Costs
from kanalo.execution.reference.broker import RuledBroker
from kanalo.execution.reference.feed import MarketFeed
from kanalo.execution.rules import Execution
from kanalo.market import Market

_KINDS = dict(enumerate(bt.Order.ExecTypes))


class _LoggingBroker(RuledBroker):
    """Keep every order and cancellation with the bar at whose close it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[int, str]] = []

    def submit(self, order: Any, check: bool = True) -> Any:
        """Note an order, then take it.

        Parameters
        ----------
        order : bt.Order
            Of any kind.
        check : bool
            As backtrader passes it.

        Returns
        -------
        bt.Order
            The same.
        """
        self.log.append((len(order.data) - 1, _describe(order)))
        return super().submit(order, check=check)


@dataclass(frozen=True)
class OrderLog(Adapted):
    """A ``bt.Strategy`` class; what it orders at each bar.

    Attributes
    ----------
    parameters : mapping
        backtrader ``params``; what is left out has its default.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)

    def compute(self, market: Market) -> Columns:
        """Run the class on a market with default costs and list its orders."""
        return _to_columns(self._run(market))

    def _run(self, market: Market) -> list[tuple[int, str]]:
        cerebro = bt.Cerebro(stdstats=False)
        feed = MarketFeed(market=market)  # type: ignore[call-arg]
        cerebro.adddata(feed)
        broker = _LoggingBroker(costs=Costs(), execution=Execution())  # type: ignore[call-arg]
        cerebro.setbroker(broker)
        cerebro.addstrategy(self.code, **self.parameters)
        try:
            cerebro.run()
        except (Exception, SystemExit) as error:
            # Who reads the next bar fails at the last one, and only there: that is an answer.
            if len(market) > 2 and len(feed) == len(market) and isinstance(error, IndexError):
                return [*broker.log, (len(market) - 1, f"an error, {error!r}")]
            raise CannotDecideError(describe_failure(self.name, market, error)) from error
        return list(broker.log)


def certify_backtrader(
    strategy: type[bt.Strategy],
    market: Market,
    *,
    parameters: Mapping[str, Any] | None = None,
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
) -> Certificate:
    """Look for look-ahead in a class written by hand for backtrader.

    The class runs on the whole history, and again on histories that end, or go on with other bars,
    at each cut. Up to the cut it must place the same orders: bar, side, size, price and kind.

    Parameters
    ----------
    strategy : type of bt.Strategy
        Not one of kanalo's, which `kanalo.certify` takes.
    market : Market
        Of at least three bars.
    parameters : mapping, optional
        backtrader ``params``; the defaults otherwise.
    cuts, seed, thorough
        As in `kanalo.checks.certify_all`; as its memory is not bounded, half of the cuts are made.

    Returns
    -------
    Certificate
        Its fields are ``orders`` (whether anything was ordered at a bar) and ``order`` (what).

    Raises
    ------
    ParameterError
        If an argument has another type or is out of bounds.
    CheckError
        If the class cannot be sent to a clean process.

    Examples
    --------
    >>> import backtrader as bt, kanalo
    >>> from kanalo.market.synthetic import random_walk_market
    >>> market = random_walk_market(300, 1, "1d")
    >>> kanalo.certify_backtrader(bt.strategies.MA_CrossOver, market, cuts=4).verdict
    'clean'
    """
    if not (isinstance(strategy, type) and issubclass(strategy, bt.Strategy)):
        accepted = "a class written for backtrader"
        raise wrong_argument("certify_backtrader", "strategy", strategy, accepted)
    check_market("certify_backtrader", market)
    settings = {"cuts": cuts, "seed": seed, "thorough": thorough}
    check_settings("certify_backtrader", settings)
    subject = OrderLog(strategy, dict(parameters or {}))
    return certify_adapted(subject, market, cuts=int(cuts), seed=int(seed), thorough=thorough)


def _describe(order: Any) -> str:
    """Say what was ordered, to nine digits."""
    kind = _KINDS.get(order.exectype, str(order.exectype))
    side = "buy" if order.isbuy() else "sell"
    text = f"{side} {abs(order.created.size):.9g} {kind}"
    if order.exectype != bt.Order.Market and order.created.price is not None:
        text += f" at {order.created.price:.9g}"
    if order.exectype in (bt.Order.StopLimit, bt.Order.StopTrailLimit):
        text += f", limit {order.created.pricelimit:.9g}"
    return text


def _to_columns(log: list[tuple[int, str]]) -> Columns:
    by_bar: dict[int, list[str]] = {}
    for bar, text in log:
        by_bar.setdefault(bar, []).append(text)
    bars = np.array(sorted(by_bar), dtype=np.int64)
    orders = np.array(list(_join(by_bar, bars)), dtype=object)
    return {
        "orders": Column(bars, np.ones(len(bars), dtype=bool), events=True),
        "order": Column(bars, orders),
    }


def _join(by_bar: Mapping[int, list[str]], bars: np.ndarray[Any, Any]) -> Iterator[str]:
    for bar in bars.tolist():
        yield " and ".join(by_bar[bar])
