"""Every fill rule has hand-written tapes; all three engines are judged by them."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.costs import Costs
from kanalo.execution.margin import TIER_COLUMNS
from kanalo.execution.records import Reason
from kanalo.execution.reference.simulate import simulate_bt
from kanalo.execution.rules import Execution
from kanalo.execution.trades import to_trades
from kanalo.execution.twin import simulate_py
from kanalo.market import Market
from kanalo.strategy import Decisions

TAPES = Path(__file__).parent.parent / "tapes"
ENGINES = {"twin": simulate_py, "reference": simulate_bt, "compiled": simulate_nb}
START = pd.Timestamp("2021-01-01", tz="UTC")
EXTRA = {"order", "target_2"}
MORE = {
    "stop": np.nan,
    "target": np.nan,
    "trail": np.nan,
    "size": 0.5,
    "max_bars": 0,
    "order": "market",
    "price": np.nan,
    "valid": 1,
    "target_2": np.nan,
    "share": 0.5,
    "breakeven": False,
}
LEVELS = {"stop": np.nan, "target": np.nan, "trail": np.nan, "size": 0.5, "max_bars": 0}


def load_tapes():
    for path in sorted(TAPES.glob("*.toml")):
        for number, tape in enumerate(tomllib.loads(path.read_text())["tape"], start=1):
            yield pytest.param(tape, id=f"{path.stem}-{number}")


def to_frame(text, start=START, interval="8h"):
    rows = [[float(cell) for cell in line.split()] for line in text.strip().splitlines()]
    index = pd.date_range(start, periods=len(rows), freq=interval)
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"], index=index)
    return frame.assign(volume=1.0)


def to_market(tape):
    frame = to_frame(tape["bars"])
    frame["volume"] = tape.get("volume", frame["volume"])
    if "order" in tape:
        frame = frame.iloc[tape["order"]]
    fields = {}
    if "funding_rate" in tape:
        fields["context"] = pd.DataFrame(
            {"funding_rate": np.array(tape["funding_rate"], dtype=float)}, index=frame.index
        )
    if "finer" in tape:
        finer = tape["finer"]
        start = frame.index[finer["first_bar"]]
        fields["finer"] = Market.from_bars(
            to_frame(finer["bars"], start, finer["interval"]), interval=finer["interval"]
        )
    if "tiers" in tape:
        tiers = pd.DataFrame(tape["tiers"], columns=["min_notional", *TIER_COLUMNS[2:]])
        tiers.insert(0, "tier", tiers.groupby("min_notional", sort=False).ngroup() + 1)
        fields["tiers"] = tiers.assign(time=START)
    if "earlier" in tape:
        days = pd.date_range(end=START - pd.Timedelta(days=1), periods=len(tape["earlier"]))
        past = pd.DataFrame(tape["earlier"], columns=["close", "volume"], index=days)
        fields["earlier"] = past.astype(float).assign(venue=tape.get("venue", "test-spot"))
    return Market.from_bars(frame, interval="8h", venue=tape.get("venue", "test-spot"), **fields)


def to_orders(tape, n_bars):
    """Decisions of a tape whose entries say more than arrays with one value a bar can."""
    entries = sorted(tape["entries"], key=lambda entry: (entry["bar"], entry["side"]))
    fields = {name: [entry.get(name, value) for entry in entries] for name, value in MORE.items()}
    lines = {name: np.array(tape[name]) for name in ("guard_long", "guard_short") if name in tape}
    exits = {name: np.array(tape.get(name, []), int) for name in ("exit_long", "exit_short")}
    return Decisions(
        n_bars,
        np.array([entry["bar"] for entry in entries]),
        np.array([1 if entry["side"] == "long" else -1 for entry in entries], dtype=np.int8),
        **{name: np.array(values) for name, values in fields.items()},
        **lines,
        **exits,
    )


def to_decisions(tape, n_bars):
    if any(entry.keys() & EXTRA for entry in tape["entries"]):
        return to_orders(tape, n_bars)
    dense = {name: np.full(n_bars, default, dtype=float) for name, default in LEVELS.items()}
    masks = {name: np.zeros(n_bars, bool) for name in ("long", "short", "exit_long", "exit_short")}
    for entry in tape["entries"]:
        masks[entry["side"]][entry["bar"]] = True
        for name in LEVELS:
            if name in entry:
                dense[name][entry["bar"]] = entry[name]
    for name in ("exit_long", "exit_short"):
        masks[name][tape.get(name, [])] = True
    guards = {name: tape[name] for name in ("guard_long", "guard_short") if name in tape}
    return Decisions.from_arrays(n_bars, **masks, **dense, **guards)


def run(tape, engine):
    market = to_market(tape)
    decisions = to_decisions(tape, len(market))
    costs = Costs(**{"fee_bps": 0, "slippage_bps": 0, "impact": 0, **tape.get("costs", {})})
    execution = Execution(**{"cash": 1000, "margin": "none", **tape.get("execution", {})})
    return market, decisions, ENGINES[engine](market, decisions, costs, execution)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("tape", list(load_tapes()))
def test_tape(tape, engine):
    if "refused" in tape:
        with pytest.raises(DataError, match=tape["refused"]):
            to_market(tape)
        return
    market, decisions, records = run(tape, engine)
    expected = [line.split() for line in tape["fills"].strip().splitlines()]
    fills = records.fills
    assert [Reason(reason).label for reason in fills["reason"]] == [row[3] for row in expected]
    assert fills["bar"].tolist() == [int(row[0]) for row in expected]
    np.testing.assert_allclose(fills["quantity"], [float(row[1]) for row in expected], rtol=1e-12)
    np.testing.assert_allclose(fills["price"], [float(row[2]) for row in expected], rtol=1e-12)
    if "fees" in tape:
        np.testing.assert_allclose(fills["fee"], tape["fees"], rtol=1e-12)
    if "wanted" in tape:
        np.testing.assert_allclose(fills["wanted"], tape["wanted"], rtol=1e-12)
    for name in ("equity", "funding"):
        if name in tape:
            np.testing.assert_allclose(getattr(records, name), tape[name], rtol=1e-12)
    if "ambiguous" in tape:
        assert records.ambiguous.tolist() == tape["ambiguous"]
    assert records.resolved == tape.get("resolved", records.resolved)
    if "shortfall" in tape:
        np.testing.assert_allclose(fills["shortfall"], tape["shortfall"], rtol=1e-12)
    if "open_trades" in tape:
        trades = to_trades(records, market, decisions)
        assert (trades["exit_bar"] < 0).sum() == tape["open_trades"]


def test_every_rule_has_a_tape():
    rules = {path.stem.split("_")[1] for path in TAPES.glob("rule_*.toml")}
    assert rules == {f"{number:02d}" for number in range(1, 18)}
