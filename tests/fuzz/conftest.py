"""How long to look for inputs that no message was written for: ``FUZZ_SECONDS``, a minute here."""

import os

import pytest

SHARE = {"files": 0.3, "specs": 0.3, "commands": 0.3, "times": 0.1}
"""Each test's share of the time."""


def find_seconds():
    """Return the seconds for all tests of this folder together; `make fuzz` gives ten minutes."""
    return float(os.environ.get("FUZZ_SECONDS", "60"))


@pytest.fixture
def seconds(request):
    """Return the seconds of one test, by the word that its name ends with."""
    return find_seconds() * SHARE[request.node.name.rpartition("_")[2]]
