"""Modules may be imported in any order, and importing them leaves the process as it was."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import importlib, pkgutil, random, sys
import kanalo

names = [each.name for each in pkgutil.walk_packages(kanalo.__path__, "kanalo.")]
names = [name for name in names if not name.endswith("__main__") and ".starter" not in name]
random.Random(int(sys.argv[1])).shuffle(names)
for name in names:
    importlib.import_module(name)
wrong = []
for name in kanalo.__all__:
    home = sys.modules[kanalo._HOMES[name]]
    if getattr(kanalo, name) is not getattr(home, name) or type(getattr(kanalo, name)) is type(sys):
        wrong.append(name)
print(wrong)
"""

STATE = """
import gc, json, os, sys, threading

def look():
    affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), sys.getswitchinterval(),
            affinity, threading.active_count()]

before = look()
import kanalo
for name in kanalo.__all__:
    getattr(kanalo, name)
import kanalo.execution.compiled.simulate, kanalo.judgement.judge, kanalo.analyzers.batch.engine
print(json.dumps([before, look()]))
"""


def run(program, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_public_names_stay_what_they_are_whatever_is_imported_first(seed):
    assert run(PROGRAM, str(seed)) == "[]"


def test_names_of_functions_are_no_names_of_modules():
    """A submodule of a function's name would replace the function as soon as it is imported."""
    import kanalo

    folder = os.path.dirname(kanalo.__file__)  # noqa: PTH120
    taken = {name.removesuffix(".py") for name in os.listdir(folder)}  # noqa: PTH208
    assert taken & set(kanalo.__all__) == set()


@pytest.mark.slow
def test_functions_survive_the_import_of_modules_with_their_names():
    program = (
        "import kanalo, kanalo.cli.run, kanalo.cli.compare, kanalo.experiment.run_spec, "
        "kanalo.experiment.compare; print(*(type(each).__name__ for each in "
        "(kanalo.run, kanalo.compare, kanalo.run_spec)))"
    )
    assert run(program) == "function function function"


@pytest.mark.slow
def test_import_leaves_the_process_as_it_found_it():
    before, after = json.loads(run(STATE))
    assert after == before
