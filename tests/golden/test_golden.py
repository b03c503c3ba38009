"""What kanalo computes is what it computed before it was rearranged, to the last bit."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("make.py")


def load_script():
    spec = importlib.util.spec_from_file_location("golden_make", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


golden = load_script()


@pytest.mark.slow
@pytest.mark.parametrize("name", list(golden.RECORDERS))
def test_numbers_are_those_of_the_record(name):
    differences = golden.find_differences(golden.read(name), golden.record(name))
    assert not differences, f"{len(differences)} differ, such as\n" + "\n".join(differences[:12])


def test_every_bundled_rule_is_swept():
    rules = {path.stem for path in (golden.ROOT / "strategies").glob("[a-z]*.py")}
    assert rules - {"hold_perpetual", "hold_spot"} <= set(golden.GRIDS)


def test_every_bundled_spec_is_recorded():
    specs = {path.stem for path in (golden.ROOT / "backtests").glob("*.toml")}
    assert {*golden.SPECS, "claims"} <= specs


def test_a_difference_in_the_last_bit_is_found():
    was, now = {"a": [1.0, float("nan")]}, {"a": [1.0 + 2**-52, float("nan")]}
    assert golden.find_differences(was, now) == ["/a/0: 1.0 -> 1.0000000000000002"]
