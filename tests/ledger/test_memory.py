"""Notes stay on their runs, and each question counts its own trials."""

import pytest

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.judgement.trials import read_trials
from kanalo.ledger import Ledger, Outcome, Trial
from kanalo.ledger.memory import (
    FIRST,
    add_note,
    begin_question,
    find_question,
    list_notes,
    list_questions,
)


def record(ledger, *numbers, kind="run", strategy="dips"):
    """Record trials of a strategy that differ in one parameter."""
    trials = [Trial(strategy, strategy, {"n": n}, "xmr", data={"bars": "1"}) for n in numbers]
    with ledger.run(kind) as run:
        ledger.record_many([Outcome(each, 0.5, 100) for each in trials], run=run)
    return run


def test_notes_are_kept_in_order_and_never_replace_each_other(ledger):
    first, second = record(ledger, 1), record(ledger, 2)
    add_note(ledger, first, " a hunch ")
    add_note(ledger, second, "another")
    add_note(ledger, first, "no good")
    notes = list_notes(ledger)
    assert [each.text for each in notes[first]] == ["a hunch", "no good"]
    assert [each.text for each in notes[second]] == ["another"]


@pytest.mark.parametrize("run", [9, 2])
def test_a_note_needs_a_run_that_is_no_note(ledger, run):
    add_note(ledger, record(ledger, 1), "one")
    with pytest.raises(UnknownNameError, match=f"has no run {run} to write a note on"):
        add_note(ledger, run, "two")


@pytest.mark.parametrize(
    ("text", "message"), [(" ", "must not be empty"), ("x" * 2_001, "received 2,001")]
)
def test_texts_are_neither_empty_nor_endless(ledger, text, message):
    run = record(ledger, 1)
    with pytest.raises(ParameterError, match=message):
        add_note(ledger, run, text)
    with pytest.raises(ParameterError, match=message):
        begin_question(ledger, text, "a reason")
    with pytest.raises(ParameterError, match=message):
        begin_question(ledger, "a name", text)


def test_a_question_counts_afresh_and_the_old_count_is_kept(ledger):
    record(ledger, 1, 2, 3)
    assert read_trials(ledger).count == 3
    begin_question(ledger, "winter", "a rule from another paper")
    assert read_trials(ledger).count == 0
    record(ledger, 3, 4)  # one of them tried before: under the new question it is new
    assert (read_trials(ledger).count, read_trials(ledger).question) == (2, "winter")
    assert ledger.count_trials() == 4


def test_an_earlier_position_belongs_to_the_question_of_its_time(ledger):
    record(ledger, 1, 2, 3)
    then = ledger.position()
    begin_question(ledger, "winter", "new")
    record(ledger, 9)
    assert find_question(ledger, then).name == FIRST
    assert read_trials(ledger, then).count == 3
    assert find_question(ledger, ledger.position()).name == find_question(ledger).name == "winter"


def test_names_of_questions_are_taken_once(ledger):
    begin_question(ledger, "winter", "new")
    for name in ("winter", FIRST):
        with pytest.raises(ParameterError, match="already has a question"):
            begin_question(ledger, name, "again")
    assert [each.name for each in list_questions(ledger)] == [FIRST, "winter"]


def test_verdicts_say_which_trials_they_count_and_whose_sweeps(ledger):
    record(ledger, 1)
    record(ledger, 1, 2, 3, 4, kind="sweep", strategy="other")
    record(ledger, 5, 6, kind="sweep")
    record(ledger, 7, strategy="third")
    record(ledger, 8, kind="second_look")
    trials = read_trials(ledger)
    assert trials.describe("dips") == (
        "counted since the question 'first' began: 4 of this rule, 4 of sweeps of other rules, "
        "1 other"
    )
    assert trials.count == 9
    assert (trials.count_second_looks("dips"), trials.count_second_looks("third")) == (1, 0)


def test_all_of_it_can_be_read_without_writing(ledger):
    begin_question(ledger, "winter", "new")
    add_note(ledger, record(ledger, 1), "one")
    with Ledger(ledger.path, read_only=True) as reader:
        assert len(list_questions(reader)) == 2
        assert len(list_notes(reader)) == 1
