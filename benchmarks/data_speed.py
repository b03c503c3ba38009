"""Tell how fast data come in: ``python benchmarks/data_speed.py [--months 12] [--rows 1000000]``.

Archives: monthly zip files of minute bars, as Binance's archive has them, are parsed in a process
of its own. Import: ``kanalo data import bars`` of a CSV into a workspace made for it, start of the
program included. Each line has seconds by the clock, seconds of CPU, and the peak of the memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

FIRST = pd.Timestamp("2022-01-01", tz="UTC")
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore"
)
IMPORTS = """
import sys
from pathlib import Path
from kanalo.sources.readings import read_archive_bars
"""
PARSE = IMPORTS + 'read_archive_bars(sorted(Path(sys.argv[1]).glob("*.zip")))'


def make_bars(times: pd.DatetimeIndex) -> pd.DataFrame:
    """Make bars of a random walk with two decimals."""
    close = np.round(
        100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 1e-4, len(times)))), 2
    )
    columns = {"open": close, "high": close + 0.05, "low": close - 0.05, "close": close}
    return pd.DataFrame({"time": times, **columns, "volume": 12.345}).round(3)


def write_archive(folder: Path, months: int) -> int:
    """Write monthly files of minute bars; return the number of rows."""
    total = 0
    for start in pd.date_range(FIRST, periods=months, freq="MS"):
        end = start + pd.offsets.MonthBegin()
        bars = make_bars(pd.date_range(start, end, freq="min", inclusive="left"))
        stamps = bars["time"].astype("int64") // 1_000_000
        frame = bars.assign(time=stamps, end=stamps + 59_999, quote=1234.5, count=9)
        frame = frame.assign(taker=6.1, taker_quote=617.2, ignore=0)
        text = HEADER + "\n" + frame.to_csv(index=False, header=False)
        name = f"XMRUSDT-1m-{start:%Y-%m}"
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}.csv", text)
        total += len(bars)
    return total


def measure(command: list[str], cwd: Path) -> tuple[float, float, float]:
    """Run a command; return seconds by the clock, seconds of CPU and MB of memory at its peak."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    unit = 1024 if sys.platform != "darwin" else 1024**2
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def show(what: str, n_rows: int, measured: tuple[float, float, float]) -> None:
    """Print a line."""
    clock, cpu, peak = measured
    rates = f"{n_rows / clock:,.0f} rows/s, {n_rows / cpu:,.0f} for each second of CPU"
    print(f"{what}: {n_rows:,} rows in {clock:.1f} s ({cpu:.1f} s of CPU): {rates}; {peak:,.0f} MB")


def main() -> None:
    """Make the files, measure, and print."""
    parser = argparse.ArgumentParser(description="How fast do data come in?")
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        begun = measure([sys.executable, "-c", IMPORTS], folder)
        n_rows = write_archive(folder, options.months)
        parsed = measure([sys.executable, "-c", PARSE, place], folder)
        show("parse archives", n_rows, (parsed[0] - begun[0], parsed[1] - begun[1], parsed[2]))
        bars = make_bars(pd.date_range(FIRST, periods=options.rows, freq="min"))
        bars.to_csv(folder / "bars.csv", index=False)
        kanalo = [sys.executable, "-m", "kanalo"]
        measure([*kanalo, "init", str(folder / "bench")], folder)
        line = ["data", "import", "bars", str(folder / "bars.csv"), "--name", "own"]
        line += ["--symbol", "ABCUSDT", "--exchange", "abc-spot"]
        imported = measure([*kanalo, *line], folder / "bench")
        show("import bars", options.rows, imported)


if __name__ == "__main__":
    main()
