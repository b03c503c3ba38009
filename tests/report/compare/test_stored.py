"""``report.json`` is small and loses nothing: what is read is the model that was written."""

import copy
import json

import pytest

from kanalo.errors import WorkspaceError
from kanalo.report import read_report, to_json
from kanalo.report.toolkit import json_


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        path = tmp_path / "report.json"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def test_the_whole_model_comes_back(model, write):
    assert read_report(write(to_json(model))) == model


def test_dates_that_are_not_those_of_the_market_are_kept(model, write):
    model = copy.deepcopy(model)
    model["results"][0]["equity"]["dates"][0] = "1999-12-31"
    assert read_report(write(to_json(model))) == model


def test_names_of_columns_and_shared_dates_are_written_once(model):
    stored = json.loads(to_json(model))["results"]
    assert all("dates" not in each["equity"] for each in stored)
    assert all(isinstance(each["trades"], dict) for each in stored)
    assert len(to_json(model)) < 0.9 * len(json_.to_json(model))


def test_files_of_version_1_are_read(model, write):
    old = json_.to_json({**model, "schema": "kanalo.comparison/1"})
    assert read_report(write(old)) == {**model, "schema": "kanalo.comparison/1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "expected the format kanalo.comparison/2; received None"),
        ('{"schema": "kanalo.sweep-report/1"}', "expected the format kanalo.comparison/2"),
        ('{"schema": "kanalo.comparison/2"}', "is damaged: expected the keys of a comparison"),
    ],
)
def test_other_files_are_refused(text, message, write):
    with pytest.raises(WorkspaceError, match=message):
        read_report(write(text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WorkspaceError, match=r"nothing\.json cannot be read"):
        read_report(tmp_path / "nothing.json")
