"""The look-ahead certificate: decide again on less history and on another future, and compare.

What is known at bar t may depend on the bars up to t alone. So a history that ends at t, or that
goes on otherwise after t, must give the same decisions, prices, sizes, guards and lines up to t.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from kanalo.checks import kept
from kanalo.checks.certificate import Certificate
from kanalo.checks.cuts import anywhere, right_after
from kanalo.checks.differences import Columns, to_columns
from kanalo.checks.histories import decide
from kanalo.checks.search import Search, Subject
from kanalo.checks.signals import to_signal_columns
from kanalo.checks.strategy import to_warm_up
from kanalo.errors import CheckError, ParameterError, StrategyError
from kanalo.market import Market
from kanalo.provenance import digest_market, to_name
from kanalo.strategy import Strategy

N_CUTS = 40
"""Cuts of one strategy where nothing else is asked for."""

PREFIX_SHARE = 0.6
"""Share of them for a strategy with unbounded memory: each costs, and compares, all bars before."""

THOROUGH = 5
"""Times as many cuts, and changed futures, for a thorough search."""

Progress = Callable[[str, int, int], None]


def certify(
    strategy: Strategy,
    market: Market,
    *,
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
    folder: Path | None = None,
) -> Certificate:
    """Look for look-ahead in a strategy; see `certify_all`, which does it for several at once."""
    (found,) = certify_all(
        [strategy], market, cuts=cuts, seed=seed, thorough=thorough, folder=folder
    )
    return found


def certify_all(
    strategies: Sequence[Strategy],
    market: Market,
    *,
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> list[Certificate]:
    """Look for look-ahead in strategies, on histories that they share.

    Half of the cuts of a strategy lie right after its own decisions, a few where sparse columns
    (positioning) are known, the others anywhere. At each cut the history ends, or, at every fourth,
    goes on with other bars. Entries, exits, sides and tags must be the same exactly, prices, sizes
    and lines to 1e-9. A strategy that says how far it looks back (``warm_up``) decides on a window
    of so many bars and 2,000 more; any other one on the history from its first bar, which all such
    strategies share, signals included. What differs on a window but not from the first bar is no
    look-ahead but a memory longer than ``warm_up`` says: a note.

    Parameters
    ----------
    strategies : sequence of Strategy
        With their parameters; the certificate says nothing of others.
    market : Market
        Of at least three bars.
    cuts : int
        Most cuts for each strategy; three fifths of them where memory is unbounded.
    seed : int
        Of the cuts and the futures.
    thorough : bool
        Five times as many cuts.
    folder : Path, optional
        Where certificates are kept and, if nothing has changed, found again.
    progress : callable, optional
        Called with a label, the number done and the number to do.

    Returns
    -------
    list of Certificate
        In the order of the strategies. One that fails on a part of the history, or changes its
        bars, is not clean: `Certificate.error` says why, and the others go on.

    Raises
    ------
    StrategyError
        If something else than a `Strategy` is given.
    ParameterError
        If there is nothing to cut.

    Notes
    -----
    Cuts sample the history: a clean certificate is evidence, not proof. A strategy that reads the
    future from a file of its own cannot be caught by what it is shown.
    """
    n_cuts = _check(strategies, market, cuts) * (THOROUGH if thorough else 1)
    digest = digest_market(market) if folder is not None else ""
    keys = [kept.make_key(each, digest, (n_cuts, seed)) if digest else "" for each in strategies]
    found: dict[int, Certificate | None] = {
        i: kept.load(folder, to_name(type(each)), key) if folder and key else None
        for i, (each, key) in enumerate(zip(strategies, keys, strict=True))
    }
    missing = [i for i, certificate in found.items() if certificate is None]
    whole = replace(market)  # its cache is empty, and shared by the strategies alone
    subjects = [_to_subject(strategies[i], whole, n_cuts, seed, keys[i]) for i in missing]
    made = Search(whole, subjects, seed).run(progress)
    for i, certificate in zip(missing, made, strict=True):
        found[i] = certificate
        if folder is not None and certificate.key and not certificate.error:
            kept.save(folder, certificate)
    return [certificate for certificate in found.values() if certificate is not None]


def certify_signal(
    function: Callable[[Market], Any],
    market: Market,
    *,
    name: str = "",
    warm_up: int | None = None,
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
) -> Certificate:
    """Look for look-ahead in a signal.

    Parameters
    ----------
    function : callable
        Takes a market and returns an array, a Series, a DataFrame, a tuple, a mapping or a
        dataclass of arrays, each with one row per bar.
    market : Market
        Of at least three bars.
    name : str, optional
        Name in the certificate; the function's by default.
    warm_up : int, optional
        Bars that the signal looks back; without it every cut is computed from the first bar.
    cuts, seed, thorough
        As in `certify_all`; a signal decides nothing, so its cuts lie anywhere.

    Raises
    ------
    CheckError
        If a column does not have one row per bar.
    """
    n_cuts = _check([], market, cuts) * (THOROUGH if thorough else 1)
    whole = replace(market)
    subject = Subject(
        name or getattr(function, "__name__", type(function).__name__),
        partial(to_signal_columns, function),
        to_signal_columns(function, whole),
        anywhere(whole, n_cuts, seed),
        warm_up,
    )
    (found,) = Search(whole, [subject], seed).run()
    return found


def _to_subject(strategy: Strategy, whole: Market, n_cuts: int, seed: int, key: str) -> Subject:
    subject = Subject(to_name(type(strategy)), partial(_decide, strategy), key=key)
    try:
        decisions = decide(strategy, whole)
        subject.warm_up = to_warm_up(strategy, whole)
    except CheckError as error:
        subject.error = str(error)
        return subject
    if subject.warm_up is None:
        n_cuts = math.ceil(n_cuts * PREFIX_SHARE)
    after = right_after(decisions, n_cuts * 3 // 8, n_cuts // 8)
    own = [int(cut) for cut in after if 1 < cut < len(whole)]
    others = [cut for cut in anywhere(whole, n_cuts, seed) if cut not in own]
    subject.whole, subject.n_own = to_columns(decisions), len(own)
    subject.cuts = [*own, *others[: n_cuts - len(own)]]
    return subject


def _decide(strategy: Strategy, market: Market) -> Columns:
    return to_columns(decide(strategy, market))


def _check(strategies: Sequence[Strategy], market: Market, cuts: int) -> int:
    for each in strategies:
        if not isinstance(each, Strategy):
            raise StrategyError(
                f"Only a kanalo.Strategy can be certified; received {each!r}, whose decisions "
                "cannot be asked for."
            )
    if len(market) < 3:
        raise ParameterError(f"A history to cut has at least 3 bars; received {len(market)}.")
    if cuts < 1:
        raise ParameterError(f"The number of 'cuts' must be at least 1; received {cuts!r}.")
    return cuts
