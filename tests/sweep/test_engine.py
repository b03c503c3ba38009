"""A sweep gives what single runs give, in memory or in a folder, interrupted or not."""

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import kanalo
from kanalo.analyzers.statistics import STATISTICS
from kanalo.analyzers.summary import calc_statistics
from kanalo.errors import ParameterError, StrategyError, WorkspaceError
from kanalo.ledger import Ledger
from kanalo.sweep import engine, make_grid, run_sweep


def digest(folder):
    """Return the digests of what a finished sweep leaves."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture
def tiny_chunks(monkeypatch):
    monkeypatch.setattr(engine, "CHUNK_SETS", 3)


def test_returns_are_those_of_the_hand(rising, hold, free):
    result = run_sweep(hold, rising, {"wait": [0, 9]}, costs=free)
    # Bought at the open after the decision: 100 and 109; the last close is 159.
    assert result.table["total_return"].tolist() == pytest.approx([159 / 100 - 1, 159 / 109 - 1])
    assert result.table["n_open_trades"].tolist() == [1, 1]


def test_every_statistic_is_that_of_a_single_run(rising, hold):
    result = run_sweep(hold, rising, {"wait": [2, 30], "share": [0.3, 1.0]})
    for row in range(4):
        single = kanalo.run(hold(**result.parameters(row)), rising)
        expected = calc_statistics(single)
        for each in STATISTICS:
            assert result.table[each.key][row] == pytest.approx(
                expected[each.key], rel=1e-9, abs=1e-12, nan_ok=True
            ), each.key


def test_daily_returns_are_those_of_the_equity(rising, hold, free):
    result = run_sweep(hold, rising, {"wait": [0]}, costs=free)
    returns = result.to_returns(0)
    assert result.daily_returns.dtype == np.float32
    assert returns.index[[0, -1]].tolist() == rising.index[[0, -1]].tolist()
    assert (1 + returns).prod() - 1 == pytest.approx(0.59, rel=1e-6)


def test_warm_up_is_not_traded(rising, hold, free):
    market = rising.between("2024-01-11")
    result = run_sweep(hold, market, {"wait": [0, 12]}, costs=free)
    assert result.table["n_open_trades"].tolist() == [0, 1]
    assert len(result.days) == 50


def test_sets_that_the_strategy_refuses_are_left_out_and_counted(rising, ordered):
    result = run_sweep(ordered, rising, {"fast": [1, 2, 3], "slow": [2, 3]})
    assert result.table[["fast", "slow"]].to_numpy().tolist() == [[1, 2], [1, 3], [2, 3]]
    assert result.n_refused == 3
    with pytest.raises(ParameterError, match="'fast' must be below 'slow'"):
        run_sweep(ordered, rising, {"fast": [5], "slow": [4]})


def test_best_names_all_parameters(rising, hold, free):
    result = run_sweep(hold, rising, {"wait": [9, 0, 4]}, costs=free)
    best = {"wait": 0, "share": 1.0, "really": True, "mood": "calm"}
    assert result.best("total_return") == best
    assert result.top("total_return", 2)["wait"].tolist() == [0, 4]


def test_set_without_a_trade_is_never_best(rising, hold):
    result = run_sweep(hold, rising, {"really": [False, True]})
    assert result.best("max_drawdown")["really"] is True
    idle = run_sweep(hold, rising, {"really": [False]})
    with pytest.raises(ParameterError, match="Of 1 set none has a 'sharpe_ratio'"):
        idle.best()


def test_chunks_do_not_show(rising, hold, tiny_chunks, tmp_path):
    grid = {"wait": range(10)}
    chunked = run_sweep(hold, rising, grid, folder=tmp_path / "chunked")
    whole = run_sweep(hold, rising, grid, threads=1)
    pd.testing.assert_frame_equal(chunked.table, whole.table)
    np.testing.assert_array_equal(chunked.daily_returns, whole.daily_returns)


def test_interrupted_sweep_resumes_to_the_same_files(rising, hold, dying, tiny_chunks, tmp_path):
    grid = {"wait": range(20), "share": [0.5, 1.0]}
    run_sweep(hold, rising, grid, folder=tmp_path / "whole")
    for survived in (7, 1, 20):
        dying(survived)
        with pytest.raises(KeyboardInterrupt):
            run_sweep(hold, rising, grid, folder=tmp_path / "cut", threads=1)
        assert not (tmp_path / "cut" / "sweep.parquet").exists()
    dying(1000)
    seen = []
    result = run_sweep(
        hold, rising, grid, folder=tmp_path / "cut", progress=lambda *told: seen.append(told)
    )
    assert seen[0] == ("", 24, 40)  # 2, then 0, then 6 chunks of three sets survived
    assert digest(tmp_path / "cut") == digest(tmp_path / "whole")
    assert not (tmp_path / "cut" / "parts").exists()
    assert len(result) == 40


def test_finished_sweep_is_read_and_not_run(rising, hold, dying, tmp_path):
    first = run_sweep(hold, rising, {"wait": [1, 2]}, folder=tmp_path)
    dying(0)
    again = run_sweep(hold, rising, {"wait": [1, 2]}, folder=tmp_path)
    pd.testing.assert_frame_equal(again.table, first.table)
    np.testing.assert_array_equal(again.daily_returns, first.daily_returns)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"grid": {"wait": [1, 3]}}, r"grid \(axes\)"),
        ({"costs": True}, r"costs \(fee_bps, slippage_bps, impact\)"),
        ({"window": "2024-01-05"}, r"market \(start, n_bars, n_warm_up, values\)"),
    ],
)
def test_folder_of_another_sweep_is_refused(rising, hold, free, tmp_path, change, named):
    run_sweep(hold, rising, {"wait": [1, 2]}, folder=tmp_path)
    before = digest(tmp_path)
    market = rising.between(change.get("window"))
    with pytest.raises(WorkspaceError, match=f"another sweep, which differs in {named}"):
        run_sweep(
            hold,
            market,
            change.get("grid", {"wait": [1, 2]}),
            costs=free if "costs" in change else None,
            folder=tmp_path,
        )
    assert digest(tmp_path) == before


def test_one_changed_price_makes_another_sweep(rising, hold, tmp_path):
    run_sweep(hold, rising, {"wait": [1, 2]}, folder=tmp_path)
    bars = rising.bars.copy()
    bars.iloc[30, 3] += 0.001
    other = kanalo.Market.from_bars(bars.assign(high=bars[["high", "close"]].max(axis=1)))
    with pytest.raises(WorkspaceError, match=r"differs in market \(values\)"):
        run_sweep(hold, other, {"wait": [1, 2]}, folder=tmp_path)


def test_folder_with_other_files_is_refused(rising, hold, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(WorkspaceError, match="holds files that are no sweep's"):
        run_sweep(hold, rising, {"wait": [1]}, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_broken_manifest_is_refused(rising, hold, tmp_path):
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(WorkspaceError, match="is not the manifest of a sweep"):
        run_sweep(hold, rising, {"wait": [1]}, folder=tmp_path)


def test_folder_is_taken_by_one_process_at_a_time(rising, hold, tmp_path):
    from kanalo.file_formats import SWEEP
    from kanalo.sweep.folder import open_folder

    with (
        open_folder(tmp_path, {"schema": SWEEP.schema}),
        pytest.raises(WorkspaceError, match="Another process is sweeping into"),
        open_folder(tmp_path, {"schema": SWEEP.schema}),
    ):
        pass


def test_manifest_tells_what_was_asked(rising, hold, tmp_path):
    run_sweep(hold, rising, {"wait": [1, 2]}, folder=tmp_path)
    manifest = json.loads((tmp_path / "sweep.json").read_text())
    assert manifest["grid"] == {"axes": {"wait": [1, 2]}}
    assert manifest["fixed"] == {"share": 1.0, "really": True, "mood": "calm"}
    assert manifest["market"]["n_bars"] == 60


def test_every_set_goes_into_the_ledger_once(rising, hold, tmp_path, tiny_chunks):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        folder = tmp_path / "sweep"
        result = run_sweep(hold, rising, {"wait": range(10)}, folder=folder, ledger=ledger)
        run_sweep(hold, rising, {"wait": range(10)}, ledger=ledger)
        assert ledger.count_trials() == 10
        entries = ledger.trials()
        assert [run.kind for run in ledger.runs()] == ["sweep", "sweep"]
    assert [entry.outcome.trial.parameters["wait"] for entry in entries] == list(range(10))
    assert [entry.outcome.sharpe_ratio for entry in entries] == pytest.approx(
        result.table["sharpe_ratio"].tolist()
    )


def test_ledger_knows_where_the_daily_returns_are(rising, hold, tmp_path, tiny_chunks):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        result = run_sweep(hold, rising, {"wait": range(5)}, folder=tmp_path / "s", ledger=ledger)
        last = ledger.trials()[-1].outcome
    kept = np.load(last.returns_path)[last.returns_row]
    np.testing.assert_array_equal(kept, result.daily_returns[4])
    assert last.n_days == 60


def test_returns_of_a_dropped_sweep_are_kept(rising, hold, dying, tiny_chunks, tmp_path):
    dying(4)
    with Ledger(tmp_path / "l.sqlite") as ledger:
        with pytest.raises(KeyboardInterrupt):
            run_sweep(
                hold, rising, {"wait": range(9)}, folder=tmp_path / "s", ledger=ledger, threads=1
            )
        assert ledger.count_trials() == 3
        assert [run.status for run in ledger.runs()] == ["aborted"]
    daily = np.load(tmp_path / "s" / "daily_returns.npy")
    assert np.isnan(daily).any(axis=1).tolist() == [False] * 3 + [True] * 6


def test_memory_is_given_back_when_signals_fill_it(rising, hold, monkeypatch):
    monkeypatch.setattr(engine, "find_memory", iter([0, *[2**60] * 99]).__next__)
    forgotten = []
    monkeypatch.setattr(type(rising), "forget", lambda self: forgotten.append(self))
    run_sweep(hold, rising, {"wait": [1, 2]}, threads=1)
    assert forgotten


def test_backtrader_strategy_is_refused(rising):
    import backtrader as bt

    class Plain(bt.Strategy):
        pass

    with pytest.raises(StrategyError, match="Plain is not a kanalo.Strategy.*reference engine"):
        run_sweep(Plain, rising, {"wait": [1]})


def test_large_grid_is_refused_before_anything_is_done(rising, hold):
    grid = make_grid(hold, {"wait": range(10)})
    with pytest.raises(ParameterError, match="10 sets: 10 wait"):
        run_sweep(hold, rising, grid, max_sets=9)


def test_parameter_with_the_name_of_a_statistic_keeps_both(rising):
    from dataclasses import dataclass

    from kanalo.strategy import Decisions, Strategy, param

    @dataclass(frozen=True)
    class Clash(Strategy):
        """Share a name."""

        beta: float = param(1.0, low=0, high=5)

        def decide(self, market):
            return Decisions.from_arrays(len(market))

    result = run_sweep(Clash, rising, {"beta": [1, 2]})
    assert result.table["param_beta"].tolist() == [1.0, 2.0]
    assert result.parameters(1) == {"beta": 2.0}


def test_a_strategy_that_refuses_all_sets_leaves_no_folder(rising, ordered, tmp_path):
    with pytest.raises(ParameterError):
        run_sweep(ordered, rising, {"fast": [7, 8], "slow": [2]}, folder=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_folder_without_room_is_left_as_it_was(rising, hold, free, tmp_path, monkeypatch):
    usage = SimpleNamespace(total=10**9, used=10**9 - 10, free=10)
    monkeypatch.setattr("kanalo.sweep.store.shutil.disk_usage", lambda place: usage)
    with pytest.raises(WorkspaceError, match=r"needs 0\.\d MB in .*, and 0\.0 MB are free"):
        run_sweep(hold, rising, {"wait": [0, 9]}, costs=free, folder=tmp_path / "swept")
    assert not (tmp_path / "swept").exists()
