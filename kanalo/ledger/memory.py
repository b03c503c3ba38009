"""Notes on runs, and questions: each begins a count of trials of its own.

Both are kept as runs of their own kinds, so that nothing that was recorded is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kanalo.errors import ParameterError, UnknownNameError
from kanalo.ledger.ledger import Ledger

NOTE, QUESTION = "note", "question"
FIRST = "first"
"""Name of the question that every ledger begins with."""

LONGEST = 2_000
"""Characters of a note or a reason."""


@dataclass(frozen=True)
class Note:
    """What somebody wrote about a run.

    Attributes
    ----------
    run : int
        Number of the run.
    text : str
        The note.
    created : str
        ISO time.
    """

    run: int
    text: str
    created: str


@dataclass(frozen=True)
class Question:
    """A question with a count of trials of its own.

    Attributes
    ----------
    name : str
        As it was named; `FIRST` for the one that a ledger begins with.
    because : str
        Why a new count was begun; empty for the first.
    created : str
        ISO time; empty for the first.
    position : int
        The ledger's position then: outcomes recorded later belong to it, until the next question.
    """

    name: str
    because: str = ""
    created: str = ""
    position: int = 0


def add_note(ledger: Ledger, run: int, text: str) -> Note:
    """Write a note on a run.

    Parameters
    ----------
    ledger : Ledger
        To be written.
    run : int
        Number of the run; notes and questions have none themselves.
    text : str
        Up to 2,000 characters, not empty.

    Returns
    -------
    Note
        As it was kept.

    Raises
    ------
    UnknownNameError
        If there is no such run.
    ParameterError
        If the text is empty or too long.
    """
    check_text("note", text)
    kinds = {each.id: each.kind for each in ledger.runs()}
    if kinds.get(run) in (None, NOTE, QUESTION):
        raise UnknownNameError(f"The ledger {ledger.path} has no run {run} to write a note on.")
    with ledger.run(NOTE, details={"run": run, "text": text.strip()}):
        pass
    return list_notes(ledger)[run][-1]


def list_notes(ledger: Ledger) -> Mapping[int, tuple[Note, ...]]:
    """Return the notes of each run that has any, in the order in which they were written."""
    notes: dict[int, tuple[Note, ...]] = {}
    for each in ledger.runs(kind=NOTE):
        note = Note(int(each.details["run"]), str(each.details["text"]), each.created)
        notes[note.run] = (*notes.get(note.run, ()), note)
    return notes


def begin_question(ledger: Ledger, name: str, because: str) -> Question:
    """Begin a new count of trials; what was counted before stays under the questions before.

    Parameters
    ----------
    ledger : Ledger
        To be written.
    name : str
        Not taken by an earlier question.
    because : str
        Why the trials made so far do not belong to it.

    Returns
    -------
    Question
        The one that counts from now on.

    Raises
    ------
    ParameterError
        If the name is taken, or a text is empty or too long.
    """
    check_text("name of a question", name)
    check_text("reason of a question", because)
    taken = [each.name for each in list_questions(ledger)]
    if name.strip() in taken:
        raise ParameterError(f"The ledger already has a question {name.strip()!r}; choose another.")
    details = {"name": name.strip(), "because": because.strip(), "position": ledger.position()}
    with ledger.run(QUESTION, details=details):
        pass
    return list_questions(ledger)[-1]


def list_questions(ledger: Ledger) -> list[Question]:
    """Return every question in order, the first one included."""
    asked = [
        Question(
            str(each.details["name"]),
            str(each.details["because"]),
            each.created,
            int(each.details["position"]),
        )
        for each in ledger.runs(kind=QUESTION)
    ]
    return [Question(FIRST), *asked]


def find_question(ledger: Ledger, position: int | None = None) -> Question:
    """Return the question that counts trials now, or counted them at an earlier position.

    Parameters
    ----------
    ledger : Ledger
        Of the workspace.
    position : int, optional
        A value of `Ledger.position` at which outcomes of that question had been recorded.

    Returns
    -------
    Question
        The last one that began before.
    """
    questions = list_questions(ledger)
    if position is None:
        return questions[-1]
    return [each for each in questions if each.position < position or not each.created][-1]


def check_text(what: str, text: str) -> None:
    """Refuse text that is empty or too long.

    Parameters
    ----------
    what : str
        For the message.
    text : str
        What was received.

    Raises
    ------
    ParameterError
        If nothing but white space, or more than 2,000 characters, was received.
    """
    if not text.strip():
        raise ParameterError(f"The {what} must not be empty.")
    if len(text) > LONGEST:
        raise ParameterError(
            f"The {what} must have at most {LONGEST:,} characters; received {len(text):,}."
        )
