"""Sealed bars are cut where markets are loaded, and seen nowhere until they are unsealed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanalo.errors import DataError, SpecError
from kanalo.market.holdout import find_holdout, seal_market, seal_table, unsealed
from kanalo.market.synthetic import random_walk_market
from kanalo.workspace import Workspace
from kanalo.workspace.arguments import to_market

WALK = random_walk_market(200, 3, "1h")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def seal(root, date):
    (root / "kanalo.toml").write_text(f"[holdout]\nfrom = {date}\n")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 199), st.integers(0, 59))
def test_exactly_the_bars_that_had_closed_are_left(root, bar, minutes):
    start = WALK.index[bar] + pd.Timedelta(minutes=minutes)
    seal(root, f'"{start.isoformat()}"')
    sealed = seal_market(WALK, root)
    assert len(sealed) == bar
    assert (sealed.closes_at <= start).all()
    pd.testing.assert_frame_equal(sealed.bars, WALK.bars.iloc[:bar])
    assert np.array_equal(seal_table(WALK.bars, root).index, WALK.index[WALK.index < start])
    with unsealed():
        assert len(seal_market(WALK, root)) == 200


def test_nothing_is_cut_without_a_holdout(tmp_path):
    assert seal_market(WALK, tmp_path) is WALK
    assert find_holdout(tmp_path) is None


def test_a_date_of_toml_is_read_as_midnight_utc(tmp_path):
    seal(tmp_path, "2025-10-01")
    assert find_holdout(tmp_path) == pd.Timestamp("2025-10-01", tz="UTC")


def test_a_market_of_sealed_bars_alone_is_named(tmp_path):
    seal(tmp_path, "2010-01-01")
    with pytest.raises(DataError, match="every bar is sealed .*2010-01-01.*kanalo unseal"):
        seal_market(WALK, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[holdout]\n", "one key, from = 2025-10-01; received none"),
        ("[holdout]\nform = 2025-10-01\n", "received form"),
        ("[holdout]\nfrom = 3\n", "must be a date, such as 2025-10-01; received '3'"),
        ("holdout = 3\n", "one key"),
        ("[holdout\n", "not TOML"),
    ],
)
def test_a_wrong_holdout_is_named(tmp_path, text, message):
    (tmp_path / "kanalo.toml").write_text(text)
    with pytest.raises(SpecError, match=message):
        find_holdout(tmp_path)


def test_what_python_is_given_is_cut_as_well(root):
    seal(root, "2020-01-09")
    home = Workspace(root)
    for market in (WALK, WALK.bars):
        found = to_market("run", market, home)
        assert (found.closes_at <= find_holdout(root)).all()
        assert len(found) == 72
