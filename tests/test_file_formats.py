"""Formats have one version each; older files are read as far back as stated, newer ones refused."""

import re
from pathlib import Path

import pytest

from kanalo.errors import DataError, SpecError, WorkspaceError
from kanalo.file_formats import CLAIMS_PLAN, DATA_MANIFEST, FORMATS, SWEEP, FileFormat

ROOT = Path(__file__).resolve().parents[1]
GROWN = FileFormat("grown", version=3, oldest=2, error=DataError)


@pytest.mark.parametrize("version", [2, 3])
def test_versions_from_the_oldest_to_the_own_are_read(version):
    assert GROWN.check(f"kanalo.grown/{version}", "file") == version


@pytest.mark.parametrize("version", [1, 4, 99])
def test_other_versions_are_refused_by_name(version):
    message = (
        rf"^file\.json has the format kanalo\.grown/{version}; this kanalo reads versions 2 to 3 "
        r"of kanalo\.grown\. Use the kanalo that wrote the file\.$"
    )
    with pytest.raises(DataError, match=message):
        GROWN.check(f"kanalo.grown/{version}", "file.json")


@pytest.mark.parametrize(
    "schema",
    [
        *(None, 3, "", "grown/3", "kanalo.grown", "kanalo.grown/", "kanalo.sweep/3"),
        *("kanalo.grown/-3", "kanalo.grown/3.0", "kanalo.grown/３", "kanalo.grown/" + "9" * 5_000),
    ],
)
def test_other_formats_are_refused(schema):
    with pytest.raises(DataError, match=r"^file: expected the format kanalo\.grown/3; received "):
        GROWN.check(schema, "file")


def test_errors_are_those_of_the_room_that_reads():
    assert (DATA_MANIFEST.error, CLAIMS_PLAN.error) == (DataError, SpecError)
    with pytest.raises(WorkspaceError):
        SWEEP.check("kanalo.sweep/2", "sweep.json")


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_own_files_are_readable(each):
    assert each.check(each.schema, "file") == each.version


def test_the_page_lists_every_format_with_its_version():
    page = (ROOT / "docs/file_formats.md").read_text("utf-8")
    listed = re.findall(r"^\| `kanalo\.([a-z-]+)` \| (\d+) \|", page, flags=re.M)
    assert dict(listed) == {each.name: str(each.version) for each in FORMATS.values()}


def test_no_other_module_writes_a_version_by_hand():
    package = ROOT / "kanalo"
    written = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"kanalo\.[a-z-]+/\d", path.read_text("utf-8"))
    }
    assert written == {"file_formats.py"}
