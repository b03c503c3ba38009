"""The loop over the bars for decisions that are made: backtrader's Cerebro, less what is idle.

Broker, orders, position and brackets are backtrader's in every bar. What is left out of its own
loop is what decisions never use (timers, observers, writers, minimum periods), and the bars in
which nothing is held, ordered or decided: there cash, value and position stay as they are.
"""

from __future__ import annotations

from typing import Any

import backtrader as bt


class DecisionCerebro(bt.Cerebro):  # type: ignore[misc]
    """Run one `DecisionStrategy` over one `MarketFeed` with a `RuledBroker`.

    The fills, the equity and the position are those of a plain ``bt.Cerebro``, to the last bit.
    """

    def _runonce(self, runstrats: list[Any]) -> None:
        """Go from bar to bar; where all is at rest, to the next bar that decides something."""
        (rule,), (feed,), broker = runstrats, self.datas, self._broker
        n_bars = feed.buflen()
        bar = -1
        while bar < n_bars - 1:
            feed.advance()
            bar += 1
            self._brokernotify()
            if rule._orderspending:
                rule._notify()
                rule.clear()
            rule.next()
            if broker.is_idle() and rule.is_idle():
                n_idle = min(rule.find_next_entry(bar), n_bars) - bar - 1
                if n_idle > 0:
                    feed.advance(n_idle)
                    broker.rest(n_idle)
                    rule.rest(n_idle)
                    bar += n_idle
