"""What is too large is refused by name, before it costs memory."""

import gzip
import io
import zipfile

import pytest

from kanalo import read_bars
from kanalo.errors import DataError
from kanalo.market.readers import limits

BARS = "time,open,high,low,close,volume\n2026-01-01,100,101,99,100,5\n2026-01-02,100,101,99,100,5\n"


def zip_of(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(content, name="bars.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return read_bars(path)

    return read


def test_a_zip_that_would_unpack_to_too_much_is_refused(read, monkeypatch):
    monkeypatch.setattr(limits, "_FREE", 1 << 10)
    bomb = zip_of(bars=b"0" * (1 << 20))
    with pytest.raises(DataError, match="archive may have at most 200 times its size.*received"):
        read(bomb)


def test_a_gzip_that_unpacks_to_too_much_is_stopped(read, monkeypatch):
    monkeypatch.setattr(limits, "_FREE", 1 << 10)
    monkeypatch.setattr(limits, "_CHUNK", 1 << 10)
    with pytest.raises(DataError, match="archive may have at most .*more than"):
        read(gzip.compress(b"0" * (1 << 20)))


def test_a_large_file_is_refused_before_it_is_read(read, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 50)
    with pytest.raises(DataError, match=r"a file may have at most 50 bytes; received \d+"):
        read(BARS.encode())


def test_many_columns_are_refused(read):
    with pytest.raises(DataError, match="a table may have at most 1,000 columns; received 2,000"):
        read(",".join(["x"] * 2_000).encode() + b"\n")


def test_a_huge_cell_is_refused_in_a_short_sentence(read):
    with pytest.raises(DataError, match="row 2: a line may have at most") as caught:
        read(b"time,open\n" + b"9" * (limits.MAX_LINE + 1) + b",1\n")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "clutter", ["__MACOSX__._bars.csv", "folder__", "._bars.csv", "folder__.DS_Store"]
)
def test_what_macos_and_folders_add_to_an_archive_does_not_count(read, clutter):
    files = {"folder__bars.csv": BARS, clutter: b""}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            path = name if name.startswith("__MACOSX") else name.replace("__", "/")
            archive.writestr(path.replace("__MACOSX__", "__MACOSX/"), content)
    assert len(read(buffer.getvalue())) == 2


def test_two_files_in_an_archive_are_named(read):
    with pytest.raises(DataError, match=r"expected one file in the archive; received 2: a, b"):
        read(zip_of(a=BARS, b=BARS))


def test_an_encrypted_archive_says_so(read):
    content = bytearray(zip_of(a=BARS))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1
    with pytest.raises(DataError, match="the archive is encrypted"):
        read(bytes(content))


@pytest.mark.parametrize("cut", [10, 40, -12])
def test_a_damaged_archive_is_refused(read, cut):
    for content in (zip_of(a=BARS), gzip.compress(BARS.encode())):
        with pytest.raises(DataError, match="damaged|truncated|not a table|no header|missing"):
            read(content[:cut])
