"""Statistics are labelled in one place, in percent where the name says so."""

import math

from kanalo.analyzers.statistics import STATISTICS
from kanalo.report.methods.labels import PERCENT, label_statistics, list_headline_labels


def test_only_what_is_named_percent_is_scaled():
    labelled = label_statistics({each.key: 0.25 for each in STATISTICS})
    for each in STATISTICS:
        assert labelled[each.label] == (25.0 if each.label.endswith(PERCENT) else 0.25)


def test_what_is_shown_in_percent_is_a_fraction():
    for each in STATISTICS:
        assert not each.label.endswith(PERCENT) or each.unit == "fraction"


def test_missing_values_stay_missing_and_absent_ones_absent():
    labelled = label_statistics({"cagr": float("nan")}, "mine")
    assert math.isnan(labelled["CAGR [%]"])
    assert (len(labelled), labelled.name) == (1, "mine")


def test_headline_labels_are_labels():
    assert set(list_headline_labels()) <= {each.label for each in STATISTICS}
