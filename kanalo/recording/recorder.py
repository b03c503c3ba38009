"""Listen to streams until told to stop: each frame is kept as it came, each break as well."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kanalo.errors import SourceError
from kanalo.recording.journal import CONNECTED, CONTRACT, HEARTBEAT, LOST, Journal
from kanalo.recording.streams import (
    ANSWER,
    FRAME,
    GARBAGE,
    REFUSAL,
    STREAMS,
    Stream,
    find_parts,
)
from kanalo.sources.addresses import Sources
from kanalo.sources.http import CONNECT, Fetcher

LOG = logging.getLogger("kanalo.recording")

LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class Patience:
    """How long a stream may be silent.

    Attributes
    ----------
    heartbeat : float
        Seconds between two questions for a sign of life.
    silence : float
        Seconds without any message after which the connection is given up.
    pause : float
        Seconds before the first new connection; each later one doubles, up to a minute.
    first : float
        Seconds in which one of the streams has to answer, else there is no network.
    """

    heartbeat: float = 10.0
    silence: float = 30.0
    pause: float = 1.0
    first: float = 12.0


@dataclass(eq=False)
class Recorder:
    """Listens to the streams of some venues.

    Attributes
    ----------
    folder : Path
        Where the journals go, one folder for each venue.
    symbols : list of str
        Contracts by their neutral names.
    venues : tuple of str
        Keys of `STREAMS`.
    sources : Sources
        Addresses.
    patience : Patience
        How long a stream may be silent.
    clock : callable
        Seconds since 1970.
    frames : dict of str to int
        Frames that came, by venue.
    answered : bool
        Whether any stream ever did.
    """

    folder: Path
    symbols: list[str]
    venues: tuple[str, ...]
    sources: Sources
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.time
    frames: dict[str, int] = field(default_factory=dict)
    answered: bool = False

    async def run(self, stop: asyncio.Event) -> None:
        """Record until ``stop`` is set; what came is on the disk then.

        Parameters
        ----------
        stop : Event
            Set by whoever ends the recording.

        Raises
        ------
        SourceError
            If no venue ever answered.
        WorkspaceError
            If a journal cannot be written.
        """
        tasks = [asyncio.create_task(self._listen(STREAMS[venue])) for venue in self.venues]
        tasks.append(asyncio.create_task(self._watch()))
        waiting = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, waiting):
            task.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)
        for task in done:
            if task is not waiting:
                task.result()

    async def _watch(self) -> None:
        """End the recording where nothing answers at all."""
        await asyncio.sleep(self.patience.first)
        if not self.answered:
            raise SourceError(
                "No stream can be reached: check the network, or let a proxy or mirror stand in "
                "for it under [sources] of kanalo.toml."
            )
        await asyncio.Event().wait()

    async def _listen(self, stream: Stream) -> None:
        """Connect again and again, with growing pauses as long as nothing comes."""
        import aiohttp

        journal = Journal(self.folder / stream.venue, self.clock)
        pause = self.patience.pause
        try:
            await self._note_contracts(stream, journal)
            async with aiohttp.ClientSession(trust_env=True) as session:
                while True:
                    reason = await self._connect(session, stream, journal)
                    lived = reason.startswith("+")
                    LOG.warning("%s: %s", stream.venue, reason.lstrip("+"))
                    pause = self.patience.pause if lived else min(2 * pause, LONGEST_PAUSE)
                    await asyncio.sleep(pause)
        finally:
            journal.close()

    async def _connect(self, session: Any, stream: Stream, journal: Journal) -> str:
        """Listen to one connection; return why it ended, with a plus where it lived."""
        import aiohttp

        url = self.sources.address(stream.source) + stream.path(self.symbols)
        connection = None
        try:
            connection = await asyncio.wait_for(
                session.ws_connect(url, autoping=False, heartbeat=None), CONNECT
            )
            self.answered = True
            if stream.subscription is not None:
                await connection.send_json(stream.subscription(self.symbols))
            else:
                self._confirm(stream, journal)
            return await self._follow(connection, stream, journal)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return f"no connection ({type(error).__name__})"
        finally:
            if connection is not None:
                journal.write(LOST)
                await connection.close()

    async def _follow(self, connection: Any, stream: Stream, journal: Journal) -> str:
        """Take messages until the connection is lost or silent for too long."""
        import aiohttp

        confirmed = stream.subscription is None
        heard = asked = self.clock()
        while True:
            try:
                message = await connection.receive(timeout=self.patience.heartbeat)
            except TimeoutError:
                message = None
            now = self.clock()
            if message is None or now - asked >= self.patience.heartbeat:
                if now - heard >= self.patience.silence:
                    return "+silent for too long; connecting again"
                asked = now
                await _ask(connection, stream)
                journal.sync()
            if message is None:
                continue
            if message.type in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSING,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.ERROR,
            ):
                return "+connection lost; connecting again"
            heard = now
            if message.type == aiohttp.WSMsgType.PING:
                await connection.pong(message.data)
            if message.type != aiohttp.WSMsgType.TEXT:
                journal.write(HEARTBEAT)
                continue
            kind = stream.classify(message.data)
            if kind == REFUSAL:
                return f"subscription refused: {message.data[:200]}"
            if kind == ANSWER and not confirmed and _is_confirmation(message.data):
                confirmed = True
                self._confirm(stream, journal)
            self._keep(stream, journal, kind, message.data, confirmed)

    def _keep(
        self, stream: Stream, journal: Journal, kind: str, text: str, confirmed: bool
    ) -> None:
        if kind == FRAME:
            journal.write(FRAME, text)
            self.frames[stream.venue] = self.frames.get(stream.venue, 0) + 1
        elif kind == GARBAGE:
            journal.write(GARBAGE, text)
            LOG.warning("%s: a message that is no JSON: %s", stream.venue, text[:80])
        elif confirmed:
            journal.write(HEARTBEAT)

    def _confirm(self, stream: Stream, journal: Journal) -> None:
        journal.write(CONNECTED, ",".join(self.symbols))
        LOG.info("%s: listening to %s", stream.venue, ", ".join(self.symbols))

    async def _note_contracts(self, stream: Stream, journal: Journal) -> None:
        """Keep what a contract of OKX is worth: its frames count in contracts."""
        if stream.venue != "okx":
            return
        for symbol in self.symbols:
            parts = find_parts(symbol)
            name = f"{parts.base}-{parts.quote}-SWAP"
            url = f"{self.sources.address('okx_rest')}/api/v5/public/instruments"
            try:
                async with Fetcher(self.sources) as fetcher:
                    answer = await fetcher.get(url, {"instType": "SWAP", "instId": name})
                rows = json.loads(answer or b"{}").get("data", [])
            except (SourceError, ValueError) as error:
                LOG.warning("okx: the value of a contract is not known: %s", error)
                continue
            for row in rows:
                if row.get("instId") == name:
                    journal.write(CONTRACT, f"{symbol}={row['ctVal']}")


async def _ask(connection: Any, stream: Stream) -> None:
    """Ask for a sign of life."""
    if stream.ping is None:
        await connection.ping()
    else:
        await connection.send_str(stream.ping)


def _is_confirmation(text: str) -> bool:
    """Tell the answer to a subscription from greetings and pongs."""
    if text == "pong":
        return False
    message = json.loads(text)
    is_bybit = message.get("success") is True and message.get("op") == "subscribe"
    return is_bybit or message.get("event") in ("subscribe", "subscribed")
