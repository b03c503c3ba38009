"""A damaged ledger is kept aside with a word; what can be read is never begun anew."""

import sqlite3
import warnings
from contextlib import closing

import pytest

from kanalo.errors import KanaloWarning, WorkspaceError
from kanalo.ledger import Ledger
from kanalo.ledger.damage import find_damage


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.begin("run")
        ledger._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def cut(content):
    return content[: len(content) // 2]


def scratch(content):
    middle = 3 * 4096
    return content[:middle] + b"\xa5" * 4096 + content[middle + 4096 :]


def overwrite(content):
    return b"not a database, but long enough to look like one" * 200


@pytest.mark.parametrize("damage", [lambda content: b"", cut, scratch, overwrite])
def test_a_damaged_ledger_is_kept_aside(path, damage):
    path.write_bytes(damage(path.read_bytes()))
    damaged = path.read_bytes()
    with pytest.warns(KanaloWarning, match="was kept as ledger.damaged-1.sqlite"):
        ledger = Ledger(path)
    with ledger:
        assert ledger.runs() == []
    assert path.with_name("ledger.damaged-1.sqlite").read_bytes() == damaged


def test_a_second_one_gets_another_name(path):
    for number in (1, 2):
        path.write_bytes(b"")
        with pytest.warns(KanaloWarning, match=f"damaged-{number}"):
            Ledger(path).close()


def test_a_sound_ledger_is_left_alone(path):
    assert find_damage(path) == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Ledger(path) as ledger:
            assert len(ledger.runs()) == 1


def test_another_database_is_refused_and_left_where_it_is(tmp_path):
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(WorkspaceError, match="not a kanalo ledger"):
        Ledger(path)
    assert path.exists()
