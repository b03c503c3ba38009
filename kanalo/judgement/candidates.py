"""What is judged, and how much is spent on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kanalo.checks.findings import Findings
from kanalo.execution.result import Result
from kanalo.judgement.bootstrap import N_RESAMPLES
from kanalo.judgement.placebo import SHIFTS
from kanalo.market import Market
from kanalo.strategy import Strategy


@dataclass(frozen=True)
class Options:
    """How much is spent on judging.

    Attributes
    ----------
    n_resamples : int
        Resamples of the bootstraps.
    n_placebos : int
        Draws of random entries; 0 for no placebos.
    shifts : tuple of int
        Bars by which signals are shifted as placebos.
    n_moves : int
        How often a rule that reads liquidations decides on those of another time.
    seed : int
        Of every draw.
    cuts : int
        Cuts of the look-ahead certificate; 0 for none.
    intrabar : bool
        Whether to simulate again with the other order within bars.
    tornado : bool
        Whether to run the decisions under other assumptions.
    intervals : bool
        Whether to resample for intervals, differences and drawdowns.
    certificates : Path or None
        Folder in which certificates are kept and found again.
    findings : Findings or None
        Where placebos, the order within bars and other assumptions are kept and found again.
    """

    n_resamples: int = N_RESAMPLES
    n_placebos: int = 1_000
    shifts: tuple[int, ...] = SHIFTS
    n_moves: int = 20
    seed: int = 0
    cuts: int = 40
    intrabar: bool = True
    tornado: bool = True
    intervals: bool = True
    certificates: Path | None = None
    findings: Findings | None = None


@dataclass(frozen=True, eq=False)
class SweptReturns:
    """Daily returns of a sweep's sets.

    Attributes
    ----------
    returns : float array of shape (n_days, n_sets)
        NaN only after ruin.
    n_sets : int
        Sets of the whole sweep, of which these may be a sample.
    """

    returns: npt.NDArray[np.floating]
    n_sets: int


@dataclass(frozen=True, eq=False)
class Candidate:
    """A result that is to be judged, with the rule that made it.

    Attributes
    ----------
    label, market_name, costs_name : str
        What tables call the strategy, the market and the cost set.
    result : Result
        What it left behind.
    strategy : Strategy or None
        The rule with its parameters; None for one written for backtrader.
    market : Market
        The market with its warm-up.
    sweep : SweptReturns or None
        A sweep of the same rule on the same market.
    """

    label: str
    market_name: str
    costs_name: str
    result: Result
    strategy: Strategy | None
    market: Market
    sweep: SweptReturns | None = None
