"""Tables that are refused: what each holds, and what the message says."""

HEADER = "time,open,high,low,close,volume\n"
ROWS = (
    "2026-01-31T10:00Z,100,110,90,105,1.5\n"
    "2026-01-31T11:00Z,105,120,95,115,2.5\n"
    "2026-01-31T12:00Z,115,125,105,120,3.5\n"
)


def with_times(times: list[object], header: str = HEADER) -> str:
    bodies = [row.split(",", 1)[1] for row in ROWS.splitlines(keepends=True)]
    return header + "".join(f"{time},{body}" for time, body in zip(times, bodies, strict=True))


REFUSED = {
    "empty": ("", r"bars\.csv: the file is empty; expected bars\."),
    "blank": ("\n \n", r"bars\.csv: the file is empty"),
    "header alone": (HEADER, r"bars\.csv: the table has no rows; expected bars\."),
    "one row": (HEADER + ROWS.splitlines()[0], r"the table has one row; expected two bars or more"),
    "NaN price": (
        HEADER + ROWS.replace("115,2.5", "nan,2.5"),
        r"row 3 \(2026-01-31 11:00:00\+00:00\), column 'close': expected a finite price; received nan",  # noqa: E501
    ),
    "blank price": (
        HEADER + ROWS.replace("115,2.5", ",2.5"),
        r"bars\.csv, row 3, column 'close': expected a number; received nothing",
    ),
    "infinite price": (
        HEADER + ROWS.replace("115,2.5", "inf,2.5"),
        r"row 3 .*column 'close': expected a finite price; received inf",
    ),
    "negative price": (
        HEADER + ROWS.replace(",95,115", ",-95,115"),
        r"row 3 .*column 'low': expected a positive price; received -95\.0",
    ),
    "zero price": (HEADER + ROWS.replace(",95,115", ",0,115"), "expected a positive price"),
    "high below low": (
        HEADER + ROWS.replace("120,95", "95,120"),
        r"row 3 .*column 'high': expected a high at or above the low; received 95\.0",
    ),
    "close outside": (
        HEADER + ROWS.replace("115,2.5", "130,2.5"),
        r"row 3 .*column 'close': expected a price in \[95, 120\]; received 130\.0",
    ),
    "negative volume": (
        HEADER + ROWS.replace("2.5", "-2.5"),
        r"row 3 .*column 'volume': expected a volume of zero or more; received -2\.5",
    ),
    "text in a number": (
        HEADER + ROWS.replace("115,2.5", "abc,2.5"),
        r"bars\.csv, row 3, column 'close': expected a number; received 'abc'",
    ),
    "thousands": (
        (HEADER + ROWS).replace(",", ";").replace(";115;2.5", ";1,115;2.5"),
        r"row 3, column 'close': expected a number; received '1,115'",
    ),
    "missing column": (
        (HEADER + ROWS).replace("close", "last"),
        r"column 'close' is missing; expected time, open, high, low, close, volume \(volume in "
        r"coins\), received time, open, high, low, last, volume",
    ),
    "no time": ((HEADER + ROWS).replace("time", "when"), "column 'time' is missing"),
    "volume in dollars alone": (
        (HEADER + ROWS).replace("volume", "Volume USD"),
        "column 'Volume USD' counts 'usd'; expected a volume in coins",
    ),
    "unsorted": (
        HEADER + "".join(ROWS.splitlines(keepends=True)[n] for n in (0, 2, 1)),
        r"row 4, column 'time': 2026-01-31 11:00:00\+00:00 is earlier than the row before it",
    ),
    "duplicate time": (
        HEADER + ROWS.replace("T12", "T11"),
        r"row 4, column 'time': 2026-01-31 11:00:00\+00:00 appears twice",
    ),
    "duplicate row": (
        HEADER + ROWS + ROWS.splitlines()[2],
        r"row 5, column 'time': 2026-01-31 12:00:00\+00:00 appears twice",
    ),
    "clock without a zone": (
        HEADER + ROWS.replace("Z", ""),
        r"bars\.csv, row 2, column 'time': expected a time zone, for this clock has none: name it "
        r"with --timezone, e\.g\. UTC; received '2026-01-31T10:00'",
    ),
    "zone in some rows": (
        HEADER + ROWS.replace("T11:00Z", "T11:00"),
        r"row 3, column 'time': expected a time with a zone, as in the other rows",
    ),
    "no date": (
        HEADER + ROWS.replace("2026-01-31T11:00Z", "soon"),
        r"row 3, column 'time': expected a time such as 2026-01-31, .*; received 'soon'",
    ),
    "day first": (
        HEADER + ROWS.replace("2026-01-31T", "31.01.2026 ").replace("Z", ""),
        r"row 2, column 'time': may be 31 January 2026; write 2026-01-31; "
        r"received '31\.01\.2026 10:00'",
    ),
    "no such day": (
        HEADER + ROWS.replace("2026-01-31T11", "2026-02-31T11"),
        r"row 3, column 'time': expected a time such as .*received '2026-02-31T11:00Z'",
    ),
    "blank time": (
        HEADER + ROWS.replace("2026-01-31T11:00Z", ""),
        r"row 3, column 'time': expected .*; received nothing",
    ),
    "text among stamps": (
        with_times([1769853600, "soon", 1769860800]),
        r"row 3, column 'time': expected a unix stamp in s, ms, µs or ns; received 'soon'",
    ),
    "days of a spreadsheet": (
        with_times([46053.1, 46053.2, 46053.3]),
        r"row 2, column 'time': expected a unix stamp in s, ms, µs or ns; received '46053\.1'",
    ),
    "seconds apart": (
        with_times(["2026-01-31T10:00:00Z", "2026-01-31T10:00:20Z", "2026-01-31T10:00:40Z"]),
        r"bars\.csv: Bars must be whole minutes apart",
    ),
    "too many columns": (
        HEADER + ROWS.replace("115,2.5", "115,2.5,1"),
        r"bars\.csv, row 3: expected 6 columns; received 7",
    ),
    "too few columns": (
        HEADER + ROWS.replace(",115,2.5", ",115"),
        r"row 3, column 'volume': expected a number; received nothing",
    ),
    "headerless with five columns": (
        "1769853600,1,2,3,4\n1769857200,1,2,3,4\n",
        r"row 1: the table has no header and 5 columns; expected a header, or 6 columns",
    ),
    "prose": ("once upon a time\nthere was\n", "column 'time' is missing; .* received once upon"),
    "several symbols": (
        "symbol,"
        + HEADER
        + "".join(f"{s},{r}\n" for s, r in zip("aab", ROWS.split(), strict=True)),
        r"column 'symbol': expected the bars of one market; received 2 symbols, among them a and b",
    ),
}
