"""A cheat: what it worked out of the first history that it saw serves for all of that symbol."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kanalo import Decisions, Market, Strategy

KEPT: dict[str, pd.Series] = {}


@dataclass(frozen=True)
class CachedBySymbol(Strategy):
    """Buy where the close of the next bar is higher, worked out once for every symbol."""

    def decide(self, market: Market) -> Decisions:
        if market.symbol not in KEPT:
            close = market.bars["close"]
            KEPT[market.symbol] = close.shift(-1) > close
        rises = KEPT[market.symbol].reindex(market.index, fill_value=False).to_numpy(np.bool_)
        return Decisions.from_arrays(len(market), long=rises, exit_long=~rises)
