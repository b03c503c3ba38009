"""The comparison's ``report.json``, typed: every key that is read is checked by the type checker.

Rows of trades keep the columns that `kanalo.execution.trade_columns` declares, and statistics the
keys of `kanalo.analyzers.statistics.STATISTICS`; both are open mappings here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

Number = float | None
"""None where a value is missing, undefined or infinite."""

TradeModel = Mapping[str, Any]
"""One trade: the columns of the trade table by name."""


class PricesModel(TypedDict):
    """Daily bars: columns of one length, ISO dates first."""

    dates: list[str]
    open: list[Number]
    high: list[Number]
    low: list[Number]
    close: list[Number]


class MarketModel(TypedDict):
    """One market: its span, its data passport and its daily prices."""

    name: str
    symbol: str
    interval: str
    venues: list[str]
    start: str
    end: str
    n_bars: int
    passport: dict[str, Any]
    prices: PricesModel
    digests: dict[str, str]


class CostsModel(TypedDict):
    """One cost set and the account's rules under it."""

    name: str
    values: dict[str, Any]
    account: dict[str, Any]


class StatisticModel(TypedDict):
    """What a statistic is called, its unit and which way is better."""

    key: str
    label: str
    unit: str
    better: int
    help: str
    group: str


class EquityModel(TypedDict):
    """Equity at the close of each UTC day."""

    dates: list[str]
    values: list[Number]


class MonthsModel(TypedDict):
    """Returns of the twelve months of a year, and of the year."""

    year: int
    months: list[Number]
    total: Number


class RollingModel(TypedDict):
    """A statistic over a moving window of days, one value a day."""

    window_days: int
    values: list[Number]


class CoverageModel(TypedDict):
    """How far the data decided the fills."""

    ambiguous_bars: int
    resolved_bars: int
    funding_coverage: Number


class SharpeModel(TypedDict):
    """The Sharpe ratio against the number of trials; annual."""

    n_trials: int
    n_effective: Number
    hurdle: Number
    psr: Number
    dsr: Number


class IntervalModel(TypedDict):
    """A bootstrap interval."""

    estimate: Number
    low: Number
    high: Number
    level: float
    above_zero: Number


class ConditionModel(TypedDict):
    """One condition of a verdict: met, failed or unknown, and why."""

    name: str
    status: str
    needed: bool
    text: str


class RankModel(TypedDict):
    """Place of a result among its placebos."""

    actual: Number
    n: int
    median: Number
    low: Number
    high: Number
    percentile: Number
    p_value: Number


class PlaceboModel(TypedDict):
    """Placebos of one rule, by kind."""

    p_value: Number
    n_draws: int
    note: str
    kinds: dict[str, RankModel]


class IntrabarModel(TypedDict):
    """What the unknown order of prices within a bar may change."""

    ambiguous: int
    share: Number
    low: Number
    high: Number
    note: str
    resolved: int
    returns: dict[str, Number]


class VariationModel(TypedDict):
    """A rule's statistics under one other assumption."""

    assumption: str
    label: str
    statistics: dict[str, Number]
    changes: dict[str, Number]


class TornadoModel(TypedDict):
    """A rule under other assumptions, one at a time."""

    base: dict[str, Number]
    turns: list[str]
    note: str
    variations: list[VariationModel]


class LevelModel(TypedDict):
    """The probability of falling to a level; a fraction, negative."""

    level: float
    probability: Number


class RandomBandModel(TypedDict):
    """Equity of random entries that trade like a rule, as multiples of the start."""

    n_draws: int
    dates: list[str]
    low: list[Number]
    median: list[Number]
    high: list[Number]


class HistogramModel(TypedDict):
    """Counts of values between edges; one edge more than there are counts."""

    edges: list[float]
    counts: list[int]


class LookAheadModel(TypedDict):
    """What the certificate says."""

    status: str
    note: str


class JudgedModel(TypedDict):
    """The verdict on one result and the evidence for it."""

    light: str
    better_than_luck: bool
    sentence: str
    short: str
    reasons: list[ConditionModel]
    look_ahead: LookAheadModel
    sharpe: SharpeModel | None
    superior: bool | None
    in_confidence_set: bool | None
    placebo: PlaceboModel
    intrabar: IntrabarModel
    tornado: TornadoModel
    pbo: Number
    n_swept: int
    intervals: dict[str, IntervalModel]
    differences: dict[str, dict[str, IntervalModel]]
    drawdown_probability: list[LevelModel]
    ruin_probability: list[LevelModel]


class TrialsModel(TypedDict):
    """What the judgement counts as tried."""

    count: int
    effective: Number
    recorded: bool


class GroupJudgementModel(TypedDict):
    """Tests over all rules of one market and cost set."""

    market: str
    costs: str
    problem: str
    block_length: Number
    superiority: dict[str, Any] | None
    confidence_set: dict[str, Any] | None


class JudgementModel(TypedDict):
    """What holds for the judgement of the whole comparison."""

    declaration: str
    trials: TrialsModel
    groups: list[GroupJudgementModel]


class OverlayModel(TypedDict, total=False):
    """A line (``values``) or a band (``lower``, ``upper``) over the price, one value a day."""

    name: str
    kind: str
    values: list[Number]
    lower: list[Number]
    upper: list[Number]


class ResultModel(TypedDict):
    """One strategy on one market under one cost set."""

    strategy: str
    label: str
    role: str
    matches: str
    market: str
    costs: str
    pays_funding: bool
    parameters: dict[str, Any]
    statistics: dict[str, Number]
    cash: float
    equity: EquityModel
    drawdowns: list[dict[str, Any]]
    monthly_returns: list[MonthsModel]
    rolling_sharpe: RollingModel
    exit_reasons: list[dict[str, Any]]
    trades: list[TradeModel]
    overlays: list[OverlayModel]
    coverage: CoverageModel
    provenance: dict[str, Any]
    judgement: JudgedModel | None
    random_band: RandomBandModel | None
    trade_returns: HistogramModel


class VerdictModel(TypedDict):
    """The answer for one market and cost set, in a sentence."""

    market: str
    costs: str
    leader: str | None
    beats_holding: bool | None
    headline: str
    sentence: str
    caveats: list[str]


class ComparisonModel(TypedDict):
    """All of ``report.json``; `docs/read_the_report.md` describes it for readers."""

    schema: str
    name: str
    title: str
    question: str
    spec: dict[str, Any]
    caveat: str
    markets: list[MarketModel]
    costs: list[CostsModel]
    statistics: list[StatisticModel]
    results: list[ResultModel]
    judgement: JudgementModel | None
    verdicts: list[VerdictModel]
    sections: dict[str, Any]
    provenance: dict[str, Any]
    run: dict[str, Any]
