"""The digest of a rule is that of the code that runs, whatever its file says later."""

import importlib.util
import linecache
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kanalo.strategy import digest
from kanalo.strategy.digest import UNKNOWN, digest_source, digest_text, to_name

ROOT = Path(__file__).parents[2]
PYENV = Path.home() / ".pyenv" / "versions"

RULE = '''"""{doc}"""

from dataclasses import dataclass

from kanalo import Decisions, Strategy, param


@dataclass(frozen=True)
class Rule(Strategy):
    """Buy."""

    n: int = param({default}, low=1, high=100)

    def decide(self, market):
        {comment}
        close = market.bars["close"]
        return Decisions.from_arrays(len(market), long=(close > close.shift({shift})).to_numpy())
'''

TRICKY = r'''
"""Doc."""
import dataclasses as d
x = 1_000; y = -0.0; z = 1e309; w = 'ü•' if False else "a" "b"
f = lambda a, /, b=1, *c, e, **g: (a := b, [i async for i in c] if 0 else {**g})
s = f"{x}{y!r}" f"é{z:>{x}}" f"{x=}" f"" "tail"
t = f"{x:%Y-%m-%d}" f'{x!s:{"a" + "b"}}'
match x:
    case {"a": [1, *rest], **kw} if rest: pass
    case d.Field(name="n") | None: pass
    case _: pass
try:
    pass
except* ValueError as error:
    raise error from None
async def g(*a: *tuple[int, ...]) -> None:
    """Doc."""
    async with f as h, (yield): await h
class A(B, metaclass=C):
    """Doc."""
    x: int
    @property
    def y(self): "doc"; return self.x
del x, y; global q; assert z, "why"; print(x[1:2, ..., ::3], 0x1F, 1j, (1,), not x < y <= z)
'''


def write(path, *, shift=1, default=5, doc="A rule.", comment="pass"):
    path.write_text(RULE.format(shift=shift, default=default, doc=doc, comment=comment))


def load(path, name="digest_rule"):
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Rule


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path / "rule.py"


def test_a_later_edit_of_the_file_does_not_change_a_class_that_exists(path):
    write(path, shift=1)
    before = load(path)
    known = digest_source(before)
    write(path, shift=-1)
    assert digest_source(before) == known
    assert digest_source(load(path)) != known


def test_comments_docstrings_and_blank_lines_do_not_count(path):
    write(path)
    known = digest_source(load(path))
    write(path, doc="Another text.", comment="pass  # a word\n\n        # and another")
    assert digest_source(load(path)) == known


@pytest.mark.parametrize("change", [{"shift": 2}, {"default": 6}, {"comment": "n = self.n"}])
def test_code_counts(path, change):
    write(path)
    known = digest_source(load(path))
    write(path, **change)
    assert digest_source(load(path)) != known


def test_text_that_does_not_give_the_running_code_is_unknown(path):
    write(path, shift=1)
    rule = load(path)
    digest._captured.pop(rule)  # as if it had not been captured when it was made
    write(path, shift=-1)
    assert digest_source(rule) == UNKNOWN


def test_class_without_a_file_is_unknown():
    namespace = {"__name__": "nowhere"}
    exec(
        compile(RULE.format(shift=1, default=5, doc="", comment="pass"), "<gone>", "exec"),
        namespace,
    )
    assert digest_source(namespace["Rule"]) == UNKNOWN


def test_cell_of_a_notebook_counts_by_its_class_alone():
    text = RULE.format(shift=1, default=5, doc="", comment="pass")
    digests = []
    for number, extra in enumerate(["print\n", "len\n"]):
        name, cell = f"<cell {number}>", extra + text
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        namespace = {"__name__": "__main__"}
        exec(compile(cell, name, "exec"), namespace)
        digests.append(digest_source(namespace["Rule"]))
    assert digests[0] == digests[1] != UNKNOWN


def test_two_classes_of_one_module_differ(path):
    write(path)
    path.write_text(path.read_text() + "\n\nclass Other(Rule):\n    pass\n")
    rule = load(path)
    assert digest_source(rule) != digest_source(sys.modules["digest_rule"].Other)


def test_class_that_was_not_captured_is_captured_at_first_sight(path):
    path.write_text("class Rule:\n    def next(self):\n        return 1\n")
    rule = load(path)
    known = digest_source(rule)
    path.write_text("class Rule:\n    def next(self):\n        return 2\n")
    assert known != UNKNOWN
    assert digest_source(rule) == known


def test_name_is_that_of_the_file_in_strategies():
    assert to_name(type("Dip", (), {"__module__": "strategies.dip_buyer"})) == "dip_buyer"
    assert to_name(type("Dip", (), {"__module__": "__main__"})) == "Dip"


def find_pythons():
    candidates = [
        *PYENV.glob("3.1[123]*/bin/python"),
        *map(shutil.which, ["python3.12", "python3.13"]),
    ]
    for each in filter(None, candidates):
        version = subprocess.run(
            [each, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        ).stdout.split()
        if version and (3, 11) <= tuple(map(int, version)) < (3, 14):
            yield str(each), tuple(map(int, version))


@pytest.mark.slow
def test_digest_is_the_same_on_every_python(tmp_path):
    others = {version: path for path, version in find_pythons()}
    others.pop(sys.version_info[:2], None)
    if not others:
        pytest.skip("no other Python is here")
    texts = [TRICKY, *(each.read_text() for each in sorted((ROOT / "kanalo").rglob("*.py")))]
    texts += [each.read_text() for each in sorted((ROOT / "strategies").glob("*.py"))]
    folder = tmp_path / "texts"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number:04}.py").write_text(text, errors="surrogatepass")
    script = (
        "import pathlib, runpy, sys\n"
        "digest = runpy.run_path(sys.argv[1])['digest_text']\n"
        "for each in sorted(pathlib.Path(sys.argv[2]).iterdir()):\n"
        "    print(digest(each.read_text(errors='surrogatepass')))\n"
    )
    mine = [digest_text(text) for text in texts]
    for python in others.values():
        run = subprocess.run(
            [python, "-c", script, digest.__file__, str(folder)], capture_output=True, text=True
        )
        assert run.stdout.split() == mine, run.stderr
