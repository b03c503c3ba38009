"""Result file of bt: the prices of its backtests, a column for each.

bt trades at the close that decides, so its results are not those of the other engines.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import bt
import common
import exported

warnings.filterwarnings("ignore")


def export(path: Path, folder: str) -> list[str]:
    """Run the rule, and holding beside it, and write their prices as CSV."""
    close = exported.read(path)[["close"]]
    mean = close.rolling(exported.DAYS).mean()
    rule = bt.Strategy(
        "above_mean",
        [bt.algos.SelectWhere(close > mean), bt.algos.WeighEqually(), bt.algos.Rebalance()],
    )
    hold = bt.Strategy(
        "hold",
        [bt.algos.RunOnce(), bt.algos.SelectAll(), bt.algos.WeighEqually(), bt.algos.Rebalance()],
    )
    tests = [bt.Backtest(each, close, integer_positions=False) for each in (rule, hold)]
    bt.run(*tests).prices.to_csv(Path(folder, "bt_prices.csv"))
    return ["bt_prices.csv"]


if __name__ == "__main__":
    common.main(export=export, packages=("bt", "ffn", "pandas"))
