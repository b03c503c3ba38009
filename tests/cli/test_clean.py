"""`kanalo clean` lists results with their sizes and removes what is named, and nothing else."""

import json

import pytest


@pytest.fixture
def results(home):
    folder = home / "backtests" / "results"
    for name in ("article", "sweeps/a-1", "sweeps/b-2", "certificates", "runs", "returns"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_bytes(b"x" * (1 << 20 if name == "sweeps/a-1" else 1))
    (folder / "ledger.sqlite").write_bytes(b"ledger")
    return folder


def test_results_are_listed_the_largest_first(results, kanalo):
    outcome = kanalo("clean", "--json", "-")
    names = [each["name"] for each in json.loads(outcome.out)["results"]]
    assert names == ["sweeps/a-1", "article", "sweeps/b-2"]
    assert "1.0 MB  sweeps/a-1" in kanalo("clean").out


def test_what_is_named_is_removed_and_nothing_else(results, kanalo):
    outcome = kanalo("clean", "sweeps/a-1", "--yes")
    assert outcome.code == 0
    assert "Removed sweeps/a-1: 1.0 MB." in outcome.err
    assert not (results / "sweeps" / "a-1").exists()
    assert (results / "sweeps" / "b-2" / "file").exists()


@pytest.mark.parametrize(
    "name", ["..", "../data", "ledger.sqlite", "runs", "sweeps", "/", "articel"]
)
def test_anything_else_is_refused(results, kanalo, name):
    outcome = kanalo("clean", name, "--yes")
    assert outcome.code == 2
    assert "There is no result" in outcome.err
    assert (results / "article" / "file").exists()


def test_a_link_out_of_the_folder_is_no_result(results, kanalo, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (results / "link").symlink_to(outside)
    assert kanalo("clean", "link", "--yes").code == 2
    assert outside.exists()


def test_without_a_yes_nothing_is_removed(results, kanalo):
    assert kanalo("clean", "article").code == 1
    assert (results / "article").exists()


def test_no_results_are_a_sentence(kanalo):
    assert "There are no results." in kanalo("clean").out
