"""What a sweep takes is known before it begins."""

import pytest

from kanalo.errors import WorkspaceError
from kanalo.sweep.room import check_room, count_bytes, find_memory


def test_bytes_are_those_of_returns_and_of_statistics_twice():
    assert count_bytes(10, 100, 50) == 10 * (100 * 4 + 50 * 16)
    assert count_bytes(10, 100, 50, 2) == 2 * 100 * 4 + 10 * 50 * 16


def test_sweep_without_room_is_refused_by_size(tmp_path):
    check_room(tmp_path / "new" / "folder", 1)
    with pytest.raises(WorkspaceError, match=r"needs 1,000,000,000,000\.0 MB in .* are free"):
        check_room(tmp_path / "new" / "folder", 10**18)


def test_memory_of_the_process_is_told():
    assert find_memory() > 2**20
