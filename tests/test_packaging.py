"""The wheel holds `kanalo` alone, brings the starter along, and works from an empty folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTENT = ("strategies", "data", "backtests")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Copy what a build reads, with the leftovers of work that must not reach a wheel."""
    copy = tmp_path_factory.mktemp("checkout") / "kanalo"
    ignored = shutil.ignore_patterns("__pycache__", "results")
    for folder in ("kanalo", *CONTENT):
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    for leftover in ("strategies/__pycache__/x.pyc", "backtests/results/article/report.json"):
        (copy / leftover).parent.mkdir(parents=True)
        (copy / leftover).touch()
    return copy


@pytest.fixture(scope="module")
def wheel(checkout):
    """Build the wheel with the tools that are installed, so that no network is needed."""
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", ".")
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (checkout / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Unpack the wheel to a folder that stands first on the path, before the checkout."""
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


@pytest.fixture
def run_installed(installed, tmp_path):
    """Return a function that runs the installed command line in an empty folder."""

    def run(*arguments):
        environment = {k: v for k, v in os.environ.items() if k != "KANALO_WORKSPACE"}
        return subprocess.run(
            (sys.executable, "-m", "kanalo", *arguments),
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_kanalo_is_alone_at_the_top_level(names):
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"kanalo"}


def test_starter_is_the_content_of_the_checkout(names, checkout):
    expected = {
        f"kanalo/starter/{path.relative_to(checkout)}"
        for folder in CONTENT
        for path in (checkout / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "results"} & set(path.parts)
    }
    assert {name for name in names if name.startswith("kanalo/starter/")} == expected
    assert "kanalo/starter/strategies/__init__.py" in expected


def test_leftovers_of_work_stay_behind(names):
    assert [name for name in names if "__pycache__" in name or "/results/" in name] == []


def test_type_marker_and_templates_are_inside(names):
    assert "kanalo/py.typed" in names
    assert any(name.startswith("kanalo/report/templates/") for name in names)


def test_console_script_and_licence_are_declared(wheel):
    with zipfile.ZipFile(wheel) as archive:
        texts = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        assert "kanalo = kanalo.cli:main" in archive.read(texts["entry_points.txt"]).decode()
        assert "GPL-3.0-or-later" in archive.read(texts["METADATA"]).decode()
    assert "LICENSE" in texts


def test_second_build_drops_what_was_removed(checkout, wheel):
    stale = checkout / "build" / "lib" / "kanalo" / "starter" / "strategies" / "removed.py"
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.touch()
    command = (sys.executable, "setup.py", "--quiet", "build_py")
    subprocess.run(command, cwd=checkout, capture_output=True, check=True)
    assert not stale.exists()


def test_installed_command_falls_back_to_its_starter(run_installed, installed):
    done = run_installed("strategies")
    assert (done.returncode, done.stderr) == (0, "")
    assert "hold_perpetual" in done.stdout
    code = "from kanalo.workspace import find_workspace as f; print(f().root)"
    where = subprocess.run(
        (sys.executable, "-c", code),
        cwd=installed,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.strip() == str(installed / "kanalo" / "starter")


def test_installed_command_writes_under_the_working_directory(run_installed, installed, tmp_path):
    before = sorted(path for path in installed.rglob("*") if "__pycache__" not in path.parts)
    done = run_installed("run", "hold_perpetual", "--market", "xmr_1d", "--from", "2025-01-01")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "kanalo-results" / "hold_perpetual" / "report.json").is_file()
    after = sorted(path for path in installed.rglob("*") if "__pycache__" not in path.parts)
    assert after == before


def test_installed_command_copies_its_starter_out(run_installed, tmp_path):
    assert run_installed("init", "mine").returncode == 0
    assert (tmp_path / "mine" / "strategies" / "hold_perpetual.py").is_file()
    assert (tmp_path / "mine" / "data" / "manifest.json").is_file()
