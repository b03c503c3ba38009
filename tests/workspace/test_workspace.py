"""The workspace is found, its strategies are imported under one name, and `init` copies it out."""

import sys
from pathlib import Path

import pytest

from kanalo.errors import StrategyError, UnknownNameError, WorkspaceError
from kanalo.workspace import Workspace, find_workspace, init_workspace, workspace

RULE = '''
"""A rule."""
from dataclasses import dataclass
from kanalo.strategy import Decisions, Strategy, param

@dataclass(frozen=True)
class Hold(Strategy):
    """Buy at the start."""
    weeks: int = param(26, low=8, high=104)

    def decide(self, market):
        return Decisions.from_arrays(len(market))
'''


@pytest.fixture(autouse=True)
def fresh_imports(monkeypatch):
    """Forget every `strategies` package before and after a test, and ignore the environment."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv(workspace.ENVIRONMENT, raising=False)
    forgotten = {name: module for name, module in sys.modules.items() if _is_strategies(name)}
    for name in forgotten:
        del sys.modules[name]
    yield
    for name in [name for name in sys.modules if _is_strategies(name)]:
        del sys.modules[name]
    sys.modules.update(forgotten)


def _is_strategies(name):
    return name.split(".")[0] == "strategies"


@pytest.fixture
def make(tmp_path):
    """Return a function that writes a workspace with the given strategy files."""

    def write(folder="home", **files):
        root = tmp_path / folder
        for content in workspace.CONTENT:
            (root / content).mkdir(parents=True)
        (root / "strategies" / "__init__.py").touch()
        for name, text in files.items():
            (root / "strategies" / f"{name}.py").write_text(text)
        return Workspace(root)

    return write


@pytest.fixture
def starter(make, monkeypatch):
    """Make a small workspace stand for the one that kanalo brings along."""
    home = make("starter", hold=RULE)
    (home.backtests_dir / "results").mkdir()
    (home.backtests_dir / "results" / "old.json").touch()
    (home.strategies_dir / "__pycache__").mkdir()
    monkeypatch.setattr(workspace, "_bundled_starter", lambda: home.root)
    return home


def test_nearest_parent_with_a_strategies_package_is_the_workspace(make):
    home = make()
    deep = home.root / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace(start=deep) == home


def test_folder_named_strategies_without_init_is_no_workspace(tmp_path, starter):
    (tmp_path / "home" / "strategies").mkdir(parents=True)
    assert find_workspace(start=tmp_path / "home") == Workspace(starter.root, starter=True)


def test_named_directory_wins_over_environment_and_search(make, monkeypatch):
    named, other, here = make("named"), make("other"), make("here")
    monkeypatch.setenv(workspace.ENVIRONMENT, str(other.root))
    assert find_workspace(start=here.root) == other
    assert find_workspace(named.root, start=here.root) == named


def test_named_directory_that_is_no_workspace_is_refused(tmp_path):
    with pytest.raises(WorkspaceError, match=r"not a workspace: it has no strategies/__init__\.py"):
        find_workspace(tmp_path)


def test_starter_writes_under_the_working_directory(starter, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_workspace().results_dir == tmp_path / "kanalo-results"


def test_own_workspace_writes_to_its_backtests(make):
    home = make()
    assert home.results_dir == home.root / "backtests" / "results"


def test_checkout_is_the_starter_of_an_editable_install(tmp_path):
    found = find_workspace(start=tmp_path)
    assert found.starter
    assert found.root == Path(workspace.__file__).parents[2]


def test_installation_without_starter_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(workspace, "_is_workspace", lambda root: False)
    with pytest.raises(WorkspaceError, match="lacks its starter workspace"):
        find_workspace(start=tmp_path)


def test_strategies_are_listed_by_file_name_without_private_ones(make):
    home = make(zebra=RULE, hold=RULE, _shared="")
    assert home.list_strategies() == ["hold", "zebra"]


def test_strategy_is_imported_under_one_name(make):
    hold = make(hold=RULE).load_strategy("hold")
    assert (hold.__module__, hold.__name__) == ("strategies.hold", "Hold")
    assert hold(weeks=30).parameters == {"weeks": 30}


def test_dashes_in_a_name_stand_for_underscores(make):
    assert make(buy_and_hold=RULE).load_strategy("buy-and-hold").__name__ == "Hold"


def test_backtrader_strategy_is_found(make):
    text = "import backtrader as bt\nclass Plain(bt.Strategy):\n    pass\n"
    assert make(plain=text).load_strategy("plain").__name__ == "Plain"


def test_imported_and_private_classes_are_not_the_files_strategy(make):
    text = (
        "from strategies.hold import Hold\nfrom kanalo.strategy import Strategy\n"
        "class _Base(Strategy):\n    pass\nclass Own(_Base):\n    pass\n"
    )
    assert make(hold=RULE, own=text).load_strategy("own").__name__ == "Own"


@pytest.mark.parametrize("name", ["buy_and_hold", "buy-and-hold"])
def test_the_old_name_of_holding_is_refused_with_both_new_ones(make, name):
    with pytest.raises(UnknownNameError) as caught:
        make(hold=RULE).load_strategy(name)
    assert str(caught.value) == (
        f"There is no strategy '{name}'. Did you mean 'hold_perpetual' (pays funding) or "
        "'hold_spot' (pays none)?"
    )


def test_unknown_strategy_is_refused_with_a_suggestion(make):
    with pytest.raises(UnknownNameError, match=r"no strategy 'hodl'\. Did you mean 'hold'\?"):
        make(hold=RULE).load_strategy("hodl")


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("x = 1\ny = = 2\n", 2, "SyntaxError"),
        ("\n\nimport not_a_module\n", 3, "ModuleNotFoundError"),
        ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError"),
    ],
    ids=["syntax", "import", "run"],
)
def test_broken_file_is_named_with_its_line(make, text, line, cause):
    home = make(broken=text)
    with pytest.raises(StrategyError) as caught:
        home.load_strategy("broken")
    path = home.strategies_dir / "broken.py"
    assert str(caught.value).startswith(f"{path}:{line}: the strategy cannot be imported: {cause}:")
    assert type(caught.value.__cause__).__name__ == cause


@pytest.mark.parametrize(
    ("text", "found"),
    [("x = 1\n", "none"), (RULE + RULE.replace("Hold", "Two"), "Hold, Two")],
    ids=["none", "two"],
)
def test_file_must_define_one_strategy(make, text, found):
    with pytest.raises(StrategyError, match=f"exactly one public strategy class.*found {found}"):
        make(odd=text).load_strategy("odd")


def test_second_strategies_package_is_refused_naming_both(make):
    first, second = make("first", hold=RULE), make("second", hold=RULE)
    first.load_strategy("hold")
    with pytest.raises(WorkspaceError) as caught:
        second.load_strategy("hold")
    assert str(first.root) in str(caught.value)
    assert str(second.root) in str(caught.value)


def test_init_copies_the_content_without_caches_and_results(starter, tmp_path):
    made = init_workspace(tmp_path / "new" / "mine")
    assert made == Workspace(tmp_path / "new" / "mine")
    names = sorted(each.name for each in made.root.iterdir())
    assert names == [".gitignore", "README.md", "backtests", "data", "strategies"]
    assert made.list_strategies() == ["hold"]
    assert list(made.root.rglob("__pycache__")) == list(made.root.rglob("results")) == []
    assert [each.name for each in made.root.parent.iterdir()] == ["mine"]


def test_init_fills_an_empty_folder(starter, tmp_path):
    (tmp_path / "empty").mkdir()
    assert init_workspace(tmp_path / "empty").list_strategies() == ["hold"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_init_refuses_what_already_exists(starter, tmp_path, kind):
    target = tmp_path / "taken"
    target.touch() if kind == "file" else (target / "something").mkdir(parents=True)
    with pytest.raises(WorkspaceError, match="already exists and is not an empty folder"):
        init_workspace(target)


def test_init_that_is_interrupted_leaves_nothing(starter, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace.shutil, "copytree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        init_workspace(tmp_path / "new")
    assert {each.name for each in tmp_path.iterdir()} == {"starter"}
