"""A simulator of one account, written from ``docs/fill_rules.md`` alone.

It was written before its author had seen any engine, and shares no line with one. Where the page
and an engine differ, one of the three is wrong.
"""

from __future__ import annotations

import math

from .judge_from_text_inside import InsideBar, reached
from .judge_from_text_market import DAY, NAN, TextMarket, daily_law, funding_of_bars
from .judge_from_text_orders import Decision, Entry, Fill, Order, Position, Rules


class TextAccount:
    """Runs one account over a market; results in `fills`, `equity`, `cash_at`, `clipped`."""

    def __init__(self, market: TextMarket, rules: Rules, decisions, guards=None) -> None:
        self.market, self.bars, self.rules = market, market.bars, rules
        self.decisions, self.guards = decisions, guards or {}
        self.inside = InsideBar(market, rules.both_touched, rules.limit_fills == "through")
        self.funding = funding_of_bars(market)
        self.law = daily_law(market) if rules.impact else None
        self.max_leverage = rules.max_leverage if rules.leverage is None else rules.leverage
        self.cash = rules.cash
        self.position: Position | None = None
        self.orders: dict[int, Order] = {}
        self.market_entry: Order | None = None
        self.exit_reason: str | None = None
        self.dead = False
        self.fills: list[Fill] = []
        self.equity: list[float] = []
        self.cash_at: list[float] = []
        self.clipped: list[float] = []
        self.shortfalls: list[tuple[int, float]] = []
        self.seen: dict[str, int] = {}

    def note(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1

    def run(self) -> TextAccount:
        for t in range(len(self.bars.time)):
            self.bar(t)
        return self

    # -- rule 10 -----------------------------------------------------------------------------------
    def bar(self, t: int) -> None:
        if self.position and self.exit_reason:
            self.leave(t, self.bars.open[t], self.exit_reason)
        self.exit_reason = None
        self.enter(t)
        if self.position:
            self.bind_guard(t)
            self.protect(t)
        if self.position:
            self.charge(t)
        if self.position and self.liquidated_at(t, self.bars.close[t]):
            self.note("liquidation at the close")
            self.leave(t, self.bars.close[t], "liquidation")
        self.mark(t)
        self.move_stop(t)
        self.orders = {s: o for s, o in self.orders.items() if t < o.last_bar}
        if self.market.first <= t < len(self.bars.time) - 1 and not self.dead:
            self.decide(t)

    # -- entries (rules 2, 13, 17) -----------------------------------------------------------------
    def enter(self, t: int) -> None:
        order, self.market_entry = self.market_entry, None
        if self.position or self.dead:
            return
        begin = self.bars.open[t]
        if order:
            self.fill_entry(t, order, begin, None)
        waiting = [self.orders[s] for s in (1, -1) if s in self.orders]
        for each in waiting:
            if self.position or not self.inside.order_at(each, begin):
                continue
            del self.orders[each.side]
            self.fill_entry(t, each, begin, None)
            if self.position:
                self.note(f"{each.kind} gap")
        if self.position:
            return
        waiting = list(self.orders.values())
        if sum(self.inside.order_inside(o, self.bars, t) for o in waiting) == 2:
            self.note("both orders")
        chosen = self.inside.choose(waiting, t)
        if chosen:
            del self.orders[chosen.side]
            self.fill_entry(t, chosen, chosen.price, chosen)

    def fill_entry(self, t: int, order: Order, level: float, inside: Order | None) -> None:
        coins = order.coins
        if self.rules.max_share is not None:
            coins = min(coins, self.rules.max_share * self.bars.volume[t])
        maker = inside is not None and order.kind == "limit"
        price = level if maker else self.worse(t, level, order.side, coins)
        if order.kind == "limit" and order.side * price > order.side * order.price:
            price = order.price
        fee_rate = (self.rules.maker_fee_bps if maker else self.rules.fee_bps) / 1e4
        coins = self.covered(t, coins, price, fee_rate)
        if coins <= 0:
            return
        if coins < order.coins:
            self.note("clip")
        self.clipped.append(order.coins - coins)
        self.pay(t, price, order.side * coins, price * coins * fee_rate, f"entry {order.kind}")
        trail = price - order.side * price * order.entry.trail
        self.position = Position(order.entry, coins, price, t, inside, order.entry.stop, best=price)
        self.tighten(trail)
        self.orders = {}

    def covered(self, t: int, coins: float, price: float, fee_rate: float) -> float:
        """Rule 2 and the venue's tiers."""
        if self.cash <= 0:
            return 0.0
        slack = 1e-9 * self.cash
        budget = self.cash * self.max_leverage
        if coins * price * (1 + fee_rate) > budget + slack:
            coins = budget / (price * (1 + fee_rate))
        if self.rules.margin == "exchange":
            tiers = self.market.tiers_at(t)
            most = max(min(tier.cap, tier.leverage * self.cash) for tier in tiers)
            if coins * price > most + slack:
                coins = most / price
        return coins

    def worse(self, t: int, level: float, direction: int, coins: float) -> float:
        """Rules 8 and 17: slippage within the bar's range, then impact."""
        slip = self.rules.slippage_bps / 1e4
        if direction > 0:
            price = min(level * (1 + slip), self.bars.high[t])
        else:
            price = max(level * (1 - slip), self.bars.low[t])
        if self.law is None or self.law[t][1] <= 0:
            return price
        sigma, turnover = self.law[t]
        share = self.rules.impact * sigma * math.sqrt(coins * level / turnover)
        return price * (1 + direction * min(share, 0.5))

    # -- exits -------------------------------------------------------------------------------------
    def leave(self, t: int, level: float, reason: str, share: float = 1.0) -> None:
        """Closes the position, or `share` of it, at `level`."""
        held = self.position
        coins = held.coins if share == 1.0 else held.coins * share
        exact = reason in ("target", "liquidation", "ruin")
        price = level if exact else self.worse(t, level, -held.side, coins)
        bps = {"target": self.rules.maker_fee_bps, "liquidation": self.rules.liquidation_fee_bps}
        fee = price * coins * bps.get(reason, self.rules.fee_bps) / 1e4
        closes_all = share == 1.0
        if closes_all and self.rules.margin == "exchange":
            fee = min(fee, max(0.0, self.cash + held.side * coins * price))
        self.pay(t, price, -held.side * coins, fee, reason)
        held.coins -= coins
        if not closes_all:
            return
        self.position = None
        if self.rules.margin == "exchange" and self.cash < 0:
            self.shortfalls.append((t, -self.cash))
            self.cash = 0.0

    def pay(self, t: int, price: float, quantity: float, fee: float, reason: str) -> None:
        self.cash -= quantity * price + fee
        self.fills.append(Fill(t, price, quantity, fee, reason))

    def protect(self, t: int) -> None:
        """Rules 3 to 6, 14, 15 and 16 within a bar."""
        held = self.position
        if held.bar == t and not self.rules.entry_bar_exits:
            return None
        order = held.inside if held.bar == t else None
        begin = order.price if order else self.bars.open[t]
        if self.liquidated_at(t, begin):
            self.note("liquidation at the open")
            return self.leave(t, begin, "liquidation")
        if reached(-held.side, begin, held.stop):
            self.note_stop(t)
            return self.leave(t, begin, "stop")
        while not order and self.inside.target_reached(begin, held.side, held.target):
            if self.at_target(t, begin):
                return None
        while True:
            level, reason = self.adverse(t)
            if order:
                what = self.inside.entered(t, order, level, held.target)
            else:
                what = self.inside.held(t, held.side, level, held.target)
            if what is None:
                return None
            if what == "A":
                self.note("liquidation inside" if reason == "liquidation" else "stop inside")
                if reason == "stop":
                    self.note_stop(t)
                return self.leave(t, level, reason)
            if self.at_target(t, held.target):
                return None

    def note_stop(self, t: int) -> None:
        held = self.position
        if held.entry.breakeven and held.first_target_bar is not None and held.stop == held.price:
            self.note("break-even")

    def at_target(self, t: int, level: float) -> bool:
        """Fills the next target at `level`; whether that closed the position."""
        held = self.position
        if held.first_target_bar is None and not math.isnan(held.entry.target_2):
            self.leave(t, level, "target", held.entry.share)
            held.first_target_bar = t
            return False
        if held.first_target_bar is not None:
            self.note("both targets")
        self.leave(t, level, "target")
        return True

    def adverse(self, t: int) -> tuple[float, str]:
        """The nearer of stop and liquidation price; a stop if they are equal."""
        held, price = self.position, self.liquidation_price(t)
        if math.isnan(price):
            return held.stop, "stop"
        if math.isnan(held.stop) or held.side * price > held.side * held.stop:
            return price, "liquidation"
        return held.stop, "stop"

    # -- margin (rule 16) --------------------------------------------------------------------------
    def liquidation_price(self, t: int) -> float:
        if self.rules.margin != "exchange":
            return NAN
        held = self.position
        tiers = self.market.tiers_at(t)
        if held.side > 0:
            price = max(-(self.cash + r.amount) / (held.coins * (1 - r.rate)) for r in tiers)
            return price if price > 0 else NAN
        return min((self.cash + r.amount) / (held.coins * (1 + r.rate)) for r in tiers)

    def liquidated_at(self, t: int, price: float) -> bool:
        return reached(-self.position.side, price, self.liquidation_price(t))

    # -- the close ---------------------------------------------------------------------------------
    def charge(self, t: int) -> None:
        """Rule 9, and borrowing on spot."""
        held, close = self.position, self.bars.close[t]
        self.cash -= held.side * held.coins * close * self.funding[t]
        if self.rules.margin == "exchange" and not self.market.perpetual(t):
            rate = self.rules.borrow_bps_per_day / 1e4 * self.bars.length / DAY
            owed = held.coins * close if held.side < 0 else max(0.0, -self.cash)
            self.cash -= owed * rate

    def mark(self, t: int) -> None:
        close = self.bars.close[t]
        value = self.position.side * self.position.coins * close if self.position else 0.0
        if self.cash + value <= 0 and not self.dead:
            self.dead = True
            self.orders = {}
            if self.position:
                self.leave(t, close, "ruin")
                value = 0.0
        self.equity.append(self.cash + value)
        self.cash_at.append(self.cash)

    def tighten(self, level: float) -> None:
        held = self.position
        if math.isnan(held.stop) or held.side * level > held.side * held.stop:
            held.stop = level

    def bind_guard(self, t: int) -> None:
        line = self.guards.get(self.position.side)
        if line is not None and t >= 1 and not math.isnan(line[t - 1]):
            self.tighten(line[t - 1])

    def move_stop(self, t: int) -> None:
        held = self.position
        if not held:
            return
        close = self.bars.close[t]
        if held.side * close > held.side * held.best:
            held.best = close
        self.tighten(held.best - held.side * held.best * held.entry.trail)
        if held.entry.breakeven and held.first_target_bar == t:
            self.tighten(held.price)

    # -- decisions (rules 1, 7, 13) ----------------------------------------------------------------
    def decide(self, t: int) -> None:
        decision = self.decisions[t] or Decision()
        held = self.position
        if held:
            over = held.entry.max_bars and t - held.bar + 1 >= held.entry.max_bars
            if held.side in decision.exits:
                self.exit_reason = "exit"
            elif over:
                self.exit_reason = "max_bars"
            else:
                return
        for side in () if held else decision.exits:
            self.orders.pop(side, None)
        for entry in decision.entries:
            if held and entry.side == held.side:
                continue
            self.place(t, entry)

    def place(self, t: int, entry: Entry) -> None:
        by = self.bars.close[t] if entry.order == "market" else entry.price
        coins = entry.size * (self.rules.leverage or 1.0) * self.equity[t] / by
        last = math.inf if entry.valid == 0 else t + entry.valid
        if entry.order == "market":
            self.market_entry = Order(entry, coins, t + 1)
        else:
            self.orders[entry.side] = Order(entry, coins, last)
