"""What goes wrong in a sweep is counted, named and survived."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import KanaloWarning, WorkspaceError
from kanalo.ledger import Ledger
from kanalo.market import Market
from kanalo.strategy import Decisions, Strategy, param
from kanalo.sweep import engine, run_sweep


@pytest.fixture
def market():
    close = np.linspace(100, 200, 60)
    index = pd.date_range("2024-01-01", periods=60, freq="D", tz="UTC", name="time")
    columns = dict.fromkeys(("open", "high", "low", "close"), close)
    return Market.from_bars(pd.DataFrame({**columns, "volume": 1.0}, index=index))


@dataclass(frozen=True)
class Moody(Strategy):
    """Raise with some sets, as a rule does that meets a bar it was not made for."""

    step: int = param(1, low=1, high=9)

    def decide(self, market):
        if self.step == 2:
            raise ZeroDivisionError("step")
        if self.step == 9:
            return Decisions.from_arrays(len(market), long=market.close > 0, stop=-1.0)
        entry = np.arange(len(market)) % (7 * self.step) == 0
        return Decisions.from_arrays(len(market), long=entry, max_bars=3)


@pytest.mark.parametrize("in_folder", [False, True])
def test_a_set_whose_rule_raises_is_counted_and_the_others_go_on(in_folder, market, tmp_path):
    folder = tmp_path / "sweep" if in_folder else None
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        swept = run_sweep(Moody, market, {"step": [1, 2, 3]}, folder=folder, ledger=ledger)
        statuses = [each.outcome.status for each in ledger.trials()]
    assert list(swept.failures) == [1]
    assert "Moody(step=2): " in swept.failures[1]
    assert "ZeroDivisionError" in swept.failures[1]
    assert np.isnan(swept.table["sharpe_ratio"][1])
    assert np.isnan(swept.daily_returns[1]).all()
    assert swept.table["n_trades"].tolist()[1] == 0
    assert (swept.table["n_trades"][[0, 2]] > 0).all()
    assert statuses == ["finished", "aborted", "finished"]
    if in_folder:
        again = run_sweep(Moody, market, {"step": [1, 2, 3]}, folder=folder)
        assert dict(again.failures) == dict(swept.failures)


def test_a_sweep_that_does_not_fit_is_refused_before_it_starts(market, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "count_bytes", lambda *sizes: 10**18)
    with pytest.raises(WorkspaceError, match="needs 1,000,000,000,000.0 MB in .* are free"):
        run_sweep(Moody, market, {"step": [1, 3]}, folder=tmp_path / "sweep")
    assert not list((tmp_path / "sweep").glob("*.npy"))


@pytest.mark.parametrize("name", ["daily_returns.npy", "days.npy", "sweep.parquet"])
def test_damaged_files_of_a_finished_sweep_are_a_sentence(market, tmp_path, name):
    grid = {"step": [1, 3]}
    run_sweep(Moody, market, grid, folder=tmp_path / "sweep")
    path = tmp_path / "sweep" / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(WorkspaceError, match="is damaged"):
        run_sweep(Moody, market, grid, folder=tmp_path / "sweep")


def test_a_ledger_that_cannot_be_written_costs_no_result(market, tmp_path, monkeypatch):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:

        def refuse(*arguments, **options):
            raise WorkspaceError("The ledger is full.")

        monkeypatch.setattr(ledger, "record_many", refuse)
        with pytest.warns(KanaloWarning, match="Not in the ledger from here on: The ledger is f"):
            swept = run_sweep(Moody, market, {"step": [1, 3]}, ledger=ledger)
    assert len(swept) == 2


def test_decisions_that_contradict_themselves_fail_their_set_alone(market):
    swept = run_sweep(Moody, market, {"step": [1, 9]})
    assert list(swept.failures) == [1]
    assert "Moody(step=9): " in swept.failures[1]
    assert "'stop' decided at bar 0 must be a positive price" in swept.failures[1]
