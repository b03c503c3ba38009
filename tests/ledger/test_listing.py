"""Each run is one row with its rules, markets, lights, figures and notes."""

import math

from kanalo.ledger import Outcome, Trial
from kanalo.ledger.listing import list_rows
from kanalo.ledger.memory import add_note, begin_question
from kanalo.ledger.records import to_summary


def result(label, light, sharpe):
    statistics = {"total_return": 0.5, "sharpe_ratio": sharpe, "n_trades": 4, "cagr": math.nan}
    judgement = None if light is None else {"light": light}
    return {
        "label": label,
        "market": "xmr",
        "costs": "standard",
        "statistics": statistics,
        "judgement": judgement,
    }


def test_a_summary_holds_what_the_list_shows_and_no_nan():
    (summary,) = to_summary({"results": [result("dips", "amber", 0.7)]})
    assert summary == {
        "label": "dips",
        "market": "xmr",
        "costs": "standard",
        "light": "amber",
        "total_return": 0.5,
        "cagr": None,
        "sharpe_ratio": 0.7,
        "max_drawdown": None,
        "n_trades": 4,
    }


def test_rows_name_rules_markets_lights_and_the_best_result(ledger):
    details = {"spec": {"name": "both", "strategies": [{"name": "dips"}], "markets": []}}
    with ledger.run("compare", details=details) as run:
        trial = Trial("dips", "d", {"n": 1}, "xmr", data={"bars": "1"})
        ledger.record(Outcome(trial, 0.7, 100), run=run)
        figures = [result("dips", "amber", 0.7), result("slow", "red", 0.9)]
        ledger.summarise(run, to_summary({"results": figures}))
    add_note(ledger, run, "a hunch")
    (row,) = list_rows(ledger)
    assert (row.what, row.rules, row.markets) == ("both", ("dips",), ("xmr",))
    assert (row.light, row.best["label"], row.sharpe_ratio) == ("1 amber, 1 red", "slow", 0.7)
    assert [each.text for each in row.notes] == ["a hunch"]


def test_runs_that_tried_nothing_and_questions_have_rows_too(ledger):
    audited = {"what": "dips", "market": "xmr_1h", "strategies": {"dips": {}}}
    with ledger.run("audit", details=audited):
        pass
    begin_question(ledger, "winter", "new")
    audit, question = list_rows(ledger)
    assert (audit.rules, audit.markets, audit.light) == (("dips",), ("xmr_1h",), "")
    assert math.isnan(audit.sharpe_ratio)
    assert (question.entry.kind, question.what) == ("question", "winter")
