"""A study proposes the same whether or not it was interrupted, and refuses what it cannot do."""

import contextlib

import pytest

from kanalo.errors import ParameterError, UnknownNameError, WorkspaceError
from kanalo.search.study import Study
from kanalo.sweep import Span

AXES = {"x": tuple(range(40)), "y": Span(-1.0, 1.0), "on": (True, False)}


def run(path, trials, *, stop_after=None, sampler="tpe", axes=AXES):
    """Run a study on a bowl and return its proposals; stop in the middle of a batch if asked."""
    told = 0
    with contextlib.closing(Study(axes, ("sharpe_ratio",), sampler, 7, path)) as study:
        while proposals := study.ask(5, trials):
            for each in proposals:
                if told == stop_after:
                    return []
                x, y, *_ = each.values
                study.tell(each.number, {"sharpe_ratio": -((x - 30) ** 2) / 99 - y * y})
                told += 1
        return [proposal.values for proposal, _, _ in study.list_done()]


def test_the_same_seed_proposes_the_same_and_better_than_chance():
    sets = run(None, 40)
    assert sets == run(None, 40)
    assert len(sets) == 40
    far = [abs(x - 30) for x, _, _ in sets]
    assert sum(far[20:]) < sum(far[:20])


@pytest.mark.slow
def test_an_interruption_changes_nothing(tmp_path):
    run(tmp_path / "study.db", 15, stop_after=7)
    assert run(tmp_path / "study.db", 15) == run(None, 15)


def test_cmaes_searches_numbers():
    axes = {"x": AXES["x"], "y": AXES["y"]}
    sets = run(None, 15, sampler="cmaes", axes=axes)
    assert sets == run(None, 15, sampler="cmaes", axes=axes)


@pytest.mark.slow
def test_other_questions_and_other_files_are_refused(tmp_path):
    path = tmp_path / "study.db"
    with contextlib.closing(Study(AXES, ("sharpe_ratio",), "tpe", 0, path)) as study:
        study.resume({"seed": 0}, path)
        study.resume({"seed": 0}, path)
        with pytest.raises(WorkspaceError, match=r"holds another search, which differs in seed;"):
            study.resume({"seed": 1}, path)
    other = tmp_path / "other.db"
    other.write_text("no database at all, but a long enough text " * 99)
    with pytest.raises(WorkspaceError, match=r"other\.db cannot be used as the study"):
        Study(AXES, ("sharpe_ratio",), "tpe", 0, other)


def test_a_study_that_ended_within_a_batch_does_not_go_on():
    study = Study(AXES, ("sharpe_ratio",), "tpe", 0)
    for each in study.ask(5, 3):
        study.tell(each.number, {"sharpe_ratio": 1.0})
    with pytest.raises(WorkspaceError, match="ended with 3 sets, within a batch of 5"):
        study.ask(5, 10)


@pytest.mark.parametrize(
    ("by", "sampler", "error", "message"),
    [
        (("sharp_ratio",), "tpe", UnknownNameError, "Did you mean 'sharpe_ratio'"),
        (("exposure_time",), "tpe", ParameterError, "neither more nor less of it is better"),
        (("sharpe_ratio", "sharpe_ratio"), "tpe", ParameterError, "objectives, each once"),
        ((), "tpe", ParameterError, "received none"),
        (("sharpe_ratio",), "tpa", UnknownNameError, "Did you mean 'tpe'"),
        (("sharpe_ratio", "cagr"), "cmaes", ParameterError, "takes one objective; received 2"),
    ],
)
def test_what_cannot_be_searched_is_named(by, sampler, error, message):
    with pytest.raises(error, match=message):
        Study(AXES, by, sampler, 0)


def test_cmaes_needs_two_parameters():
    with pytest.raises(ParameterError, match="at least two parameters"):
        Study({"x": (1, 2)}, ("sharpe_ratio",), "cmaes", 0)
