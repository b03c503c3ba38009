"""What `kanalo audit` looks at: rules of the workspace, functions, and classes of backtrader."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from kanalo.checks import certify_all
from kanalo.checks.adapted import Adapted
from kanalo.checks.certificate import Certificate
from kanalo.checks.certify import certify_adapted
from kanalo.checks.functions import FrameFunction, check_function
from kanalo.errors import ParameterError, shorten, suggestion
from kanalo.market import Market
from kanalo.strategy import Strategy
from kanalo.strategy.digest import digest_source, to_name

Subject = Strategy | Adapted
Progress = Callable[[str, int, int], None]


def load_subject(named: str, root: Path) -> Subject:
    """Import what ``module:name`` or ``file.py:name`` names.

    Parameters
    ----------
    named : str
        The module is looked for in the working directory, in the workspace and where Python looks.
    root : Path
        The workspace.

    Returns
    -------
    Strategy or Adapted
        Ready to be certified.

    Raises
    ------
    ParameterError
        If it is not of this form, cannot be imported, or is neither a function nor a strategy.
    """
    module_name, colon, qualname = named.rpartition(":")
    if not (colon and module_name and qualname):
        raise ParameterError(
            f"--function must be MODULE:NAME, such as signals:crossing or signals.py:crossing; "
            f"received {shorten(named)}."
        )
    module = _import(module_name, root)
    code: Any = module
    for part in qualname.split("."):
        if not hasattr(code, part):
            names = [each for each in vars(code) if not each.startswith("_")]
            raise ParameterError(
                f"--function: {module_name} has no {qualname!r}.{suggestion(part, names)}"
            )
        code = getattr(code, part)
    return to_subject(named, code)


def _import(name: str, root: Path) -> ModuleType:
    for folder in (str(root), str(Path.cwd())):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        return _import_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    except Exception as error:
        raise ParameterError(
            f"--function: {name} cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _import_file(path: Path) -> ModuleType:
    """Import a file under a name that no package has."""
    name = f"{path.stem}_audited"
    spec = importlib.util.spec_from_file_location(name, path.absolute())
    if spec is None or spec.loader is None:
        raise ImportError(f"no module can be made of {path}")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def to_subject(name: str, code: Any) -> Subject:
    """Make ready whatever can be certified.

    Parameters
    ----------
    name : str
        How it was named, for messages.
    code : object
        A rule's class, a class of backtrader, a class with ``populate_*`` methods or a function.

    Returns
    -------
    Strategy or Adapted
        With default parameters.

    Raises
    ------
    ParameterError
        If it is none of these.
    """
    if inspect.isclass(code) and issubclass(code, Strategy):
        return code()
    backtrader = sys.modules.get("backtrader")
    if backtrader and inspect.isclass(code) and issubclass(code, backtrader.Strategy):
        from kanalo.execution.reference.order_log import OrderLog

        return OrderLog(code)
    check_function(name, code)
    return FrameFunction(code)


def describe_subject(subject: Subject) -> tuple[str, dict[str, Any]]:
    """Return the name of a subject, and its source and parameters as the ledger keeps them."""
    if isinstance(subject, Strategy):
        source, parameters = digest_source(type(subject)), dict(subject.parameters)
        return to_name(type(subject)), {"source": source, "parameters": parameters}
    is_class = inspect.isclass(subject.code)
    source = digest_source(subject.code) if is_class else "unknown"
    return subject.name, {"source": source, "parameters": {}}


def certify_subjects(
    subjects: Sequence[Subject],
    market: Market,
    *,
    thorough: bool = False,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> list[Certificate]:
    """Certify rules side by side, and then other code one after the other.

    Parameters
    ----------
    subjects : sequence of Strategy or Adapted
        In any order.
    market : Market
        Of at least three bars.
    thorough : bool
        Five times as many cuts.
    folder : Path, optional
        Where certificates of rules are kept.
    progress : callable, optional
        Called with a label, the number done and the number to do.

    Returns
    -------
    list of Certificate
        The rules first.
    """
    rules = [each for each in subjects if isinstance(each, Strategy)]
    others = [each for each in subjects if isinstance(each, Adapted)]
    settings: dict[str, Any] = {"thorough": thorough, "progress": progress}
    certificates = certify_all(rules, market, folder=folder, **settings) if rules else []
    return [*certificates, *(certify_adapted(each, market, **settings) for each in others)]
