"""A plain simulator of `docs/fill_rules.md` that shares no line with the engines agrees with them.

It is as plain as the text: one loop over the bars, one dictionary for what is held. It shares no
line with the engines, so that a rule that all of them misread, or that the text leaves open, shows.
"""

import numpy as np
import pytest

from kanalo.execution.compiled.simulate import simulate_nb

from .judge import Judge

REASONS = ["entry", "exit", "stop", "target", "max-bars", "ruin", "order", "liquidation"]


def assert_judged(case):
    records = simulate_nb(*case)
    judge = Judge(*case)
    fills, equity = judge.run()
    ours = records.fills
    assert [REASONS[reason] for reason in ours["reason"]] == [fill[3] for fill in fills]
    assert ours["bar"].tolist() == [fill[0] for fill in fills]
    for at, name in ((1, "quantity"), (2, "price")):
        np.testing.assert_allclose(ours[name], [fill[at] for fill in fills], rtol=1e-9)
    np.testing.assert_allclose(records.equity, equity, rtol=1e-9, atol=1e-5)
    assert len(records.ambiguous) == len(judge.open_bars)
    return len(ours)


def judge_cases(make, seeds):
    """Compare each case, and return the number of fills that were compared."""
    n_fills = 0
    for seed in seeds:
        try:
            n_fills += assert_judged(make(seed, 20))
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise
    return n_fills


def test_a_few_markets_are_judged_alike(make_case, make_order_case):
    assert judge_cases(make_case, range(40))
    assert judge_cases(make_order_case, range(40))


def test_a_few_accounts_are_judged_alike(make_account_case):
    assert judge_cases(make_account_case, range(12))


@pytest.mark.slow
def test_accounts_are_judged_alike(make_account_case):
    assert judge_cases(make_account_case, range(310_000, 310_060))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_five_thousand_markets_are_judged_alike(make_case, make_order_case, part):
    first, plain = 300_000 + 1_000 * part, 304_000 + 250 * part
    assert judge_cases(make_order_case, range(first, first + 1_000))
    assert judge_cases(make_case, range(plain, plain + 250))
