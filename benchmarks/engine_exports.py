"""Let other engines write result files that ``kanalo judge`` reads: ``make exports``.

Each engine runs the same rule over the same bars in an environment of its own, which has no kanalo,
and writes its result with its own exporter. The files are committed below ``tests/outside/files``,
where tests compare them with the same run inside kanalo. Engines that need an account, a network or
an installation by hand (freqtrade, QuantConnect, TradingView) are not run here: their files are
written by hand.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from engine_peers import ROOT, Peer, call, make_environment

import kanalo

FILES = ROOT / "tests" / "outside" / "files"
SPAN = ("2023-01-01", "2023-10-01")

PEERS = [
    Peer("backtesting-0.6.6", "export_backtesting.py", ("backtesting==0.6.6", "pyarrow"), {}, 0),
    Peer(
        "backtrader-1.9.78",
        "export_backtrader.py",
        ("backtrader==1.9.78.123", "pandas", "pyarrow"),
        {},
        0,
    ),
    Peer("bt-1.4.1", "export_bt.py", ("bt==1.4.1", "pyarrow"), {}, 0),
    Peer("vectorbt-1.2.0", "export_vectorbt.py", ("vectorbt==1.2.0", "pyarrow"), {}, 0),
]


def main() -> None:
    """Install the engines, write the bars, and let each export its results."""
    with tempfile.TemporaryDirectory() as scratch:
        bars = Path(scratch, "bars.parquet")
        market = kanalo.load_market("xmr_1d").between(*SPAN).traded
        market.bars.rename_axis("time").reset_index().to_parquet(bars, index=False)
        for peer in PEERS:
            make_environment(peer)
            report = call(peer, "export", bars, folder=str(FILES))
            versions = json.dumps(report["versions"])
            print(f"{peer.name}: {', '.join(report['outcome'])} ({versions})", flush=True)


if __name__ == "__main__":
    main()
