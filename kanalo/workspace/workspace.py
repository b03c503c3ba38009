"""The workspace: the folder that holds a researcher's strategies, data and experiments.

A strategy is always imported as ``strategies.<module>``, whoever imports it, so that a class has
one name: classes loaded by file path neither pickle into a pool of workers nor keep numba's disk
cache.
"""

from __future__ import annotations

import importlib
import inspect
import os
import shutil
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, NoneType
from typing import TYPE_CHECKING, cast

from kanalo.arguments import Named, check_type
from kanalo.errors import StrategyError, UnknownNameError, WorkspaceError, unknown_name
from kanalo.workspace.configuration import DEFAULTS, resolve

if TYPE_CHECKING:
    from kanalo.market import Market

PACKAGE = "strategies"
CONTENT = (PACKAGE, "data", "backtests")
_PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
"""Folders of a workspace."""

ENVIRONMENT = "KANALO_WORKSPACE"
"""Environment variable that names the workspace where no directory is given."""

_REPLACED = {
    "buy_and_hold": "Did you mean 'hold_perpetual' (pays funding) or 'hold_spot' (pays none)?"
}
"""What to say of names that bundled rules no longer have."""

_GITIGNORE = "__pycache__/\n.ipynb_checkpoints/\nbacktests/results/\nkanalo-results/\n.*.lock\n"
_README = """\
# A kanalo workspace

- `strategies/`: one rule per file
- `data/`: the tables and their manifest (`kanalo data check`)
- `backtests/`: experiments (`kanalo compare backtests/article.toml`); reports go to
  `backtests/results/`

Run `kanalo strategies` here to see the rules, `kanalo compare` to compare them.
"""


@dataclass(frozen=True)
class Workspace(Named):
    """A folder with strategies, data and experiments.

    Attributes
    ----------
    root : Path
        The folder, absolute.
    starter : bool
        Whether this is the workspace that kanalo brings along, which is read-only.

    Examples
    --------
    >>> import kanalo
    >>> kanalo.find_workspace().load_strategy("sma_cross").__name__
    'SmaCross'
    """

    root: Path
    starter: bool = False

    def __post_init__(self) -> None:
        """Take the folder as a path."""
        check_type("Workspace", "root", self.root, (str, os.PathLike), "the path of a folder")
        object.__setattr__(self, "root", Path(self.root))

    @property
    def strategies_dir(self) -> Path:
        """Folder of the rules."""
        return self.root / PACKAGE

    @property
    def data_dir(self) -> Path:
        """Folder of the tables and their manifest."""
        return self.root / "data"

    @property
    def backtests_dir(self) -> Path:
        """Folder of the experiments."""
        return self.root / "backtests"

    @property
    def results_dir(self) -> Path:
        """Folder for output: that of the settings, relative to the workspace.

        By default ``backtests/results``; of the starter, which is read-only, ``kanalo-results``
        under the working directory.
        """
        named = self._find_default("results")
        if named:
            return (Path.cwd() if self.starter else self.root) / Path(named).expanduser()
        return Path.cwd() / "kanalo-results" if self.starter else self.backtests_dir / "results"

    @property
    def default_market(self) -> str:
        """Market where a command names none: that of the settings."""
        return self._find_default("market")

    def list_strategies(self) -> list[str]:
        """Return the names of the rules, sorted; nothing is imported."""
        files = self.strategies_dir.glob("*.py")
        return sorted(each.stem for each in files if not each.stem.startswith("_"))

    def load_strategy(self, name: str) -> type:
        """Import ``strategies.<name>`` and return the one strategy class that it defines.

        Parameters
        ----------
        name : str
            Name of the file without its suffix; dashes stand for underscores.

        Returns
        -------
        type
            A `kanalo.strategy.Strategy` or a hand-written ``backtrader.Strategy``.

        Raises
        ------
        UnknownNameError
            If there is no such file.
        StrategyError
            If the file cannot be imported or does not define exactly one strategy.
        WorkspaceError
            If the ``strategies`` package of another workspace is already imported.
        """
        check_type("load_strategy", "name", name, str, "the name of a rule, such as 'sma_cross'")
        module_name = name.replace("-", "_")
        if module_name not in self.list_strategies():
            if module_name in _REPLACED:
                raise UnknownNameError(f"There is no strategy '{name}'. {_REPLACED[module_name]}")
            raise unknown_name("strategy", name, self.list_strategies())
        self._import_package()
        path = self.strategies_dir / f"{module_name}.py"
        return _find_class(_import_module(f"{PACKAGE}.{module_name}", path))

    def load_market(self, name: str) -> Market:
        """Load a market of the workspace's data, e.g. ``"xmr_1h"``; `kanalo data list` lists them.

        Raises
        ------
        UnknownNameError
            If the manifest has no such market.
        ChecksumError, DataError
            If a table is not what the manifest says or its bars are not valid.
        """
        from kanalo.market import load_market

        check_type("load_market", "name", name, str, "the name of a market, such as 'xmr_1d'")
        return load_market(self.data_dir, name)

    def _find_default(self, name: str) -> str:
        """Return a setting of the table ``[defaults]``."""
        settings = resolve(self.root, DEFAULTS)
        return str(next(each.value for each in settings if each.declared.name == name))

    def _import_package(self) -> None:
        root = str(self.root)
        if PACKAGE not in sys.modules and sys.path[:1] != [root]:
            sys.path.insert(0, root)
            importlib.invalidate_caches()
        package = _import_module(PACKAGE, self.strategies_dir / "__init__.py")
        imported = Path(package.__file__ or "unknown").resolve()
        if imported != (self.strategies_dir / "__init__.py").resolve():
            raise WorkspaceError(
                f"The workspace {self.root} has a '{PACKAGE}' package, but another one is already "
                f"imported from {imported}. Use one workspace per process."
            )


