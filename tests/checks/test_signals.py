"""Signals of every form are certified by their columns."""

import numpy as np
import pytest

from kanalo.checks import certify_signal
from kanalo.errors import CheckError
from kanalo.signals.regression_channel import regression_channel
from kanalo.signals.volatility import atr


def centred(market):
    return np.convolve(market.close, np.ones(3) / 3, mode="same")


def test_a_signal_that_leaks_is_named_with_its_column(recent):
    found = certify_signal(lambda market: {"a": atr(market), "b": centred(market)}, recent)
    assert {each.field for each in found.offences} == {"b"}
    assert all(each.bar >= each.cut - 1 for each in found.offences)


@pytest.mark.slow
@pytest.mark.parametrize(
    "signal",
    [
        atr,
        regression_channel,
        lambda market: market.bars[["open", "close"]],
        lambda market: (market.close, market.volume > 0),
    ],
    ids=["array", "dataclass", "frame", "tuple"],
)
def test_honest_signals_of_every_form_are_clean(recent, signal):
    found = certify_signal(signal, recent, cuts=5)
    assert found.clean
    assert found.n_cuts == 5


@pytest.mark.parametrize("result", [np.ones(3), 7.0])
def test_a_signal_without_a_row_per_bar_is_refused(recent, result):
    with pytest.raises(CheckError, match="must return arrays with one row per bar"):
        certify_signal(lambda market: result, recent)
