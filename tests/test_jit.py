"""Numba comes without scipy's linear algebra, and finds it where a strategy needs it."""

import subprocess
import sys

import pytest

from kanalo._jit import COMPILED

KERNEL = """
import sys
import numpy as np
from kanalo._decision_kernels import are_usual
whole, ones = np.arange(3), np.ones(3)
assert are_usual(9, whole, np.ones(3, np.int8), ones, 2 * ones, np.nan * ones, ones, whole)
assert "scipy.linalg" not in sys.modules
import numba
multiply = numba.njit(lambda table: np.dot(table, table))
assert multiply(np.full((2, 2), 3.0)).tolist() == [[18.0, 18.0], [18.0, 18.0]]
assert "scipy.linalg" in sys.modules
"""


@pytest.mark.skipif(not COMPILED, reason="without the compiler there is no numba")
def test_kernels_load_no_linear_algebra_and_those_that_need_it_do():
    done = subprocess.run(
        [sys.executable, "-c", KERNEL], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
