"""Detectors: how late they confirm what they find, and whether it stays found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from kanalo.checks import worker
from kanalo.checks.accepted import check_callable, check_market, check_settings
from kanalo.checks.certify import N_CUTS, THOROUGH
from kanalo.checks.cuts import anywhere
from kanalo.checks.differences import TOLERANCE
from kanalo.checks.sender import Sender, to_bytes
from kanalo.errors import CheckError
from kanalo.market import Market
from kanalo.signals.channel import Channel
from kanalo.signals.zones import MAX_ZONES, Zones
from kanalo.typing import FloatArray, IntArray

_PLACES = MAX_ZONES * 3
"""Numbers in a table of zones."""


@dataclass(frozen=True)
class Lag:
    """Distribution of a lag, in bars; NaN where nothing was found.

    Attributes
    ----------
    least, median, p95, most : float
        Quantiles.
    """

    least: float
    median: float
    p95: float
    most: float


@dataclass(frozen=True)
class DetectorCertificate:
    """The outcome of `certify_detector`.

    Attributes
    ----------
    name, market : str
        Of the detector and the market.
    n_objects : int
        Pivots, tables of zones, or bars with a channel on the whole history.
    n_prefixes : int
        Shorter histories that were compared.
    lag : Lag
        Bars from what is dated to the close at which it is known.
    n_vanished : int
        Objects that a shorter history showed and the whole one does not.
    n_changed : int
        Objects that both show, with another price or another date of confirmation.
    n_late : int
        Objects that the whole history dates before a cut and that were not there yet: they were
        drawn in afterwards.
    example : str
        The first fault, in words; else empty.
    seconds : float
        Time it took.
    """

    name: str
    market: str
    n_objects: int
    n_prefixes: int
    lag: Lag
    n_vanished: int
    n_changed: int
    n_late: int
    example: str
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether everything stayed as it was first shown."""
        return not (self.n_vanished or self.n_changed or self.n_late)

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON holds it."""
        return {"clean": self.clean, **asdict(self)}


@dataclass(frozen=True, eq=False)
class DetectedObjects:
    """What a detector found, one row per object.

    Attributes
    ----------
    identity : int64 array of shape (n, k)
        What makes an object the same one on every history.
    bar : int64 array of shape (n,)
        Bar that it is dated to.
    known_at : int64 array of shape (n,)
        Bar at whose close it is known.
    values : float64 array of shape (n, m)
        What must not change.
    """

    identity: IntArray
    bar: IntArray
    known_at: IntArray
    values: FloatArray

    @cached_property
    def rows(self) -> dict[tuple[int, ...], int]:
        """The row of every identity."""
        return {tuple(row): i for i, row in enumerate(self.identity.tolist())}


class PivotLike(Protocol):
    """What a detector of points returns; `kanalo.signals.pivots.Pivots` is one."""

    @property
    def bar(self) -> IntArray:
        """Bars of the points."""

    @property
    def price(self) -> FloatArray:
        """Their prices."""


def to_detected(result: PivotLike | Zones | Channel | Mapping[str, Any]) -> DetectedObjects:
    """Express pivots, zones or a channel as objects that can be compared.

    A pivot is identified by bar and side and known at ``confirmed_at``, or at its own bar where
    there is no such field. A table of zones is one object, dated to its newest pivot. Every bar
    with a channel is one, dated to the bar at which its lines were fitted.

    Raises
    ------
    CheckError
        If it is none of these.
    """
    if isinstance(result, Zones):
        return _from_zones(result)
    if isinstance(result, Channel):
        return _from_channel(result)
    parts = result if isinstance(result, Mapping) else getattr(result, "__dict__", {})
    if "bar" not in parts or "price" not in parts:
        raise CheckError(
            "A detector must return Pivots, Zones, a Channel, or arrays named 'bar' and 'price' "
            f"(and 'side', 'confirmed_at'); received {type(result).__name__}."
        )
    return _from_points(parts)


def _from_points(parts: Mapping[str, Any]) -> DetectedObjects:
    bar = np.asarray(parts["bar"], dtype=np.int64)
    side = np.asarray(parts.get("side", np.zeros(len(bar))), dtype=np.int64)
    known_at = np.asarray(parts.get("confirmed_at", bar), dtype=np.int64)
    prices = np.asarray(parts["price"], dtype=np.float64)
    return DetectedObjects(np.column_stack([bar, side]), bar, known_at, prices[:, None])


def _from_zones(zones: Zones) -> DetectedObjects:
    rows, known_at = np.unique(zones.known, return_index=True)
    rows, known_at = rows[rows >= 0], known_at[rows >= 0]
    levels, counts = zones.levels[rows], zones.counts[rows].astype(np.float64)
    newest = zones.counts[rows, :, 2].max(axis=1, initial=0)
    values = np.hstack([levels.reshape(-1, _PLACES), counts.reshape(-1, _PLACES)])
    return DetectedObjects(rows[:, None], newest, known_at.astype(np.int64), values)


def _from_channel(channel: Channel) -> DetectedObjects:
    bars = np.flatnonzero(channel.holds)
    changes = np.diff(channel.slope, prepend=np.nan) != 0
    fitted = np.maximum.accumulate(np.where(changes, np.arange(len(changes)), 0))
    values = np.column_stack([channel.lower, channel.upper, channel.mid])[bars]
    return DetectedObjects(bars[:, None], fitted[bars], bars, values)


@dataclass
class _Faults:
    """Counts of faults, and the first one in words."""

    vanished: set[tuple[int, ...]] = field(default_factory=set)
    changed: set[tuple[int, ...]] = field(default_factory=set)
    late: set[tuple[int, ...]] = field(default_factory=set)
    example: str = ""

    def compare(self, whole: DetectedObjects, part: DetectedObjects, cut: int) -> None:
        """Count what the first ``cut`` bars show otherwise than the whole history does."""
        for name in part.rows.keys() - whole.rows.keys():
            self._note(self.vanished, name, f"vanished after {cut} bars")
        for name in _find_changed(whole, part):
            self._note(self.changed, name, f"changed after {cut} bars")
        for name in whole.rows.keys() - part.rows.keys():
            if whole.known_at[whole.rows[name]] < cut:
                self._note(self.late, name, f"was not there after {cut} bars")

    def _note(self, kind: set[tuple[int, ...]], name: tuple[int, ...], what: str) -> None:
        kind.add(name)
        self.example = self.example or f"what is dated to {', '.join(map(str, name))} {what}"


def _find_changed(whole: DetectedObjects, part: DetectedObjects) -> list[tuple[int, ...]]:
    """Name the objects of both whose values or dates of confirmation are not the same."""
    names = [name for name in part.rows if name in whole.rows]
    if not names:
        return []
    at, here = ([each.rows[name] for name in names] for each in (whole, part))
    values, others = whole.values[at], part.values[here]
    same = np.isclose(others, values, rtol=TOLERANCE, atol=0, equal_nan=True).all(axis=1)
    same &= whole.known_at[at] == part.known_at[here]
    return [names[i] for i in np.flatnonzero(~same)]


def certify_detector(
    detector: Callable[[Market], PivotLike | Zones | Channel | Mapping[str, Any]],
    market: Market,
    *,
    name: str = "",
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
) -> DetectorCertificate:
    """Measure how late a detector confirms, and count what it takes back or draws in afterwards.

    Parameters
    ----------
    detector : callable
        Takes a market; returns `Pivots`, `Zones`, a `Channel`, or a mapping of arrays ``bar``,
        ``price`` and, where it has them, ``side`` and ``confirmed_at``.
    market : Market
        Of at least three bars.
    name : str, optional
        Name in the certificate; the detector's by default.
    cuts, seed, thorough
        As in `certify_all`; every cut is detected from the first bar.

    Returns
    -------
    DetectorCertificate
        Each object is counted once for every kind of fault, however many cuts show it.

    Raises
    ------
    CheckError
        If the detector fails or does not return objects.
    ParameterError
        If an argument has another type or is out of bounds.

    Notes
    -----
    For pivots the lag is the confirmation lag; for zones that of the newest touch; for a channel
    the age of the fit that its lines are drawn from, which is renewed when a week closes.

    Examples
    --------
    >>> import kanalo
    >>> from kanalo.signals.pivots import find_pivots
    >>> def detect(market):
    ...     return find_pivots(market.bars["high"].to_numpy(), market.bars["low"].to_numpy(), 5, 5)
    >>> market = kanalo.load_market("xmr_1d").between("2025-01-01")
    >>> kanalo.certify_detector(detect, market, cuts=2).clean
    True
    """
    check_callable("certify_detector", "detector", detector)
    check_market("certify_detector", market)
    settings = {"cuts": cuts, "seed": seed, "thorough": thorough, "name": name}
    check_settings("certify_detector", settings)
    began, faults, sender = time.perf_counter(), _Faults(), Sender(detector, to_bytes(market))
    n_cuts = int(cuts) * (THOROUGH if thorough else 1)
    lengths = sorted(anywhere(market, n_cuts, int(seed)))
    with sender.open() as process:
        whole = process.call(worker.convert_part, to_detected, 0, len(market))
    with sender.open() as process:  # it sees the prefixes alone, the shorter ones first
        for cut in lengths:
            faults.compare(whole, process.call(worker.convert_part, to_detected, 0, cut), cut)
    return DetectorCertificate(
        name=name or getattr(detector, "__name__", type(detector).__name__),
        market=market.name,
        n_objects=len(whole.bar),
        n_prefixes=len(lengths),
        lag=_to_lag(whole.known_at - whole.bar),
        n_vanished=len(faults.vanished),
        n_changed=len(faults.changed),
        n_late=len(faults.late),
        example=faults.example,
        seconds=time.perf_counter() - began,
    )


def _to_lag(bars: IntArray) -> Lag:
    if not len(bars):
        return Lag(*[float("nan")] * 4)
    least, median, p95, most = np.quantile(bars, [0.0, 0.5, 0.95, 1.0])
    return Lag(float(least), float(median), float(p95), float(most))
