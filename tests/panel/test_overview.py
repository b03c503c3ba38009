"""The figure of all claims: a row a claim, whatever is known of it."""

import pytest

from kanalo.panel.overview import draw_overview

KNOWN = {
    "name": "rise",
    "effect": 0.02,
    "interval": [0.01, 0.03],
    "minimal": 0.01,
    "claimed": "more",
}
UNKNOWN = {**KNOWN, "name": "silent", "effect": None, "interval": [None, None]}


@pytest.mark.parametrize("width", [900, 380])
def test_every_claim_has_a_row(width):
    drawing = draw_overview([KNOWN, UNKNOWN], width)
    assert f'viewBox="0 0 {width} ' in drawing
    for name in ("rise", "silent"):
        assert f">{name}<" in drawing


def test_only_a_known_effect_is_drawn():
    known, unknown = (draw_overview([each], 900) for each in (KNOWN, UNKNOWN))
    assert known.count("--series-0") > unknown.count("--series-0") == 0
