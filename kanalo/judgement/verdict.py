"""The verdict: one plain sentence and a light for a strategy, never stronger than its evidence.

**Criteria, fixed in advance.** The primary test is Hansen's test of superior
predictive ability over all rules that are compared on one market at one cost set, each against the
holding of its own average exposure: it says at a size of 5 % for all of them together which rules
beat that holding. Every other condition can only take the claim away, so a worthless rule is called
better than luck in at most 5 % of comparisons, whatever those conditions are worth:

========================  ===========================================================
clean certificate         nothing known at a bar depends on later bars
30 closed trades          fewer allow no statement, however good they were
superior                  the primary test names the rule
DSR of 0.95               after every distinct trial of the ledger, this run included
placebo p of 0.05         at most 5 % of random entries of the same kind do as well
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
from dataclasses import dataclass, replace

from kanalo.analyzers.trades import FEW_TRADES
from kanalo.judgement.evidence import CLEAN, LEAKS, Evidence
from kanalo.text import count

SIZE = 0.05
"""Size of the primary test: how often, at most, a comparison of worthless rules makes a claim."""

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
    "random entries of its kind do as well. The test makes such a claim about rules without "
    "skill in at most 5 % of comparisons; the other conditions only make it rarer."
)
"""What every face says about the verdicts, before any of them."""


@dataclass(frozen=True)
class Criterion:
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
    def blocks_claim(self) -> bool:
        """Whether the claim cannot be made because of this."""
        return self.status == FAILED or (self.needed and self.status == UNKNOWN)


@dataclass(frozen=True)
class Verdict:
    """What may be said about a strategy.

    Attributes
    ----------
    light : str
        ``"green"``: better than luck, as declared. ``"amber"``: indistinguishable from luck, or too
        few trades. ``"red"``: it leaks, lost money or did no better than its holding.
    better_than_luck : bool
        Whether the claim is made.
    sentence : str
        One sentence.
    short : str
        The same in a few words, for a line in a terminal.
    reasons : tuple of Criterion
        Every condition in order.
    """

    light: str
    better_than_luck: bool
    sentence: str
    short: str
    reasons: tuple[Criterion, ...]


def to_verdict(evidence: Evidence) -> Verdict:
    """Judge a strategy by its evidence.

    Parameters
    ----------
    evidence : Evidence
        Parts that were not run count as unknown: no claim is made without them.
    """
    reasons = tuple(_explain(each(evidence), evidence) for each in _CONDITIONS)
    blocked = [each for each in reasons if each.blocks_claim]
    light, short, sentence = _say(evidence, blocked)
    if short == _TRAILING:
        reasons = (*reasons, _is_ahead_of_its_exposure(evidence))
    if evidence.n_second_looks:
        looks = count(evidence.n_second_looks, "second look")
        sentence += f" It had {looks} at sealed bars, which the number of trials counts."
    return Verdict(light, not blocked, sentence, short, reasons)


def _explain(criterion: Criterion, evidence: Evidence) -> Criterion:
    """Say why a condition is unknown where the evidence does."""
    why = evidence.missing.get(criterion.name)
    return replace(criterion, text=why) if why and criterion.status == UNKNOWN else criterion


_TRAILING = "less than holding its exposure"
"""Short verdict of a rule that earned something, but no more than its average exposure held."""


# -- sentences -------------------------------------------------------------------------------------


def _say(evidence: Evidence, blocked: list[Criterion]) -> tuple[str, str, str]:
    """Return the light, a few words and the sentence."""
    label = evidence.label
    if not blocked:
        return GREEN, "better than luck", _claim(evidence)
    if evidence.look_ahead.status == LEAKS:
        return RED, "uses future data", f"{label} uses future data: its figures are meaningless."
    if not evidence.n_trades:
        return AMBER, "no closed trade", f"{label} closed no trade; nothing can be judged."
    if 0 < evidence.n_trades < FEW_TRADES:
        few = f"too few trades ({evidence.n_trades}; {FEW_TRADES} required)"
        return AMBER, few, f"{label} cannot be judged: {few}."
    if not evidence.total_return > 0:
        return RED, "lost money", f"{label} lost money: {_growth(evidence)}."
    if _trails(evidence):
        sentence = f"{label} made less than holding its average exposure would have"
        return RED, _TRAILING, f"{sentence}: {_growth(evidence)}."
    return AMBER, *_doubt(evidence, blocked)


def _claim(evidence: Evidence) -> str:
    tried = "1 trial" if evidence.sharpe is None else count(evidence.sharpe.n_trials, "trial")
    return (
        f"{evidence.label} is better than luck at the declared level of 5 %: {_growth(evidence)} "
        f"over {count(evidence.n_trades, 'closed trade')}, after {tried}. This describes one "
        "price history, not the future."
    )


def _doubt(evidence: Evidence, blocked: list[Criterion]) -> tuple[str, str]:
    earned = f"{evidence.label} made {_growth(evidence)}"
    failed = [each.name for each in blocked if each.status == FAILED]
    if not failed:
        unknown = ", ".join(each.name for each in blocked)
        return (
            f"not judged: no {unknown}",
            f"{earned}; not judged, as these were not run: {unknown}.",
        )
    sentence = f"{earned}, indistinguishable from luck; failed: {', '.join(failed)}."
    figures = _list_missed(evidence) or failed
    return f"indistinguishable from luck: {', '.join(figures)}", sentence


def _list_missed(evidence: Evidence) -> list[str]:
    """Write the figures that miss what they are held against, each with that."""
    missed, superiority, placebo = [], evidence.superiority_p, evidence.placebo.p_value
    if evidence.sharpe is not None and evidence.sharpe.dsr < LEAST_DSR:
        missed.append(f"DSR {_shorten(evidence.sharpe.dsr, LEAST_DSR)} < {LEAST_DSR:.2f}")
    if not evidence.superior and SIZE < superiority <= 1:
        missed.append(f"SPA p {_shorten(superiority, SIZE)} > {SIZE:.2f}")
    if SIZE < placebo <= 1:
        missed.append(f"placebo p {_shorten(placebo, SIZE)} > {SIZE:.2f}")
    return missed


def _shorten(value: float, limit: float) -> str:
    """Write a number with two decimals, or with three where two would be those of the limit."""
    return f"{value:.2f}" if f"{value:.2f}" != f"{limit:.2f}" else f"{value:.3f}"


def _trails(evidence: Evidence) -> bool:
    held = evidence.differences.get("matched_hold", {}).get("cagr")
    return held is not None and held.estimate <= 0


def _growth(evidence: Evidence) -> str:
    if math.isnan(evidence.cagr):
        return f"{_percent(evidence.total_return)} in all"
    growth = f"{_percent(evidence.cagr)} a year"
    interval = evidence.intervals.get("cagr")
    if interval is None or not interval.low <= interval.high:
        return growth
    ends = f"{_percent(interval.low)} to {_percent(interval.high)}"
    return f"{growth} ({interval.level * 100:.0f} % interval {ends})"


# -- conditions ------------------------------------------------------------------------------------


def _is_clean(evidence: Evidence) -> Criterion:
    look_ahead = evidence.look_ahead
    met = {CLEAN: True, LEAKS: False}.get(look_ahead.status)
    text = look_ahead.note or ("nothing leaks" if met else "")
    return _reason("look-ahead", met, text, "not checked")


def _has_trades(evidence: Evidence) -> Criterion:
    if evidence.n_trades < 0:
        return _reason("number of trades", None, "", "the number of trades is not known")
    done = count(evidence.n_trades, "closed trade")
    enough = evidence.n_trades >= FEW_TRADES
    return _reason("number of trades", enough, f"{done}; at least {FEW_TRADES} required")


def _is_superior(evidence: Evidence) -> Criterion:
    text = (
        f"{'beats' if evidence.superior else 'does not beat'} the holding matched to its exposure "
        f"at 5 % among {count(evidence.n_compared, 'rule')} (SPA p {evidence.superiority_p:.3f})"
    )
    return _reason("superior to its holding", evidence.superior, text, evidence.problem)


def _is_ahead_of_its_exposure(evidence: Evidence) -> Criterion:
    """Say by how much a rule trails the holding of its average exposure, where that decides."""
    held = evidence.differences["matched_hold"]["cagr"]
    text = f"{_percent(held.estimate)} a year against holding its average exposure"
    if held.low <= held.high:
        ends = f"{_percent(held.low)} to {_percent(held.high)}"
        text += f" ({held.level * 100:.0f} % interval {ends}); above zero required"
    return _reason("against its exposure", held.estimate > 0, text, needed=False)


def _survives_trials(evidence: Evidence) -> Criterion:
    sharpe = evidence.sharpe
    if sharpe is None or not 0 <= sharpe.dsr <= 1:
        return _reason("deflated Sharpe ratio", None, "", evidence.problem or "no Sharpe ratio")
    text = (
        f"DSR {sharpe.dsr:.3f} after {count(sharpe.n_trials, 'trial')} "
        f"(PSR {sharpe.psr:.3f}; at least {LEAST_DSR:.2f} required)"
    )
    if evidence.counted:
        text += f"; {evidence.counted}"
    if evidence.n_second_looks:
        text += f"; among them {count(evidence.n_second_looks, 'second look')} at sealed bars"
    return _reason("deflated Sharpe ratio", sharpe.dsr >= LEAST_DSR, text)


def _beats_placebo(evidence: Evidence) -> Criterion:
    placebo = evidence.placebo
    if not 0 <= placebo.p_value <= 1:
        return _reason("placebo", None, "", placebo.note)
    share = f"{placebo.percentile * 100:.1f} %"
    text = f"better than {share} of {placebo.n_draws:,} random entries of its kind"
    return _reason("placebo", placebo.p_value <= SIZE, text)


def _is_not_overfitted(evidence: Evidence) -> Criterion:
    if not 0 <= evidence.pbo <= 1:
        return _reason(
            "overfitting", None, "", "no sweep of this rule on this market", needed=False
        )
    text = (
        f"PBO {evidence.pbo:.2f} over {count(evidence.n_swept, 'set')} (at most {MOST_PBO} allowed)"
    )
    return _reason("overfitting", evidence.pbo <= MOST_PBO, text, needed=False)


def _is_unambiguous(evidence: Evidence) -> Criterion:
    intrabar = evidence.intrabar
    if not intrabar.share >= 0:
        return _reason("order within bars", None, "", intrabar.note, needed=False)
    text = f"{intrabar.share * 100:.1f} % of the exits fell in a bar of open order"
    if intrabar.resolved:
        text += f" ({intrabar.resolved:,} more were resolved by finer bars)"
    if intrabar.low < intrabar.high:
        text += f"; total return {_percent(intrabar.low)} to {_percent(intrabar.high)}"
    return _reason("order within bars", intrabar.share <= MOST_AMBIGUOUS, text, needed=False)


_CONDITIONS: tuple[Callable[[Evidence], Criterion], ...] = (
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
) -> Criterion:
    if met is None:
        return Criterion(name, UNKNOWN, needed, why_not or "not run")
    return Criterion(name, MET if met else FAILED, needed, text)


def _percent(value: float) -> str:
    if not abs(value) < float("inf"):
        return "n/a"
    return f"{value * 100:+.1f} %".replace("-", "\N{MINUS SIGN}")
