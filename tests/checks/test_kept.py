"""A certificate is kept under the code that ran, whatever its file holds by now."""

import importlib
import linecache
import sys

import pytest

from kanalo.checks import certify, kept
from kanalo.market.synthetic import random_walk_market

HONEST = '''"""Rises."""
from dataclasses import dataclass
from kanalo import Decisions, Strategy
{extra}
@dataclass(frozen=True)
class {name}(Strategy):
    """Buy after a rise, sell after a fall."""
    def warm_up(self, market):
        return 2
    def decide(self, market):
        close = market.bars["close"]
        rises = (close > close.shift({shift})).to_numpy()
        return Decisions.from_arrays(len(market), long=rises, exit_long=~rises)
'''


@pytest.fixture(scope="module")
def market():
    return random_walk_market(700, 1, "1h")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a folder whose files are modules, and the name of its package."""
    name = f"rules_{tmp_path.name}"
    folder = tmp_path / "path" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(folder.parent)
    return folder


def load(package, name):
    return importlib.import_module(f"{package.name}.{name}").Rule


def test_a_rule_edited_in_a_running_process_gets_no_certificate_under_the_new_file(
    market, package, tmp_path
):
    """The old class still runs and is honest; what its file says by now is not certified."""
    file, folder = package / "rule.py", tmp_path / "kept"
    file.write_text(HONEST.format(name="Rule", shift=1, extra=""))
    honest = load(package, "rule")
    file.write_text(HONEST.format(name="Rule", shift=-1, extra=""))
    linecache.checkcache()
    old = certify(honest(), market, folder=folder, cuts=8)
    assert old.verdict == "clean"
    del sys.modules[f"{package.name}.rule"]
    importlib.invalidate_caches()
    peeking = load(package, "rule")
    new = certify(peeking(), market, folder=folder, cuts=8)
    assert new.verdict == "leaks"
    assert new.key != old.key
    # Nor is the honest one found guilty by the certificate of the file that took its place.
    assert certify(honest(), market, folder=folder, cuts=8).verdict == "clean"


def test_a_file_that_a_rule_imports_counts_as_it_runs(market, package, tmp_path):
    helper, folder = package / "helper.py", tmp_path / "kept"
    helper.write_text("def find():\n    return 1\n")
    extra = f"from {package.name}.helper import find"
    (package / "rule.py").write_text(HONEST.format(name="Rule", shift="find()", extra=extra))
    rule = load(package, "rule")()
    assert kept.make_key(rule, "m", ()) != ""
    helper.write_text("def find():\n    return -1\n")
    assert kept.make_key(rule, "m", ()) == ""
    assert certify(rule, market, folder=folder, cuts=8).verdict == "clean"
    assert not folder.exists()


def test_what_is_damaged_is_made_anew(market, package, tmp_path):
    folder = tmp_path / "kept"
    (package / "rule.py").write_text(HONEST.format(name="Rule", shift=1, extra=""))
    first = certify(load(package, "rule")(), market, folder=folder, cuts=8)
    (path,) = folder.iterdir()
    assert kept.load(folder, first.name, first.key) == first
    path.write_text("{}")
    assert kept.load(folder, first.name, first.key) is None
