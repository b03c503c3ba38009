"""The model of `kanalo judge`: plain values that hold the same judgement as a comparison."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kanalo.file_formats import JUDGE
from kanalo.outside.judge import OutsideJudgement
from kanalo.outside.record import OutsideRecord
from kanalo.report.compare.judgement import CAVEAT, to_judged, to_judgement
from kanalo.report.toolkit.plain import PRICE_DIGITS, to_dates, to_numbers, to_plain
from kanalo.text import count

SCHEMA = JUDGE.schema
"""Name and version of the JSON report."""

NO_CLAIM = (
    "No result of another engine is called better than luck here: without its code nothing is "
    "known of look-ahead."
)


def to_outside_model(judged: OutsideJudgement) -> dict[str, Any]:
    """Reduce a judgement of other engines' results to plain values.

    Parameters
    ----------
    judged : OutsideJudgement
        From `kanalo.judge`.

    Returns
    -------
    dict
        ``schema``, ``judgement`` and the ``judgement`` of each of ``results`` as in
        ``kanalo.comparison``; each result has ``source``, ``layout``, ``start``, ``end``,
        ``n_days``, ``n_trades`` and ``n_trials`` (None where unknown), ``per_year``, ``psr``,
        ``equity`` (``dates`` and ``values``, the growth of 1 at the end of each day) and
        ``notes``. ``benchmark`` says what the test over all results compared with; ``sentences``
        and ``caveats`` are for people.
    """
    group = judged.group
    judgement = to_judgement(judged.judgement)
    judgement["trials"] = {"count": judged.n_trials, "effective": None, "recorded": False}
    results = [
        {
            **_to_record(judged.records[label]),
            "psr": to_plain(judged.psr[label]),
            "n_trials": judged.n_trials,
            "judgement": to_judged(each),
        }
        for label, each in group.strategies.items()
    ]
    matched = any("matched_hold" in each["judgement"]["differences"] for each in results)
    return {
        "schema": SCHEMA,
        "market": group.market,
        "benchmark": "matched holding" if matched else "cash",
        "results": results,
        "judgement": judgement,
        "sentences": [each.verdict.sentence for each in group.strategies.values()],
        "caveats": [*_list_caveats(judged), CAVEAT],
    }


def _to_record(record: OutsideRecord) -> dict[str, Any]:
    days = record.returns.index
    known = len(days) > 0
    return {
        "label": record.label,
        "source": record.source,
        "layout": record.layout,
        "start": f"{days[0]:%Y-%m-%d}" if known else None,
        "end": f"{days[-1]:%Y-%m-%d}" if known else None,
        "n_days": len(days),
        "n_trades": None if record.n_trades < 0 else record.n_trades,
        "per_year": to_plain(record.per_year),
        "total_return": to_plain(record.total_return),
        "currency": record.currency,
        "equity": {
            "dates": to_dates(pd.DatetimeIndex(days)),
            "values": to_numbers((1 + record.returns).cumprod(), PRICE_DIGITS),
        },
        "notes": list(record.notes),
    }


def _list_caveats(judged: OutsideJudgement) -> list[str]:
    caveats = [NO_CLAIM]
    if judged.n_trials is None:
        caveats.append(
            "The number of trials is not known, so no deflated Sharpe ratio is given: say how many "
            "parameter sets and rules were tried with --trials."
        )
    if judged.group.problem:
        caveats.append(f"No intervals and no tests: {judged.group.problem}.")
    shared = judged.group.superiority
    if shared is not None and any(len(each.returns) != shared.n_days for each in _all(judged)):
        caveats.append(
            f"Intervals and tests are on the {count(shared.n_days, 'day')} that all results share."
        )
    return caveats


def _all(judged: OutsideJudgement) -> list[OutsideRecord]:
    return list(judged.records.values())
