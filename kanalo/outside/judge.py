"""`judge`: the verdict on results that another engine made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kanalo.analyzers.returns import annualise
from kanalo.arguments import check_type
from kanalo.errors import DataError, ParameterError
from kanalo.judgement.candidates import Options
from kanalo.judgement.deflated import deflate_sharpe
from kanalo.judgement.evidence import Evidence, IntrabarFinding, LookAhead, PlaceboFinding
from kanalo.judgement.judge import GroupJudgement, JudgedStrategy, Judgement
from kanalo.judgement.sharpe import calc_moments, calc_probabilistic_sharpe_ratio
from kanalo.judgement.trials import Trials
from kanalo.judgement.verdict import Verdict, to_verdict
from kanalo.market import Market
from kanalo.outside.group_tests import GroupTests, add_tests, run_tests
from kanalo.outside.read import read_results
from kanalo.outside.record import OutsideRecord
from kanalo.outside.series import UNITS, returns_to_daily, to_series_record
from kanalo.outside.timing import find_hold, find_placebo
from kanalo.periods import MIN_ANNUAL_DAYS

COSTS = "as recorded"
"""What stands in place of a cost set: the engine's own costs are in the record."""

NO_CODE = "no code, so no certificate: the record may have used later bars"
NO_TRADES = "the record lists no trades"
NO_TRIALS = "the number of trials is not known; say how many sets were tried (--trials)"
NO_MARKET = "needs the market (--market) and the times of the trades"
NO_SWEEP = "needs the returns of every trial"
NO_BARS = "needs the rule and the bars"


