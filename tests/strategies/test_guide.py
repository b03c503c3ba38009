"""The strategy of `docs/write_a_strategy.md` is one that passes the check it describes."""

import re
import sys
import types
from pathlib import Path

import pytest

from kanalo.checks import check_strategy

GUIDE = Path(__file__).parents[2] / "docs" / "write_a_strategy.md"


@pytest.fixture
def pullback(monkeypatch):
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL).group(1)
    module = types.ModuleType("pullback_of_the_guide")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, str(GUIDE), "exec"), vars(module))
    return module.Pullback


@pytest.mark.slow
def test_the_guides_strategy_passes_and_trades(pullback):
    assert check_strategy(pullback).n_entries > 10


def test_the_guide_lists_every_strategy():
    names = {path.stem for path in (GUIDE.parents[1] / "strategies").glob("[a-z]*.py")}
    assert names <= set(re.findall(r"^\| `(\w+)` \|", GUIDE.read_text("utf-8"), re.MULTILINE))


def test_guide_and_readme_count_the_same_trades():
    guide = re.findall(r"^\| `(\w+)` \|.*\| ([\d,]+) \|$", GUIDE.read_text("utf-8"), re.MULTILINE)
    readme = (GUIDE.parents[1] / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| . \w+ \|.*\| ([\d,]+) \|[^|]*\|$", readme, re.MULTILINE)
    assert len(rows) >= 9
    assert dict(guide) | dict(rows) == dict(guide)
