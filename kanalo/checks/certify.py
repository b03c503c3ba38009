"""The look-ahead certificate: decide again on less history and on another future, and compare.

What is known at bar t may depend on the bars up to t alone. So a history that ends at t, or that
goes on otherwise after t, must give the same decisions, prices, sizes, guards and lines up to t.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kanalo.checks import kept
from kanalo.checks.accepted import (
    check_callable,
    check_market,
    check_settings,
    check_strategies,
)
from kanalo.checks.adapted import Adapted
from kanalo.checks.case import Case
from kanalo.checks.certificate import Certificate
from kanalo.checks.cuts import anywhere
from kanalo.checks.search import Search
from kanalo.checks.whole import NumberOfCuts, Whole
from kanalo.errors import CheckError, KanaloWarning, WorkspaceError
from kanalo.market import Market
from kanalo.market.digest import digest_market
from kanalo.strategy import Strategy
from kanalo.strategy.digest import to_name

N_CUTS = 40
"""Cuts of one strategy where nothing else is asked for."""

PREFIX_SHARE = 0.5
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
    """Look for look-ahead in a strategy; see `certify_all`, which does it for several at once.

    Parameters
    ----------
    strategy : Strategy
        With its parameters; the certificate says nothing of others.
    market : Market
        Of at least three bars.
    cuts, seed, thorough, folder
        As in `certify_all`.

    Returns
    -------
    Certificate

    Raises
    ------
    StrategyError, ParameterError
        As `certify_all` does.

    Examples
    --------
    >>> from kanalo.market.synthetic import random_walk_market
    >>> from kanalo.experiment.random_entry import RandomEntry
    >>> certify(RandomEntry(), random_walk_market(500, 1, "1d"), cuts=4).verdict
    'clean'
    """
    check_strategies("certify", [strategy])
    settings = {"cuts": cuts, "seed": seed, "thorough": thorough, "folder": folder}
    check_market("certify", market)
    check_settings("certify", settings)
    (certificate,) = certify_all(
        [strategy], market, cuts=cuts, seed=seed, thorough=thorough, folder=folder
    )
    return certificate


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
    """Look for look-ahead in strategies, in processes that have seen no history.

    Half of the cuts of a strategy lie right after its own decisions, a few where data that few bars
    have (positioning, finer bars) change what it decides, the others anywhere. At each cut the
    history ends, or, at every fourth, goes on with other bars. Entries, exits, sides and tags must
    be the same exactly, prices, sizes and lines to 1e-9. A strategy that says how far it looks back
    (``warm_up``) decides on a window of so many bars and 2,000 more; any other one on the history
    from its first bar. What differs on a window but not from the first bar is no look-ahead but a
    memory longer than ``warm_up`` says: a note. So is a history too short for the strategy to
    decide on.

    Some processes decide on the whole history, others on the cuts, the shorter ones first: what is
    remembered there can only be older than the cut. Strategies share a process, the histories that
    they are cut to and the signals on them while all are clean; one that fails or differs is
    searched again in processes of its own.

    Parameters
    ----------
    strategies : sequence of Strategy
        With their parameters; the certificate says nothing of others.
    market : Market
        Of at least three bars.
    cuts : int
        Most cuts for each strategy; half of them where memory is unbounded.
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
        If an argument has another type or is out of bounds.

    Notes
    -----
    Cuts sample the history: a clean certificate is evidence, not proof. A strategy that reads the
    future from a file of its own cannot be caught by what it is shown.
    """
    check_strategies("certify_all", strategies)
    check_market("certify_all", market)
    settings = {"cuts": cuts, "seed": seed, "thorough": thorough, "folder": folder}
    check_settings("certify_all", settings | {"progress": progress})
    n_cuts, seed = int(cuts) * (THOROUGH if thorough else 1), int(seed)
    folder = None if folder is None else Path(folder)
    digest = digest_market(market) if folder is not None else ""
    keys = [kept.make_key(each, digest, (n_cuts, seed)) if digest else "" for each in strategies]
    certificates: dict[int, Certificate | None] = {
        i: kept.load(folder, to_name(type(each)), key) if folder and key else None
        for i, (each, key) in enumerate(zip(strategies, keys, strict=True))
    }
    missing = [i for i, certificate in certificates.items() if certificate is None]
    cases = [Case(to_name(type(strategies[i])), strategies[i], keys[i]) for i in missing]
    search = Search(market, cases, seed)
    _decide_whole(search, market, n_cuts, seed)
    searched = search.run(progress)
    for i, certificate in zip(missing, searched, strict=True):
        certificates[i] = certificate
        if folder is not None and certificate.key and not certificate.error:
            _save(folder, certificate)
    return [certificate for certificate in certificates.values() if certificate is not None]


def _save(folder: Path, certificate: Certificate) -> None:
    """Keep a certificate for the next time; where that fails, say so and go on."""
    try:
        kept.save(folder, certificate)
    except WorkspaceError as error:
        warnings.warn(f"The certificate was not kept: {error}", KanaloWarning, stacklevel=3)


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

    Returns
    -------
    Certificate
        Of the kind ``"signal"``.

    Raises
    ------
    CheckError
        If a column does not have one row per bar, or the signal fails on the whole history.
    ParameterError
        If an argument has another type or is out of bounds.

    Examples
    --------
    >>> from kanalo.market.synthetic import random_walk_market
    >>> from kanalo.signals.volatility import atr
    >>> certify_signal(atr, random_walk_market(500, 1, "1d"), cuts=4).verdict
    'clean'
    """
    check_callable("certify_signal", "function", function)
    check_market("certify_signal", market)
    settings = {"cuts": cuts, "seed": seed, "thorough": thorough, "name": name, "warm_up": warm_up}
    check_settings("certify_signal", settings)
    n_cuts, seed = int(cuts) * (THOROUGH if thorough else 1), int(seed)
    case = Case(
        name or getattr(function, "__name__", type(function).__name__), function, warm_up=warm_up
    )
    search = Search(market, [case], seed)
    _decide_whole(search, market, n_cuts, seed)
    if case.error:
        raise CheckError(case.error)
    (certificate,) = search.run()
    return certificate


