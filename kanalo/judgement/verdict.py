"""The verdict: one plain sentence and a light for a strategy, never stronger than its evidence.

**What is declared before anything is run.** The primary test is Hansen's test of superior
predictive ability over all rules that are compared on one market at one cost set, each against the
holding of its own average exposure: it says at a size of 5 % for all of them together which rules
beat that holding. Every other condition can only take the claim away, so a worthless rule is called
better than luck in at most 5 % of comparisons, whatever those conditions are worth:

========================  ===========================================================
clean certificate         nothing known at a bar depends on later bars
30 closed trades          fewer say nothing, however good they were
superior                  the primary test names the rule
DSR of 0.95               after every distinct trial of the ledger, this run included
placebo p of 0.05         random entries of the same kind do as well that seldom
PBO of 0.2 at most        if the rule was swept on this market
ambiguous exits of 5 %    at most, of the closed trades; what stop-first and
at most                   target-first disagree on
========================  ===========================================================

The first five must be known; the last two must hold if they are. `docs/verdict.md` tells how often
the claim is made on markets without and with something to find.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kanalo.judgement.evidence import CLEAN, LEAKS, Evidence

SIZE = 0.05
"""Size of the primary test: how often, at most, a comparison of worthless rules makes a claim."""

FEW_TRADES = 30
LEAST_DSR = 1 - SIZE
MOST_PBO = 0.2
MOST_AMBIGUOUS = 0.05

GREEN, AMBER, RED = "green", "amber", "red"
MET, FAILED, UNKNOWN = "met", "failed", "not run"

DECLARATION = (
    "A rule is called better than luck only if the look-ahead certificate is clean, it closed at "
    f"least {FEW_TRADES} trades, the test of superior predictive ability names it among all rules "
    "compared here (against holding its own average exposure, 5 % for all together), its deflated "
    f"Sharpe ratio over all trials ever made is at least {LEAST_DSR:.2f}, and at most 5 % of "
    "random entries of its kind do as well. The test makes such a claim about worthless rules in "
    "at most 5 % of comparisons; the other conditions only make it rarer."
)
"""What every face says about the verdicts, before any of them."""


@dataclass(frozen=True)
class Reason:
    """One condition of the claim.

    Attributes
    ----------
    name : str
        What is asked, in a word or two.
    status : str
        ``"met"``, ``"failed"`` or ``"not run"``.
    needed : bool
        Whether the claim needs it known and met, or only not failed.
    text : str
        The finding, for people.
    """

    name: str
    status: str
    needed: bool
    text: str

    @property
    def stands_in_the_way(self) -> bool:
        """Whether the claim cannot be made because of this."""
        return self.status == FAILED or (self.needed and self.status == UNKNOWN)


@dataclass(frozen=True)
class Verdict:
    """What may be said about a strategy.

    Attributes
    ----------
    light : str
        ``"green"``: better than luck, as declared. ``"amber"``: cannot be told from luck, or not
        enough to say. ``"red"``: it leaks, lost money or did no better than its holding.
    better_than_luck : bool
        Whether the claim is made.
    sentence : str
        One sentence.
    short : str
        The same in a few words, for a line in a terminal.
    reasons : tuple of Reason
        Every condition in order.
    """

    light: str
    better_than_luck: bool
    sentence: str
    short: str
    reasons: tuple[Reason, ...]


def to_verdict(evidence: Evidence) -> Verdict:
    """Judge a strategy by its evidence.

    Parameters
    ----------
    evidence : Evidence
        Parts that were not run count as unknown: no claim is made without them.
    """
    reasons = tuple(each(evidence) for each in _CONDITIONS)
    blocked = [each for each in reasons if each.stands_in_the_way]
    light, short, sentence = _say(evidence, blocked)
    return Verdict(light, not blocked, sentence, short, reasons)


# -- sentences -------------------------------------------------------------------------------------


def _say(evidence: Evidence, blocked: list[Reason]) -> tuple[str, str, str]:
    """Return the light, a few words and the sentence."""
    label, trades = evidence.label, _count(evidence.n_trades, "closed trade")
    if not blocked:
        return GREEN, "better than luck", _claim(evidence)
    if evidence.look_ahead.status == LEAKS:
        return RED, "uses the future", f"{label} uses the future, so its figures mean nothing."
    if not evidence.n_trades:
        return AMBER, "no closed trade", f"{label} closed no trade: there is nothing to judge."
    if evidence.n_trades < FEW_TRADES:
        told = f"{label} closed too few trades to say anything: {trades}, not {FEW_TRADES}."
        return AMBER, f"{trades}: too few to say", told
    if not evidence.total_return > 0:
        return RED, "lost money", f"{label} lost money: {_growth(evidence)}."
    if _trails(evidence):
        told = f"{label} made less than holding its average exposure would have"
        return RED, "less than holding its exposure", f"{told}: {_growth(evidence)}."
    return AMBER, *_doubt(evidence, blocked)


def _claim(evidence: Evidence) -> str:
    tried = "1 trial" if evidence.sharpe is None else _count(evidence.sharpe.n_trials, "trial")
    return (
        f"{evidence.label} did better than luck explains, at the declared 5 %: {_growth(evidence)} "
        f"over {_count(evidence.n_trades, 'closed trade')}, after {tried}. That is this past, not "
        "the future."
    )


def _doubt(evidence: Evidence, blocked: list[Reason]) -> tuple[str, str]:
    made = f"{evidence.label} made {_growth(evidence)}"
    failed = [each.name for each in blocked if each.status == FAILED]
    if not failed:
        unknown = ", ".join(each.name for each in blocked)
        return f"not judged: no {unknown}", f"{made}; no claim is made without: {unknown}."
    told = f"{made}, which cannot be told from luck; against it: {', '.join(failed)}."
    return f"cannot tell: {_figures(evidence)}", told


def _figures(evidence: Evidence) -> str:
    figures = [] if evidence.sharpe is None else [f"DSR {evidence.sharpe.dsr:.2f}"]
    if 0 <= evidence.superiority_p <= 1:
        figures.append(f"SPA p {evidence.superiority_p:.2f}")
    if 0 <= evidence.placebo.p_value <= 1:
        figures.append(f"placebo p {evidence.placebo.p_value:.2f}")
    return ", ".join(figures)


def _trails(evidence: Evidence) -> bool:
    held = evidence.differences.get("matched_hold", {}).get("cagr")
    return held is not None and held.estimate <= 0


def _growth(evidence: Evidence) -> str:
    if math.isnan(evidence.cagr):
        return f"{_percent(evidence.total_return)} in all"
    made = f"{_percent(evidence.cagr)} a year"
    interval = evidence.intervals.get("cagr")
    if interval is None or not interval.low <= interval.high:
        return made
    ends = f"{_percent(interval.low)} to {_percent(interval.high)}"
    return f"{made} ({interval.level * 100:.0f} % interval {ends})"


# -- conditions ------------------------------------------------------------------------------------


def _is_clean(evidence: Evidence) -> Reason:
    found = evidence.look_ahead
    met = {CLEAN: True, LEAKS: False}.get(found.status)
    told = found.note or ("nothing leaks" if met else "")
    return _reason("look-ahead", met, told, "not checked")


def _has_trades(evidence: Evidence) -> Reason:
    done = _count(evidence.n_trades, "closed trade")
    enough = evidence.n_trades >= FEW_TRADES
    return _reason("number of trades", enough, f"{done}; {FEW_TRADES} are the least")


def _is_superior(evidence: Evidence) -> Reason:
    told = (
        f"{'beats' if evidence.superior else 'does not beat'} the holding matched to its exposure "
        f"at 5 % among {_count(evidence.n_compared, 'rule')} (SPA p {evidence.superiority_p:.3f})"
    )
    return _reason("superior to its holding", evidence.superior, told, evidence.problem)


def _survives_trials(evidence: Evidence) -> Reason:
    found = evidence.sharpe
    if found is None or not 0 <= found.dsr <= 1:
        return _reason("deflated Sharpe ratio", None, "", evidence.problem or "no Sharpe ratio")
    told = (
        f"DSR {found.dsr:.3f} after {_count(found.n_trials, 'trial')} "
        f"(PSR {found.psr:.3f}; {LEAST_DSR:.2f} is needed)"
    )
    return _reason("deflated Sharpe ratio", found.dsr >= LEAST_DSR, told)


def _beats_placebo(evidence: Evidence) -> Reason:
    found = evidence.placebo
    if not 0 <= found.p_value <= 1:
        return _reason("placebo", None, "", found.note)
    share = f"{found.percentile * 100:.1f} %"
    told = f"better than {share} of {found.n_draws:,} random entries of its kind"
    return _reason("placebo", found.p_value <= SIZE, told)


def _is_not_overfitted(evidence: Evidence) -> Reason:
    if not 0 <= evidence.pbo <= 1:
        return _reason(
            "overfitting", None, "", "no sweep of this rule on this market", needed=False
        )
    told = f"PBO {evidence.pbo:.2f} over {evidence.n_swept:,} sets (at most {MOST_PBO})"
    return _reason("overfitting", evidence.pbo <= MOST_PBO, told, needed=False)


def _is_unambiguous(evidence: Evidence) -> Reason:
    found = evidence.intrabar
    if not found.share >= 0:
        return _reason("order within bars", None, "", found.note, needed=False)
    told = f"{found.share * 100:.1f} % of the exits touched stop and target in one bar"
    if found.resolved:
        told += f" ({found.resolved:,} more that finer bars put in order)"
    if found.low < found.high:
        told += f"; total return {_percent(found.low)} to {_percent(found.high)}"
    return _reason("order within bars", found.share <= MOST_AMBIGUOUS, told, needed=False)


_CONDITIONS: tuple[Callable[[Evidence], Reason], ...] = (
    _is_clean,
    _has_trades,
    _is_superior,
    _survives_trials,
    _beats_placebo,
    _is_not_overfitted,
    _is_unambiguous,
)


def _reason(
    name: str, met: bool | None, text: str, why_not: str = "", *, needed: bool = True
) -> Reason:
    if met is None:
        return Reason(name, UNKNOWN, needed, why_not or "not run")
    return Reason(name, MET if met else FAILED, needed, text)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(value: float) -> str:
    if not abs(value) < float("inf"):
        return "n/a"
    return f"{value * 100:+.1f} %".replace("-", "\N{MINUS SIGN}")
