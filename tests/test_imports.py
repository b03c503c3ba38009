"""Imports run one way: a module imports only from what stands before it on the data's road."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kanalo

PACKAGE = Path(kanalo.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "starter" not in path.parts)

ORDER = (
    {"typing", "presentation", "text"},
    {"errors"},
    {"_jit", "file_formats"},
    {"arguments"},
    {"files", "periods"},
    {"market"},
    {"signals"},
    {"strategy"},
    # Only errors, market and strategy are needed to find a workspace and import its rules; whatever
    # runs strategies by name (sweeps, experiments, the command line) may ask it.
    {"workspace"},
    {"sources"},
    {"recording"},
    {"checks"},
    {"execution"},
    {"analyzers"},
    {"ledger"},
    {"cluster"},
    {"sweep", "walk_forward"},
    {"judgement"},
    {"outside"},
    {"study", "liquidation_scores", "monte_carlo", "search"},
    {"experiment"},
    {"report"},
    {"panel"},
    {"cli"},
    {"", "__main__"},  # the package itself republishes names, lazily
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}

PRESENTATION = {
    "execution/result.py",
    "experiment/comparison.py",
    "market/market.py",
    "market/presented.py",
    "monte_carlo/result.py",
    "sweep/result.py",
    "walk_forward/result.py",
}
"""The modules whose methods draw and write: they may ask `kanalo.presentation`, and only they."""

COMPUTED = {
    "checks/parcel.py",
    "__init__.py",
    "_jit.py",
    "cli/audited.py",
    "liquidation_scores/methods.py",
    "presentation.py",
    "report/__init__.py",
    "report/liquidations/__init__.py",
    "workspace/workspace.py",
}
"""The modules that import by a computed name, which `find_imports` cannot see."""

KERNELS = [path for path in FILES if path.stem.endswith(("_layout", "_kernels"))]
KERNELS_MAY_IMPORT = {"__future__", "collections", "ctypes", "math", "numba", "numpy", "typing"}
"""Besides the decorator that compiles them (``_jit``) and each other."""


def find_imports(tree):
    """Yield every module that a syntax tree imports, at whatever depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            if node.module == "kanalo":
                yield from (f"kanalo.{alias.name}" for alias in node.names)


def stage(module):
    """Return the part of the package that a dotted name belongs to."""
    return [*module.split("."), ""][1]


def find_backward(source, owner):
    """Return what a source imports from behind its own place on the road."""
    found = [name for name in find_imports(ast.parse(source)) if name.split(".")[0] == "kanalo"]
    names = [name for name in found if stage(name) in RANK and stage(name)]
    return [name for name in names if RANK[stage(name)] > RANK[owner]]


def owner_of(path):
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def identify(path):
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_module_imports_only_what_stands_before_it(path):
    assert owner_of(path) in RANK, f"give {path.name} a place in ORDER"
    assert find_backward(path.read_text(encoding="utf-8"), owner_of(path)) == []


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_imports_are_absolute(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [name for name in find_imports(tree) if name.startswith(".")] == []


@pytest.mark.parametrize("path", KERNELS, ids=identify)
def test_kernels_import_numpy_and_numba_only(path):
    imported = find_imports(ast.parse(path.read_text(encoding="utf-8")))
    foreign = {name for name in imported if name.split(".")[0] not in KERNELS_MAY_IMPORT}
    assert {
        name for name in foreign if not name.endswith(("_jit", "typing", "_layout", "_kernels"))
    } == set()


@pytest.mark.slow
def test_only_results_ask_for_presentation():
    asking = {
        identify(path)
        for path in FILES
        if "kanalo.presentation" in find_imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert asking <= PRESENTATION


def test_few_modules_import_by_a_computed_name():
    texts = {identify(path): path.read_text(encoding="utf-8") for path in FILES}
    assert {name for name, text in texts.items() if "import_module(" in text} <= COMPUTED


@pytest.mark.slow
def test_every_foreign_package_is_declared():
    roots = {
        name.split(".")[0]
        for path in (*FILES, *(ROOT / "strategies").glob("*.py"))
        for name in find_imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].split()
    for extra in ("cluster", "data", "search"):  # imported by their verbs alone
        lines += config["options.extras_require"][extra].split()
    declared = {re.split("[<>=,]", line)[0].replace("pillow", "PIL") for line in lines}
    foreign = roots - set(sys.stdlib_module_names) - {"kanalo", "strategies"}
    assert foreign <= declared


def test_backward_import_is_found_where_it_hides_in_a_function():
    source = "def f():\n    from kanalo.report import to_model\n    import kanalo.cli.run\n"
    assert find_backward(source, "market") == ["kanalo.report", "kanalo.cli.run"]


def test_backward_import_through_the_package_is_found():
    assert find_backward("from kanalo import report", "market") == ["kanalo.report"]


def test_forward_import_is_allowed():
    assert find_backward("from kanalo.market import Market", "report") == []


# -- what comes first needs little -----------------------------------------------------------------

FIRST_TABLE = """
import sys
import kanalo.cli.compare, kanalo.cli.live, kanalo.cli.reported
from kanalo.experiment.run_spec import run_spec
from kanalo.experiment.spec_reader import parse_spec

class Watcher:
    def show_runs(self, runs):
        print(*sys.modules)
        sys.exit()

rules = [{"name": "hold_perpetual"}, {"name": "sma_cross"}]
markets = [{"name": "xmr_1d", "from": "2025-01-01"}]
run_spec(parse_spec({"markets": markets, "strategies": rules}), watcher=Watcher())
"""
LAST_TABLE = """
import sys
import kanalo
from kanalo.cli.console import new_console
from kanalo.report import print_report, to_model

market = kanalo.load_market("xmr_1d").between("2025-01-01")
model = to_model(kanalo.compare(["hold_perpetual", "sma_cross"], market))
print_report(model, new_console(stderr=True))
print(*sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "absent"),
    [
        (
            FIRST_TABLE,
            {"matplotlib", "bokeh", "PIL", "scipy.special", "backtrader", "kanalo.judgement"},
        ),
        (LAST_TABLE, {"matplotlib", "bokeh", "PIL", "backtrader"}),
    ],
    ids=["first", "last"],
)
def test_tables_need_neither_charts_nor_judges(source, absent):
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, cwd=ROOT
    )
    imported = set(done.stdout.split())
    assert "numpy" in imported
    assert imported & absent == set()
