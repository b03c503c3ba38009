"""Numbers for people: one text for every face."""

import pytest

from kanalo.report.toolkit import formats


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "fraction", "12.3"),
        (-0.5, "fraction", "−50.0"),
        (-0.00001, "fraction", "0.0"),
        (523.456, "fraction", "52,346"),
        (1.005, "ratio", "1.00"),
        (-0.001, "ratio", "0.00"),
        (1234.0, "count", "1,234"),
        (-99.6, "money", "−100"),
        (None, "money", "–"),
        (12.4, "days", "12\N{NO-BREAK SPACE}d"),
        (0.25, "days", "0.2\N{NO-BREAK SPACE}d"),
        (3.0, "days", "3\N{NO-BREAK SPACE}d"),
    ],
)
def test_a_statistic_is_formatted_by_its_unit(value, unit, text):
    assert formats.format_value(value, unit) == text


def test_percent_in_a_sentence_carries_its_sign_and_does_not_break():
    assert formats.format_percent(0.381, signed=True) == "+38.1\N{NO-BREAK SPACE}%"
    assert formats.format_percent(-0.381) == "−38.1\N{NO-BREAK SPACE}%"
    assert formats.format_percent(0.0, signed=True) == "0.0\N{NO-BREAK SPACE}%"


def test_prices_keep_five_digits_and_never_an_exponent():
    assert formats.format_price(61234.56) == "61,235"
    assert formats.format_price(0.000123) == "0.00012"
    assert formats.format_price(None) == "–"


def test_nested_values_fit_on_one_line():
    value = {"weeks": 26, "stop": None, "long": [True, False], "x": {}}
    assert formats.format_plain(value) == "weeks=26, stop=–, long=yes, no, x=–"


def test_times_drop_a_midnight():
    assert formats.format_time("2026-01-31T00:00:00Z") == "2026-01-31"
    assert formats.format_time("2026-01-31T07:30:00Z") == "2026-01-31 07:30"
