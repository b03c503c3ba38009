import pytest

from kanalo.signals.spans import to_bars


@pytest.mark.parametrize(
    ("freq", "span", "expected"),
    [
        ("1h", {"days": 2}, 48),
        ("1D", {"days": 2}, 2),
        ("1D", {"hours": 1}, 1),
        ("15min", {"hours": 1}, 4),
        ("1h", {"days": 1, "hours": 6}, 30),
    ],
)
def test_a_span_is_a_whole_number_of_bars_and_at_least_one(make_market, freq, span, expected):
    assert to_bars(make_market([1.0, 2.0, 3.0], freq=freq), **span) == expected
