"""A report that would say the same is kept; whatever it depends on has it written anew."""

import json

import pytest

from tests.cli.conftest import forget_strategies

FILES = ("report.html", "report.json", "report.md")
COMPARE = ("compare", "--no-judge", "--no-cross-check")


@pytest.fixture
def folder(home):
    """Return the folder of the article's report."""
    return home / "backtests" / "results" / "article"


@pytest.fixture
def again(kanalo, folder):
    """Return a function that compares once more and says whether the report was kept."""

    def run(*options, before=lambda: None):
        first = kanalo(*COMPARE)
        assert first.code == 0, first.err
        assert "(kept" not in first.err
        written = read(folder)
        before()
        second = kanalo(*COMPARE, *options)
        assert second.code == 0, second.err
        kept = "(kept: written " in second.err
        return kept, written, second, first

    return run


def read(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def made(files):
    return json.loads(files["report.json"])["run"]["ledger_run"]


def test_a_report_that_would_say_the_same_is_kept_and_said_to_be(again, folder):
    kept, written, second, first = again()
    assert kept
    assert "--fresh writes it anew" in second.err
    assert read(folder) == written
    assert second.out == first.out


def test_json_of_a_kept_report_speaks_of_the_run_that_asked(again, folder):
    kept, written, second, _ = again("--json", "-")
    before, now = json.loads(written["report.json"]), json.loads(second.out)
    assert kept
    assert (before.pop("run")["ledger_run"], now.pop("run")["ledger_run"]) == (1, 2)
    assert now == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["edited", "missing"])
def test_a_file_that_is_not_as_it_was_has_all_written_anew(again, folder, name, change):
    path = folder / name
    change_it = path.unlink if change == "missing" else lambda: path.write_text("mine")
    kept, written, *_ = again(before=change_it)
    assert not kept
    assert (made(written), made(read(folder))) == (1, 2)


def test_fresh_writes_anew_and_that_one_is_kept_then(again, folder, kanalo):
    kept, *_ = again("--fresh")
    assert (kept, made(read(folder))) == (False, 2)
    assert "(kept: written " in kanalo(*COMPARE).err
    assert made(read(folder)) == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--fee-bps", "9"),
        ("--cash", "5000"),
        ("--from", "2024-01-03"),
        pytest.param(("--judge",), marks=pytest.mark.slow),
        ("--cross-check",),
    ],
    ids=("fee", "cash", "window", "judged", "checked"),
)
def test_other_options_write_anew(again, folder, options):
    kept, *_ = again(*options)
    assert (kept, made(read(folder))) == (False, 2)


def test_another_folder_gets_a_report_of_its_own(again, folder, home):
    kept, written, *_ = again("-o", home / "elsewhere")
    assert not kept
    assert read(folder) == written
    assert made(read(home / "elsewhere")) == 2


def test_other_bars_write_anew(again, folder, home):
    bars = home / "backtests" / "bars.csv"
    text = bars.read_text().replace("138,140,137,139", "138,141,137,139")
    assert text != bars.read_text()
    kept, *_ = again(before=lambda: bars.write_text(text))
    assert (kept, made(read(folder))) == (False, 2)


def test_other_code_of_a_rule_writes_anew(again, folder, home):
    rule = home / "strategies" / "hold.py"

    def edit():
        rule.write_text(rule.read_text() + "\n# read again\n")
        forget_strategies().__enter__()

    kept, *_ = again(before=edit)
    assert (kept, made(read(folder))) == (False, 2)


def test_other_code_of_kanalo_writes_anew(again, folder, monkeypatch):
    target = "kanalo.checks.kept._digest_kanalo"
    kept, *_ = again(before=lambda: monkeypatch.setattr(target, lambda: "other"))
    assert (kept, made(read(folder))) == (False, 2)


def test_another_template_writes_anew(again, folder, tmp_path, monkeypatch):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "report.css").write_text("body {}")
    target = "kanalo.report.compare.kept.TEMPLATES"
    kept, *_ = again(before=lambda: monkeypatch.setattr(target, tmp_path / "templates"))
    assert (kept, made(read(folder))) == (False, 2)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"key": 1, "values": {"files": []}}'])
def test_a_damaged_record_writes_anew(again, folder, text):
    def damage():
        (record,) = (folder.parent / "findings").glob("report-*.json")
        record.write_text(text)

    kept, *_ = again(before=damage)
    assert (kept, made(read(folder))) == (False, 2)


def test_a_single_run_is_kept_too(home, kanalo):
    command = ("run", "hold", "--data", "backtests/bars.csv")
    errors = [kanalo(*command, *more).err for more in ((), (), ("--fresh",), ("--after-bars", 3))]
    assert ["(kept: written " in each for each in errors] == [False, True, False, False]
