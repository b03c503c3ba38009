"""Entries, orders, positions and fills of the judge from the text."""

from __future__ import annotations

from dataclasses import dataclass, field

from .judge_from_text_market import NAN


@dataclass
class Entry:
    """What a decision asks for on one side."""

    side: int
    size: float = 1.0
    stop: float = NAN
    target: float = NAN
    trail: float = NAN
    target_2: float = NAN
    share: float = 0.5
    breakeven: bool = False
    order: str = "market"
    price: float = NAN
    valid: int = 1
    max_bars: int = 0


@dataclass
class Decision:
    """The decision at one close."""

    entries: list[Entry] = field(default_factory=list)
    exits: tuple[int, ...] = ()


@dataclass
class Rules:
    """Account and costs."""

    cash: float = 10_000.0
    fee_bps: float = 0.0
    maker_fee_bps: float = 0.0
    slippage_bps: float = 0.0
    max_leverage: float = 1.0
    leverage: float | None = None
    both_touched: str = "stop"
    limit_fills: str = "touch"
    entry_bar_exits: bool = True
    margin: str = "none"
    liquidation_fee_bps: float = 150.0
    borrow_bps_per_day: float = 2.74
    impact: float = 0.0
    max_share: float | None = None


@dataclass
class Order:
    """An entry with its coins, fixed at the decision."""

    entry: Entry
    coins: float
    last_bar: float

    @property
    def side(self) -> int:
        return self.entry.side

    @property
    def kind(self) -> str:
        return self.entry.order

    @property
    def price(self) -> float:
        return self.entry.price


@dataclass
class Position:
    """What is held."""

    entry: Entry
    coins: float
    price: float
    bar: int
    inside: Order | None
    stop: float
    best: float
    first_target_bar: int | None = None

    @property
    def side(self) -> int:
        return self.entry.side

    @property
    def target(self) -> float:
        return self.entry.target if self.first_target_bar is None else self.entry.target_2


@dataclass
class Fill:
    """One execution; `quantity` is signed."""

    bar: int
    price: float
    quantity: float
    fee: float
    reason: str
