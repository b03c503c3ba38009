from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kanalo.errors import DataError, ParameterError
from kanalo.market import read_bars

from .refused_tables import HEADER, REFUSED, ROWS, with_times

Write = Callable[..., Path]
CLOSES = [105.0, 115.0, 120.0]
FIRST = pd.Timestamp("2026-01-31T10:00Z")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str, name: str = "bars.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_file


@pytest.fixture
def frame() -> pd.DataFrame:
    index = pd.date_range(FIRST, periods=3, freq="1h", name="date")
    rows = [[100.0, 110.0, 90.0, 105.0, 1.5], [105, 120, 95, 115, 2.5], [115, 125, 105, 120, 3.5]]
    return pd.DataFrame(rows, index=index, columns=["open", "high", "low", "close", "volume"])


def stamps(unit: str) -> list[int]:
    return [
        int(FIRST.as_unit(unit).value + n * pd.Timedelta("1h").as_unit(unit).value)
        for n in range(3)
    ]


def assert_read(market, *, interval: str = "1h") -> None:
    assert market.index[0] == FIRST
    assert str(market.index.tz) == "UTC"
    assert market.close.tolist() == CLOSES
    assert market.volume.tolist() == [1.5, 2.5, 3.5]
    assert market.high.tolist() == [110, 120, 125]
    assert market.low.tolist() == [90, 95, 105]
    assert market.interval == interval


def test_a_plain_csv(write: Write):
    market = read_bars(write(HEADER + ROWS))
    assert_read(market)
    assert (market.name, market.symbol, market.venue[0]) == ("bars", "bars", "unknown")
    assert len(market.digests["bars.csv"]) == 64


@pytest.mark.parametrize(
    "header",
    [
        "Date,Open,High,Low,Close,Volume",
        "timestamp,o,h,l,c,v",
        "open_time,open,high,low,close,vol",
        "Open time,Open,High,Low,Close,Volume XMR",
        "datetime,OPEN,HIGH,LOW,CLOSE,Volume (XMR)",
        ",open,high,low,close,volume",
        '"time","open","high","low","close","base_volume"',
        " time , open , high , low , close , volumefrom ",
    ],
)
def test_usual_spellings_of_columns(write: Write, header):
    assert_read(read_bars(write(header + "\n" + ROWS)))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_unix_stamps_of_any_unit(write: Write, unit):
    assert_read(read_bars(write(with_times(stamps(unit)))))


def test_stamps_of_two_units_in_one_file(write: Write):
    """Binance's spot klines go from milliseconds to microseconds at the turn of 2025."""
    times = [stamps("ms")[0], stamps("us")[1], stamps("us")[2]]
    assert_read(read_bars(write(with_times(times))))


def test_stamps_with_a_fraction(write: Write):
    assert_read(read_bars(write(with_times([f"{second}.0" for second in stamps("s")]))))


@pytest.mark.parametrize(
    "spelling",
    [
        "%Y-%m-%d %H:%M:%S+00:00",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%d %H:%M:%S UTC",
        "%Y-%m-%d %H:%M:%S.000Z",
    ],
)
def test_text_times_with_a_zone(write: Write, spelling):
    times = [(FIRST + pd.Timedelta(hours=n)).strftime(spelling) for n in range(3)]
    assert_read(read_bars(write(with_times(times))))


def test_times_of_another_zone_are_converted(write: Write):
    times = [f"2026-01-31 {hour}:00:00+02:00" for hour in (12, 13, 14)]
    assert_read(read_bars(write(with_times(times))))


