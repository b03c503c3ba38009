"""Round trips of one entry and one exit are netted all at once, to the same table."""

import pandas as pd
import pytest

from kanalo.execution.compiled.pairs import is_paired
from kanalo.execution.compiled.simulate import simulate_nb
from kanalo.execution.trade_columns import to_table
from kanalo.execution.trades import net_fills, to_trades


@pytest.mark.parametrize("seed", range(60))
def test_columns_are_those_of_the_round_trips_one_by_one(make_case, seed):
    market, decisions, costs, execution = make_case(seed, 120)
    records = simulate_nb(market, decisions, costs, execution)
    assert is_paired(records.fills)
    trades = to_trades(records, market, decisions)
    rows = to_table(net_fills(records, market), market, decisions)
    for column in ("entry_time", "exit_time"):
        rows[column] = pd.to_datetime(rows[column], utc=True)
    pd.testing.assert_frame_equal(
        trades, rows.astype(trades.dtypes), rtol=1e-9, atol=1e-9, check_exact=False
    )


def test_fills_that_add_to_a_position_are_no_pairs(make_case):
    market, decisions, costs, execution = make_case(1, 120)
    fills = simulate_nb(market, decisions, costs, execution).fills
    assert len(fills) > 4
    assert not is_paired(fills[[0, 0, 1]])
    assert not is_paired(fills[1:])
