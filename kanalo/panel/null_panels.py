"""What null panels say of a plan: how often zero is told from nothing, and whether a gate fails.

``null_panels.toml`` is written by ``benchmarks/panel_null.py --keep``. It holds for one plan, named
by its sha256: another plan has events or matching of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kanalo.panel.plan import MOVES, Bias

FILE = "null_panels.toml"
TOLD, TOLD_FAR, COVERS, FALSE_REFUTED, POWER_OFF = 0.075, 0.017, 0.925, 0.04, 0.10
"""Gates: told from zero at 5 % and at 0.7 %, coverage, false refutations, power off its figure."""


@dataclass(frozen=True)
class NullPanels:
    """How one claim's test behaved on panels without an effect, and with a planted one.

    Attributes
    ----------
    panels, planted : int
        How many gave an interval, without an effect and with one planted.
    bias : Bias or None
        Mean effect and its error; None where a null panel has an effect of its own.
    told, told_far : float or None
        Share of panels told from zero at 5 % and at 0.7 %.
    covers : float
        Share of 95 % intervals that hold the mean of all panels.
    found, stated, found_holm, stated_holm : float or None
        Share of panels on which the planted minimal effect was told from zero, and the mean power
        stated for it, at 5 % and at Holm's first step.
    refuted : float or None
        Share of panels on which the planted minimal effect was refuted at Holm's first step.
    """

    panels: int
    covers: float
    planted: int = 0
    bias: Bias | None = None
    told: float | None = None
    told_far: float | None = None
    found: float | None = None
    stated: float | None = None
    found_holm: float | None = None
    stated_holm: float | None = None
    refuted: float | None = None

    def list_failed(self, minimal: float) -> list[str]:
        """Name the gates that the claim's test fails.

        Parameters
        ----------
        minimal : float
            Least effect that would matter, positive.

        Returns
        -------
        list of str
            Empty where all hold.
        """
        failed = []
        if self.told is not None and self.told > TOLD:
            failed.append(f"zero is rejected on {self.told:.1%} of null panels at 5 %")
        if self.told_far is not None and self.told_far > TOLD_FAR:
            failed.append(f"zero is rejected on {self.told_far:.1%} of null panels at 0.7 %")
        if self.bias is not None and abs(self.bias.mean) > MOVES * minimal:
            share = abs(self.bias.mean) / minimal
            failed.append(f"the comparison is off by {share:.0%} of the least effect that matters")
        if self.bias is None and self.covers < COVERS:
            failed.append(f"95 % intervals cover in {self.covers:.1%} of null panels")
        if self.refuted is not None and self.refuted > FALSE_REFUTED:
            failed.append(f"a planted minimal effect is refuted on {self.refuted:.1%} of panels")
        for step, found, stated in (
            ("at 5 %", self.found, self.stated),
            ("at Holm's first step", self.found_holm, self.stated_holm),
        ):
            if found is not None and stated is not None and abs(found - stated) > POWER_OFF:
                failed.append(
                    f"a planted effect is found in {found:.1%}, {stated:.1%} stated {step}"
                )
        return failed


def find_null_panels(digest: str, claim: str) -> NullPanels | None:
    """Return what null panels say of a claim of a plan.

    Parameters
    ----------
    digest : str
        sha256 of the plan.
    claim : str
        Name of the claim.

    Returns
    -------
    NullPanels or None
        None for another plan than the bundled one, or a claim that was not tried.
    """
    content = _read()
    values = content.get("claims", {}).get(claim)
    if values is None or content["plan"] != digest:
        return None
    bias = values.get("bias")
    return NullPanels(**{**values, "bias": None if bias is None else Bias(*bias)})


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads(files("kanalo.panel").joinpath(FILE).read_text(encoding="utf-8"))
