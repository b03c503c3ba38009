"""``report.json`` is small and loses nothing: what is read is the model that was written."""

import base64
import copy
import json
import zlib

import pytest

from kanalo.errors import WorkspaceError
from kanalo.report import read_report, to_json
from kanalo.report.compare.stored import MOST_PLAIN
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


@pytest.mark.parametrize("version", [1, 2])
def test_older_files_are_read(version, model, write):
    old = {**model, "schema": f"kanalo.comparison/{version}"}
    assert read_report(write(json_.to_json(old))) == old


def test_long_lists_are_packed_and_short_ones_are_not(model, write):
    model = copy.deepcopy(model)
    entry = model["results"][0]
    values = [None if i % 7 == 0 else i / 3 for i in range(MOST_PLAIN + 1)]
    entry["rolling_sharpe"]["values"], entry["exit_reasons"] = values, values[1:]
    stored = json.loads(to_json(model))["results"][0]
    assert list(stored["rolling_sharpe"]["values"]) == ["packed"]
    assert stored["exit_reasons"] == values[1:]
    raw = base64.b64decode(stored["rolling_sharpe"]["values"]["packed"].removeprefix("~"))
    assert json.loads(zlib.decompress(raw, -15)) == values
    assert read_report(write(to_json(model))) == model


def test_a_parameter_that_looks_packed_comes_back(model, write):
    model = copy.deepcopy(model)
    model["results"][0]["parameters"] = {"packed": "~text"}
    assert read_report(write(to_json(model))) == model


def test_damaged_packed_lists_are_named(model, write):
    model = copy.deepcopy(model)
    model["results"][0]["rolling_sharpe"]["values"] = list(range(MOST_PLAIN + 1))
    stored = json.loads(to_json(model))
    stored["results"][0]["rolling_sharpe"]["values"]["packed"] = "~AAAA"
    with pytest.raises(WorkspaceError, match="is damaged"):
        read_report(write(json.dumps(stored)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "expected the format kanalo.comparison/3; received None"),
        ('{"schema": "kanalo.sweep-report/1"}', "expected the format kanalo.comparison/3"),
        ('{"schema": "kanalo.comparison/3"}', "is damaged: expected the keys of a comparison"),
    ],
)
def test_other_files_are_refused(text, message, write):
    with pytest.raises(WorkspaceError, match=message):
        read_report(write(text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WorkspaceError, match=r"nothing\.json cannot be read"):
        read_report(tmp_path / "nothing.json")
