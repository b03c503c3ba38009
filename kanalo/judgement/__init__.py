"""Is it luck? Uncertainty, many trials, overfitting and superiority, all on UTC-daily returns.

Pure functions of returns; `kanalo.ledger` knows how many trials there were. What is not defined is
NaN, and every random draw has a seed.
"""

from kanalo.judgement.blocks import draw_days, find_block_length
from kanalo.judgement.bootstrap import Bootstrap, Interval, resample_returns
from kanalo.judgement.deflated import (
    DeflatedSharpe,
    calc_deflated_sharpe_ratio,
    calc_effective_trials,
    calc_expected_max_sharpe,
    calc_hurdle,
    calc_luck_deviation,
    deflate_sharpe,
)
from kanalo.judgement.overfitting import Overfitting, calc_overfitting
from kanalo.judgement.sharpe import (
    Moments,
    calc_minimum_track_record,
    calc_moments,
    calc_probabilistic_sharpe_ratio,
)
from kanalo.judgement.superiority import (
    ConfidenceSet,
    SuperiorAbility,
    calc_superiority,
    find_confidence_set,
    to_matched_hold,
)

__all__ = [
    "Bootstrap",
    "ConfidenceSet",
    "DeflatedSharpe",
    "Interval",
    "Moments",
    "Overfitting",
    "SuperiorAbility",
    "calc_deflated_sharpe_ratio",
    "calc_effective_trials",
    "calc_expected_max_sharpe",
    "calc_hurdle",
    "calc_luck_deviation",
    "calc_minimum_track_record",
    "calc_moments",
    "calc_overfitting",
    "calc_probabilistic_sharpe_ratio",
    "calc_superiority",
    "deflate_sharpe",
    "draw_days",
    "find_block_length",
    "find_confidence_set",
    "resample_returns",
    "to_matched_hold",
]
