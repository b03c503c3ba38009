"""From journals to a table of liquidations: events of all venues, and what was listened to."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kanalo.errors import DataError
from kanalo.market.liquidations import (
    EVENTS,
    EVENTS_KIND,
    Window,
    drop_repeats,
    find_instrument,
)
from kanalo.market.manifest import read_manifest
from kanalo.market.readers.formats import find_format
from kanalo.market.readers.reading import Reading, ReadOptions
from kanalo.market.store import Target, store_reading
from kanalo.recording.coverage import find_windows
from kanalo.recording.journal import CONNECTED, CONTRACT, FOLDER, Line, read_journal
from kanalo.recording.streams import FRAME, STREAMS, Stream
from kanalo.sources.terms import find_terms


@dataclass(frozen=True)
class Recorded:
    """What became of the recordings of a symbol.

    Attributes
    ----------
    symbol, table : str
        Whose, and the name of its table.
    rows : int
        Events in the table.
    hours : mapping of str to float
        Hours that were listened to, by venue.
    problems : tuple of str
        Venues whose frames could not be read, and why.
    """

    symbol: str
    table: str
    rows: int
    hours: dict[str, float]
    problems: tuple[str, ...] = ()


def find_symbols(data_dir: Path) -> tuple[str, ...]:
    """Return the symbols that were ever listened to, sorted."""
    symbols = set()
    for venue in STREAMS:
        for line in read_journal(data_dir / FOLDER / venue):
            if line.kind == CONNECTED:
                symbols |= set(line.content.split(","))
    return tuple(sorted(symbols))


def to_table_name(symbol: str) -> str:
    """Return the name of the table of a symbol's recordings."""
    return f"{symbol.lower()}_liquidations_recorded"


def store_recordings(data_dir: Path, symbol: str) -> Recorded:
    """Turn all recordings of a symbol into its table, in the place of the one before.

    Parameters
    ----------
    data_dir : Path
        Data folder of a workspace.
    symbol : str
        One of `find_symbols`.

    Returns
    -------
    Recorded
        What came of it. The frames of a venue that cannot be read are left out with its coverage,
        and named.

    Raises
    ------
    DataError
        If nothing was listened to, or nothing was heard.
    WorkspaceError
        If the table cannot be written.
    """
    frames: list[pd.DataFrame] = []
    windows: list[Window] = []
    problems: list[str] = []
    for venue, stream in STREAMS.items():
        lines = list(read_journal(data_dir / FOLDER / venue))
        heard = find_windows(lines, venue, symbol, censored=stream.censored)
        try:
            frames.append(_read_frames(stream, lines, symbol))
        except DataError as error:
            problems.append(f"{venue}: {error}")
        else:
            windows += heard
    if not windows:
        raise DataError(f"Nothing of {symbol} was recorded yet." + " ".join(["", *problems]))
    hours: dict[str, float] = {}
    for window in windows:
        length = (window.end - window.start) / pd.Timedelta(hours=1)
        hours[window.exchange] = hours.get(window.exchange, 0.0) + length
    full = [each for each in frames if len(each)]
    if not full:
        raise DataError(
            f"No liquidation of {symbol} was heard yet in {sum(hours.values()):.1f} hours."
            + " ".join(["", *problems])
        )
    events, _ = drop_repeats(pd.concat(full, ignore_index=True))
    _store(data_dir, symbol, Reading(EVENTS_KIND, events, windows=tuple(windows)))
    return Recorded(symbol, to_table_name(symbol), len(events), hours, tuple(problems))


def _read_frames(stream: Stream, lines: list[Line], symbol: str) -> pd.DataFrame:
    """Read the frames of a venue that tell of a symbol, by the reader of their format."""
    names = _spellings(symbol)
    texts = [line.content for line in lines if line.kind == FRAME]
    mine = [text for text in texts if any(name in text for name in names)]
    if not mine:
        return pd.DataFrame(columns=list(EVENTS))
    if stream.venue == "okx":
        mine = [_only_contract(text, names) for text in mine]
    values = dict(line.content.split("=") for line in lines if line.kind == CONTRACT)
    value = float(values[symbol]) if symbol in values and stream.venue == "okx" else None
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, f"{stream.venue}.jsonl")
        path.write_text("\n".join(mine) + "\n", encoding="utf-8")
        try:
            reading = find_format(stream.format).read(
                path, ReadOptions(symbol=symbol, contract_value=value)
            )
        except DataError as error:
            raise DataError(str(error).replace(str(path), "recorded frames")) from error
    return reading.frame.loc[:, list(EVENTS)].assign(capture_window="recorded")


def _spellings(symbol: str) -> tuple[str, ...]:
    """Return how the venues write a symbol."""
    parts = find_instrument(symbol)
    if parts is None:
        return (symbol,)
    dashed = f"{parts.base}-{parts.quote}-SWAP"
    return (f'"{symbol}"', f'"{dashed}"', f'"t{parts.base}F0:USTF0"')


def _only_contract(text: str, names: tuple[str, ...]) -> str:
    """Leave out the other contracts of a frame of OKX, whose worth nobody has asked for."""
    message = json.loads(text)
    wanted = {name.strip('"') for name in names}
    message["data"] = [each for each in message["data"] if each.get("instId") in wanted]
    return json.dumps(message)


def _store(data_dir: Path, symbol: str, reading: Reading) -> None:
    name = to_table_name(symbol)
    existing = read_manifest(data_dir).tables.get(name)
    target = Target(
        name,
        f"Recorded: liquidations of {symbol}",
        "Recorded from public streams",
        replace=existing is not None,
        symbol=symbol,
        notes={
            "terms": find_terms("recording"),
            "fetched": f"{pd.Timestamp.now('UTC'):%Y-%m-%dT%H:%M:%SZ}",
        },
    )
    store_reading(data_dir, reading, target)
