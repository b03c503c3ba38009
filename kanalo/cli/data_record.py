"""``kanalo data record``: listen to the public streams of liquidations until told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kanalo.recording.recorder import Recorder

LOG_BYTES = 5_000_000
"""Size of the log at which a new one begins; three old ones are kept."""

Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbol", metavar="SYMBOL", help="A contract, e.g. XMRUSDT; may be repeated."),
]
Venues = Annotated[str, typer.Option(metavar="NAMES", help="Some of binance,bybit,okx,bitfinex.")]
Span = Annotated[
    str | None, typer.Option("--for", metavar="LENGTH", help="End by itself after e.g. 90m or 7d.")
]


def record(
    context: typer.Context,
    symbol: Symbols = None,
    venues: Venues = "binance,bybit,okx,bitfinex",
    length: Span = None,
) -> None:
    """Record liquidations as they happen: no archive has them. No key is needed.

    Every frame is kept as it came, and so is what was listened to: other hours are unknown, not
    zero. `kanalo data update` turns recordings into tables. Ctrl-C ends. Needs the extra 'data'.
    """
    from kanalo.cli.data_checks import check_extra, check_workspace
    from kanalo.cli.output import note
    from kanalo.recording.journal import FOLDER
    from kanalo.recording.recorder import Recorder
    from kanalo.sources.addresses import read_sources

    check_extra()
    names = _check_venues(venues)
    symbols = _check_symbols(context, symbol)
    seconds = _to_seconds(length)
    workspace = check_workspace(context.obj.workspace)
    folder = workspace.data_dir / FOLDER
    recorder = Recorder(folder, symbols, names, read_sources(workspace.root))
    with _claim(folder), _logging(folder):
        if not context.obj.quiet:
            note(
                f"Recording {', '.join(symbols)} of {', '.join(names)}; Ctrl-C ends. "
                f"Log: {folder / 'record.log'}"
            )
        asyncio.run(_run(recorder, seconds))
    if not context.obj.quiet:
        heard = ", ".join(f"{name} {recorder.frames.get(name, 0):,}" for name in names)
        note(f"Frames: {heard}. `kanalo data update` makes the tables.")


async def _run(recorder: Recorder, seconds: float | None) -> None:
    """Record until a signal comes, or the time is over."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    await recorder.run(stop)


def _check_venues(text: str) -> tuple[str, ...]:
    from kanalo.errors import unknown_name
    from kanalo.recording.streams import STREAMS

    names = tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))
    for name in names:
        if name not in STREAMS:
            raise unknown_name("stream of liquidations of", name, STREAMS)
    return names or tuple(STREAMS)


def _check_symbols(context: typer.Context, symbols: list[str] | None) -> list[str]:
    from kanalo.errors import ParameterError
    from kanalo.market.liquidations import find_instrument

    names = list(dict.fromkeys(each.upper() for each in symbols or []))
    if not names:
        raise typer.BadParameter("name a symbol with --symbol, e.g. XMRUSDT.", ctx=context)
    for name in names:
        parts = find_instrument(name)
        if parts is None or parts.symbol != name or parts.quote != "USDT":
            raise ParameterError(
                f"A symbol to record must be a coin and USDT, such as XMRUSDT; received {name!r}."
            )
    return names


def _to_seconds(length: str | None) -> float | None:
    from kanalo import periods
    from kanalo.errors import DataError, ParameterError

    try:
        return None if length is None else periods.to_timedelta(length).total_seconds()
    except DataError as error:
        raise ParameterError(f"--for: {error}") from error


@contextmanager
def _claim(folder: Path) -> Iterator[None]:
    """Be the only one who records into a workspace."""
    from filelock import FileLock, Timeout

    from kanalo.errors import WorkspaceError

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".record.lock", timeout=0):
            yield
    except Timeout as error:
        raise WorkspaceError(
            f"Another kanalo records into {folder}: stop it first, or use another workspace."
        ) from error


@contextmanager
def _logging(folder: Path) -> Iterator[None]:
    """Write what happens to connections into a log with times and levels."""
    import logging
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(
        folder / "record.log", maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("kanalo.recording")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
