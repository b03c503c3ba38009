"""Open clean processes that hold one rule or signal and one market."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from kanalo.checks import worker
from kanalo.checks.adapted import Adapted
from kanalo.checks.clean import CleanProcess, ProcessGroup, open_process
from kanalo.checks.parcel import OtherCodeError, Parcel, pack
from kanalo.market import Market
from kanalo.strategy import Strategy


def to_bytes(market: Market) -> bytes:
    """Pickle a market once for all the processes that it is sent to."""
    return pickle.dumps(market, protocol=pickle.HIGHEST_PROTOCOL)


class Sender:
    """Sends a rule or signal with a market, as often as processes are asked for.

    Parameters
    ----------
    subject : Strategy or callable
        What decides or computes.
    market : bytes
        Of `to_bytes`.
    seed : int
        Of other futures.
    group : ProcessGroup, optional
        Takes in every process that is opened.
    """

    def __init__(
        self,
        subject: Strategy | Adapted | Callable[[Market], Any],
        market: bytes,
        seed: int = 0,
        group: ProcessGroup | None = None,
    ) -> None:
        self._subject, self._market, self._seed = subject, market, seed
        self._group = group
        self._parcel: Parcel | None = None

    def open(self, warm_up: int | None = None) -> CleanProcess:
        """Open a process, by the source of the code if that is what runs.

        Parameters
        ----------
        warm_up : int, optional
            Bars that a signal looks back; a rule says its own.

        Raises
        ------
        CheckError
            If the code cannot be sent, or came with a memory of earlier calls.
        """
        if self._parcel is None:
            self._parcel = pack(self._subject)
        try:
            return self._set_up(self._parcel, warm_up)
        except OtherCodeError:
            self._parcel = pack(self._subject, by_value=True)
            return self._set_up(self._parcel, warm_up)

    def _set_up(self, parcel: Parcel, warm_up: int | None) -> CleanProcess:
        process = open_process()
        if self._group is not None:
            self._group.add(process)
        try:
            process.call(worker.set_up, parcel, self._market, self._seed, warm_up)
        except BaseException:
            process.close()
            raise
        return process
