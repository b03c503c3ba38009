import numpy as np
import pytest

from kanalo.signals.positioning import Positioning, positioning


@pytest.mark.parametrize(
    ("ratio", "state"),
    [
        (1.063, Positioning.BALANCED),  # the article's
        (1.0, Positioning.BALANCED),
        (1.26, Positioning.CROWDED_LONG),
        (0.79, Positioning.CROWDED_SHORT),
        (1.24, Positioning.BALANCED),
        (0.81, Positioning.BALANCED),
        (np.nan, Positioning.UNKNOWN),
        (0.0, Positioning.UNKNOWN),
    ],
)
def test_a_band_around_one_is_balanced(ratio, state):
    assert positioning(np.array([ratio]), band=0.25)[0] == state
