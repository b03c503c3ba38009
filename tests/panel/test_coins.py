"""Panels: the bundled one, and folders of tables that are checked."""

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError
from kanalo.panel.coins import list_absent, load_panel, read_panel, to_panel

from .conftest import make_market


def test_a_folder_gives_the_panel_that_it_holds(folder, panel):
    read = read_panel(folder)
    assert {each.name for each in read.coins} == {each.name for each in panel.coins}
    assert [each.name for each in read.others] == sorted(each.name for each in panel.others)
    assert read.coins[0].market.close.tolist() == panel.coins[2].market.close.tolist()
    assert len(read.digests) == len(panel.coins)


def test_every_coin_has_the_benchmark_beside_it(panel):
    by_name = {each.name: each.market for each in panel.coins}
    assert by_name["btc"].benchmark is None
    assert by_name["aaa"].benchmark["close"].tolist() == by_name["btc"].close.tolist()


def test_hours_are_absolute(panel):
    assert panel.coins[0].hours[0] * 3600 == pd.Timestamp("2023-01-01", tz="UTC").timestamp()
    assert (np.diff(panel.coins[0].hours) == 1).all()


def test_other_intervals_are_refused(markets):
    late = {**markets, "zzz": make_market("zzz", 1, n=50, interval="4h")}
    with pytest.raises(DataError, match="'zzz' must have bars of 1h; received bars of 4h"):
        to_panel("mixed", late)


def test_fewer_than_three_coins_are_refused(markets):
    few = {name: markets[name] for name in ("btc", "xmr", "aaa", "bbb")}
    with pytest.raises(DataError, match=r"at least 3 coins .* received 2 \(aaa, bbb\)"):
        to_panel("few", few)


def write(folder, name, frame):
    frame.reset_index().to_parquet(folder / name)


def test_a_coin_that_stands_there_twice_is_refused(markets, tmp_path):
    write(tmp_path, "aaa_1h.parquet", markets["aaa"].bars)
    write(tmp_path, "aaa_spot_1h.parquet", markets["aaa"].bars)
    with pytest.raises(DataError, match="'aaa' stands in 'aaa_1h.parquet' already"):
        read_panel(tmp_path)


def test_times_that_overlap_are_refused_with_their_row(markets, tmp_path):
    bars = markets["aaa"].bars
    write(tmp_path, "aaa_1h.parquet", pd.concat([bars.iloc[:5], bars.iloc[4:9]]))
    with pytest.raises(DataError, match=r"must ascend; row 5 \(2023-01-01 04:00.*\) overlaps"):
        read_panel(tmp_path)


def test_a_missing_span_is_refused_and_an_outage_is_not(markets, tmp_path):
    bars = markets["aaa"].bars
    write(tmp_path, "aaa_1h.parquet", bars.drop(bars.index[100:300]))
    with pytest.raises(DataError, match=r"200 hours are missing after 2023-01-05 03:00; at most"):
        read_panel(tmp_path)
    for name in ("btc", "aaa", "bbb", "ccc"):
        write(tmp_path, f"{name}_1h.parquet", markets[name].bars.drop(bars.index[100:200]))
    assert len(read_panel(tmp_path).coins[0].market) == len(bars) - 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda bars: bars.tz_localize(None), "must be UTC; received times without a zone"),
        (lambda bars: bars.tz_convert("Europe/Berlin"), "must be UTC open times"),
        (lambda bars: bars.assign(close="x"), "times and numbers are asked for"),
        (lambda bars: bars.assign(close=-1.0), "expected a positive price"),
        (lambda bars: bars.set_index(np.arange(len(bars))).rename_axis("time"), "without a zone"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_its_name(markets, tmp_path, change, words):
    write(tmp_path, "aaa_1h.parquet", change(markets["aaa"].bars.copy()))
    with pytest.raises(DataError, match=words) as caught:
        read_panel(tmp_path)
    assert "aaa_1h.parquet" in str(caught.value)


def test_an_empty_table_is_refused(markets, tmp_path):
    write(tmp_path, "aaa_1h.parquet", markets["aaa"].bars.iloc[:0])
    with pytest.raises(DataError, match="at least two bars; received 0"):
        read_panel(tmp_path)


def test_a_missing_column_and_a_strange_name_are_refused(markets, tmp_path):
    write(tmp_path, "aaa_1h.parquet", markets["aaa"].bars.drop(columns="volume"))
    with pytest.raises(DataError, match="the column 'volume' is missing"):
        read_panel(tmp_path)
    (tmp_path / "aaa_1h.parquet").rename(tmp_path / "aaa_4h.parquet")
    with pytest.raises(DataError, match=r"must be named <coin>_1h\.parquet"):
        read_panel(tmp_path)


def test_what_is_no_folder_or_no_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="must be a folder of tables"):
        read_panel(tmp_path / "nothing")
    (tmp_path / "aaa_1h.parquet").write_text("no table")
    with pytest.raises(DataError, match="not a Parquet file"):
        read_panel(tmp_path)


def test_absent_coins_are_named(panel):
    assert list_absent(panel, ["aaa", "doge"]) == ["doge"]


@pytest.mark.slow
def test_the_bundled_panel_has_22_other_coins(data_dir):
    panel = load_panel(data_dir)
    assert len(panel.others) == 22
    assert len(panel.coins) == 24


def test_a_data_folder_without_a_panel_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text('{"version": 1, "tables": {}, "markets": {}}')
    with pytest.raises(DataError, match="there is no panel"):
        load_panel(tmp_path)