def certify_adapted(
    subject: Adapted,
    market: Market,
    *,
    cuts: int = N_CUTS,
    seed: int = 0,
    thorough: bool = False,
    progress: Progress | None = None,
) -> Certificate:
    """Look for look-ahead in foreign code, as `certify_all` does in rules.

    Parameters
    ----------
    subject : Adapted
        The code with the way to run it.
    market : Market
        Of at least three bars.
    cuts, seed, thorough, progress
        As in `certify_all`.

    Returns
    -------
    Certificate
        With an error where the code fails on the whole history.
    """
    n_cuts = cuts * (THOROUGH if thorough else 1)
    search = Search(market, [Case(subject.name, subject)], seed)
    _decide_whole(search, market, n_cuts, seed)
    (certificate,) = search.run(progress)
    return certificate


def _decide_whole(search: Search, market: Market, n_cuts: int, seed: int) -> None:
    numbers = NumberOfCuts(n_cuts, math.ceil(n_cuts * PREFIX_SHARE))
    drawn = {rare: anywhere(market, n_cuts, seed, rare=rare) for rare in (False, True)}
    search.decide_whole(numbers, partial(_choose_cuts, drawn, numbers))


def _choose_cuts(
    drawn: Mapping[bool, list[int]], numbers: NumberOfCuts, case: Case, whole: Whole
) -> None:
    """Cut a case at its own decisions, where rare data make a difference, and where was drawn."""
    n_cuts = numbers.of(case.warm_up) if case.is_rule else numbers.bounded
    own = list(dict.fromkeys([*whole.rare.tolist(), *whole.after.tolist()]))[:n_cuts]
    blind = whole.asks and not len(whole.rare)  # it asks for rare data, to no effect that is known
    others = [cut for cut in drawn[blind] if cut not in own]
    case.cuts, case.n_own = [*own, *others[: n_cuts - len(own)]], len(own)