def find_workspace(
    directory: str | Path | None = None, start: str | Path | None = None
) -> Workspace:
    """Find the workspace to work in.

    In this order: the given directory; the one that ``KANALO_WORKSPACE`` names; the nearest parent
    of the working directory that has ``strategies/__init__.py``; the starter that kanalo brings
    along (in an editable install: the checkout).

    Parameters
    ----------
    directory : str or Path, optional
        The workspace itself.
    start : str or Path, optional
        Where the search begins; the working directory by default.

    Returns
    -------
    Workspace
        With absolute paths.

    Raises
    ------
    WorkspaceError
        If a directory is named that is no workspace, or the installed package lacks its starter.
    ParameterError
        If an argument is no path.

    Examples
    --------
    >>> import kanalo
    >>> "sma_cross" in kanalo.find_workspace().list_strategies()
    True
    """
    for argument, value in (("directory", directory), ("start", start)):
        accepted = "the path of a folder"
        check_type("find_workspace", argument, value, (str, os.PathLike, NoneType), accepted)
    named = directory or os.environ.get(ENVIRONMENT)
    if named:
        root = Path(named).expanduser().resolve()
        if not _is_workspace(root):
            raise WorkspaceError(
                f"{root} is not a workspace: it has no {PACKAGE}/__init__.py. "
                f"`kanalo init {named}` makes one."
            )
        return Workspace(root, starter=root == _bundled_starter())
    here = Path(start or Path.cwd()).resolve()
    for root in (here, *here.parents):
        if _is_workspace(root):
            return Workspace(root, starter=root == _bundled_starter())
    return Workspace(_starter_root(), starter=True)


def init_workspace(target: str | Path) -> Workspace:
    """Copy the starter out to a new folder that can be changed.

    The copy is made beside the target and renamed, so that nothing is left half-written.

    Raises
    ------
    WorkspaceError
        If the target exists and is not an empty folder.
    """
    root = Path(target).expanduser().resolve()
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise WorkspaceError(
            f"{root} already exists and is not an empty folder; name a new one for the workspace."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kanalo-init-", dir=root.parent) as temporary:
        copy = Path(temporary, "workspace")
        _copy_starter(copy)
        copy.rename(root)
    return Workspace(root)


def _copy_starter(target: Path) -> None:
    target.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", "results", "imported", "recordings", ".*.lock")
    for folder in CONTENT:
        shutil.copytree(_starter_root() / folder, target / folder, ignore=ignored)
    (target / "README.md").write_text(_README, encoding="utf-8")
    (target / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")


def _is_workspace(root: Path) -> bool:
    return (root / PACKAGE / "__init__.py").is_file()


def _bundled_starter() -> Path:
    return _PACKAGE_FOLDER / "starter"


def _starter_root() -> Path:
    for root in (_bundled_starter(), _PACKAGE_FOLDER.parent):
        if _is_workspace(root):
            return root
    raise WorkspaceError(
        f"The installation at {_PACKAGE_FOLDER} lacks its starter workspace; "
        "install kanalo again, or name a workspace with --workspace."
    )


def _import_module(name: str, path: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        where = _find_line(error, path)
        raise StrategyError(
            f"{path}{where}: the strategy cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _find_line(error: Exception, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f":{error.lineno}" if error.filename == str(path) else ""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    return f":{lines[-1]}" if lines else ""


def _find_class(module: ModuleType) -> type:
    classes = [each for each in vars(module).values() if _is_strategy(each, module.__name__)]
    if len(classes) == 1:
        return cast(type, classes[0])
    names = ", ".join(each.__name__ for each in classes) or "none"
    raise StrategyError(
        f"{module.__file__} must define exactly one public strategy class (a subclass of "
        f"kanalo.Strategy or backtrader.Strategy); found {names}."
    )


def _is_strategy(candidate: object, module: str) -> bool:
    if not inspect.isclass(candidate) or candidate.__module__ != module:
        return False
    return not candidate.__name__.startswith("_") and issubclass(candidate, _bases())


def _bases() -> tuple[type, ...]:
    from kanalo.strategy import Strategy

    # A file that defines a backtrader strategy has imported backtrader; the others need not.
    backtrader = sys.modules.get("backtrader")
    return (Strategy, backtrader.Strategy) if backtrader else (Strategy,)
