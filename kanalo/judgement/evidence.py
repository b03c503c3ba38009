"""What is known about one strategy before it is judged: every part, or why it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kanalo.judgement._matrix import NAN
from kanalo.judgement.bootstrap import Interval
from kanalo.judgement.deflated import DeflatedSharpe
from kanalo.judgement.placebo_rank import RANDOM_ENTRIES, PlaceboRank
from kanalo.judgement.random_band import RandomBand
from kanalo.judgement.tornado import Tornado

CLEAN, LEAKS, NOT_RUN = "clean", "leaks", "not run"


@dataclass(frozen=True)
class LookAhead:
    """Outcome of the look-ahead certificate.

    Attributes
    ----------
    status : str
        ``"clean"``, ``"leaks"`` or ``"not run"``.
    note : str
        The offence, or why it was not run; what was looked at otherwise.
    """

    status: str = NOT_RUN
    note: str = ""


@dataclass(frozen=True)
class PlaceboFinding:
    """How a strategy stands among random entries of the same kind.

    Attributes
    ----------
    p_value : float
        Chance that such an entry rule without any skill does as well; NaN where there was nothing
        to draw.
    n_draws : int
        Draws made; 0 where none was.
    note : str
        Why there is none, or what else is to know.
    kinds : mapping of str to PlaceboRank
        Where the rule stands among placebos of every kind that applies, by its Sharpe ratio.
    band : RandomBand or None
        Equity of the random entries; None where none was drawn.
    """

    p_value: float = NAN
    n_draws: int = 0
    note: str = ""
    kinds: Mapping[str, PlaceboRank] = field(default_factory=dict, hash=False)
    band: RandomBand | None = None

    @property
    def percentile(self) -> float:
        """Share of random entries that the strategy leaves behind, ties counted half.

        Without a rank it is ``1 − p_value``, which is smaller by one draw.
        """
        rank = self.kinds.get(RANDOM_ENTRIES)
        return 1 - self.p_value if rank is None else rank.percentile


@dataclass(frozen=True)
class IntrabarFinding:
    """How much of a result depends on what happened first within a bar.

    Attributes
    ----------
    ambiguous : int
        Closed trades whose bar touched stop and target and that no finer bars decide; -1 where not
        counted.
    share : float
        The same as a share of the closed trades; NaN without any.
    low, high : float
        The lower and the higher total return of ``stop`` and ``target``; NaN where not run.
    resolved : int
        Closed trades whose bar touched both and that finer bars put in order.
    returns : mapping of str to float
        Total return if the ``stop``, or the ``target``, always came first, and by the finer bars
        (``resolve``) where the market has them; empty where not run.
    note : str
        What else is to know.
    """

    ambiguous: int = -1
    share: float = NAN
    low: float = NAN
    high: float = NAN
    note: str = ""
    resolved: int = 0
    returns: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a verdict rests on.

    Attributes
    ----------
    label, market, costs : str
        What is judged, and where.
    n_trades, n_days : int
        Closed trades (-1 where they are not known) and daily returns.
    total_return, cagr : float
        Growth in all and a year, fractions; the latter NaN where it is not defined.
    look_ahead : LookAhead
        Outcome of the certificate.
    sharpe : DeflatedSharpe or None
        Against zero and against the luck of the best of all trials.
    superior : bool or None
        Whether it beats the holding matched to its exposure, after allowing for all rules that were
        compared with it; None where it could not be tested.
    superiority_p : float
        P-value of "none of the compared rules does".
    n_compared : int
        Rules in that test.
    in_confidence_set : bool or None
        Whether it is statistically indistinguishable from the best of the compared rules.
    placebo : PlaceboFinding
        Against random entries.
    intrabar : IntrabarFinding
        Against the order within bars.
    tornado : Tornado
        Against other costs, a delay and other assumptions; no condition of the claim.
    pbo : float
        Probability of backtest overfitting of a sweep of this rule on this market; NaN without one.
    n_swept : int
        Sets of that sweep.
    intervals : mapping of str to Interval
        ``cagr``, ``sharpe_ratio``, ``max_drawdown``.
    differences : mapping of str to mapping of str to Interval
        The same statistics less those of ``matched_hold``, ``cash`` and each other rule.
    drawdown_probability : mapping of float to float
        Chance of a drawdown at least so deep, were such days to come in other orders.
    ruin_probability : mapping of float to float
        Chance of falling so far below the start.
    problem : str
        Why there are no intervals and tests at all; empty if there are.
    missing : mapping of str to str
        Why a condition of the verdict, by its name, could not be looked at.
    counted : str
        Which trials the deflated Sharpe ratio counts, and where they came from; empty if no ledger
        was read.
    n_second_looks : int
        Trials of this rule that looked at sealed bars again.
    """

    label: str
    market: str
    costs: str
    n_trades: int
    n_days: int
    total_return: float
    cagr: float
    look_ahead: LookAhead = field(default_factory=LookAhead)
    sharpe: DeflatedSharpe | None = None
    superior: bool | None = None
    superiority_p: float = NAN
    n_compared: int = 0
    in_confidence_set: bool | None = None
    placebo: PlaceboFinding = field(default_factory=PlaceboFinding)
    intrabar: IntrabarFinding = field(default_factory=IntrabarFinding)
    tornado: Tornado = field(default_factory=Tornado)
    pbo: float = NAN
    n_swept: int = 0
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    differences: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    drawdown_probability: Mapping[float, float] = field(default_factory=dict)
    ruin_probability: Mapping[float, float] = field(default_factory=dict)
    problem: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    counted: str = ""
    n_second_looks: int = 0
