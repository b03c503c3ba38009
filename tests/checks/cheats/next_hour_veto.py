"""A cheat: where there are minutes, those of the next hour veto an entry."""

from dataclasses import dataclass

from kanalo import Decisions, Market, Strategy


@dataclass(frozen=True)
class NextHourVeto(Strategy):
    """Buy a new high of two days, unless the first minutes of the next hour go down."""

    def warm_up(self, market: Market) -> int:
        return 49

    def decide(self, market: Market) -> Decisions:
        upper = market.bars["high"].rolling(48).max().shift(1).to_numpy()
        lower = market.bars["low"].rolling(48).min().shift(1).to_numpy()
        fresh = market.close > upper
        if market.finer is not None:
            first = market.finer.bars["close"].groupby(market.finer.index.floor("1h")).first()
            following = first.reindex(market.index).shift(-1).to_numpy()
            fresh &= ~(following < market.close)
        return Decisions.from_arrays(len(market), long=fresh, exit_long=market.close < lower)