@dataclass(frozen=True, eq=False)
class OutsideJudgement:
    """What may be said about results of other engines.

    Attributes
    ----------
    records : mapping of str to OutsideRecord
        What was read, by label.
    judgement : Judgement
        One group with a verdict for each record, as in a comparison.
    n_trials : int or None
        Trials that the deflated Sharpe ratios allow for; None where it is not known.
    psr : mapping of str to float
        Probability that the true Sharpe ratio is above zero, which needs no number of trials.
    """

    records: Mapping[str, OutsideRecord]
    judgement: Judgement
    n_trials: int | None
    psr: Mapping[str, float]

    @property
    def group(self) -> GroupJudgement:
        """The verdicts and the tests over all records."""
        return self.judgement.groups[0]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on each record, by label."""
        return {label: each.verdict for label, each in self.group.strategies.items()}

    def summary(self) -> pd.DataFrame:
        """Return a row for each record: light, growth, Sharpe ratio, PSR, DSR and the sentence."""
        rows = {}
        for label, each in self.group.strategies.items():
            evidence, verdict = each.evidence, each.verdict
            sharpe = evidence.sharpe
            rows[label] = {
                "light": verdict.light,
                "total_return": evidence.total_return,
                "cagr": evidence.cagr,
                "n_days": evidence.n_days,
                "psr": self.psr[label],
                "dsr": float("nan") if sharpe is None else sharpe.dsr,
                "verdict": verdict.sentence,
            }
        return pd.DataFrame(rows).T.rename_axis("record")


def judge(
    returns: Any,
    n_trials: int | None = None,
    *,
    market: Market | None = None,
    cash: float | None = None,
    unit: str | None = None,
    n_placebos: int = 1_000,
    seed: int = 0,
) -> OutsideJudgement:
    """Judge results that were made elsewhere, as `kanalo.compare` judges its own.

    Parameters
    ----------
    returns : Series, DataFrame, path or list of paths
        Returns of bars or days with UTC times as their index (a DataFrame has a column for each
        strategy), or files that `kanalo judge` reads.
    n_trials : int, optional
        Sets and rules that were tried before these were chosen, these included. Where it is not
        known, no deflated Sharpe ratio is computed and no claim is made.
    market : Market, optional
        What the trades were made on: adds the holding of their exposure and random entries.
    cash : float, optional
        Equity before the first trade, where a file does not say.
    unit : str, optional
        ``"percent"`` or ``"fraction"``, where returns may be either.
    n_placebos : int
        Random entries, at least 1.
    seed : int
        Of every draw.

    Returns
    -------
    OutsideJudgement
        A verdict for each record.

    Raises
    ------
    ParameterError
        If an argument has another type or range, or there were fewer trials than there are records.
    DataError
        If a file or the returns cannot be used.

    Examples
    --------
    >>> import numpy as np, pandas as pd, kanalo
    >>> days = pd.date_range("2024-01-01", periods=400, tz="UTC")
    >>> luck = pd.Series(np.random.default_rng(1).normal(0.001, 0.03, 400), index=days)
    >>> judged = kanalo.judge(luck, n_trials=50)
    >>> judged.verdicts["returns"].better_than_luck
    False
    """
    check_type("judge", "n_trials", n_trials, (int, type(None)), "an int, or None if not known")
    check_type("judge", "market", market, (Market, type(None)), "a kanalo.Market or None")
    check_type("judge", "n_placebos", n_placebos, int, "an int")
    check_type("judge", "seed", seed, int, "an int")
    if unit not in (None, *UNITS):
        raise ParameterError(f"judge(): 'unit' must be percent or fraction; received {unit!r}.")
    if market is not None:
        from kanalo.market.holdout import seal_market
        from kanalo.workspace import find_workspace

        market = seal_market(market, find_workspace().root)
    records = _to_records(returns, cash, unit)
    options = Options(n_placebos=n_placebos, seed=seed)
    return judge_records(records, n_trials, market=market, options=options)


def _to_records(returns: Any, cash: float | None, unit: str | None) -> list[OutsideRecord]:
    if isinstance(returns, str | Path):
        returns = [returns]
    if isinstance(returns, list | tuple):
        return [each for path in returns for each in read_results(path, cash=cash, unit=unit)]
    if isinstance(returns, pd.Series):
        returns = returns.to_frame(returns.name or "returns")
    check_type("judge", "returns", returns, pd.DataFrame, "a Series, a DataFrame or paths")
    times = returns.index
    if not isinstance(times, pd.DatetimeIndex):
        raise DataError(f"judge(): the index of 'returns' must hold times; received {times.dtype}.")
    utc = times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
    if not (utc.is_monotonic_increasing and utc.is_unique):
        raise DataError("judge(): the index of 'returns' must be increasing without doubles.")
    records = []
    for name in returns:
        values = returns[name].set_axis(utc).astype(np.float64).dropna()
        source = f"judge(): returns '{name}'"
        daily = returns_to_daily(values, source, unit)
        records.append(to_series_record(daily, str(name), "", "returns"))
    return records


def judge_records(
    records: Sequence[OutsideRecord],
    n_trials: int | None = None,
    *,
    market: Market | None = None,
    options: Options | None = None,
) -> OutsideJudgement:
    """Judge records that were read.

    Parameters
    ----------
    records : sequence of OutsideRecord
        At least one.
    n_trials : int, optional
        As in `judge`.
    market : Market, optional
        What the trades were made on.
    options : Options, optional
        How much is spent.

    Returns
    -------
    OutsideJudgement
        A verdict for each record.

    Raises
    ------
    ParameterError
        If there were fewer trials than there are records.
    DataError
        If records count in different currencies.
    """
    options = options or Options()
    named = _name(records)
    _check(named, n_trials)
    holds = {} if market is None else _find_holds(named, market)
    tests = run_tests({label: each.returns for label, each in named.items()}, holds, options)
    sharpes = {
        label: calc_moments(each.returns, per_year=each.per_year).sharpe_ratio
        for label, each in named.items()
    }
    judged = {}
    for label, record in named.items():
        evidence = _gather(label, record, sharpes, n_trials, market, options)
        evidence = add_tests(evidence, tests)
        judged[label] = JudgedStrategy(evidence, to_verdict(evidence))
    group = _to_group(judged, tests, market)
    trials = Trials(sharpes)
    psr = {
        label: calc_probabilistic_sharpe_ratio(calc_moments(each.returns, per_year=each.per_year))
        for label, each in named.items()
    }
    return OutsideJudgement(named, Judgement((group,), trials, options), n_trials, psr)


def _to_group(
    judged: Mapping[str, JudgedStrategy], tests: GroupTests, market: Market | None
) -> GroupJudgement:
    length = float("nan") if tests.resampled is None else tests.resampled.block_length
    name = "not given" if market is None else market.name or market.symbol
    return GroupJudgement(
        name, COSTS, judged, tests.superiority, tests.confidence_set, length, tests.problem
    )


def _name(records: Sequence[OutsideRecord]) -> dict[str, OutsideRecord]:
    """Give every record a label of its own."""
    named: dict[str, OutsideRecord] = {}
    for each in records:
        label, number = each.label, 2
        while label in named:
            label, number = f"{each.label} ({number})", number + 1
        named[label] = replace(each, label=label)
    return named


def _check(records: Mapping[str, OutsideRecord], n_trials: int | None) -> None:
    if not records:
        raise ParameterError("judge(): expected at least one result; received none.")
    if n_trials is not None and n_trials < len(records):
        raise ParameterError(
            f"--trials must count the results themselves: {len(records)} are given, so at least "
            f"{len(records)} were tried; received {n_trials}."
        )
    currencies = {each.currency: each.source for each in records.values() if each.currency}
    if len(currencies) > 1:
        named = " and ".join(f"{name} ({source})" for name, source in sorted(currencies.items()))
        raise DataError(f"The results are in different currencies: {named}. Judge them one by one.")


def _find_holds(
    records: Mapping[str, OutsideRecord], market: Market
) -> dict[str, pd.Series[float]]:
    """Return matched holdings; none unless every record has one, for they are tested together."""
    holds = {label: find_hold(each, market) for label, each in records.items()}
    known = {label: each for label, each in holds.items() if each is not None}
    return known if len(known) == len(records) else {}


def _gather(
    label: str,
    record: OutsideRecord,
    sharpes: Mapping[str, float],
    n_trials: int | None,
    market: Market | None,
    options: Options,
) -> Evidence:
    """Collect what needs no other record."""
    sharpe = None
    if n_trials is not None and len(record.returns):
        others = [value for name, value in sharpes.items() if name != label]
        sharpe = deflate_sharpe(record.returns, others, n_trials=n_trials, per_year=record.per_year)
    placebo = PlaceboFinding(note=NO_MARKET)
    if market is not None:
        placebo = find_placebo(record, market, n_draws=options.n_placebos, seed=options.seed)
    return Evidence(
        label=label,
        market="",
        costs=COSTS,
        n_trades=record.n_trades,
        n_days=len(record.returns),
        total_return=record.total_return,
        cagr=_calc_growth(record),
        look_ahead=LookAhead(note=NO_CODE),
        sharpe=sharpe,
        placebo=placebo,
        intrabar=IntrabarFinding(note=NO_BARS),
        missing=_explain(record, n_trials),
    )


def _explain(record: OutsideRecord, n_trials: int | None) -> dict[str, str]:
    """Say why conditions of the verdict cannot be looked at."""
    missing = {
        "look-ahead": NO_CODE,
        "number of trades": NO_TRADES,
        "superior to its holding": NO_MARKET,
        "overfitting": NO_SWEEP,
    }
    if n_trials is None:
        missing["deflated Sharpe ratio"] = NO_TRIALS
    elif record.returns.empty:
        missing["deflated Sharpe ratio"] = "the record has no daily returns"
    return missing


def _calc_growth(record: OutsideRecord) -> float:
    """Compute growth a year, NaN where the record is too short for it."""
    days = record.returns.index
    if len(days) < 2 or (days[-1] - days[0]).days + 1 < MIN_ANNUAL_DAYS:
        return float("nan")
    growth = float(np.prod(1 + record.returns.to_numpy()))
    return annualise(growth, len(days) / record.per_year)
