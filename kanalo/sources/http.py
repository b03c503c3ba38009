"""Ask over HTTP, patiently: limits are obeyed, faults tried again, refusals said in one line.

429 waits as long as ``Retry-After`` says; 418 (a ban) ends with the time to wait; 5xx, broken
connections and truncated answers are tried again with growing pauses. Where nothing has ever
answered there is no network, and that is said within seconds. Keys travel in headers and appear in
no message.
"""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pandas as pd

from kanalo.errors import SourceError

if TYPE_CHECKING:
    import aiohttp

    from kanalo.sources.addresses import Sources

Pause = Callable[[float], Awaitable[Any]]

CONNECT = 4.0
"""Seconds in which a connection must be there."""

FIRST_TRIES = 3
"""Tries before anything has answered: with the pauses between them less than 15 seconds."""

LONGEST_WAIT = 120.0
"""Seconds that ``Retry-After`` may ask for; more ends the command with the time to wait."""


class UnreachableError(SourceError):
    """Nothing has answered: there is no network, or another address is meant."""


class Fetcher:
    """Fetch from several hosts; one for each command.

    Parameters
    ----------
    sources : Sources
        Time limits and numbers of tries.
    pause : callable, optional
        Waits some seconds; tests pass one that does not.
    """

    def __init__(self, sources: Sources, pause: Pause = asyncio.sleep) -> None:
        self._sources = sources
        self._pause = pause
        self._session: aiohttp.ClientSession | None = None
        self._answered: set[str] = set()
        self._slots = asyncio.Semaphore(sources.at_once)
        self._clock: tuple[float, float] | None = None

    async def __aenter__(self) -> Fetcher:
        import aiohttp

        limits = aiohttp.ClientTimeout(total=None, connect=CONNECT, sock_read=self._sources.timeout)
        # Proxies of the environment are used; one in `[sources]` is a base address.
        self._session = aiohttp.ClientSession(timeout=limits, trust_env=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def now(self) -> pd.Timestamp:
        """The time by the venue's clock, UTC; by this machine's where no venue has told it."""
        if self._clock is None:
            return pd.Timestamp.now("UTC").as_unit("ns")
        told, since = self._clock
        return pd.Timestamp(told + time.monotonic() - since, unit="s", tz="UTC").as_unit("ns")

    @property
    def clock_error(self) -> float:
        """Seconds by which this machine's clock is ahead of the venue's; 0 where unknown."""
        return 0.0 if self._clock is None else time.time() - self.now.timestamp()

    async def get(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes | None:
        """Return the body of an answer, or None where there is no such thing (404).

        Parameters
        ----------
        url : str
            Address.
        params, headers : mapping, optional
            Of the request; keys belong into headers.

        Returns
        -------
        bytes or None
            The body as it came.

        Raises
        ------
        SourceError
            If the host refuses, or nothing comes after all tries.
        """
        return await self.ask("GET", url, params=params, headers=headers)

    async def ask(self, method: str, url: str, **options: Any) -> bytes | None:
        """Make a request as `get` does, by any method.

        Parameters
        ----------
        method, url : str
            ``GET`` or ``POST``, and the address.
        **options
            Of aiohttp: ``params``, ``headers``, ``json``.

        Returns
        -------
        bytes or None
            The body; None where there is no such thing.

        Raises
        ------
        SourceError
            If the host refuses, or nothing comes after all tries.
        """
        host = urlsplit(url).netloc
        problem = ""
        for attempt in range(self._sources.tries):
            if attempt:
                await self._pause(self._sources.pause * 2 ** (attempt - 1))
            async with self._slots:
                body, problem, wait = await self._try(method, url, host, options)
            if not problem:
                return body
            if wait:
                await self._pause(wait)
            if host not in self._answered and attempt + 1 >= FIRST_TRIES:
                break
        raise self._give_up(host, problem)

    async def _try(
        self, method: str, url: str, host: str, options: dict[str, Any]
    ) -> tuple[bytes | None, str, float]:
        """Make a request once; return its body, what went wrong, and the seconds to wait."""
        import aiohttp

        assert self._session is not None
        try:
            async with self._session.request(method, url, **options) as answer:
                self._answered.add(host)
                self.hear_clock(answer.headers.get("Date"))
                if answer.status == 404:
                    return None, "", 0.0
                wait = _to_seconds(answer.headers.get("Retry-After"))
                check_status(host, answer.status, wait)
                if answer.status == 429:
                    return None, "it limits requests (429)", wait
                if answer.status >= 500:
                    return None, f"it answered with the error {answer.status}", 0.0
                return await answer.read(), "", 0.0
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return None, _describe(error), 0.0

    async def reach(self, base: str) -> None:
        """Make sure that a host answers at all, with whatever it says.

        Parameters
        ----------
        base : str
            Its base address.

        Raises
        ------
        SourceError
            If there is no connection.
        """
        host = urlsplit(base).netloc
        if host in self._answered:
            return
        try:
            await self.get(base + "/")
        except SourceError:
            if host not in self._answered:
                raise

    def hear_clock(self, date: str | None) -> None:
        """Take over the venue's clock from the header ``Date`` of an answer."""
        parsed = email.utils.parsedate_to_datetime(date) if date else None
        if parsed is not None:
            self._clock = (parsed.timestamp(), time.monotonic())

    def _give_up(self, host: str, problem: str) -> SourceError:
        if host in self._answered:
            return SourceError(
                f"{host} gave no usable answer in {self._sources.tries} tries: {problem}. What "
                "came is kept: the same command goes on from there."
            )
        return UnreachableError(
            f"{host} cannot be reached ({problem}): check the network, or let a proxy or mirror "
            "stand in for it under [sources] of kanalo.toml."
        )


def check_status(host: str, status: int, wait: float) -> None:
    """Refuse an answer that more tries would only make worse.

    Parameters
    ----------
    host : str
        For the message.
    status : int
        Of the answer.
    wait : float
        Seconds of ``Retry-After``; 0 where there is none.

    Raises
    ------
    SourceError
        If the host has banned this address, wants a key, refuses the place of it, the wait is too
        long, or the request is wrong.
    """
    until = f"; try again in {wait:,.0f} seconds" if wait else ""
    if status == 418:
        raise SourceError(f"{host} has banned this address for too many requests (418){until}.")
    if status == 429 and wait > LONGEST_WAIT:
        raise SourceError(f"{host} limits requests (429){until}.")
    if status in (401, 403):
        raise SourceError(f"{host} refuses ({status}): the key is wrong or lacks a right.")
    if status == 451:
        raise SourceError(f"{host} does not serve this place (451): let a mirror stand in for it.")
    if 400 <= status < 500 and status not in (404, 408, 429):
        raise SourceError(f"{host} refuses the request ({status}).")


def _to_seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0


def _describe(error: BaseException) -> str:
    """Say what happened to a connection, without addresses that may hold a key."""
    name = type(error).__name__
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if "Payload" in name or "Disconnected" in name or isinstance(error, ConnectionError):
        return "the connection broke off"
    if "DNS" in name:
        return "its name is unknown"
    return "no connection" if "Connector" in name else name
