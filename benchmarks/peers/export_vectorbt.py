"""Result files of vectorbt: trades, returns and value, and plain returns as quantstats reads."""

from __future__ import annotations

from pathlib import Path

import common
import exported
import numpy as np
import vectorbt as vbt


def export(path: Path, folder: str) -> list[str]:
    """Run the rule at the opens after its signals and write the tables as CSV."""
    bars = exported.read(path)
    close = bars["close"]
    mean = close.rolling(exported.DAYS).mean()
    mean.iloc[: exported.FIRST - 1] = np.nan  # no decision before
    made = vbt.Portfolio.from_signals(
        close,
        entries=(close > mean).shift(1, fill_value=False),
        exits=(close < mean).shift(1, fill_value=False),
        price=bars["open"],
        size=exported.COINS,
        init_cash=exported.CASH,
        fees=exported.FEE,
        freq="1D",
    )
    tables = {
        "vectorbt_trades.csv": made.trades.records_readable.set_index("Exit Trade Id"),
        "vectorbt_returns.csv": made.returns().rename("return"),
        "vectorbt_value.csv": made.value().rename("value"),
        "plain_returns.csv": made.value().pct_change().dropna().rename("Strategy"),
    }
    for name, table in tables.items():
        table.to_csv(Path(folder, name))
    assert np.isfinite(made.total_return())
    return list(tables)


if __name__ == "__main__":
    common.main(export=export, packages=("vectorbt", "pandas"))
