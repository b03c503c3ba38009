"""The search: where it cuts, what it leaves out, and that it stops at once."""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kanalo.checks import clean
from kanalo.checks.case import WINDOW, Case
from kanalo.checks.certificate import CHANGED
from kanalo.checks.differences import ComparedSpan

ROOT = Path(__file__).parents[2]
oddities = importlib.import_module("tests.checks.rules.oddities")


def make_case(**fields):
    return Case("rule", oddities.NoWarmUp(), **fields)


def test_cuts_come_in_order_and_some_of_either_kind_go_on_with_another_future():
    case = make_case(cuts=[50, 40, 30, 20, 10, 11, 12, 13], n_own=4)
    trials = case.trials
    assert [span.stop for span, _ in trials] == [10, 11, 12, 13, 20, 30, 40, 50]
    assert [span.stop for span, test in trials if test == CHANGED] == [13, 20]


def test_a_window_is_the_warm_up_and_what_is_compared():
    case = make_case(warm_up=100)
    assert case.to_span(WINDOW + 100) == ComparedSpan(0, 0, WINDOW + 100)
    assert case.to_span(WINDOW + 101) == ComparedSpan(1, 101, WINDOW + 101)
    assert make_case().to_span(9_000) == ComparedSpan(0, 0, 9_000)


@pytest.mark.parametrize(("stop", "excused"), [(30, True), (100, True), (101, False)])
def test_only_a_short_history_excuses_a_rule_that_fails(stop, excused):
    assert make_case(warm_up=30).may_fail_on(ComparedSpan(0, 0, stop), 1_000) == excused


def test_a_long_warm_up_excuses_more():
    assert make_case(warm_up=400).may_fail_on(ComparedSpan(0, 0, 400), 1_000)


SCRIPT = """
import importlib, sys
sys.path.insert(0, {root!r})
from kanalo.checks import certify_all
from kanalo.market.synthetic import random_walk_market
slow = importlib.import_module("tests.checks.rules.oddities").Slow()
print("begun", flush=True)
certify_all([slow] * 3, random_walk_market(2_000, 1, "1h"))
"""


@pytest.mark.skipif(not clean.CAN_FORK, reason="processes are not forked here")
@pytest.mark.slow
def test_an_interrupt_ends_the_search_at_once_and_leaves_nothing_behind():
    caller = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(root=str(ROOT))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with caller:
        assert caller.stdout.readline() == "begun\n"
        time.sleep(4)  # the server has started and rules are deciding
        began = time.monotonic()
        os.killpg(caller.pid, signal.SIGINT)
        _, errors = caller.communicate(timeout=30)
    assert time.monotonic() - began < 15
    assert "KeyboardInterrupt" in errors
    left = [each for each in Path("/proc").glob("[0-9]*") if is_of_session(each, caller.pid)]
    assert left == []


def is_of_session(folder, session):
    try:
        state, _, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
    except (OSError, ValueError):
        return False
    return int(own) == session and state != "Z"
