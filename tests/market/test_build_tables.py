from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from kanalo.market import load_market, load_table


@pytest.fixture(scope="module")
def script(data_dir: Path) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("build_tables", data_dir / "build_tables.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def source(tmp_path: Path, data_dir: Path, script: ModuleType) -> Path:
    """The first rows of every table in the form in which the sources have them."""
    folder = tmp_path / "source"
    for table in script.TABLES:
        path = folder / table.origin
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = load_table(data_dir, table.name).head(30).reset_index()
        if path.suffix == ".parquet":
            frame.to_parquet(path)
            continue
        if table.name.startswith("eth_liquidation_events"):
            frame["event_ts"] = frame.pop("time").astype("int64") // 1_000_000
        for column in frame.select_dtypes("datetimetz"):
            frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        frame.to_csv(path, index=False)
    return folder


def build(script: ModuleType, source: Path, output: Path, data_dir: Path) -> dict[str, bytes]:
    output.mkdir()
    (output / "article.toml").write_bytes((data_dir / "article.toml").read_bytes())
    script.main([str(source), "--output", str(output)])
    return {path.name: path.read_bytes() for path in sorted(output.iterdir())}


def test_building_twice_gives_the_same_bytes(script, source, tmp_path, data_dir):
    once = build(script, source, tmp_path / "once", data_dir)
    twice = build(script, source, tmp_path / "twice", data_dir)
    assert once == twice
    assert len(once) == len(script.TABLES) + 2


def test_building_changes_no_value(script, source, tmp_path, data_dir):
    build(script, source, tmp_path / "out", data_dir)
    for table in script.TABLES:
        built = load_table(tmp_path / "out", table.name)
        expected = load_table(data_dir, table.name).head(30)
        pd.testing.assert_frame_equal(built, expected, check_exact=True, check_dtype=False)
    assert np.isfinite(load_market(tmp_path / "out", "xmr_1d").close).all()


def test_the_committed_manifest_is_the_one_the_script_would_write(script, data_dir):
    manifest = json.loads((data_dir / "manifest.json").read_text())
    assert manifest["markets"] == script.MARKETS
    assert list(manifest["tables"]) == [table.name for table in script.TABLES]
    for table in script.TABLES:
        entry = manifest["tables"][table.name]
        assert (entry["what"], entry["source"]) == (table.what, table.source)
        assert {k: entry[k] for k in ("sha256", "bytes")} == script.digest(data_dir / entry["file"])


def test_a_source_with_other_columns_is_refused(script, source, tmp_path, data_dir):
    (source / "xmr_funding_8h.csv").write_text("time,rate\n2026-01-01T00:00:00Z,0.1\n")
    with pytest.raises(
        SystemExit, match=r"xmr_funding_8h\.csv: expected \('time', 'funding_rate'\)"
    ):
        build(script, source, tmp_path / "out", data_dir)


def test_an_unsorted_source_is_refused(script, source, tmp_path, data_dir):
    rows = "2026-01-02T00:00:00Z,0.1\n2026-01-01T00:00:00Z,0.1\n"
    (source / "xmr_funding_8h.csv").write_text("time,funding_rate\n" + rows)
    with pytest.raises(SystemExit, match="the rows are not sorted by time"):
        build(script, source, tmp_path / "out", data_dir)
