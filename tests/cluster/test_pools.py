"""Local processes: how many, and what happens when one dies."""

import os
import signal
from pathlib import Path

import pytest

from kanalo.cluster import map_chunks, open_pool
from kanalo.cluster.pools import MOST_LOSSES
from kanalo.errors import ClusterError, ParameterError


def die_once(folder, number):
    """Kill the own process at the fifth chunk, the first time."""
    mark = Path(folder) / "killed"
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def always_die(folder, number):
    """Kill the own process."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_nothing_asked_is_no_pool():
    with open_pool() as pool:
        assert pool is None


@pytest.mark.parametrize("workers", [0, -1, 257, True, 2.0])
def test_a_wrong_number_of_workers_is_refused(workers):
    with pytest.raises(ParameterError, match="from 1 to 256; received"), open_pool(workers):
        pass


def test_workers_and_a_cluster_are_one_too_many():
    with pytest.raises(ParameterError, match="not both"), open_pool(2, "tls://far:8786"):
        pass


@pytest.mark.slow
def test_a_killed_process_changes_nothing(tmp_path):
    with open_pool(2) as pool:
        results = list(map_chunks(die_once, str(tmp_path), range(12), pool))
    assert results == [each * each for each in range(12)]
    assert (tmp_path / "killed").exists()


@pytest.mark.slow
def test_a_chunk_that_kills_every_process_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("kanalo.cluster.pools.MOST_LOSSES", 1)
    assert MOST_LOSSES > 1
    with (
        pytest.raises(ClusterError, match="Workers died 2 times without a result"),
        open_pool(1) as pool,
    ):
        list(map_chunks(always_die, str(tmp_path), [1], pool))
