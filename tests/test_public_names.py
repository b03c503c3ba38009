"""The public names are listed once, sorted, and imported only when they are used."""

import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import kanalo

SOURCE = Path(kanalo.__file__).read_text(encoding="utf-8")


def test_public_names_are_sorted():
    assert kanalo.__all__ == sorted(kanalo.__all__)


def test_every_public_name_has_a_home_and_nothing_else_has():
    assert list(kanalo._HOMES) == kanalo.__all__


def test_type_checkers_see_the_same_names_from_the_same_modules():
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    seen = {
        alias.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module != "importlib.metadata"
        for alias in node.names
    }
    assert dict(sorted(seen.items())) == kanalo._HOMES


@pytest.mark.parametrize("name", kanalo.__all__)
def test_public_name_is_what_its_module_has(name):
    home = __import__(kanalo._HOMES[name], fromlist=[name])
    assert getattr(kanalo, name) is getattr(home, name)


def test_public_names_are_found_by_dir():
    assert set(kanalo.__all__) <= set(dir(kanalo))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'kanalo' has no attribute 'nothing'"):
        kanalo.nothing  # noqa: B018 - the access is the test


def test_version_is_that_of_the_installed_package():
    assert kanalo.__version__ == metadata.version("kanalo")


def test_import_of_the_package_imports_nothing_heavy():
    code = "import sys, kanalo; print('numpy' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


@pytest.mark.parametrize("name", kanalo.__all__)
def test_every_public_name_has_an_example(name):
    assert ">>> " in (getattr(kanalo, name).__doc__ or "")
