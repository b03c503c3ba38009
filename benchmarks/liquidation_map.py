"""Time the liquidation map over the bundled histories: python benchmarks/liquidation_map.py."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kanalo.market import Market, load_market
from kanalo.signals.leverage import load_tiers, tiered_prior
from kanalo.signals.liquidation_book import MapSettings
from kanalo.signals.liquidation_estimator import estimated_flow
from kanalo.signals.liquidation_map import liquidation_map

DATA = Path(__file__).resolve().parents[1] / "data"
LIMIT_SECONDS = 2.0
ROUNDS = 3


def measure(work: Callable[[], object]) -> float:
    """Return the shortest of several runs in seconds; the first one, not counted, compiles."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print one line for each history and exit with 1 if one is over the limit."""
    hourly = load_market(DATA, "xmr_1h")
    minutes = load_market(DATA, "xmr_1m_2026_01")
    tiers = MapSettings(tiered_prior(load_tiers("XMRUSDT")))

    def tiered(market: Market) -> Callable[[], object]:
        return lambda: liquidation_map(market, tiers)

    jobs: dict[str, tuple[Market, Callable[[], object]]] = {
        "map, hourly": (hourly, lambda: liquidation_map(hourly)),
        "map with XMR's tiers, hourly": (hourly, tiered(hourly)),
        "calibrated flow, hourly": (hourly, lambda: estimated_flow(hourly)),
        "map, minutes": (minutes, lambda: liquidation_map(minutes)),
        "map with XMR's tiers, minutes": (minutes, tiered(minutes)),
    }
    slow = 0
    for name, (market, work) in jobs.items():
        seconds = measure(work)
        slow += seconds > LIMIT_SECONDS
        print(f"{name:<32}{len(market):>8,} bars {seconds:>7.2f} s")
    raise SystemExit(slow > 0)


if __name__ == "__main__":
    main()
