"""A plain simulator, written from docs/fill_rules.md; it shares no line with the engines."""

from math import isnan, nan

import numpy as np
import pandas as pd

from kanalo.execution.funding import funding_rates

from .judge_days import read_days, read_tiers


class Judge:
    """The account of one run; `run` returns its fills and its equity at every close."""

    def __init__(self, market, decisions, costs, execution):
        self.d, self.costs, self.x = decisions, costs, execution
        self.bars = list(zip(market.open, market.high, market.low, market.close, strict=True))
        self.rates = funding_rates(market, costs)
        self.finer = self.list_finer(market)
        self.through = execution.limit_fills == "through"
        self.cash, self.held, self.orders, self.days = execution.cash, None, {}, {}
        self.next_open = {"exit": None, "entry": None}
        self.fills, self.equity, self.open_bars, self.over = [], [], set(), False
        self.market, self.margin = market, execution.margin == "exchange"

    def list_finer(self, market):
        finer, parts = market.finer, {}
        if finer is None:
            return parts
        length, n = market.length, market.length // finer.length
        times, rows = finer.index.tolist(), finer.bars[["open", "high", "low", "close"]]
        rows, at = rows.to_numpy().tolist(), 0
        for bar, start in enumerate(market.index.tolist()):
            while at < len(times) and times[at] < start:
                at += 1
            inside = at
            while inside < len(times) and times[inside] < start + length:
                inside += 1
            if inside - at == n:
                parts[bar] = rows[at:inside]
            at = inside
        return parts

    # -- the day of an account ---------------------------------------------------------------------

    def run(self):
        for t, bar in enumerate(self.bars):
            if not self.over:
                self.trade(t, bar)
            coins = self.held["coins"] if self.held else 0.0
            self.cash -= coins * bar[3] * self.rates[t]
            self.cash -= self.interest(t, coins, bar[3])
            if self.held and self.ends_margin(t, bar[3]):
                self.liquidate(t, bar[3])
                coins = 0.0
            worth = self.cash + coins * bar[3]
            if worth <= 0 and not self.over:
                self.over, self.orders = True, {}
                if self.held:
                    self.sell(t, self.held["coins"], bar[3], bar[3], "ruin", self.costs.fee)
                    worth = self.cash
            self.equity.append(worth)
            if not self.over and t < len(self.bars) - 1:
                self.close_of(t, bar, worth)
        return self.fills, self.equity

    def trade(self, t, bar):
        entered = False
        if self.next_open["exit"]:
            self.sell_all(t, bar[0], self.next_open["exit"], slips=True)
        if self.next_open["entry"] is not None:
            k, coins = self.next_open["entry"]
            price = self.fill_price(t, bar[0], self.d.side[k], self.share(t, coins))
            entered = self.buy(t, k, coins, price, bar[0], self.costs.fee, 0)
        self.next_open = {"exit": None, "entry": None}
        if not self.held and not entered:
            self.fill_order(t, bar)
        if self.held and (t > self.held["bar"] or self.x.entry_bar_exits):
            self.protect(t, bar)

    # -- entries -----------------------------------------------------------------------------------

    def slip(self, t, price, direction):
        _, high, low, _ = self.bars[t]
        if direction > 0:
            return min(price * (1 + self.costs.slippage), high)
        return max(price * (1 - self.costs.slippage), low)

    def read_days(self, t):
        day = (self.market.index[t].normalize(), self.market.venue[t])
        if day not in self.days:
            self.days[day] = read_days(self.market, t)
        return self.days[day]

    def share(self, t, coins):
        most = self.x.max_share
        return coins if most == np.inf else min(coins, most * self.market.volume[t])

    def fill_price(self, t, level, direction, coins):
        """Slippage within the range, then impact beyond it."""
        price, days = self.slip(t, level, direction), None
        if self.costs.impact:
            days = self.read_days(t)
        if days is None:
            return price
        moved = self.costs.impact * days[0] * (abs(coins) * level / days[1]) ** 0.5
        return price * (1 + direction * min(moved, 0.5))

    def buy(self, t, k, wanted, price, level, fee, inside):
        room, side = self.cash * self.x.max_leverage, int(self.d.side[k])
        coins = wanted
        wanted = self.share(t, wanted)
        coins = min(coins, wanted)
        if wanted * price * (1 + fee) > room + 1e-9 * self.cash:
            coins = room / (price * (1 + fee))
        if self.margin and self.cash > 0:
            most = max(
                min(cap, times * self.cash) for cap, _, _, times in read_tiers(self.market, t)
            )
            coins = min(coins, most / price)
        if coins <= 0:
            return False
        trail = self.d.trail[k]
        stop = self.tightest(
            side, [self.d.stop[k], price - side * price * trail, self.guard(side, t - 1)]
        )
        self.cash -= side * coins * price + coins * price * fee
        self.fills.append((t, side * coins, price, "entry"))
        self.held = {"k": k, "side": side, "coins": side * coins, "bar": t, "stop": stop}
        self.held |= {
            "targets": [self.d.target[k], self.d.target_2[k]],
            "best": price,
            "paid": price,
        }
        self.held["targets"] = [each for each in self.held["targets"] if not isnan(each)]
        self.held |= {"inside": inside, "level": level, "hit": None}
        self.orders = {}
        return True

    def tightest(self, side, levels):
        known = [each for each in levels if not isnan(each)]
        return (max(known) if side > 0 else min(known)) if known else nan

    def guard(self, side, t):
        line = self.d.guard_long if side > 0 else self.d.guard_short
        return nan if line is None else line[t]

    def meets(self, order, price):
        """Whether a price is at the order's or beyond."""
        ahead = order["side"] * (price - order["price"])
        if order["kind"] == "stop":
            return ahead >= 0
        return ahead < 0 if self.through else ahead <= 0

    def meets_in(self, order, bar):
        up = (order["kind"] == "stop") == (order["side"] > 0)
        return self.meets(order, bar[1] if up else bar[2])

    def fill_order(self, t, bar):
        for side in (1, -1):
            order = self.orders.get(side)
            if order and not self.held and self.meets(order, bar[0]):
                del self.orders[side]
                price = self.fill_price(t, bar[0], side, self.share(t, order["coins"]))
                if order["kind"] == "limit":
                    price = side * min(side * price, side * order["price"])
                self.buy(t, order["k"], order["coins"], price, bar[0], self.costs.fee, 0)
        reached = [order for order in self.orders.values() if self.meets_in(order, bar)]
        if self.held or not reached:
            return
        order = reached[0] if len(reached) == 1 else self.pick(t, bar)
        del self.orders[order["side"]]
        price, fee, inside = order["price"], self.costs.maker_fee, 2
        if order["kind"] == "stop":
            coins = self.share(t, order["coins"])
            price = self.fill_price(t, price, order["side"], coins)
            fee, inside = self.costs.fee, 1
        self.buy(t, order["k"], order["coins"], price, order["price"], fee, inside)

    def pick(self, t, bar):
        long, short = self.orders[1], self.orders[-1]

        def nearer(opening):
            return long if abs(long["price"] - opening) <= abs(short["price"] - opening) else short

        if (long["price"] > bar[0]) == (short["price"] > bar[0]) or bar[0] in (
            long["price"],
            short["price"],
        ):
            return nearer(bar[0])
        self.open_bars.add((t, "straddle"))
        if self.x.both_touched == "path":
            above, below = (long, short) if long["price"] > bar[0] else (short, long)
            return above if bar[1] - bar[0] <= bar[0] - bar[2] else below
        if self.x.both_touched == "resolve":
            for part in self.finer.get(t, []):
                reached = [order for order in (long, short) if self.meets_in(order, part)]
                if reached:
                    return reached[0] if len(reached) == 1 else nearer(part[0])
        return nearer(bar[0])

    # -- margin ------------------------------------------------------------------------------------

    def interest(self, t, coins, close):
        if not self.margin or str(self.market.venue[t]).endswith("-perp"):
            return 0.0
        rate = self.costs.borrow_bps_per_day / 1e4 * (self.market.length / pd.Timedelta("1D"))
        if coins < 0:
            return -coins * close * rate
        return max(-self.cash, 0.0) * rate if coins else 0.0

    def liquidation(self, t):
        """Where the equity is the maintenance margin; NaN for nowhere."""
        if not self.margin:
            return nan
        q, tiers = self.held["coins"], read_tiers(self.market, t)
        if q > 0:
            level = max(-(self.cash + c) / (q * (1 - m)) for _, m, c, _ in tiers)
            return level if level > 0 else nan
        return min((self.cash + c) / (-q * (1 + m)) for _, m, c, _ in tiers)

    def ends_margin(self, t, price):
        return self.held["side"] * (price - self.liquidation(t)) <= 0

    def liquidate(self, t, price):
        fee = self.costs.liquidation_fee_bps / 1e4
        self.sell(t, self.held["coins"], price, price, "liquidation", fee)

    # -- stop and targets --------------------------------------------------------------------------

    def sell(self, t, coins, price, level, reason, fee):
        charged = abs(coins * price) * fee
        self.cash += coins * price
        if self.margin and (reason != "target" or not self.held["targets"]):
            self.cash = max(self.cash, 0.0)
            charged = min(charged, self.cash)
        self.cash -= charged
        self.held["coins"] -= coins
        self.fills.append((t, -coins, price, reason))
        if reason != "target" or not self.held["targets"]:
            self.held = None

    def sell_all(self, t, level, reason, slips):
        price = level
        if slips:
            price = self.fill_price(t, level, -self.held["side"], self.held["coins"])
        fee = self.costs.fee if slips else self.costs.maker_fee
        self.sell(t, self.held["coins"], price, level, reason, fee)

    def take_target(self, t, level):
        h = self.held
        h["targets"].pop(0)
        if not h["targets"]:
            self.sell_all(t, level, "target", slips=False)
            return
        h["hit"] = t
        part = h["coins"] * self.d.share[h["k"]]
        self.sell(t, part, level, level, "target", self.costs.maker_fee)

    def hits_stop(self, price):
        return self.held["side"] * (price - self.held["stop"]) <= 0

    def hits_target(self, price):
        if not self.held["targets"]:
            return False
        ahead = self.held["side"] * (price - self.held["targets"][0])
        return ahead > 0 if self.through else ahead >= 0

    def touched(self, bar):
        worst, best = (bar[2], bar[1]) if self.held["side"] > 0 else (bar[1], bar[2])
        return self.hits_stop(worst), self.hits_target(best)

    def is_open(self, bar, kind):
        a, t = self.touched(bar)
        if a and t:
            return True
        if kind == 1 and a:
            return not self.hits_stop(bar[3])
        return kind == 2 and t and not self.hits_target(bar[3])

    def protect(self, t, bar):
        kind = self.held["inside"] if t == self.held["bar"] else 0
        began = self.held["level"] if kind else bar[0]
        if self.ends_margin(t, began):
            self.liquidate(t, began)
        elif self.hits_stop(began):
            self.sell_all(t, began, "stop", slips=True)
        while self.held and self.hits_target(began):
            self.take_target(t, began)
        while self.held:
            stop, level = self.held["stop"], self.liquidation(t)
            nearest = self.tightest(self.held["side"], [stop, level])
            self.held["stop"] = nearest
            first = self.find_first(t, bar, kind)
            self.held["stop"] = stop
            if first == "stop" and nearest != stop:
                self.liquidate(t, level)
            elif first == "stop":
                self.sell_all(t, stop, "stop", slips=True)
            elif first == "target":
                self.take_target(t, self.held["targets"][0])
            else:
                return

    def find_first(self, t, bar, kind):
        a, b = self.touched(bar)
        if not self.is_open(bar, kind):
            return "stop" if a else "target" if b else None
        self.open_bars.add((t, kind))
        rule = self.x.both_touched
        if rule == "target":
            return "target" if b else None
        if rule == "path":
            return self.follow(bar, kind)
        if rule == "resolve" and t in self.finer:
            return self.look_closer(self.finer[t], kind)
        return "stop" if a else None

    def own_order(self, kind):
        words = {1: "stop", 2: "limit"}
        return {"side": self.held["side"], "kind": words[kind], "price": self.held["level"]}

    def follow(self, bar, kind):
        opening, high, low, close = bar
        turns = [high, low, close] if high - opening <= opening - low else [low, high, close]
        if kind:
            order = self.own_order(kind)
            while not self.meets(order, turns[0]):
                turns.pop(0)
        for price in turns:
            if self.hits_stop(price):
                return "stop"
            if self.hits_target(price):
                return "target"
        return None

    def look_closer(self, parts, kind):
        if kind:
            order = self.own_order(kind)
            while parts and not self.meets_in(order, parts[0]):
                parts = parts[1:]
        for i, part in enumerate(parts):
            whole = not kind or i > 0 or self.meets(order, part[0])
            a, b = self.touched(part)
            if a:
                return "stop"
            if b and (whole or not self.is_open(part, kind)):
                return "target"
        return None if kind else "stop"

    # -- the close ---------------------------------------------------------------------------------

    def close_of(self, t, bar, worth):
        d, close, h = self.d, bar[3], self.held
        entries = [int(k) for k in np.flatnonzero(d.entries == t)]
        leaves = {1: t in d.exit_long, -1: t in d.exit_short}
        if not h:
            self.orders = {
                side: order
                for side, order in self.orders.items()
                if order["last"] > t and not leaves[side]
            }
            self.place(t, entries, worth, close)
            return
        side, k = h["side"], h["k"]
        h["best"] = side * max(side * h["best"], side * close)
        levels = [h["stop"], h["best"] - side * h["best"] * d.trail[k], self.guard(side, t)]
        if h["hit"] == t and d.breakeven[k]:
            levels.append(h["paid"])
        h["stop"] = self.tightest(side, levels)
        if leaves[side]:
            self.next_open["exit"] = "exit"
        elif d.max_bars[k] and t - h["bar"] + 1 >= d.max_bars[k]:
            self.next_open["exit"] = "max-bars"
        if self.next_open["exit"]:
            self.place(t, [each for each in entries if d.side[each] != side], worth, close)

    def place(self, t, entries, worth, close):
        d = self.d
        for k in entries:
            if d.order[k] == 0:
                self.next_open["entry"] = (k, d.size[k] * self.x.leverage * worth / close)
                continue
            last = t + d.valid[k] if d.valid[k] else len(self.bars)
            self.orders[int(d.side[k])] = {
                "k": k,
                "side": int(d.side[k]),
                "kind": "stop" if d.order[k] == 1 else "limit",
                "price": d.price[k],
                "coins": d.size[k] * self.x.leverage * worth / d.price[k],
                "last": last,
            }
