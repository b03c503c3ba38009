"""Numba comes without scipy's linear algebra, and finds it where a strategy needs it."""

import subprocess
import sys

import pytest

from kanalo import _jit
from kanalo._jit import COMPILED
from kanalo.errors import KanaloWarning

KERNEL = """
import sys
import numpy as np
from kanalo.strategy._decision_kernels import are_sound
whole, ones = np.arange(3), np.ones(3)
assert are_sound(9, whole, np.ones(3, np.int8), ones, 2 * ones, np.nan * ones, ones, whole)
assert "scipy.linalg" not in sys.modules
import numba
multiply = numba.njit(lambda table: np.dot(table, table))
assert multiply(np.full((2, 2), 3.0)).tolist() == [[18.0, 18.0], [18.0, 18.0]]
assert "scipy.linalg" in sys.modules
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="without the compiler there is no numba")
def test_kernels_load_no_linear_algebra_and_those_that_need_it_do():
    done = subprocess.run(
        [sys.executable, "-c", KERNEL], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


FULL = """
import resource
import numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from kanalo.strategy._decision_kernels import are_sound
whole, ones = np.arange(3), np.ones(3)
assert are_sound(9, whole, np.ones(3, np.int8), ones, 2 * ones, np.nan * ones, ones, whole)
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="without the compiler nothing is kept")
def test_a_full_disk_costs_the_cache_and_one_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", FULL],
        check=False,
        capture_output=True,
        text=True,
        env={"NUMBA_CACHE_DIR": str(tmp_path), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Compiled code cannot be kept") == 1
    assert "File too large" in done.stderr


RENAMED = """
from typing import NamedTuple
from kanalo._jit import kernel

class {name}(NamedTuple):
    bars: int

@kernel
def count(table):
    return table.bars

assert count({name}(4)) == 4
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="without the compiler nothing is kept")
def test_code_kept_for_a_class_that_is_gone_is_compiled_anew(tmp_path):
    for name in ("Older", "Newer"):
        (tmp_path / "counted.py").write_text(RENAMED.format(name=name))
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", "import counted"],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PATH": ""},
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "kept").rglob("*.nbi"))


@pytest.mark.skipif(not COMPILED, reason="without the compiler nothing is kept")
def test_a_folder_that_cannot_be_written_costs_the_cache_alone(monkeypatch):
    def refuse(function):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(_jit, "_make_cache_class", lambda: refuse)
    monkeypatch.setattr(_jit, "_SAID", [])
    with pytest.warns(KanaloWarning, match="cannot be kept .cannot cache function: no locator"):
        double = _jit.kernel(lambda x: 2 * x)
    assert double(4) == 8
