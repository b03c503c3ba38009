"""Every kernel and its plain-Python self agree on random input."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from kanalo import _jit
from kanalo.signals import _kernels, _zone_kernels
from kanalo.signals.pivots import find_pivots

SEEDS = range(5)


@pytest.fixture(params=SEEDS)
def prices(request):
    rng = np.random.default_rng(request.param)
    close = np.cumsum(rng.normal(0.01, 0.1, 120))
    return close + 0.05, close - 0.05, close


def both(function, make_arguments, n_out=1):
    """Run the compiled and the plain function, each on arrays of its own."""
    compiled, plain = make_arguments(), make_arguments()
    returned = function(*compiled), function.py_func(*plain)
    return compiled[-n_out:], plain[-n_out:], returned


def test_regression_channels_agree(prices):
    compiled, plain, _ = both(
        _kernels.regression_channels,
        lambda: (*prices, 26, 0.2, np.full((120, 6), np.nan)),
    )
    assert_allclose(compiled[0], plain[0], rtol=1e-10)
    assert np.isfinite(compiled[0][25:]).all()


def test_pivot_channels_agree(prices):
    pivots = find_pivots(*(np.exp(line) for line in prices[:2]), 2, 2)
    arguments = pivots.bar, np.log(pivots.price), pivots.side.astype(np.int64), pivots.confirmed_at
    compiled, plain, _ = both(
        _kernels.pivot_channels, lambda: (*arguments, 39, 0.2, np.full((120, 7), np.nan))
    )
    assert_allclose(compiled[0], plain[0], rtol=1e-10)
    assert np.isfinite(compiled[0]).any()


def test_zone_kernels_agree(prices):
    pivots = find_pivots(*(np.exp(line) for line in prices[:2]), 1, 1)
    shape = (len(pivots), 8, 3)
    compiled, plain, _ = both(
        _zone_kernels.gather_zones,
        lambda: (
            pivots.bar,
            np.log(pivots.price),
            pivots.confirmed_at,
            0.1,
            20.0,
            np.zeros(shape),
            np.zeros(shape, dtype=np.int64),
        ),
        n_out=2,
    )
    for one, other in zip(compiled, plain, strict=True):
        assert_allclose(one, other, rtol=1e-12)
    known = np.searchsorted(pivots.confirmed_at, np.arange(120), side="right") - 1
    for side in (-1, 1):
        bands, plain_bands, _ = both(
            _zone_kernels.nearest_zones,
            lambda side=side: (
                prices[2],
                known,
                compiled[0],
                0.5,
                side,
                True,
                np.full((120, 2), np.nan),
            ),
        )
        assert_array_equal(bands[0], plain_bands[0])
        assert np.isfinite(bands[0]).any()


@pytest.mark.skipif(not _jit.COMPILED, reason="already running without the compiler")
def test_no_jit_leaves_plain_python_and_does_not_import_numba():
    code = (
        "import sys; from kanalo.signals._kernels import wilder; "
        "assert wilder.py_func is wilder; assert 'numba' not in sys.modules"
    )
    environment = {**os.environ, "KANALO_NO_JIT": "1"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
