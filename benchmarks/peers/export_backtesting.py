"""Result files of backtesting.py: the trades and the equity curve of its statistics."""

from __future__ import annotations

import warnings
from pathlib import Path

import backtesting
import common
import exported
import pandas as pd

warnings.filterwarnings("ignore")
backtesting.backtesting._tqdm = lambda each, **_: each  # no progress bar on our output


class AboveMean(backtesting.Strategy):
    """Hold ten coins while the close is above its mean."""

    def init(self) -> None:
        """Compute the mean."""
        close = pd.Series(self.data.Close)
        self.mean = self.I(lambda: close.rolling(exported.DAYS).mean(), name="mean")

    def next(self) -> None:
        """Buy above the mean, sell below it."""
        if len(self.data) < exported.FIRST:
            return
        close = self.data.Close[-1]
        if not self.position and close > self.mean[-1]:
            self.buy(size=exported.COINS)
        elif self.position and close < self.mean[-1]:
            self.position.close()


def export(path: Path, folder: str) -> list[str]:
    """Run the rule and write both tables as CSV."""
    test = backtesting.Backtest(
        exported.read(path, capitals=True),
        AboveMean,
        cash=exported.CASH,
        commission=exported.FEE,
        finalize_trades=False,
    )
    found = test.run()
    found["_trades"].to_csv(Path(folder, "backtesting_trades.csv"), index=False)
    found["_equity_curve"].to_csv(Path(folder, "backtesting_equity.csv"), index_label="time")
    return ["backtesting_trades.csv", "backtesting_equity.csv"]


if __name__ == "__main__":
    common.main(export=export, packages=("backtesting", "pandas"))
