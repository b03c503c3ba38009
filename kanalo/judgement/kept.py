"""Parts of the evidence as values for JSON and back, so that they can be kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias, TypeVar

from kanalo.judgement.candidates import Candidate, Options
from kanalo.judgement.evidence import IntrabarFinding, PlaceboFinding
from kanalo.judgement.placebo_rank import PlaceboRank
from kanalo.judgement.random_band import RandomBand
from kanalo.judgement.tornado import ASSUMPTIONS, Tornado, Variation

Part = TypeVar("Part", PlaceboFinding, IntrabarFinding, Tornado)

Compute: TypeAlias = Callable[[Candidate, Options], Part]


def find_placebo(
    candidate: Candidate, options: Options, compute: Compute[PlaceboFinding]
) -> PlaceboFinding:
    """Return the placebos of a rule, kept or computed.

    Parameters
    ----------
    candidate : Candidate
        The result and its rule.
    options : Options
        How much is spent, and where findings are kept.
    compute : callable
        Computes it from both: see `kanalo.judgement.parts`.

    Returns
    -------
    PlaceboFinding
        The same, whether it was kept or not.
    """
    spent = options.n_placebos, options.shifts, options.n_moves, options.seed
    return _find("placebo", candidate, options, spent, compute, _read_placebo)


def find_intrabar(
    candidate: Candidate, options: Options, compute: Compute[IntrabarFinding]
) -> IntrabarFinding:
    """Return what the order within bars may change, kept or computed.

    Parameters
    ----------
    candidate : Candidate
        The result and its rule.
    options : Options
        How much is spent, and where findings are kept.
    compute : callable
        Computes it from both: see `kanalo.judgement.parts`.

    Returns
    -------
    IntrabarFinding
        The same, whether it was kept or not.
    """
    spent = (options.intrabar,)
    return _find("intrabar", candidate, options, spent, compute, _read_intrabar)


def find_tornado(candidate: Candidate, options: Options, compute: Compute[Tornado]) -> Tornado:
    """Return a rule under other assumptions, kept or computed.

    Parameters
    ----------
    candidate : Candidate
        The result and its rule.
    options : Options
        How much is spent, and where findings are kept.
    compute : callable
        Computes it from both: see `kanalo.judgement.parts`.

    Returns
    -------
    Tornado
        The same, whether it was kept or not.
    """
    spent = (options.tornado, *ASSUMPTIONS)
    return _find("tornado", candidate, options, spent, compute, _read_tornado)


def _find(
    kind: str,
    candidate: Candidate,
    options: Options,
    spent: tuple[object, ...],
    compute: Compute[Part],
    read: Callable[[Mapping[str, Any]], Part],
) -> Part:
    if options.findings is None or candidate.strategy is None:
        return compute(candidate, options)
    result = candidate.result
    settings = sorted(result.costs.items()), sorted(result.execution.items()), spent
    return options.findings.find(
        kind,
        candidate.strategy,
        candidate.market,
        settings,
        compute=lambda: compute(candidate, options),
        write=asdict,
        read=read,
    )


def _read_placebo(values: Mapping[str, Any]) -> PlaceboFinding:
    kinds = {kind: PlaceboRank(**each) for kind, each in values["kinds"].items()}
    band = values.get("band")
    return PlaceboFinding(**{**values, "kinds": kinds, "band": band and _read_band(band)})


def _read_band(values: Mapping[str, Any]) -> RandomBand:
    return RandomBand(**{name: tuple(each) for name, each in values.items()})


def _read_intrabar(values: Mapping[str, Any]) -> IntrabarFinding:
    return IntrabarFinding(**values)


def _read_tornado(values: Mapping[str, Any]) -> Tornado:
    variations = tuple(Variation(**each) for each in values["variations"])
    return Tornado(**{**values, "variations": variations})
