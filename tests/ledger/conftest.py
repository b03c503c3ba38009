"""A ledger in a folder of its own."""

import pytest

from kanalo.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "results" / "ledger.sqlite") as opened:
        yield opened
