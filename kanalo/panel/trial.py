"""Test the claims of an article on a panel of coins; see `kanalo.panel.plan`."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from kanalo.cluster import Pool, map_chunks
from kanalo.panel.coins import Coin, Panel
from kanalo.panel.parts import Parts
from kanalo.panel.plan import RELATIVE, PanelClaim, PanelPlan
from kanalo.panel.sample import CoinSample, ask_coin, draw_coin
from kanalo.study.claims.plan import ClaimOutcome

Progress = Callable[[str], None]
"""Called with the name of each coin that is done."""

Asked = tuple[Panel, PanelPlan, tuple[PanelClaim, ...]]

_shared: Asked | None = None


@dataclass(frozen=True)
class Count:
    """How many events of a claim a coin has, before any outcome.

    Attributes
    ----------
    coin, claim : str
        Names.
    n_events, n_matched : int
        Events, and those with a control.
    """

    coin: str
    claim: str
    n_events: int
    n_matched: int


def draw_panel(
    panel: Panel,
    plan: PanelPlan,
    claims: Sequence[PanelClaim] | None = None,
    *,
    workers: int | None = None,
    pool: Pool | None = None,
    progress: Progress | None = None,
    parts: Parts | None = None,
) -> dict[str, list[CoinSample]]:
    """Ask every coin every claim, coin by coin.

    Parameters
    ----------
    panel : Panel
        The coins; the benchmark is not asked.
    plan : PanelPlan
        What is left out.
    claims : sequence of PanelClaim, optional
        Those of the plan by default.
    workers : int, optional
        Processes that share this one's memory; one for each core by default.
    pool : Pool, optional
        Asks the coins instead; of `kanalo.cluster.open_pool`.
    progress : callable, optional
        Called with the name of each coin that is done.
    parts : Parts, optional
        Keeps what each coin answered; coins that were asked before an interruption are not asked
        again. From `kanalo.panel.parts.open_parts` with the same claims.

    Returns
    -------
    dict
        By the claim's name a sample for every coin of `Panel.studied`, in that order.
    """
    asked = tuple(plan.claims if claims is None else claims)
    results: dict[str, list[CoinSample]] = {each.name: [] for each in asked}
    known = {} if parts is None else _load(panel, parts)
    rest = [each for each in panel.studied if each.name not in known]
    places = [i for i, each in enumerate(panel.studied) if each in rest]
    answers = _run((panel, plan, asked), places, workers, pool)
    for coin in panel.studied:
        samples = known.get(coin.name)
        if samples is None:
            samples = next(answers)
            if parts is not None:
                parts.save(coin.name, samples)
        for claim, sample in zip(asked, samples, strict=True):
            results[claim.name].append(sample)
        if progress is not None:
            progress(coin.name)
    return results


def _load(panel: Panel, parts: Parts) -> dict[str, list[CoinSample]]:
    loaded = {each.name: parts.load(each.name) for each in panel.studied}
    return {name: samples for name, samples in loaded.items() if samples is not None}


def to_raw(claims: Sequence[PanelClaim]) -> tuple[PanelClaim, ...]:
    """Return the claims that take a return less that of the others, with the coin's own return."""
    return tuple(
        replace(each, plan=replace(each.plan, outcome=ClaimOutcome("return")))
        for each in claims
        if each.plan.outcome.kind == RELATIVE
    )


def draw_one(
    panel: Panel, coin: Coin, plan: PanelPlan, claims: Sequence[PanelClaim]
) -> list[CoinSample]:
    """Ask one coin some claims, and drop what its market keeps.

    Parameters
    ----------
    panel : Panel
        For outcomes that are measured against the other coins.
    coin : Coin
        One of its coins.
    plan : PanelPlan
        What is left out.
    claims : sequence of PanelClaim
        What is asked.

    Returns
    -------
    list of CoinSample
        One for each claim, in order.
    """
    samples = [draw_coin(ask_coin(panel, coin, plan, each), each) for each in claims]
    coin.market.forget()
    return samples


def count_events(panel: Panel, plan: PanelPlan) -> list[Count]:
    """Count events and matched events of every coin and claim; no outcome is looked at.

    Parameters
    ----------
    panel : Panel
        The coins.
    plan : PanelPlan
        The claims.

    Returns
    -------
    list of Count
        Coin by coin, in the order of the plan.
    """
    counts = []
    for coin in panel.studied:
        for claim in plan.claims:
            question = ask_coin(panel, coin, plan, claim)
            counts.append(Count(coin.name, claim.name, len(question.bars), question.n_matched))
        coin.market.forget()
    return counts


def _run(
    asked: Asked, places: Sequence[int], workers: int | None, pool: Pool | None
) -> Iterator[list[CoinSample]]:
    """Ask coins on a pool, or in processes that share the panel's memory with this one."""
    global _shared
    n = min(workers or os.cpu_count() or 1, len(places))
    if pool is not None or n <= 1:
        yield from map_chunks(ask_place, asked, places, pool)
        return
    _shared = asked
    try:
        with multiprocessing.get_context("fork").Pool(n) as processes:
            yield from processes.imap(_ask, places)
    finally:
        _shared = None


def ask_place(asked: Asked, place: int) -> list[CoinSample]:
    """Ask the coin at a place of `Panel.studied`.

    Parameters
    ----------
    asked : tuple of Panel, PanelPlan and tuple of PanelClaim
        What all coins need.
    place : int
        Of the coin.

    Returns
    -------
    list of CoinSample
        One for each claim, in order.
    """
    panel, plan, claims = asked
    return draw_one(panel, panel.studied[place], plan, claims)


def _ask(place: int) -> list[CoinSample]:
    if _shared is None:
        raise RuntimeError("the panel is not shared with this process")
    return ask_place(_shared, place)