@pytest.mark.parametrize("spelling", ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %I-%p"])
def test_local_times_with_the_zone_named(write: Write, spelling):
    times = [(FIRST + pd.Timedelta(hours=n + 1)).strftime(spelling) for n in range(3)]
    assert_read(read_bars(write(with_times(times)), timezone="Europe/Berlin"))


@pytest.mark.parametrize("spelling", ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"])
def test_bare_dates_are_utc(write: Write, spelling):
    days = [(FIRST + pd.Timedelta(days=n)).strftime(spelling) for n in range(3)]
    market = read_bars(write(with_times(days)))
    assert market.index[0] == pd.Timestamp("2026-01-31", tz="UTC")
    assert market.interval == "1d"


def test_newest_first_is_turned_round(write: Write):
    lines = ROWS.splitlines(keepends=True)
    assert_read(read_bars(write(HEADER + "".join(reversed(lines)))))


def test_times_may_label_the_close(write: Write):
    market = read_bars(write(HEADER + ROWS), stamp="close")
    assert market.index[0] == FIRST - pd.Timedelta(hours=1)
    assert market.closes_at[0] == FIRST


def test_semicolons_and_tabs_separate_too(write: Write):
    assert_read(read_bars(write((HEADER + ROWS).replace(",", ";"))))
    assert_read(read_bars(write((HEADER + ROWS).replace(",", "\t"), "bars.tsv")))


def test_blank_lines_and_a_byte_order_mark_do_not_matter(write: Write):
    assert_read(read_bars(write("\ufeff\n" + HEADER + "\n" + ROWS + "\n\n")))


def test_binance_spot_klines_without_a_header(write: Write):
    tail = "1738324799999999,0,7,0,0,0"
    text = "".join(f"{row},{tail}\n" for row in with_times(stamps("us"), "").splitlines())
    assert_read(read_bars(write(text, "XMRUSDT-1h-2026-01.csv")))


def test_binance_futures_klines_with_their_header(write: Write):
    header = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        "taker_buy_volume,taker_buy_quote_volume,ignore\n"
    )
    rows = "".join(
        f"{row},1738324799999,0,7,0,0,0\n" for row in with_times(stamps("ms"), "").splitlines()
    )
    assert_read(read_bars(write(header + rows)))


def test_kraken_ohlcvt_without_a_header(write: Write):
    text = "".join(f"{row},42\n" for row in with_times(stamps("s"), "").splitlines())
    assert_read(read_bars(write(text, "XMRUSD_60.csv")))


def test_cryptodatadownload_with_its_address_and_newest_first(write: Write):
    header = "Unix,Date,Symbol,Open,High,Low,Close,Volume XMR,Volume USDT,tradecount\n"
    bodies = [row.split(",", 1)[1].strip() for row in ROWS.splitlines()]
    rows = [
        f"{second},2026-01-31 1{n}:00:00,XMR/USDT,{body},99,7\n"
        for n, (second, body) in enumerate(zip(stamps("s"), bodies, strict=True))
    ]
    text = "https://www.CryptoDataDownload.com\n" + header + "".join(reversed(rows))
    market = read_bars(write(text))
    assert_read(market)
    assert market.symbol == "XMR/USDT"


def test_freqtrade_feather(tmp_path: Path, frame):
    path = tmp_path / "XMR_USDT_USDT-1h-futures.feather"
    table = frame.reset_index()
    table["date"] = table["date"].dt.as_unit("ms")
    table.to_feather(path)
    assert_read(read_bars(path))


def test_parquet_with_the_times_in_the_index(tmp_path: Path, frame):
    frame.to_parquet(tmp_path / "named.parquet")
    assert_read(read_bars(tmp_path / "named.parquet"))
    frame.rename_axis(None).to_parquet(tmp_path / "unnamed.parquet")
    assert_read(read_bars(tmp_path / "unnamed.parquet"))


def test_parquet_with_typed_local_times_needs_a_zone(tmp_path: Path, frame):
    path = tmp_path / "naive.parquet"
    frame.tz_localize(None).to_parquet(path)
    with pytest.raises(DataError, match=r"row 1, column 'date': expected a time zone"):
        read_bars(path)
    assert_read(read_bars(path, timezone="UTC"))


def test_parquet_with_typed_dates_is_utc(tmp_path: Path, frame):
    days = frame.set_index(pd.date_range("2026-01-31", periods=3, name="date"))
    days.to_parquet(tmp_path / "days.parquet")
    assert str(read_bars(tmp_path / "days.parquet").index[0]) == "2026-01-31 00:00:00+00:00"
    days.index = pd.Index(days.index.date, name="date")
    days.to_parquet(tmp_path / "dates.parquet")
    assert read_bars(tmp_path / "dates.parquet").interval == "1d"


def test_gzip_and_zip(tmp_path: Path):
    packed = tmp_path / "bars.csv.gz"
    packed.write_bytes(gzip.compress((HEADER + ROWS).encode()))
    assert_read(read_bars(packed))
    archive = tmp_path / "bars.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("bars.csv", HEADER + ROWS)
    assert_read(read_bars(archive))
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("more.csv", HEADER + ROWS)
    with pytest.raises(DataError, match=r"bars\.zip: expected one file in the archive; received 2"):
        read_bars(archive)


def test_names_can_be_given(write: Write):
    market = read_bars(
        write(HEADER + ROWS), symbol="XMRUSD", venue="own-perp", name="mine", interval="1h"
    )
    assert (market.symbol, market.name) == ("XMRUSD", "mine")
    assert market.perpetual.all()


def test_a_shorter_interval_than_asked_for_is_refused(write: Write):
    with pytest.raises(DataError, match="here 1 days 00:00:00; received steps from 0 days 01"):
        read_bars(write(HEADER + ROWS), interval="1d")


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_a_table_of_bars_is_refused(write: Write, case):
    text, message = REFUSED[case]
    with pytest.raises(DataError, match=message):
        read_bars(write(text))


def test_rows_are_counted_as_in_the_file(write: Write):
    """An address, a comment and blank lines count: the row is the one that an editor shows."""
    text = "https://example.org\n# bars\n\n" + HEADER + "\n" + ROWS.replace("115,2.5", "abc,2.5")
    with pytest.raises(DataError, match=r"row 7, column 'close'.*'abc'"):
        read_bars(write(text))


def test_rows_of_a_newest_first_file_are_counted_as_in_the_file(write: Write):
    lines = reversed(ROWS.replace("125,105", "105,125").splitlines(keepends=True))
    with pytest.raises(DataError, match=r"row 2 \(2026-01-31 12:00:00"):
        read_bars(write(HEADER + "".join(lines)))


def test_rows_of_a_parquet_file_are_counted_from_one(tmp_path: Path, frame):
    frame.loc[frame.index[1], "low"] = np.nan
    frame.to_parquet(tmp_path / "bars.parquet")
    with pytest.raises(DataError, match=r"row 2 .*column 'low': expected a finite price"):
        read_bars(tmp_path / "bars.parquet")


def test_a_local_time_that_happens_twice_is_refused(write: Write):
    times = ["2025-10-26 01:30", "2025-10-26 02:30", "2025-10-26 03:30"]
    with pytest.raises(
        DataError, match=r"row 3, .*happens once in Europe/Berlin.*'2025-10-26 02:30'"
    ):
        read_bars(write(with_times(times)), timezone="Europe/Berlin")


def test_a_local_time_that_never_happens_is_refused(write: Write):
    times = ["2025-03-30 01:30", "2025-03-30 02:30", "2025-03-30 03:30"]
    with pytest.raises(DataError, match=r"row 3, .*happens once in Europe/Berlin"):
        read_bars(write(with_times(times)), timezone="Europe/Berlin")


def test_an_unknown_zone_is_refused(write: Write):
    with pytest.raises(
        ParameterError, match="IANA name such as UTC or Europe/Berlin; received 'CEST'"
    ):
        read_bars(write(HEADER + ROWS), timezone="CEST")


def test_an_unknown_stamp_is_refused(write: Write):
    with pytest.raises(ParameterError, match="must be 'open' or 'close'; received 'middle'"):
        read_bars(write(HEADER + ROWS), stamp="middle")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        read_bars(tmp_path / "none.csv")
    with pytest.raises(DataError, match="expected a file with bars; received a folder"):
        read_bars(tmp_path)


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_a_truncated_binary_file_is_refused(tmp_path: Path, frame, suffix):
    path = tmp_path / f"bars.{suffix}"
    getattr(frame.reset_index(), f"to_{suffix}")(path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(
        DataError, match=rf"bars\.{suffix}: this is not a whole .* may be truncated"
    ):
        read_bars(path)


def test_an_empty_parquet_file_is_refused(tmp_path: Path):
    (tmp_path / "bars.parquet").touch()
    with pytest.raises(DataError, match=r"bars\.parquet: the file is empty"):
        read_bars(tmp_path / "bars.parquet")


def test_an_image_is_refused(tmp_path: Path):
    path = tmp_path / "bars.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    with pytest.raises(DataError, match=r"expected CSV, Parquet, feather or JSON; received none"):
        read_bars(path)


def test_a_truncated_archive_is_refused(tmp_path: Path):
    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress((HEADER + ROWS * 50).encode())[:60])
    with pytest.raises(DataError, match=r"the archive is damaged"):
        read_bars(path)


def test_reading_text_gives_the_bundled_prices_to_the_last_bit(tmp_path: Path, xmr_1d):
    path = tmp_path / "xmr_1d.csv"
    xmr_1d.bars.rename_axis("time").to_csv(path)
    pd.testing.assert_frame_equal(
        read_bars(path).bars, xmr_1d.bars, check_exact=True, check_names=False
    )
